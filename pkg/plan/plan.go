// Package plan decides. From what a user wrote it works out, once, what everybody else
// then reads: the fields that were left out, who advertises what, who reaches whom
// through which hops, where identities are kept, what a provider's network is told.
//
// Start with New. A Plan comes from there alone, and its Topology is complete: nobody
// else fills in a default. New decides about any topology that loading can give, faults
// included, because validation reads the plan, too; it makes sense for a valid one.
// Nothing here touches a file, a clock or the network.
package plan

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Plan is what is decided about a topology. It is safe for concurrent readers.
type Plan struct {
	// Given is the topology as it was written: for those who must know what the user left
	// out.
	Given *schema.Topology
	// Topology is the same with every field filled in that has a default, its regions in
	// the order in which they were written.
	Topology *schema.Topology
	// Regions has one for each of Topology.Spec.Regions, in their order.
	Regions []Region
	// ControlPlane is the provider that runs the control plane; empty where nobody knows.
	ControlPlane string
	// Firewall is how tailscaled writes firewall rules, where it writes any.
	Firewall schema.FirewallMode
	// Overlay says that one overlay carries the pods of all regions: see OneOverlay.
	Overlay bool
	// AdvertiseTag says that a gateway asks for its tag. Some control servers refuse the
	// request of a node whose pre-authorized key carries the tag already.
	AdvertiseTag bool

	servers []netip.Prefix // where API servers are: schema.APIServer.Places

	// What few ask for is worked out when somebody does.
	keepsSource  func() []netip.Prefix
	advertised   func() []claim // what all regions have
	routed       func() []claim // the part of it that hosts route to
	destinations func() []claim // the same as the tailnet routes to it
	fleet        func() Fleet
	occupied     func() *occupied
	before       func() *Plan
}

// Region is what is decided for one region.
type Region struct {
	// Region is what the user said of it, defaults filled in.
	Region *schema.Region
	// Advertise is what its gateways advertise between them, sorted, never empty for a
	// valid topology.
	Advertise []netip.Prefix
	// Hosts are its gateways where they differ, in failover order, and otherwise one
	// that stands for all of them.
	Hosts []Host
	// State is where a gateway keeps its identity.
	State StateStore
	// NoSecret is why a gateway cannot keep it in a Secret, and NoSecretNode the host
	// that it is about, where it is about one.
	NoSecret     SecretObstacle
	NoSecretNode string
	// Federated says that gateways join with the workload identity.
	Federated bool
	// LocalAPIServer says that the region's nodes reach the API server without the tunnel.
	LocalAPIServer bool
	// Health is where a gateway answers health checks.
	Health HealthBind
	// HostIPv6 says that the address the kubelet calls a gateway's HOST_IP is IPv6.
	HostIPv6 bool
	// Apart says that every host is a gateway for its own address and pods alone, and
	// reaches the region's other hosts through the tailnet: see HostsApart.
	Apart bool
	// Relay says that gateways hand packets to each other over the LAN: to the primary of
	// the prefix that a packet comes from or, with supersets, while they cannot send
	// themselves.
	Relay bool
	// SourceRoute says that traffic a gateway itself originates leaves from its
	// InternalIP, by a table of our own.
	SourceRoute bool
	// ByTable says that the region's network delivers by its route tables only, so that a
	// host cannot hand a packet to a neighbour of its choice.
	ByTable bool
	// Pods is how a packet finds a pod of another node of the region.
	Pods PodWay
	// Blocks is who gives each node its block of pods' addresses.
	Blocks BlockSource
	// Spoofed are the tailnet addresses that a gateway drops when they arrive from
	// anywhere but the tunnel.
	Spoofed []netip.Prefix
	// Cloud is nil where nothing of the provider's own network is to be rendered.
	Cloud *Cloud

	plan    *Plan
	index   int            // in Plan.Regions
	own     []netip.Prefix // its node and pod CIDRs: schema.Region.Advertised
	routers []int          // see NodeRouters
	linked  []int          // see Linked
}

// HealthBind is the address a gateway answers health checks on.
type HealthBind int

const (
	// HealthLoopback is enough where only the kubelet asks.
	HealthLoopback HealthBind = iota + 1
	// HealthInternalIP lets the region's other nodes ask, too; it is never bound on
	// a public leg.
	HealthInternalIP
)

// New decides everything about t. It leaves t alone and keeps it: t must not change
// while the plan is in use.
func New(t *schema.Topology) *Plan {
	p := &Plan{Given: t}
	p.occupied = sync.OnceValue(func() *occupied { return newOccupied(&t.Spec) })
	p.Topology = complete(t, p.occupied)
	p.ControlPlane = controlPlane(&p.Topology.Spec)
	p.Firewall = p.Topology.Spec.Tailnet.FirewallMode
	p.AdvertiseTag = facts.Control(p.Topology.Spec.Tailnet.Control).TagRequests.Value
	p.Overlay = OneOverlay(p.Topology.Spec.Regions)
	p.servers = p.Topology.Spec.Cluster.APIServer.Places()
	p.Regions = make([]Region, len(p.Topology.Spec.Regions))
	for i := range p.Regions {
		p.region(i)
	}
	p.keepsSource = sync.OnceValue(p.whereSourceIsKept)
	p.before = sync.OnceValue(p.planBefore)
	p.advertised = sync.OnceValue(func() []claim {
		return p.claims((*Region).Prefixes)
	})
	p.routed = sync.OnceValue(func() []claim { return p.claims((*Region).routed) })
	p.destinations = sync.OnceValue(func() []claim { return p.claims((*Region).Destinations) })
	p.fleet = sync.OnceValue(func() Fleet {
		var all []netip.Prefix
		for _, c := range p.routed() {
			all = append(all, c.Prefix)
		}
		return NewFleet(all)
	})
	return p
}

// Fleet is what hosts of any region route to between them: what all regions advertise, less
// the pods of one overlay. It is worked out once, and callers
// leave it alone.
func (p *Plan) Fleet() Fleet { return p.fleet() }

// ByName is the plan with its regions in order of name: outputs do not depend on the
// order in which they were written.
func (p *Plan) ByName() *Plan {
	if t := inOrder(p.Given); t != p.Given {
		return New(t)
	}
	return p
}

// NewByName is New(t).ByName(), and plans once.
func NewByName(t *schema.Topology) *Plan { return New(inOrder(t)) }

// inOrder is the topology with its regions in order of name, or t itself. Regions are large, so
// each is moved once.
func inOrder(t *schema.Topology) *schema.Topology {
	regions := t.Spec.Regions
	order := make([]int, len(regions))
	for i := range order {
		order[i] = i
	}
	byName := func(i, j int) int { return cmp.Compare(regions[i].Name, regions[j].Name) }
	if slices.IsSortedFunc(order, byName) {
		return t
	}
	slices.SortStableFunc(order, byName)
	out := *t
	out.Spec.Regions = make([]schema.Region, len(regions))
	for at, i := range order {
		out.Spec.Regions[at] = regions[i]
	}
	return &out
}

// region decides about region i.
func (p *Plan) region(i int) {
	r, spec := &p.Regions[i], &p.Topology.Spec
	*r = Region{Region: &spec.Regions[i], plan: p, index: i}
	r.own = slices.Clip(r.Region.Advertised())
	r.Apart = HostsApart(r.Region)
	r.linked = p.links(i)
	r.routers = nodeRouters(r.Region)
	r.Advertise = r.allRoutes()
	r.Hosts = r.hosts()
	r.LocalAPIServer = localAPIServer(p.servers, r.Region) ||
		slices.ContainsFunc(r.linked, func(j int) bool { return localAPIServer(p.servers, &spec.Regions[j]) })
	r.Federated = spec.Tailnet.Auth.WorkloadIdentity.ClientID != "" && r.Region.Gateways.Mode == schema.ModeDaemonSet
	r.NoSecret, r.NoSecretNode = r.secretObstacle()
	r.State = state(r)
	r.Health = health(r.Region)
	r.HostIPv6 = hostIPv6(r.Region)
	r.Relay = shares(r.Region)
	r.SourceRoute = spec.Tailnet.GatewaySource == schema.SourceInternalIP
	r.ByTable = byTable(r.Region)
	r.Pods = podWay(r.Region)
	r.Blocks = r.blocks()
	r.Spoofed = spoofed(r.Region, &spec.Tailnet)
	r.Cloud = r.cloud()
}

// KeepsSource is where pods of every region go with their own address: every region's nodes
// and pods, and what the user adds; the nodes not where MasqueradesToNodes. Sorted. It is worked
// out once, and callers leave it alone.
func (p *Plan) KeepsSource() []netip.Prefix { return p.keepsSource() }

func (p *Plan) whereSourceIsKept() []netip.Prefix {
	spec := &p.Topology.Spec
	all := slices.Clone(spec.Cluster.NonMasqueradeCIDRs)
	hidden := MasqueradesToNodes(spec.Regions)
	for i := range p.Regions {
		if hidden {
			all = append(all, sortedPrefixes(spec.Regions[i].PodCIDRs)...)
		} else {
			all = append(all, p.Regions[i].own...)
		}
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
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

// shares reports whether gateways of the region hand packets to each other.
func shares(r *schema.Region) bool {
	if HostsApart(r) {
		return false
	}
	return r.Gateways.HA.Strategy == schema.HARelay || r.Gateways.HA.Strategy == schema.HASupersets
}

// byTable: by route tables alone, or between subnets, and a subnet lies in one zone.
func byTable(r *schema.Region) bool {
	if r.Cloud() == "" {
		return false
	}
	p, nodes := facts.Provider(r.Provider), r.Gateways.Nodes
	several := slices.ContainsFunc(nodes, func(n schema.GatewayNode) bool { return n.Zone != nodes[0].Zone })
	return p.RoutesByTable(true) || p.Fabric.Value == provider.SubnetLAN && several
}

// spoofed is the tailnet's pool: with netfilterMode off tailscaled installs no rule that
// drops it (measured in namespaces with tailscaled 1.84.3), with on gateway-setup.sh must not
// accept it before tailscaled's rule is reached. Where the provider's own DNS and metadata
// answer from there, only a pool the user chose is dropped.
func spoofed(r *schema.Region, tailnet *schema.Tailnet) []netip.Prefix {
	switch {
	case len(tailnet.IPPool) > 0:
		return tailnet.IPPool
	case facts.Provider(r.Provider).SharesTailnet.Value:
		return nil
	}
	return []netip.Prefix{schema.TailnetIPv4(), schema.TailnetIPv6()}
}
