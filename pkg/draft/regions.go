package draft

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// regions are those that were read, those of answers, and where that is none, two.
func (s *sketch) regions() {
	list := s.fromNodes()
	for _, r := range s.known.regions {
		i := slices.IndexFunc(list, func(o schema.Region) bool { return o.Provider == r.Provider })
		switch {
		case i < 0:
			list = append(list, r)
		case len(r.NodeCIDRs) > 0:
			list[i].NodeCIDRs = r.NodeCIDRs
		}
	}
	list = append(list, s.fromRouters(list)...)
	for _, r := range s.answers.Regions {
		i := slices.IndexFunc(list, func(o schema.Region) bool { return o.Name == r.Name })
		if i < 0 {
			i, list = len(list), append(list, schema.Region{Name: r.Name})
		}
		g := &list[i]
		g.Provider = cmp.Or(r.Provider, g.Provider)
		if len(r.Nodes) > 0 {
			g.NodeCIDRs = r.Nodes
		}
		if len(r.Pods) > 0 {
			g.PodCIDRs = r.Pods
		}
		if len(r.Gateways) > 0 {
			g.Gateways.Nodes = r.Gateways
		}
	}
	if len(list) == 0 {
		list = []schema.Region{{Name: "home"}, {Name: "gpu-dc"}}
		s.note("spec.regions", "A proposal: the first region is where the API server is.")
	}
	for i := range list {
		if list[i].Provider == "" {
			list[i].Provider = facts.FirstProvider().Name
			s.propose(regionPath(i)+".provider", "who runs the network", usual, list[i].Provider)
		}
	}
	if len(list) == 1 {
		s.note("spec.regions", "Only one region was found: add the others, since joining them is what this is for.")
		if s.read {
			s.Findings.Warnf(CodeUnknown, "spec.regions", "what was read shows one region, and gateways join two or more").Fix("add the others, by --region or in the topology")
		}
	}
	s.spec().Regions = list
}

// fromNodes makes regions of Nodes.
func (s *sketch) fromNodes() []schema.Region {
	var list []schema.Region
	groups := s.known.groups()
	for i, g := range groups {
		r := schema.Region{Name: g.name, Provider: g.provider}
		var all []netip.Addr
		for _, n := range g.nodes {
			all = append(all, n.addresses...)
		}
		for _, v4 := range []bool{true, false} {
			if of := ofFamily(all, v4); len(of) > 0 {
				r.NodeCIDRs = append(r.NodeCIDRs, cover(of, nodeBits))
			}
		}
		if len(all) > 0 {
			s.propose(regionPath(i)+".nodeCIDRs", "the whole network of the hosts", "the smallest that holds the addresses of the nodes", show(r.NodeCIDRs))
		}
		s.podsOfNodes(i, &r, g, groups)
		r.Gateways.Nodes = s.hosts(i, g)
		list = append(list, r)
	}
	return list
}

// podsOfNodes: where the regions' blocks lie apart, what covers them; otherwise the blocks.
func (s *sketch) podsOfNodes(i int, r *schema.Region, g group, groups []group) {
	blocks := s.blocks(g)
	if len(groups) == 1 && len(s.known.pods) > 0 {
		r.PodCIDRs = s.known.pods
		return
	}
	if len(blocks) == 0 {
		return
	}
	covers := coverAll(blocks)
	for j := range groups {
		if others := s.blocks(groups[j]); j != i && overlap(covers, others) {
			r.PodCIDRs = blocks
			s.propose(regionPath(i)+".podCIDRs", "a range of pods that is this region's own", "what its nodes have today, among the blocks of other regions: a node that joins may get one outside", show(blocks))
			return
		}
	}
	r.PodCIDRs = covers
	s.propose(regionPath(i)+".podCIDRs", "the range of this region's pods", "the smallest that holds the blocks of its nodes", show(covers))
}

func (s *sketch) blocks(g group) []netip.Prefix {
	var list []netip.Prefix
	for _, n := range g.nodes {
		list = append(list, s.known.podsOf(n.name)...)
	}
	slices.SortFunc(list, netip.Prefix.Compare)
	return slices.Compact(list)
}

// coverAll is a prefix for each family.
func coverAll(blocks []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, v4 := range []bool{true, false} {
		var ends []netip.Addr
		bits := 0
		for _, b := range blocks {
			if b.Addr().Is4() == v4 {
				ends, bits = append(ends, b.Addr(), claim.Last(b)), max(bits, b.Bits())
			}
		}
		if len(ends) > 0 {
			list = append(list, cover(ends, bits))
		}
	}
	return list
}

func overlap(a, b []netip.Prefix) bool {
	return slices.ContainsFunc(a, func(p netip.Prefix) bool { return slices.ContainsFunc(b, p.Overlaps) })
}

// fromRouters makes a region of each set of advertised routes: which are pods' and which nodes'
// nobody says.
func (s *sketch) fromRouters(others []schema.Region) []schema.Region {
	var list []schema.Region
	for i, r := range s.known.routers {
		if slices.ContainsFunc(others, func(o schema.Region) bool { return overlap(r.routes, slices.Concat(o.NodeCIDRs, o.PodCIDRs)) }) {
			continue // it is one of theirs
		}
		i += len(others)
		region := schema.Region{Name: label(fmt.Sprintf("site-%d", i+1))}
		routes := slices.Clone(r.routes)
		slices.SortStableFunc(routes, func(a, b netip.Prefix) int { return cmp.Compare(b.Bits(), a.Bits()) })
		region.NodeCIDRs = routes[:1]
		region.PodCIDRs = routes[1:]
		s.propose(regionPath(i)+".nodeCIDRs", "which routes of "+r.ID()+" are its nodes'", "the longest prefix, and the others are taken for its pods'", show(region.NodeCIDRs))
		if r.static {
			region.Gateways.Mode = schema.ModeStaticPod
		}
		list = append(list, region)
	}
	// A static pod is where the API server is not.
	slices.SortStableFunc(list, func(a, b schema.Region) int {
		return cmp.Compare(boolInt(a.Gateways.Mode != ""), boolInt(b.Gateways.Mode != ""))
	})
	return list
}
