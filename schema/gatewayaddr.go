package schema

import (
	"net/netip"
	"slices"
)

// GatewayPrefixes lists the tailnet addresses that traffic of the gateways' own may
// come from, sorted: each gateway's /32 and /128 where the addresses of all of them
// are known, else the tailnet's pool of that family, else the whole range where
// ReadmitWholePool asks for it. unknown names the families ("IPv4", "IPv6") that
// the topology uses and none of this covers.
//
// Only families that some region has node or pod CIDRs of count: the others carry
// nothing between regions.
func (t *Topology) GatewayPrefixes() (prefixes []netip.Prefix, unknown []string) {
	for _, f := range []family{
		{"IPv4", netip.Addr.Is4, TailnetIPv4()},
		{"IPv6", netip.Addr.Is6, TailnetIPv6()},
	} {
		if !t.uses(f) {
			continue
		}
		found := t.gatewayPrefixes(f)
		if len(found) == 0 {
			unknown = append(unknown, f.name)
		}
		prefixes = append(prefixes, found...)
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes), unknown
}

// family is one of the two address families and the tailnet's range in it.
type family struct {
	name  string
	is    func(netip.Addr) bool
	whole netip.Prefix
}

func (t *Topology) uses(f family) bool {
	return slices.ContainsFunc(t.Spec.Regions, func(r Region) bool {
		return slices.ContainsFunc(r.Advertised(), func(p netip.Prefix) bool { return f.is(p.Addr()) })
	})
}

func (t *Topology) gatewayPrefixes(f family) []netip.Prefix {
	if known := t.knownGateways(f); known != nil {
		return known
	}
	pool := slices.DeleteFunc(slices.Clone(t.Spec.Tailnet.IPPool), func(p netip.Prefix) bool {
		return !p.IsValid() || !f.is(p.Addr())
	})
	if len(pool) == 0 && t.Spec.Tailnet.ReadmitWholePool {
		return []netip.Prefix{f.whole}
	}
	return pool
}

// knownGateways is nil unless every gateway of every region has an address of the
// family: a gateway that is missing from the list would be locked out.
func (t *Topology) knownGateways(f family) []netip.Prefix {
	var known []netip.Prefix
	for _, r := range t.Spec.Regions {
		if len(r.Gateways.Nodes) == 0 {
			return nil
		}
		for _, n := range r.Gateways.Nodes {
			own := n.TailnetPrefixes(f.is)
			if len(own) == 0 {
				return nil
			}
			known = append(known, own...)
		}
	}
	return known
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
