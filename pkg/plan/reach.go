package plan

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// claim is a prefix and the region that has it.
type claim struct {
	netip.Prefix
	region int
}

// claims are the prefixes of all regions, sorted: once, since each region needs
// nearly all of them.
func (p *Plan) claims(of func(*Region) []netip.Prefix) []claim {
	var all []claim
	for i := range p.Regions {
		for _, c := range of(&p.Regions[i]) {
			all = append(all, claim{c, i})
		}
	}
	slices.SortStableFunc(all, func(a, b claim) int { return a.Prefix.Compare(b.Prefix) })
	return all
}

// Remote is what all other regions advertise that no link leads to, and the region's own where its hosts are
// apart, sorted. It is made anew for each call.
func (r *Region) Remote() []netip.Prefix { return r.others(r.plan.advertised()) }

// Transit is what the region's nodes send to its gateways: Remote, less the pods of one
// overlay, and, where remote gateways keep their tailnet addresses as a source, those.
// Sorted. It is made anew for each call.
func (r *Region) Transit() []netip.Prefix { return r.withSources(r.others(r.plan.routed())) }

// Arriving is what packets from other regions have as their source: Remote and linked
// regions' prefixes, pods of an overlay among them (those of a gateway reach nodes by its
// own tunnel), and, where remote gateways keep their tailnet addresses, those. Sorted. It
// is made anew for each call.
func (r *Region) Arriving() []netip.Prefix {
	all := r.Remote()
	for _, j := range r.linked {
		all = append(all, r.plan.Topology.Spec.Regions[j].Advertised()...)
	}
	return r.withSources(sortedPrefixes(all))
}

// Tunnel is Transit as the other regions' gateways advertise it: the blocks of
// single nodes where each advertises its own. Sorted. It is made anew for each call.
func (r *Region) Tunnel() []netip.Prefix { return r.withSources(r.others(r.plan.destinations())) }

// others is what the other regions have but for linked ones and, where hosts are apart,
// the region's own: nearly all of it is another host's.
func (r *Region) others(all []claim) []netip.Prefix {
	remote := make([]netip.Prefix, 0, len(all))
	for _, c := range all {
		if c.region != r.index && !r.isLinked(c.region) || c.region == r.index && r.Apart {
			remote = append(remote, c.Prefix)
		}
	}
	return slices.Compact(remote)
}

// withSources adds to remote the way back to gateways that send from their tailnet
// addresses: nothing else on a node's LAN knows those.
func (r *Region) withSources(remote []netip.Prefix) []netip.Prefix {
	if r.SourceRoute {
		return remote
	}
	transit := append(remote, r.GatewaySources()...)
	slices.SortFunc(transit, netip.Prefix.Compare)
	return slices.Compact(transit)
}

// GatewaySources are the tailnet addresses that gateways outside the region send from,
// sorted: none where they send from their own, each one where all are known, and
// otherwise the tailnet's pool. Where a provider's own DNS and metadata answer from
// 100.64.0.0/10, all of it would take them along, so there a pool or addresses have to be
// given. It is made anew for each call.
func (r *Region) GatewaySources() []netip.Prefix {
	if r.SourceRoute {
		return nil
	}
	var known []netip.Prefix
	for j := range r.plan.Regions {
		for _, n := range r.plan.Regions[j].Region.Gateways.Nodes {
			if j == r.index && !r.Apart {
				continue
			}
			if !n.TailnetIP.IsValid() {
				return sortedPrefixes(pool(r))
			}
			known = append(known, netip.PrefixFrom(n.TailnetIP, n.TailnetIP.BitLen()))
		}
	}
	return sortedPrefixes(known)
}

func pool(r *Region) []netip.Prefix {
	given := r.plan.Topology.Spec.Tailnet.IPPool
	switch {
	case len(given) > 0:
		return given
	case facts.Provider(r.Region.Provider).SharesTailnet.Value:
		return nil
	}
	return []netip.Prefix{schema.TailnetIPv4()}
}
