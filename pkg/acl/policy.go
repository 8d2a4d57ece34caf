// Package acl holds the tailnet policy: its nouns, its JSON, and the policy that a
// topology needs.
//
// Start with FromTopology for the policy of a topology, Policy.JSON to write it, and
// CheckTopology for what the topology wants and the policy cannot express. Package
// policyfile edits a policy file that people write, and package eval answers whether SRC
// may reach DST:PORT. Nothing here touches a file or the network.
package acl

// Policy is the part of a tailnet policy file that this package writes and reads.
// Every list is in the order of the file. Selectors, ports and prefixes are the
// strings of the file: policyfile.Lint and eval.New tell whether they mean anything.
type Policy struct {
	TagOwners []Assignment // tag: who may assign it
	Groups    []Assignment // group: its members
	Hosts     []Host
	// Routes and ExitNode are autoApprovers: whose routes are approved without anybody.
	Routes    []Assignment // prefix: who may have it approved
	ExitNode  []string
	Grants    []Grant
	ACLs      []ACL
	NodeAttrs []NodeAttr
	Tests     []Test
	// IPSets are names for lists of addresses, and Postures for conditions on devices.
	IPSets   []Assignment
	Postures []Assignment
	// DefaultSrcPosture holds for rules that name no posture of their own.
	DefaultSrcPosture []string
	SSH               []SSH
	SSHTests          []SSHTest
	// HasRules reports whether the file has "grants" or "acls", even empty ones. Without
	// either the control servers allow everything (headscale 0.29.2,
	// hscontrol/policy/v2/filter.go).
	HasRules bool
	// SectionNames are the names of all sections of the file.
	SectionNames []string
	// RandomizeClientPort is the network-wide setting: it overrides the UDP port that
	// the gateways' firewalls expect.
	RandomizeClientPort bool
}

// Assignment is a member of an object whose values are lists of names.
type Assignment struct {
	Key    string
	Values []string
}

// Host is an alias: a name for an address or a prefix.
type Host struct {
	Name    string
	Address string
}

// Grant allows every source to reach every destination on the ports of IP.
type Grant struct {
	Src []string
	Dst []string
	// IP is a list of "*", "443", "80-90", "tcp:443", "icmp:*" and the like; empty
	// where the grant is about application capabilities only.
	IP []string
	// Via are tags: the routers that carry the traffic.
	Via []string
	// App are the names of application capabilities, which allow no packet.
	App []string
	// SrcPosture are conditions on the source device, whose attributes the control server
	// alone knows.
	SrcPosture []string
	// Comment gives the grant's purpose. It is written in HuJSON only.
	Comment string
}

// ACL is the older form of a rule: destinations carry their ports.
type ACL struct {
	Action string
	Proto  string
	Src    []string
	Dst    []string // "host:443", "tag:k8s:80,443", "10.0.0.0/8:*"
	// SrcPosture are conditions on the source device, as in a Grant.
	SrcPosture []string
	// Comment gives the rule's purpose. It is written in HuJSON only.
	Comment string
}

// NodeAttr gives devices attributes, and addresses from a pool.
type NodeAttr struct {
	Target []string
	Attr   []string
	IPPool []string
	// Comment gives the attribute's purpose. It is written in HuJSON only.
	Comment string
}

// Test is an assertion that the control server checks before it takes the file.
type Test struct {
	Src    string
	Proto  string // "tcp", "udp", a number, or empty for any
	Accept []string
	Deny   []string
}

// SSH lets sources log in to destinations as users, by Tailscale SSH.
type SSH struct {
	Action   string
	Src, Dst []string
	Users    []string
	// CheckPeriod is how long a login lasts with action "check".
	CheckPeriod string
	AcceptEnv   []string
}

// SSHTest is an assertion about who may log in as whom.
type SSHTest struct {
	Src                 string
	Dst                 []string
	Accept, Deny, Check []string
}
