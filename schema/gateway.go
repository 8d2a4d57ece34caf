package schema

import (
	"net/netip"
)

// Gateways are the region's Tailscale subnet routers.
type Gateways struct {
	Mode GatewayMode `json:"mode"`
	// Runner is what runs the gateways of ModePerNode; empty means RunnerStaticPod.
	Runner Runner `json:"runner,omitempty"`
	// HA says how several gateways share the work; the zero value lets the planner decide.
	HA HA `json:"ha,omitzero"`
	// State is where a gateway keeps its identity; empty means KeepSecret where that is
	// possible and KeepHost elsewhere.
	State GatewayState `json:"state,omitempty"`
	// Replaced says what another machine in a gateway's place has; empty means ReplacedNever.
	Replaced Replaced `json:"replaced,omitempty"`
	// PeerRelay is the UDP port at which they relay tunnels of others; 0 means that they do not.
	PeerRelay int `json:"peerRelay,omitempty"`
	// NodeSelector picks the gateway hosts of a DaemonSet by label.
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Nodes are the known gateway hosts, in failover order.
	Nodes []GatewayNode `json:"nodes"`
}

// HA is the strategy by which several gateways of a region share the work.
type HA struct {
	Strategy HAStrategy `json:"strategy,omitempty"`
}

// GatewayNode is a host that runs a gateway.
type GatewayNode struct {
	// Name is the Kubernetes node name.
	Name string `json:"name"`
	// InternalIP is the node's InternalIP, the address the kubelet reports first.
	InternalIP netip.Addr `json:"internalIP"`
	// InternalIPv6 is the second InternalIP of a dual-stack node.
	InternalIPv6 netip.Addr `json:"internalIPv6,omitzero"`
	// PodCIDRs are the blocks of the region's pod CIDRs that are this node's own, for
	// ModePerNode only.
	PodCIDRs []netip.Prefix `json:"podCIDRs,omitempty"`
	// NodeRouter tells whether the host carries the region's node CIDRs as well, for
	// ModePerNode only. Where no host says so, the first one does.
	NodeRouter bool `json:"nodeRouter,omitempty"`
	// Supersets are prefixes that only this gateway advertises, for HASupersets only:
	// they contain the region's. Empty means that the planner chooses.
	Supersets []netip.Prefix `json:"supersets,omitempty"`
	// PublicIP is where peers may reach the host directly over UDP.
	PublicIP netip.Addr `json:"publicIP,omitzero"`
	// UnderNAT tells whether the host has no public address of its own.
	UnderNAT bool `json:"underNAT,omitempty"`
	// NATMapping is how that NAT maps the host's UDP port; empty means that nobody knows.
	NATMapping NATMapping `json:"natMapping,omitempty"`
	// Zone is the failure domain.
	Zone string `json:"zone,omitempty"`
	// Instance and NetworkInterface are what a cloud's routes call the host and its
	// network card; see plan.CloudGateway.
	Instance         string `json:"instance,omitempty"`
	NetworkInterface string `json:"networkInterface,omitempty"`
	// Tags are carried by this gateway beside the tag of its region, for
	// Tailnet.Policy.Pins. They are given to it at the control server, since the
	// gateways of a DaemonSet all ask for the same.
	Tags []string `json:"tags,omitempty"`
	// TailnetIP is the host's address in the tailnet, where it is known or pinned.
	TailnetIP netip.Addr `json:"tailnetIP,omitzero"`
	// TailnetIPv6 is its second address in the tailnet.
	TailnetIPv6 netip.Addr `json:"tailnetIPv6,omitzero"`
}

// Addresses lists the node's internal addresses, the kubelet's first one first.
func (n GatewayNode) Addresses() []netip.Addr {
	var addrs []netip.Addr
	for _, a := range []netip.Addr{n.InternalIP, n.InternalIPv6} {
		if a.IsValid() {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// TailnetPrefixes lists the gateway's known tailnet addresses that keep accepts,
// each as a prefix of one address.
func (n GatewayNode) TailnetPrefixes(keep func(netip.Addr) bool) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, a := range []netip.Addr{n.TailnetIP, n.TailnetIPv6} {
		if a.IsValid() && keep(a) {
			prefixes = append(prefixes, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return prefixes
}

// Covers reports whether one of the gateway's supersets contains p.
func (n *GatewayNode) Covers(p netip.Prefix) bool {
	_, ok := n.Superset(p)
	return ok
}

// Superset is the first of the gateway's supersets that contains p and is wider.
func (n *GatewayNode) Superset(p netip.Prefix) (netip.Prefix, bool) {
	for _, wide := range n.Supersets {
		if wide.IsValid() && wide.Bits() < p.Bits() && wide.Contains(p.Addr()) {
			return wide, true
		}
	}
	return netip.Prefix{}, false
}

// GatewayMode says what runs a region's gateways.
type GatewayMode string

const (
	// ModeDaemonSet runs them as a DaemonSet: the API server is reachable without them.
	ModeDaemonSet GatewayMode = "daemonSet"
	// ModeStaticPod runs them as static pods: the hosts reach the API server only
	// through them.
	ModeStaticPod GatewayMode = "staticPod"
	// ModePerNode makes every node of the region a gateway for its own pods, as static
	// pods; one or more of them also carry the region's node CIDRs.
	ModePerNode GatewayMode = "perNode"
	// ModeHost runs them as services of the host, around its own tailscaled: before its
	// kubelet, and without one.
	ModeHost GatewayMode = "host"
)

// NATMapping is how a NAT maps a host's UDP port (RFC 4787, section 4.1).
type NATMapping string

const (
	NATEndpointIndependent NATMapping = "endpointIndependent" // to one port, for all peers
	NATEndpointDependent   NATMapping = "endpointDependent"   // to another port for each peer
)

// Replaced is what another machine in a gateway's place has.
type Replaced string

const (
	// ReplacedNever: nobody puts one there without rendering anew.
	ReplacedNever Replaced = "never"
	// ReplacedSameAddress: the gateway's node name and internalIPs, and an empty disk.
	ReplacedSameAddress Replaced = "sameAddress"
	// ReplacedAnyAddress: a name and addresses of its own.
	ReplacedAnyAddress Replaced = "anyAddress"
)

// Runner is what runs the gateways of a mode that leaves it open.
type Runner string

const (
	RunnerStaticPod Runner = "staticPod" // the kubelet, from a file
	RunnerHost      Runner = "host"      // services of the host, as in ModeHost
)

// OnHost reports whether services of the host are the gateways, and no pods.
func (g *Gateways) OnHost() bool {
	return g.Mode == ModeHost || g.Mode == ModePerNode && g.Runner == RunnerHost
}

// StaticPods reports whether static pods are the gateways.
func (g *Gateways) StaticPods() bool {
	return g.Mode == ModeStaticPod || g.Mode == ModePerNode && g.Runner != RunnerHost
}

// HAStrategy says how several gateways of a region share the work.
type HAStrategy string

const (
	// HASingle is one gateway: when it is gone, so is the region.
	HASingle HAStrategy = "single"
	// HARelay lets every gateway take traffic and hand it to the primary over the LAN.
	HARelay HAStrategy = "relay"
	// HASupersets lets every gateway send into its own tunnel: peers since Tailscale
	// 1.98.0 take a packet from whoever advertises a prefix that its source lies in.
	HASupersets HAStrategy = "supersets"
)
