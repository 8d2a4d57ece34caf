package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// selectors finds regions whose DaemonSets choose each other's gateways: the first pod there
// holds the ports, and with another region's tables it advertises that region's prefixes.
func selectors(t *schema.Topology) diag.List {
	var list diag.List
	index := newSelectorIndex(t)
	for _, j := range index.regions {
		i := index.first(j)
		if i < 0 {
			continue
		}
		a, b := &t.Spec.Regions[i], &t.Spec.Regions[j]
		list.Errorf(CodeSelectorShared, regionPath(j)+".gateways.nodeSelector", "the DaemonSets of regions %q and %q choose the same nodes: a gateway host may get the other region's pod, which advertises that region's prefixes from here", a.Name, b.Name).
			See(regionPath(i)+".gateways.nodeSelector", "region %q chooses its gateways here", a.Name).
			Fix("add the region's own label to both, %s: %s here", schema.RegionLabel, b.Name)
	}
	return list
}

// selectorIndex finds selectors of which one includes another without comparing all: they
// have the rarest label of the wider one in common.
type selectorIndex struct {
	all     []schema.Region
	regions []int // those with a DaemonSet
	// having are those with a label; rare those whose rarest it is.
	having, rare map[nodeLabel][]int
}

type nodeLabel struct{ name, value string }

func newSelectorIndex(t *schema.Topology) *selectorIndex {
	x := &selectorIndex{all: t.Spec.Regions, having: map[nodeLabel][]int{}, rare: map[nodeLabel][]int{}}
	for i := range x.all {
		if x.all[i].Gateways.Mode == schema.ModeDaemonSet {
			x.regions = append(x.regions, i)
			for k, v := range x.selector(i) {
				x.having[nodeLabel{k, v}] = append(x.having[nodeLabel{k, v}], i)
			}
		}
	}
	for _, i := range x.regions {
		x.rare[x.rarest(i)] = append(x.rare[x.rarest(i)], i)
	}
	return x
}

func (x *selectorIndex) selector(i int) map[string]string { return x.all[i].Gateways.NodeSelector }

// rarest is the label of a selector that the fewest have, the zero one where it has none.
func (x *selectorIndex) rarest(i int) (rarest nodeLabel) {
	for k, v := range x.selector(i) {
		l := nodeLabel{k, v}
		if n, least := len(x.having[l]), len(x.having[rarest]); rarest == (nodeLabel{}) || n < least || n == least && l.name < rarest.name {
			rarest = l
		}
	}
	return rarest
}

// first is the first region before j whose selector includes that of j, or is included by it;
// -1 where there is none.
func (x *selectorIndex) first(j int) int {
	mine, found := x.selector(j), -1
	look := func(among []int, related func(other map[string]string) bool) {
		for _, i := range among {
			if i >= j || found >= 0 && i >= found {
				return
			}
			if related(x.selector(i)) {
				found = i
			}
		}
	}
	wider := func(other map[string]string) bool { return includes(other, mine) }
	look(x.rare[nodeLabel{}], wider)
	for k, v := range mine {
		look(x.rare[nodeLabel{k, v}], wider)
	}
	among := x.having[x.rarest(j)]
	if len(mine) == 0 {
		among = x.regions
	}
	look(among, func(other map[string]string) bool { return includes(mine, other) })
	return found
}

// includes reports whether every node that has all labels of the narrower one has those of
// the wider.
func includes(wider, narrower map[string]string) bool {
	for k, v := range wider {
		if narrower[k] != v {
			return false
		}
	}
	return true
}
