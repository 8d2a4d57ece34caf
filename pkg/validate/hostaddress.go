package validate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about hosts that no network joins.
const (
	CodeHostAddress diag.Code = "host-address-made" // addresses of our own, and something that needs a LAN
	CodeHostsNoLAN  diag.Code = "hosts-no-lan"      // nodes that send to each other, and nothing between them
)

// hostAddresses checks regions whose hosts have no network in common: those that say so,
// and those that look like it.
func hostAddresses(p *plan.Plan) diag.List {
	var list diag.List
	for i := range p.Regions {
		m := madeRegion{p, &p.Given.Spec.Regions[i], &p.Regions[i], i}
		if m.planned.Region.HostAddress == schema.HostAddressMade {
			m.made(&list)
		} else {
			m.noLAN(&list)
		}
	}
	return list
}

// madeRegion is a region as it was given and as it is planned.
type madeRegion struct {
	all     *plan.Plan
	given   *schema.Region
	planned *plan.Region
	index   int
}

func (m *madeRegion) path() string { return regionPath(m.index) }

// made refuses what cannot go with addresses that hosts make.
func (m *madeRegion) made(list *diag.List) {
	m.units(list)
	m.mode(list)
	m.networks(list)
	if m.given.Gateways.Mode == schema.ModePerNode {
		m.handOver(list)
	}
}

// refuse names what contradicts the addresses, which are stated or follow from the rest.
func (m *madeRegion) refuse(list *diag.List, path, why string) *diag.Diagnostic {
	d := list.Errorf(CodeHostAddress, path, "hosts of region %q make their own addresses, %s", m.given.Name, why)
	if m.given.HostAddress != "" {
		d.See(m.path()+".hostAddress", "hostAddress: %s is chosen here", m.given.HostAddress)
	}
	return d
}

// units: the address has to be there before the kubelet registers it.
func (m *madeRegion) units(list *diag.List) {
	d := m.all.Topology.Spec.Cluster.Distribution
	if plan.MakesAddresses(d) {
		return
	}
	m.refuse(list, m.path()+".hostAddress", fmt.Sprintf("by a unit of systemd, which hosts of %s do not take", facts.Distribution(d).Title)).
		Fix("give each host a dummy device with its internalIP by the distribution's own means, and say hostAddress: %s", schema.HostAddressGiven)
}

// mode: with a DaemonSet nobody brings programs and tables to a host before its kubelet
// runs, and static pods of one region all advertise the same.
func (m *madeRegion) mode(list *diag.List) {
	g, at := &m.given.Gateways, m.path()+".gateways"
	switch {
	case g.Mode == schema.ModeDaemonSet:
		m.refuse(list, at+".mode", "before their kubelets start, and with mode daemonSet programs and tables reach a host by its kubelet only").
			Fix("choose mode %s with the hosts as nodes, or %s for a single host", schema.ModePerNode, schema.ModeStaticPod)
	case g.Mode != schema.ModePerNode && len(g.Nodes) > 1:
		m.refuse(list, at+".nodes", fmt.Sprintf("so no LAN joins them, and with mode %s gateways %q and %q both advertise the whole region: what is meant for one reaches the other, which cannot hand it on", g.Mode, g.Nodes[0].Name, g.Nodes[1].Name)).
			Fix("choose mode %s, with each node's podCIDRs, or make a region of each host", schema.ModePerNode)
	case g.Mode != schema.ModePerNode && len(g.Nodes) == 1:
		m.single(list)
	}
}

// single: a static pod advertises all node CIDRs, and where more hosts than this one have
// addresses in them, it cannot hand on what it gets for them.
func (m *madeRegion) single(list *diag.List) {
	n := &m.given.Gateways.Nodes[0]
	for j, p := range m.given.NodeCIDRs {
		if !p.IsValid() || slices.ContainsFunc(n.Addresses(), func(a netip.Addr) bool { return claim.Host(a) == p }) {
			continue
		}
		m.refuse(list, diag.Index(m.path()+".nodeCIDRs", j), fmt.Sprintf("so no LAN leads from gateway %q to another host of node CIDR %s, all of which it advertises", n.Name, p)).
			Fix("write the host's own address as the node CIDR (%s), or choose mode %s for several hosts", claim.Host(n.InternalIP), schema.ModePerNode)
	}
}

// networks: a provider's route tables, and routes between nodes, are about a network that
// has the addresses.
func (m *madeRegion) networks(list *diag.List) {
	if c := m.given.Cloud(); c != "" {
		m.refuse(list, m.path()+".network", fmt.Sprintf("which the network of %s does not know: its route tables lead to none of them", c)).
			Fix("drop network, or say hostAddress: %s where the network gives hosts their internalIPs", schema.HostAddressGiven)
	}
	if r := m.given.CNI.PodRoutes; r != "" {
		m.refuse(list, m.path()+".cni.podRoutes", fmt.Sprintf("so podRoutes: %s describes a network that they do not have: each advertises its own pods, and the others find them through the tailnet", r)).
			Fix("drop podRoutes")
	}
}

// handOver: fields by which hosts of a LAN share work.
func (m *madeRegion) handOver(list *diag.List) {
	at := m.path() + ".gateways"
	if s := m.given.Gateways.HA.Strategy; s != "" && s != schema.HASingle {
		m.refuse(list, at+".ha.strategy", fmt.Sprintf("so strategy %s has no LAN to hand packets over: each host sends and receives for its own address and pods", s)).
			Fix("drop the strategy")
	}
	for j, n := range m.given.Gateways.Nodes {
		if n.NodeRouter {
			m.refuse(list, diag.Index(at+".nodes", j)+".nodeRouter", fmt.Sprintf("each of which advertises its own, so that %q has nothing to route for others", n.Name)).
				Fix("drop nodeRouter")
		}
	}
}

// noLAN: with mode perNode a host hands what it sends from its own address to a node
// router, by the LAN. Node CIDRs of one address each are what people write who have none.
func (m *madeRegion) noLAN(list *diag.List) {
	g := &m.given.Gateways
	if g.Mode != schema.ModePerNode || len(g.Nodes) < 2 || m.given.HostAddress != "" {
		return
	}
	for _, n := range g.Nodes {
		for _, a := range n.Addresses() {
			if own := claim.Host(a); !slices.Contains(m.given.NodeCIDRs, own) || !schema.IsInside(own) {
				return // another host's address is beside it, or it is public, which is a finding already
			}
		}
	}
	list.Errorf(CodeHostsNoLAN, m.path()+".nodeCIDRs", "node CIDRs of region %q hold one address each, so nothing says that its hosts reach each other, and with mode perNode %q hands what it sends itself to node router %q by the LAN: without one it loses the other regions, the API server among them",
		m.given.Name, g.Nodes[m.handsOn()].Name, g.Nodes[m.planned.NodeRouters()[0]].Name).
		See(m.path()+".gateways.mode", "mode perNode is chosen here").
		Fix("say hostAddress: %s where each host has a public address and no other: it makes its internalIP and sends for itself; say hostAddress: %s where a LAN carries the addresses", schema.HostAddressMade, schema.HostAddressGiven)
}

// handsOn is the first host that is not a node router, or else the second.
func (m *madeRegion) handsOn() int {
	for i := range m.given.Gateways.Nodes {
		if !m.planned.IsNodeRouter(i) {
			return i
		}
	}
	return 1
}
