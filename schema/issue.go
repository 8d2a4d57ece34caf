package schema

import "slices"

// KnownIssue is a fault that versions or settings of the components bring with them,
// as somebody would look it up.
type KnownIssue struct {
	// Code is its name, in kebab-case, unique.
	Code string `json:"code"`
	// Title says in a few words what goes wrong.
	Title string `json:"title"`
	// Severity is "error", "warning" or, where what we render settles it, "info".
	Severity string `json:"severity"`
	// When lists the situations that have the issue; one is enough.
	When []IssueCondition `json:"when"`
	// Symptom is what is seen, in words that one would search for.
	Symptom string `json:"symptom"`
	// Cause says how it comes about.
	Cause string `json:"cause"`
	// Mitigation is what we render against it, or what there is to do.
	Mitigation string `json:"mitigation"`
	// Evidence are issues, commits and source files, with versions.
	Evidence []string `json:"evidence"`
}

// IssueCondition is a situation: everything that it states has to hold, and a list
// states that one of its elements does. What it says of a region, one region must be.
type IssueCondition struct {
	// Versions; a component whose version is not stated is in no bounded range.
	Tailscale  VersionRange `json:"tailscale,omitzero"`
	Kubernetes VersionRange `json:"kubernetes,omitzero"`
	CNIVersion VersionRange `json:"cniVersion,omitzero"`

	// Settings of the tailnet.
	NetfilterMode []NetfilterMode `json:"netfilterMode,omitempty"`
	FirewallMode  []FirewallMode  `json:"firewallMode,omitempty"`
	GatewaySource []GatewaySource `json:"gatewaySource,omitempty"`
	Control       []ControlServer `json:"control,omitempty"`
	Operator      bool            `json:"operator,omitempty"`

	// Settings of a region.
	CNI         []CNIType        `json:"cni,omitempty"`
	DataPlane   []DataPlane      `json:"dataPlane,omitempty"`
	HostRouting []HostRouting    `json:"hostRouting,omitempty"`
	IPAM        []IPAM           `json:"ipam,omitempty"`
	Tunnel      []TunnelProtocol `json:"tunnel,omitempty"`
	L7Proxy     bool             `json:"l7Proxy,omitempty"`
	Provider    []string         `json:"provider,omitempty"`
	GatewayMode []GatewayMode    `json:"gatewayMode,omitempty"`
	HAStrategy  []HAStrategy     `json:"haStrategy,omitempty"`
}

// VersionRange is the versions from From on and before Until; an empty bound is none.
type VersionRange struct {
	From  Version `json:"from,omitempty"`
	Until Version `json:"until,omitempty"`
}

// Contains reports whether v is in the range. The unbounded range contains every
// version, the empty one too; a bounded range does not contain the empty version.
func (r VersionRange) Contains(v Version) bool {
	if r == (VersionRange{}) {
		return true
	}
	return v != "" && (r.From == "" || v.compare(r.From.numbers()) >= 0) && (r.Until == "" || v.compare(r.Until.numbers()) < 0)
}

// Holds reports whether the situation is that of region r of t, both with their
// defaults filled in.
func (c *IssueCondition) Holds(t *Topology, r *Region) bool {
	return c.HoldsOfTailnet(t) && c.holdsOfRegion(r)
}

// HoldsOfTailnet is Holds without what it says of a region.
func (c *IssueCondition) HoldsOfTailnet(t *Topology) bool {
	n := &t.Spec.Tailnet
	return c.Tailscale.Contains(n.TailscaleVersion) &&
		c.Kubernetes.Contains(t.Spec.Cluster.KubernetesVersion) &&
		among(c.NetfilterMode, n.NetfilterMode) &&
		among(c.FirewallMode, n.FirewallMode) &&
		among(c.GatewaySource, n.GatewaySource) &&
		among(c.Control, n.Control) &&
		(!c.Operator || n.Operator)
}

// holdsOfRegion takes perNode for what it is made of, static pods.
func (c *IssueCondition) holdsOfRegion(r *Region) bool {
	return c.CNIVersion.Contains(r.CNI.Version) &&
		among(c.CNI, r.CNI.Type) &&
		among(c.DataPlane, r.CNI.DataPlane) &&
		among(c.HostRouting, r.CNI.HostRouting) &&
		among(c.IPAM, r.CNI.IPAM) &&
		among(c.Tunnel, r.CNI.Tunnel) &&
		(!c.L7Proxy || r.CNI.L7Proxy) &&
		among(c.Provider, r.Provider) &&
		(among(c.GatewayMode, r.Gateways.Mode) || r.Gateways.StaticPods() && slices.Contains(c.GatewayMode, ModeStaticPod)) &&
		among(c.HAStrategy, r.Gateways.HA.Strategy)
}

// OfRegion reports whether the situation is about a region at all.
func (c *IssueCondition) OfRegion() bool {
	return c.CNIVersion != (VersionRange{}) || c.L7Proxy ||
		len(c.CNI)+len(c.DataPlane)+len(c.HostRouting)+len(c.IPAM)+len(c.Tunnel)+
			len(c.Provider)+len(c.GatewayMode)+len(c.HAStrategy) > 0
}

// among reports whether v is one of list, which says nothing when it is empty.
func among[T comparable](list []T, v T) bool {
	return len(list) == 0 || slices.Contains(list, v)
}
