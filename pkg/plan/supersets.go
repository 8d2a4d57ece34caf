package plan

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// SupersetsFit reports whether each gateway of the region can have, or has, prefixes of
// its own that contain all of the region's and take in nothing that the topology gives
// to anybody else. What providers and others reserve, package validate knows.
func (r *Region) SupersetsFit() bool {
	nodes := r.plan.occupied().choose(&r.plan.Topology.Spec, r.index)
	for _, p := range r.own {
		if slices.ContainsFunc(nodes, func(n schema.GatewayNode) bool { return !n.Covers(p) }) {
			return false
		}
	}
	return true
}

// occupied is what the topology gives to anybody: what a superset must not take in.
type occupied struct {
	// list is in order of address, a wider prefix before what it contains.
	list []holding
	// at are the places in list of each prefix.
	at map[netip.Prefix][]int
}

// holding is a prefix and whose it is.
type holding struct {
	netip.Prefix
	region int  // that has it for its nodes or pods, or -1
	host   bool // a single host: what lies in a region's own prefixes is no obstacle to it
}

func newOccupied(s *schema.Spec) *occupied {
	o := &occupied{at: map[netip.Prefix][]int{}}
	o.prefixes(-1, s.Cluster.ServiceCIDRs, s.ExternalCIDRs, []netip.Prefix{schema.TailnetIPv4(), schema.TailnetIPv6()})
	for _, r := range s.ReservedCIDRs {
		o.prefixes(-1, []netip.Prefix{r.Prefix})
	}
	o.hosts(s.Cluster.APIServer.Addresses...)
	if at, ok := s.Cluster.APIServer.Balancer(); ok {
		o.hosts(at.Addr())
	}
	for i := range s.Regions {
		r := &s.Regions[i]
		o.prefixes(-1, r.TransitCIDRs, r.FabricCIDRs)
		o.prefixes(i, r.NodeCIDRs, r.PodCIDRs)
		for _, n := range r.Gateways.Nodes {
			o.hosts(n.PublicIP)
		}
	}
	slices.SortStableFunc(o.list, func(a, b holding) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	for i, h := range o.list {
		o.at[h.Prefix] = append(o.at[h.Prefix], i)
	}
	return o
}

func (o *occupied) prefixes(region int, lists ...[]netip.Prefix) {
	for _, p := range slices.Concat(lists...) {
		if p.IsValid() {
			o.list = append(o.list, holding{Prefix: p.Masked(), region: region})
		}
	}
}

func (o *occupied) hosts(addresses ...netip.Addr) {
	for _, a := range addresses {
		if a.IsValid() {
			o.list = append(o.list, holding{Prefix: netip.PrefixFrom(a, a.BitLen()), region: -1, host: true})
		}
	}
}

// choose gives each gateway of region i that has none the narrowest prefixes that
// contain those of the region, belong to no other gateway and take in nothing that
// anybody else has, and returns the region's gateways with them. A gateway may be left
// with fewer than it needs: package validate says so, and why.
func (o *occupied) choose(s *schema.Spec, i int) []schema.GatewayNode {
	r := &s.Regions[i]
	own := r.Advertised()
	nodes := slices.Clone(r.Gateways.Nodes)
	taken := slices.Clone(own)
	for _, n := range r.Gateways.Nodes {
		taken = append(taken, n.Supersets...)
	}
	for j := range nodes {
		n := &nodes[j]
		if len(n.Supersets) > 0 {
			continue
		}
		for _, p := range own {
			if n.Covers(p) {
				continue
			}
			if wide, ok := o.superset(p, i, own, taken); ok {
				n.Supersets = append(n.Supersets, wide)
				taken = append(taken, wide)
			}
		}
	}
	return nodes
}

// superset is the narrowest prefix that contains p, is not taken, overlaps nothing
// that is foreign to the region and stays in the private block that p lies in.
func (o *occupied) superset(p netip.Prefix, region int, own, taken []netip.Prefix) (netip.Prefix, bool) {
	for bits := p.Bits() - 1; bits > 0; bits-- {
		wide := netip.PrefixFrom(p.Addr(), bits).Masked()
		if !schema.IsPrivate(wide) || o.foreign(wide, region, own) {
			break
		}
		if !slices.Contains(taken, wide) {
			return wide, true
		}
	}
	return netip.Prefix{}, false
}

// foreign reports whether p overlaps something that is not the region's own: something
// that contains it, or one of those that lie in it and so stand side by side.
func (o *occupied) foreign(p netip.Prefix, region int, own []netip.Prefix) bool {
	for bits := range p.Bits() {
		for _, i := range o.at[netip.PrefixFrom(p.Addr(), bits).Masked()] {
			if o.list[i].foreign(region, own) {
				return true
			}
		}
	}
	first, _ := slices.BinarySearchFunc(o.list, p, func(h holding, p netip.Prefix) int {
		return cmp.Or(h.Addr().Compare(p.Addr()), cmp.Compare(h.Bits(), p.Bits()))
	})
	for _, h := range o.list[first:] {
		if !p.Contains(h.Addr()) {
			break
		}
		if h.foreign(region, own) {
			return true
		}
	}
	return false
}

// foreign reports whether the holding is not the region's, which has the prefixes own.
func (h *holding) foreign(region int, own []netip.Prefix) bool {
	if h.host {
		return !slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Contains(h.Addr()) })
	}
	return h.region != region
}
