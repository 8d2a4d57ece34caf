package plan

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// GatewayPrefixes lists the tailnet addresses that traffic of the gateways' own may
// come from, sorted: each gateway's /32 and /128 where the addresses of all of them
// are known, else the tailnet's pool of that family, else the whole range where
// ReadmitWholePool asks for it. unknown names the families ("IPv4", "IPv6") that
// the topology uses and none of this covers.
//
// Only families that some region has node or pod CIDRs of count: the others carry
// nothing between regions.
func (p *Plan) GatewayPrefixes() (prefixes []netip.Prefix, unknown []string) {
	for _, f := range []tailnetFamily{
		{"IPv4", netip.Addr.Is4, schema.TailnetIPv4()},
		{"IPv6", netip.Addr.Is6, schema.TailnetIPv6()},
	} {
		if !p.uses(f) {
			continue
		}
		found := p.gatewayPrefixes(f)
		if len(found) == 0 {
			unknown = append(unknown, f.name)
		}
		prefixes = append(prefixes, found...)
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes), unknown
}

// tailnetFamily is one of the two address families and the tailnet's range in it.
type tailnetFamily struct {
	name  string
	is    func(netip.Addr) bool
	whole netip.Prefix
}

func (p *Plan) uses(f tailnetFamily) bool {
	return slices.ContainsFunc(p.Topology.Spec.Regions, func(r schema.Region) bool {
		return slices.ContainsFunc(r.Advertised(), func(c netip.Prefix) bool { return f.is(c.Addr()) })
	})
}

func (p *Plan) gatewayPrefixes(f tailnetFamily) []netip.Prefix {
	if known := p.knownGateways(f); known != nil {
		return known
	}
	tailnet := &p.Topology.Spec.Tailnet
	pool := slices.DeleteFunc(slices.Clone(tailnet.IPPool), func(c netip.Prefix) bool {
		return !c.IsValid() || !f.is(c.Addr())
	})
	if len(pool) == 0 && tailnet.ReadmitWholePool {
		return []netip.Prefix{f.whole}
	}
	return pool
}

// knownGateways is nil unless every gateway of every region has an address of the
// family: a gateway that is missing from the list would be locked out.
func (p *Plan) knownGateways(f tailnetFamily) []netip.Prefix {
	var known []netip.Prefix
	for i := range p.Regions {
		nodes := p.Regions[i].Region.Gateways.Nodes
		if len(nodes) == 0 {
			return nil
		}
		for _, n := range nodes {
			own := n.TailnetPrefixes(f.is)
			if len(own) == 0 {
				return nil
			}
			known = append(known, own...)
		}
	}
	return known
}
