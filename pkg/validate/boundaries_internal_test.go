package validate

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// How many hosts a subnet holds: all but what the provider keeps, and all where each is named.
func TestUsableAddresses(t *testing.T) {
	for _, c := range []struct {
		provider, prefix string
		want             int
	}{
		{"bare-metal", "10.0.0.0/24", 254}, {"aws", "10.0.0.0/24", 251}, {"azure", "10.0.0.0/24", 251}, {"gcp", "10.0.0.0/24", 252}, {"nobody-knows", "10.0.0.0/24", 254},
		{"bare-metal", "10.0.0.0/30", 2}, {"bare-metal", "10.0.0.0/31", 2}, {"bare-metal", "10.0.0.1/32", 1}, {"aws", "10.0.0.0/30", 0},
		{"aws", "fd00::/124", 16}, {"aws", "fd00::1/128", 1}, {"aws", "fd00::/64", 1 << 30}, {"bare-metal", "10.0.0.0/8", 1<<24 - 2},
	} {
		if got := usable(c.provider, netip.MustParsePrefix(c.prefix)); got != c.want {
			t.Errorf("%s at %s holds %d hosts, want %d", c.prefix, c.provider, got, c.want)
		}
	}
}

// The first prefix that shares its family with an earlier one; what could not be read is of none.
func TestSecondOfAFamily(t *testing.T) {
	for text, want := range map[string]int{
		"": none, "10.0.0.0/8": none, "10.0.0.0/8 fd00::/8": none, "10.0.0.0/8 11.0.0.0/8": 1, "10.0.0.0/8 fd00::/8 fd01::/16 11.0.0.0/8": 2,
		"- -": none, "- fd00::/8": none, "fd00::/8 -": none, "- 10.0.0.0/8 - 11.0.0.0/8": 3,
	} {
		var prefixes []netip.Prefix
		for _, s := range strings.Fields(text) {
			p, _ := netip.ParsePrefix(s)
			prefixes = append(prefixes, p)
		}
		if got := secondOfFamily(prefixes); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// A pool is full where it has fewer blocks or addresses than nodes, and nearly full above four
// fifths.
func TestCapacityBoundaries(t *testing.T) {
	for _, c := range []struct {
		nodes, pods string
		size, most  int
		want        string
	}{
		{"10.0.0.0/24", "10.1.0.0/16", 24, 203, ""},                  // 254 addresses, 256 blocks
		{"10.0.0.0/24", "10.1.0.0/16", 24, 204, "capacity-headroom"}, // of addresses
		{"10.0.0.0/16", "10.1.0.0/16", 24, 204, ""},
		{"10.0.0.0/16", "10.1.0.0/16", 24, 205, "capacity-headroom"},
		{"10.0.0.0/16", "10.1.0.0/16", 24, 256, "capacity-headroom"},
		{"10.0.0.0/16", "10.1.0.0/16", 24, 257, "capacity-exceeded"},
		{"10.0.0.0/30", "10.1.0.0/16", 24, 3, "capacity-exceeded"},
		{"10.0.0.0/16", "10.1.0.0/24", 24, 1, "capacity-headroom"},
		{"10.0.0.0/16", "10.1.0.0/25", 24, 1, "node-block-size"},
		{"10.0.0.0/16", "10.0.0.0/8", 24, 1, ""},
		{"10.0.0.0/16", "10.0.0.0/8", 25, 1, "node-block-size"}, // 17 bits, and kube-controller-manager takes 16
	} {
		topology := &schema.Topology{}
		topology.Spec.Regions = []schema.Region{{
			Name: "a", Provider: "bare-metal", MaxNodes: c.most,
			NodeCIDRs: []netip.Prefix{netip.MustParsePrefix(c.nodes)}, PodCIDRs: []netip.Prefix{netip.MustParsePrefix(c.pods)},
			CNI: schema.CNI{Type: schema.CNICilium, IPAM: schema.IPAMKubernetes, NodeBlockSizeIPv4: c.size},
		}}
		got := ""
		for _, d := range capacity(topology) {
			got = strings.TrimSpace(got + " " + string(d.Code))
		}
		if got != c.want {
			t.Errorf("%d nodes in %s, pods in %s by /%d: %q, want %q", c.most, c.nodes, c.pods, c.size, got, c.want)
		}
	}
}

// A name that an instance can have: 63 characters at most, a letter first, no dash last.
func TestLabels(t *testing.T) {
	long := strings.Repeat("a", 63)
	for name, want := range map[string]bool{
		"a": true, "z": true, "a-1": true, "z9": true, long: true,
		long + "a": false, "1a": false, "-a": false, "A": false, "aB": false, "{a": false, "`a": false, "a.b": false, "a_b": false, "a-": false,
	} {
		if got := label(name); got != want {
			t.Errorf("%q is a label: %t", name, got)
		}
	}
}

// Whoever has one host has no pods of other nodes: one address, or one of each family.
func TestOneHost(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "10.0.0.1/32": true, "10.0.0.0/31": false, "10.0.0.1/32 fd00::1/128": true, "fd00::1/128": true,
		"10.0.0.1/32 10.0.0.2/32": false, "fd00::1/128 fd00::2/128": false, "10.0.0.1/32 -": false, "10.0.0.1/32 fd00::/64": false,
	} {
		var r schema.Region
		for _, s := range strings.Fields(text) {
			p, _ := netip.ParsePrefix(s)
			r.NodeCIDRs = append(r.NodeCIDRs, p)
		}
		if got := oneHost(&r); got != want {
			t.Errorf("%q is one host: %t", text, got)
		}
	}
}

// Where an MTU is the provider's and not the user's, saying another one is a way out, too.
func TestAssumedMTU(t *testing.T) {
	for _, c := range []struct {
		provider string
		mtu      int
		want     string
	}{
		{schema.ProviderAWS, 0, ", or say what the region's network takes (mtu) where that is not 9001, as networks of AWS have it"},
		{schema.ProviderAWS, 1, ""}, {schema.ProviderAWS, 1500, ""}, {"nobody-knows", 0, ""}, {"nobody-knows", 1500, ""},
	} {
		topology := &schema.Topology{}
		topology.Spec.Regions = []schema.Region{{Provider: c.provider, MTU: c.mtu}}
		if got := assumed(topology, 0); got != c.want {
			t.Errorf("%s with %d: %q", c.provider, c.mtu, got)
		}
	}
}

// Without a tunnel, a LAN knows where pods are, and elsewhere somebody has to say who does.
func TestBarePods(t *testing.T) {
	for provider, want := range map[string]string{
		schema.ProviderBareMetal: "set tunnel: none in every region of cilium",
		schema.ProviderAWS:       "set tunnel: none in every region of cilium, and say who knows the way to another node's pods (cni.podRoutes)",
	} {
		if got := bare(&schema.Region{Provider: provider, CNI: schema.CNI{Type: schema.CNICilium}}); got != want {
			t.Errorf("%s: %q", provider, got)
		}
	}
}

// The longer prefix of two is the narrower one; of two of one length it is the first.
func TestNarrower(t *testing.T) {
	of := func(prefix string) *claim.Claim { return &claim.Claim{Prefix: netip.MustParsePrefix(prefix)} }
	wide, narrow, other := of("10.0.0.0/8"), of("10.1.0.0/16"), of("10.2.0.0/16")
	for _, c := range [][4]*claim.Claim{{wide, narrow, narrow, wide}, {narrow, wide, narrow, wide}, {narrow, other, narrow, other}, {other, narrow, other, narrow}} {
		if inner, cover := narrower(c[0], c[1]); inner != c[2] || cover != c[3] {
			t.Errorf("%s and %s: %s is the narrower one", c[0].Prefix, c[1].Prefix, inner.Prefix)
		}
	}
}

// What could not be read may excuse a finding: all of it, a suppression, or the region's plugin
// and nodes.
func TestWhatIsUnreadExcuses(t *testing.T) {
	d := &diag.Diagnostic{Path: "spec.regions[1].podCIDRs[0]"}
	d.See("spec.regions[2].nodeCIDRs[0]", "it stands here")
	for unread, want := range map[string]bool{
		"": true, "spec": true, "spec.suppressions": true, "spec.suppressions[3].code": true, "spec.cluster": false, "spec.tailnet.tag": false, "metadata": false,
		"spec.regions[1]": true, "spec.regions[1].cni": true, "spec.regions[1].cni.type": true, "spec.regions[1].nodeCIDRs[4]": true, "spec.regions[1].name": false,
		"spec.regions[2].cni": true, "spec.regions[3]": false, "spec.regions[3].cni": false, "spec.regions[11].cni": false,
	} {
		if got := excuses(unread, d); got != want {
			t.Errorf("%q excuses: %t", unread, got)
		}
	}
}

// With a gateway on each node, a listed node adds nothing but labels to what its gateway says. A
// block outside the cluster's range names the range where the user has stated it.
func TestListedNodesOfGateways(t *testing.T) {
	cidrs := func(text string) []netip.Prefix {
		var list []netip.Prefix
		for _, s := range strings.Fields(text) {
			list = append(list, netip.MustParsePrefix(s))
		}
		return list
	}
	for _, c := range []struct{ node, blocks, gateway, stated, want string }{
		{"a", "", "10.61.1.0/24", "", ""},
		{"a", "", "10.61.1.0/24", "10.61.0.0/16", ""},
		{"a", "10.61.1.0/24", "10.61.1.0/24", "", "spec.regions[0].nodes[0].podCIDRs (spec.regions[0].gateways.nodes[0])"},
		{"b", "", "10.61.1.0/24", "", "spec.regions[0].nodes[0].name (spec.regions[0].gateways.mode)"},
		{"a", "", "10.62.1.0/24", "10.61.0.0/16", "spec.regions[0].gateways.nodes[0].podCIDRs[0] (spec.cluster.clusterCIDRs)"},
		{"a", "", "10.61.1.0/24 10.61.2.0/24", "10.61.0.0/16", "spec.regions[0].gateways.nodes[0].podCIDRs[1] ()"},
	} {
		topology := &schema.Topology{}
		topology.Spec.Cluster.ClusterCIDRs = cidrs(c.stated)
		topology.Spec.Regions = []schema.Region{{
			Name: "r", Provider: schema.ProviderBareMetal, NodeCIDRs: cidrs("10.0.0.0/24"), PodCIDRs: cidrs("10.61.0.0/16"),
			CNI:   schema.CNI{Type: schema.CNICilium, IPAM: schema.IPAMKubernetes},
			Nodes: []schema.Node{{Name: c.node, PodCIDRs: cidrs(c.blocks)}},
			Gateways: schema.Gateways{Mode: schema.ModePerNode, Nodes: []schema.GatewayNode{
				{Name: "a", InternalIP: netip.MustParseAddr("10.0.0.11"), PodCIDRs: cidrs(c.gateway)},
			}},
		}}
		got := ""
		for _, d := range nodeObjects(plan.New(topology)) {
			see := ""
			for _, r := range d.Related {
				see += r.Path
			}
			got += d.Path + " (" + see + ")"
		}
		if got != c.want {
			t.Errorf("node %s with %q, gateway with %q in %q: %q, want %q", c.node, c.blocks, c.gateway, c.stated, got, c.want)
		}
	}
}

// Prefixes that stand in one list twice: gateways fail over for each length that they
// advertise, which an equal prefix, or one that nobody advertises, does not have.
func TestSaidTwice(t *testing.T) {
	const lengths = ", and gateways fail over for each prefix length on its own"
	for _, c := range []struct {
		pods, services string
		lengths        bool
	}{{"10.61.0.0/16 10.61.7.0/24", "", true}, {"10.61.0.0/16 10.61.0.0/16", "", false}, {"10.61.0.0/16", "172.16.0.0/16 172.16.7.0/24", false}} {
		topology := &schema.Topology{}
		for _, s := range strings.Fields(c.services) {
			topology.Spec.Cluster.ServiceCIDRs = append(topology.Spec.Cluster.ServiceCIDRs, netip.MustParsePrefix(s))
		}
		r := schema.Region{Name: "r", Provider: schema.ProviderBareMetal}
		for _, s := range strings.Fields(c.pods) {
			r.PodCIDRs = append(r.PodCIDRs, netip.MustParsePrefix(s))
		}
		topology.Spec.Regions = []schema.Region{r}
		var said []string
		for _, d := range overlaps(newIndex(topology)) {
			if d.Code == CodeRedundant {
				said = append(said, d.Message)
			}
		}
		if len(said) != 1 || strings.HasSuffix(said[0], lengths) != c.lengths {
			t.Errorf("%s %s: %q", c.pods, c.services, said)
		}
	}
}

// A prefix is one of a link's from the link-local block of its family on.
func TestLinkLocalPrefixes(t *testing.T) {
	for text, want := range map[string]bool{
		"169.254.0.0/16": true, "169.254.7.0/24": true, "169.254.0.0/15": false, "169.254.0.0/10": false, "169.253.0.0/16": false,
		"fe80::/10": true, "fe80::/9": false, "fe80::/64": true, "fec0::/10": false, "10.0.0.0/16": false,
	} {
		if got := linkLocal(netip.MustParsePrefix(text)); got != want {
			t.Errorf("%s is of a link: %t", text, got)
		}
	}
}

// What a node has of its own, in words.
func TestOwnBlocks(t *testing.T) {
	for f, want := range map[families]string{{}: "no podCIDRs", {v4: true}: "IPv4 podCIDRs", {v6: true}: "IPv6 podCIDRs"} {
		if got := ownBlocks(f); got != want {
			t.Errorf("%+v: %q", f, got)
		}
	}
}

// The claim with the role comes first, wherever it stood.
func TestPickedClaims(t *testing.T) {
	external, node := &claim.Claim{Role: claim.RoleExternal}, &claim.Claim{Role: claim.RoleNode}
	for _, c := range [][2]*claim.Claim{{external, node}, {node, external}} {
		if a, b := pick(claim.RoleExternal, c[0], c[1]); a != external || b != node {
			t.Errorf("%s and %s", a.Role, b.Role)
		}
	}
}

// Families are named wherever prefixes are missing, and lack what others have.
func TestFamilies(t *testing.T) {
	none, v4, v6, both := families{}, families{v4: true}, families{v6: true}, families{v4: true, v6: true}
	for f, want := range map[families]string{none: "neither", v4: "IPv4", v6: "IPv6", both: "IPv4 and IPv6"} {
		if f.String() != want || f.empty() != (want == "neither") {
			t.Errorf("%q, empty %t, want %q", f, f.empty(), want)
		}
	}
	for pair, want := range map[[2]families]bool{
		{none, none}: false, {none, v4}: true, {none, v6}: true, {v4, v4}: false, {v4, v6}: true, {v6, v4}: true, {v4, both}: true, {both, v4}: false, {both, both}: false,
	} {
		if got := pair[0].lacks(pair[1]); got != want {
			t.Errorf("%s lacks what %s has: %t", pair[0], pair[1], got)
		}
	}
}

// Where something could not be read, what names all that it follows from is still said, unless
// what is unread excuses it; and everything is said where all was read.
func TestKnownWhereSomethingIsUnread(t *testing.T) {
	for _, c := range []struct {
		code   diag.Code
		unread string
		want   bool
	}{
		{CodeOverlap, "", true}, {CodeGatewayOutside, "", true},
		{CodeOverlap, "spec.regions[3].mtu", true}, {CodeListedTwice, "spec.cluster.serviceCIDRs[0]", true},
		{CodeGatewayOutside, "spec.regions[3].mtu", false}, {CodeOverlap, "spec.suppressions[0]", false}, {CodeOverlap, "spec.regions[1].cni.type", false},
	} {
		var unread []string
		if c.unread != "" {
			unread = []string{c.unread}
		}
		list := known(diag.List{{Code: c.code, Path: "spec.regions[1].podCIDRs[0]"}}, unread)
		if (len(list) == 1) != c.want {
			t.Errorf("%s, %q unread: said %t, want %t", c.code, c.unread, len(list) == 1, c.want)
		}
	}
}
