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

// Situation is all that a condition asks of a region. Of ten thousand regions most have the same,
// and the same issues.
type Situation struct {
	CNI         CNIType
	CNIVersion  Version
	DataPlane   DataPlane
	HostRouting HostRouting
	IPAM        IPAM
	Tunnel      TunnelProtocol
	L7Proxy     bool
	Provider    string
	GatewayMode GatewayMode
	StaticPods  bool // see Gateways.StaticPods
	HAStrategy  HAStrategy
}

// Situation is that of the region, which must have its defaults filled in.
func (r *Region) Situation() Situation {
	return Situation{
		CNI: r.CNI.Type, CNIVersion: r.CNI.Version, DataPlane: r.CNI.DataPlane, HostRouting: r.CNI.HostRouting, IPAM: r.CNI.IPAM,
		Tunnel: r.CNI.Tunnel, L7Proxy: r.CNI.L7Proxy, Provider: r.Provider,
		GatewayMode: r.Gateways.Mode, StaticPods: r.Gateways.StaticPods(), HAStrategy: r.Gateways.HA.Strategy,
	}
}

// HoldsOfTailnet reports whether the condition is met by t, whose defaults are filled in,
// as far as it says nothing of a region.
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

// HoldsOfRegion reports whether the condition is met by a region in that situation, as far as
// it says something of one. It takes perNode for what it is made of, static pods.
func (c *IssueCondition) HoldsOfRegion(s *Situation) bool {
	return among(c.CNI, s.CNI) &&
		among(c.DataPlane, s.DataPlane) &&
		among(c.HostRouting, s.HostRouting) &&
		among(c.IPAM, s.IPAM) &&
		among(c.Tunnel, s.Tunnel) &&
		(!c.L7Proxy || s.L7Proxy) &&
		among(c.Provider, s.Provider) &&
		(among(c.GatewayMode, s.GatewayMode) || s.StaticPods && slices.Contains(c.GatewayMode, ModeStaticPod)) &&
		among(c.HAStrategy, s.HAStrategy) &&
		c.CNIVersion.Contains(s.CNIVersion)
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
