package schema

import (
	"net/netip"
	"slices"
)

// PrivateBlocks are the blocks that anybody may use inside (RFC 1918, RFC 4193). The
// shared block of RFC 6598 is not among them: it is the tailnet's.
func PrivateBlocks() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("fc00::/7"),
	}
}

// chooseSupersets gives each gateway of region i that has none the narrowest prefixes
// that contain those of the region, belong to no other gateway and take in nothing
// that anybody else has. A gateway may be left with fewer than it needs: package
// validate says so, and why.
func (s *Spec) chooseSupersets(i int) {
	s.Regions[i].Gateways.Nodes = s.withSupersets(i)
}

// SupersetsFit reports whether each gateway of region i can have, or has, prefixes of
// its own that contain all of the region's and take in nothing that the topology gives
// to anybody else. What providers and others reserve, package validate knows.
func (s *Spec) SupersetsFit(i int) bool {
	nodes := s.withSupersets(i)
	for _, p := range s.Regions[i].Advertised() {
		if slices.ContainsFunc(nodes, func(n GatewayNode) bool { return !n.Covers(p) }) {
			return false
		}
	}
	return true
}

// withSupersets are the gateways of region i with their prefixes chosen.
func (s *Spec) withSupersets(i int) []GatewayNode {
	r := &s.Regions[i]
	nodes := slices.Clone(r.Gateways.Nodes)
	foreign := s.foreign(i)
	taken := r.Advertised()
	for _, n := range r.Gateways.Nodes {
		taken = append(taken, n.Supersets...)
	}
	for j := range nodes {
		n := &nodes[j]
		if len(n.Supersets) > 0 {
			continue
		}
		for _, p := range r.Advertised() {
			if n.Covers(p) {
				continue
			}
			if wide, ok := superset(p, taken, foreign); ok {
				n.Supersets = append(n.Supersets, wide)
				taken = append(taken, wide)
			}
		}
	}
	return nodes
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

// superset is the narrowest prefix that contains p, is not taken, overlaps nothing
// foreign and stays in the private block that p lies in.
func superset(p netip.Prefix, taken, foreign []netip.Prefix) (netip.Prefix, bool) {
	for bits := p.Bits() - 1; bits > 0; bits-- {
		wide := netip.PrefixFrom(p.Addr(), bits).Masked()
		if !IsPrivate(wide) || slices.ContainsFunc(foreign, wide.Overlaps) {
			break
		}
		if !slices.Contains(taken, wide) {
			return wide, true
		}
	}
	return netip.Prefix{}, false
}

// IsPrivate reports whether p lies in one of PrivateBlocks.
func IsPrivate(p netip.Prefix) bool {
	return slices.ContainsFunc(PrivateBlocks(), func(b netip.Prefix) bool { return b.Bits() <= p.Bits() && b.Contains(p.Addr()) })
}

// foreign is what a superset of region i must not take in: all that the topology
// names but the region's own nodes and pods.
func (s *Spec) foreign(i int) []netip.Prefix {
	all := slices.Concat(s.Cluster.ServiceCIDRs, s.ExternalCIDRs, []netip.Prefix{TailnetIPv4(), TailnetIPv6()})
	for _, r := range s.ReservedCIDRs {
		all = append(all, r.Prefix)
	}
	hosts := slices.Clone(s.Cluster.APIServer.Addresses)
	for j := range s.Regions {
		r := &s.Regions[j]
		all = slices.Concat(all, r.TransitCIDRs, r.FabricCIDRs)
		if j != i {
			all = slices.Concat(all, r.NodeCIDRs, r.PodCIDRs)
		}
		for _, n := range r.Gateways.Nodes {
			hosts = append(hosts, n.PublicIP)
		}
	}
	own := s.Regions[i].Advertised()
	for _, a := range hosts {
		if a.IsValid() && !slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Contains(a) }) {
			all = append(all, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return slices.DeleteFunc(all, func(p netip.Prefix) bool { return !p.IsValid() })
}
