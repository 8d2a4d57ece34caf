package plan

import (
	"net/netip"
	"slices"
)

// Linked lists the regions that a private link joins to this one, by their indices in
// Plan.Regions, sorted. What goes there is not the tailnet's business: it follows the
// host's own routes, as what stays in the region does.
func (r *Region) Linked() []int { return r.linked }

// links are the regions at the other ends of this one's links.
func (p *Plan) links(i int) []int {
	spec := &p.Topology.Spec
	var linked []int
	if len(spec.Links) == 0 {
		return nil
	}
	for k := range spec.Links {
		other := spec.Links[k].Other(spec.Regions[i].Name)
		for j := range spec.Regions {
			if j != i && spec.Regions[j].Name == other {
				linked = append(linked, j)
			}
		}
	}
	slices.Sort(linked)
	return slices.Compact(linked)
}

// Near is what hosts of the region reach without the tailnet: its own prefixes and those
// of linked regions. Sorted. Callers leave it alone.
func (r *Region) Near() []netip.Prefix {
	if len(r.linked) == 0 {
		return r.own
	}
	near := [][]netip.Prefix{r.own}
	for _, j := range r.linked {
		near = append(near, r.plan.Topology.Spec.Regions[j].Advertised())
	}
	return sortedPrefixes(near...)
}

// isLinked reports whether a link joins the region to that with the index.
func (r *Region) isLinked(j int) bool { return slices.Contains(r.linked, j) }
