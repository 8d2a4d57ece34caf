package readmit

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// gateway is a gateway in one address family.
type gateway struct {
	name string
	// node is its InternalIP, by which policies name it.
	node netip.Prefix
	// tailnet is what its own traffic comes from: its tailnet address where that is known,
	// else the pool.
	tailnet []netip.Prefix
	known   bool
}

// gatewaysByFamily lists the gateways in the families in which they have a node address. own
// are the addresses that all come from, the pool where one is not known.
func gatewaysByFamily(p *plan.Plan, own []netip.Prefix) []gateway {
	var all []gateway
	for _, r := range p.Topology.Spec.Regions {
		for _, n := range r.Gateways.Nodes {
			for _, a := range n.Addresses() {
				same := func(b netip.Addr) bool { return a.Is4() == b.Is4() }
				g := gateway{name: n.Name, node: netip.PrefixFrom(a, a.BitLen()), tailnet: n.TailnetPrefixes(same)}
				g.known = len(g.tailnet) > 0
				if !g.known {
					g.tailnet = slices.DeleteFunc(slices.Clone(own), func(p netip.Prefix) bool { return !same(p.Addr()) })
				}
				if len(g.tailnet) > 0 {
					all = append(all, g)
				}
			}
		}
	}
	return all
}

// tailnets are the tailnet prefixes of some gateways, sorted.
func tailnets(some []gateway) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, g := range some {
		prefixes = append(prefixes, g.tailnet...)
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes)
}

// peer is whom a rule means, by address: exclusions win.
type peer struct {
	// means and leavesOut report whether all of a prefix is named, and whether some of it is
	// left out.
	means, leavesOut func(netip.Prefix) bool
	// exclusions are the prefixes that are left out.
	exclusions []netip.Prefix
}

func (p peer) matches(q netip.Prefix) bool { return p.means(q) && !p.leavesOut(q) }

// verdict is what a rule has to say about the gateways besides what it says of their nodes.
type verdict struct {
	// add are the gateways whose node is meant and who are not.
	add []gateway
	// leaveOut are those whose node is left out and who are not.
	leaveOut []gateway
	// unknown are those whose node is left out, with no known address to leave out.
	unknown []string
	// all reports whether the nodes of all gateways are meant.
	all bool
}

// judge compares what a rule's peers, which are alternatives, mean of each gateway's node
// with what they mean of where its own traffic comes from. Who leaves a gateway's very
// address out means it.
func judge(gateways []gateway, peers ...peer) verdict {
	v := verdict{all: true}
	for _, g := range gateways {
		node := slices.ContainsFunc(peers, func(p peer) bool { return p.matches(g.node) })
		here := func(t netip.Prefix) bool {
			return slices.ContainsFunc(peers, func(p peer) bool { return p.matches(t) || slices.Contains(p.exclusions, t) })
		}
		v.all = v.all && node
		switch {
		case node && slices.ContainsFunc(g.tailnet, func(t netip.Prefix) bool { return !here(t) }):
			v.add = append(v.add, g)
		case !node && g.known && slices.ContainsFunc(peers, func(p peer) bool { return p.forgets(g) }):
			v.leaveOut = append(v.leaveOut, g)
		case !node && !g.known && slices.ContainsFunc(peers, func(p peer) bool { return p.means(g.node) && slices.ContainsFunc(g.tailnet, p.means) }):
			v.unknown = append(v.unknown, g.name)
		}
	}
	return v
}

// forgets reports whether the peer leaves out the gateway's node and means its tailnet
// address.
func (p peer) forgets(g gateway) bool {
	return p.means(g.node) && p.leavesOut(g.node) && slices.ContainsFunc(g.tailnet, p.matches)
}
