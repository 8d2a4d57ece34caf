// Package render turns a valid topology into everything that joins its regions:
// Kubernetes objects for the API server, and files for hosts and for the tailnet.
//
// NewPlan takes every decision; Plan.Render only spells them. Nothing here touches
// a file, a clock or the network, and the same topology gives the same bytes
// whatever the order of its regions.
package render

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Plan is what is decided: who advertises what, who reaches whom through which
// hops, where state is kept. Outputs read it and never derive it again.
type Plan struct {
	// Topology is the input with its defaults filled in and its regions in order of name.
	Topology *schema.Topology
	// Regions are in order of name, one for each of Topology.Spec.Regions.
	Regions []RegionPlan
	// Firewall is how tailscaled writes firewall rules, where it writes any.
	Firewall schema.FirewallMode
	// KeepsSource is where pods of every region go with their own address.
	KeepsSource []netip.Prefix
	// AdvertiseTag says that a gateway asks for its tag. Headscale refuses the request
	// of a node whose pre-authorized key carries the tag already (headscale 0.29.2,
	// docs/ref/registration.md).
	AdvertiseTag bool
}

// RegionPlan is what is decided for one region.
type RegionPlan struct {
	// Region is what the user said of it, defaults filled in.
	Region *schema.Region
	// Advertise is what its gateways advertise between them, sorted, never empty for a
	// valid topology.
	Advertise []netip.Prefix
	// Hosts are its gateways where they differ, in failover order, and otherwise one
	// that stands for all of them.
	Hosts []HostPlan
	// Remote is what all other regions advertise, sorted.
	Remote []netip.Prefix
	// Transit is what the region's nodes send to its gateways: Remote and, where
	// remote gateways keep their tailnet addresses as a source, those. Sorted.
	Transit []netip.Prefix
	// Tunnel is Transit as the other regions' gateways advertise it: the blocks of
	// single nodes where each advertises its own. Sorted.
	Tunnel []netip.Prefix
	// State is where a gateway keeps its identity.
	State StateStore
	// Health is where a gateway answers health checks.
	Health HealthBind
	// HostIPv6 says that the address the kubelet calls a gateway's HOST_IP is IPv6.
	HostIPv6 bool
	// Relay says that a standby hands traffic for Remote to the primary over the LAN.
	Relay bool
	// SourceRoute says that traffic a gateway itself originates leaves from its
	// InternalIP, by a table of our own.
	SourceRoute bool
	// Spoofed are the tailnet addresses that a gateway drops when they arrive from
	// anywhere but the tunnel.
	Spoofed []netip.Prefix
	// Advice is what we recommend in the place of, or like, the strategy in force.
	Advice StrategyAdvice
	// Cloud is nil where nothing of the provider's own network is to be rendered.
	Cloud *CloudPlan
}

// StateStore is where a gateway keeps its tailnet identity.
type StateStore int

const (
	// StateHost is a directory on the host: it needs no API server to start.
	StateHost StateStore = iota + 1
	// StateSecret is a Secret named after the node.
	StateSecret
)

// HealthBind is the address a gateway answers health checks on.
type HealthBind int

const (
	// HealthLoopback is enough where only the kubelet asks.
	HealthLoopback HealthBind = iota + 1
	// HealthInternalIP lets the region's other nodes ask, too; it is never bound on
	// a public leg.
	HealthInternalIP
)

// NewPlan decides everything about t, which must be valid: see package validate.
// It leaves t alone.
func NewPlan(t *schema.Topology) *Plan {
	t = t.WithDefaults()
	slices.SortStableFunc(t.Spec.Regions, func(a, b schema.Region) int { return cmp.Compare(a.Name, b.Name) })
	p := &Plan{
		Topology:     t,
		Firewall:     t.Spec.Tailnet.FirewallMode,
		KeepsSource:  keepsSource(t),
		AdvertiseTag: t.Spec.Tailnet.Control != schema.ControlHeadscale,
	}
	prefixes := claims(t.Spec.Regions, (*schema.Region).Advertised)
	routes := claims(t.Spec.Regions, (*schema.Region).Destinations)
	for i := range t.Spec.Regions {
		p.Regions = append(p.Regions, p.region(i, remote(prefixes, i), remote(routes, i)))
	}
	return p
}

func (p *Plan) region(i int, remote, routes []netip.Prefix) RegionPlan {
	r := &p.Topology.Spec.Regions[i]
	tailnet := &p.Topology.Spec.Tailnet
	plan := RegionPlan{
		Region:      r,
		Advertise:   r.AllRoutes(),
		Hosts:       hosts(r),
		Remote:      remote,
		Transit:     p.transit(i, remote),
		Tunnel:      p.transit(i, routes),
		State:       p.state(r),
		Health:      health(r),
		HostIPv6:    hostIPv6(r),
		Relay:       r.Shares(),
		SourceRoute: tailnet.GatewaySource == schema.SourceInternalIP,
		Spoofed:     spoofed(r, tailnet),
		Advice:      strategyAdvice(&p.Topology.Spec, i),
	}
	plan.Cloud = p.cloudPlan(&plan)
	return plan
}

// claim is a prefix and the region that has it.
type claim struct {
	netip.Prefix
	region int
}

// claims are the prefixes of all regions, sorted: once, since each region needs
// nearly all of them.
func claims(regions []schema.Region, of func(*schema.Region) []netip.Prefix) []claim {
	var all []claim
	for i := range regions {
		for _, c := range of(&regions[i]) {
			all = append(all, claim{c, i})
		}
	}
	slices.SortStableFunc(all, func(a, b claim) int { return a.Prefix.Compare(b.Prefix) })
	return all
}

// remote is what the regions other than i have.
func remote(all []claim, i int) []netip.Prefix {
	var remote []netip.Prefix
	for _, c := range all {
		if c.region != i {
			remote = append(remote, c.Prefix)
		}
	}
	return slices.Compact(remote)
}

// transit adds to remote the way back to gateways that send from their tailnet
// addresses: nothing else on a node's LAN knows those.
func (p *Plan) transit(i int, remote []netip.Prefix) []netip.Prefix {
	if p.Topology.Spec.Tailnet.GatewaySource != schema.SourceTailnetIP {
		return remote
	}
	transit := slices.Concat(remote, p.gatewaySources(i))
	slices.SortFunc(transit, netip.Prefix.Compare)
	return slices.Compact(transit)
}

// gatewaySources are the tailnet addresses of gateways outside region i: each one
// where all are known, the tailnet's pool otherwise. On Alibaba Cloud the whole of
// 100.64.0.0/10 would take the provider's own DNS and metadata along
// (tailscale#21249), so there a pool or addresses have to be given.
func (p *Plan) gatewaySources(i int) []netip.Prefix {
	var known []netip.Prefix
	for j := range p.Topology.Spec.Regions {
		for _, n := range p.Topology.Spec.Regions[j].Gateways.Nodes {
			if j != i && !n.TailnetIP.IsValid() {
				return p.pool(i)
			}
			if j != i {
				known = append(known, netip.PrefixFrom(n.TailnetIP, n.TailnetIP.BitLen()))
			}
		}
	}
	return known
}

func (p *Plan) pool(i int) []netip.Prefix {
	switch {
	case len(p.Topology.Spec.Tailnet.IPPool) > 0:
		return p.Topology.Spec.Tailnet.IPPool
	case p.Topology.Spec.Regions[i].Provider == schema.ProviderAlibaba:
		return nil
	}
	return []netip.Prefix{schema.TailnetIPv4()}
}

// state is a Secret wherever one is possible, unless the user wants it on the host.
func (p *Plan) state(r *schema.Region) StateStore {
	if r.Gateways.State != schema.KeepHost && p.Topology.Spec.WhyNoStateSecret(r) == "" {
		return StateSecret
	}
	return StateHost
}

// hostIPv6 asks the hosts, and the region's first node CIDR where none is known.
func hostIPv6(r *schema.Region) bool {
	for _, n := range r.Gateways.Nodes {
		return n.InternalIP.Is6()
	}
	return len(r.NodeCIDRs) > 0 && r.NodeCIDRs[0].Addr().Is6()
}

// health is open to the LAN only where other nodes choose among several gateways.
func health(r *schema.Region) HealthBind {
	if len(r.Gateways.Nodes) > 1 && r.Gateways.Mode != schema.ModePerNode {
		return HealthInternalIP
	}
	return HealthLoopback
}

// spoofed is the tailnet's pool: with netfilterMode off tailscaled installs no rule that
// drops it (measured in namespaces with tailscaled 1.84.3), with on setup.sh must not
// accept it before tailscaled's rule is reached. On Alibaba Cloud the
// provider's own DNS and metadata live in 100.64.0.0/10 (tailscale#21249), so there
// only a pool the user chose is dropped.
func spoofed(r *schema.Region, tailnet *schema.Tailnet) []netip.Prefix {
	switch {
	case len(tailnet.IPPool) > 0:
		return tailnet.IPPool
	case r.Provider == schema.ProviderAlibaba:
		return nil
	}
	return []netip.Prefix{schema.TailnetIPv4(), schema.TailnetIPv6()}
}
