package acl

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// pairing lets every source region reach every destination region. No region is in
// both lists, since its gateways would then take their own LAN's prefixes from the
// tailnet, but for one whose hosts are apart: they have no LAN, and reach each other
// through the tailnet alone.
type pairing struct {
	src, dst []int
	via      string
}

// readable is the most regions for which each destination gets a rule of its own, as
// people would write it. That takes a name for each pair of regions; beyond it halves of
// the regions are granted to each other instead, which takes a name for each region and
// each halving.
const readable = 32

// mesh pairs every source with every destination other than itself. Regions of one
// class other than "" do not need each other and are left out.
func mesh(src, dst []int, class func(int) string) []pairing {
	var pairs []pairing
	for _, c := range classes(dst, class) {
		in := func(i int) bool { return class(i) == c }
		to := filter(dst, in)
		outside := filter(src, func(i int) bool { return !in(i) })
		pairs = appendPair(pairs, outside, to)
		if c == "" {
			pairs = append(pairs, inside(filter(src, in), to)...)
		}
	}
	return pairs
}

// classes lists each class of the regions once, sorted.
func classes(regions []int, class func(int) string) []string {
	var all []string
	for _, i := range regions {
		all = append(all, class(i))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// inside pairs regions that may all need each other.
func inside(src, dst []int) []pairing {
	if max(len(src), len(dst)) > readable {
		regions := union(src, dst)
		return appendHalves(make([]pairing, 0, 2*len(regions)), regions, src, dst)
	}
	return byDestination(src, dst)
}

// byDestination writes one pairing for each destination, and one for destinations
// that have the same sources.
func byDestination(src, dst []int) []pairing {
	var pairs []pairing
	index := map[string]int{}
	for _, d := range dst {
		from := filter(src, func(i int) bool { return i != d })
		if len(from) == 0 {
			continue
		}
		key := fmt.Sprint(from)
		if at, ok := index[key]; ok {
			pairs[at].dst = append(pairs[at].dst, d)
			continue
		}
		index[key] = len(pairs)
		pairs = append(pairs, pairing{src: from, dst: []int{d}})
	}
	return pairs
}

// appendHalves pairs the first half of the regions with the second, both ways, and does
// the same inside each half: every ordered pair of regions is covered exactly once. The regions are
// those of src and dst from one to another, sorted.
func appendHalves(pairs []pairing, regions, src, dst []int) []pairing {
	if len(regions) < 2 {
		return pairs
	}
	left, right := regions[:len(regions)/2], regions[len(regions)/2:]
	pairs = appendPair(pairs, part(src, left), part(dst, right))
	pairs = appendPair(pairs, part(src, right), part(dst, left))
	pairs = appendHalves(pairs, left, src, dst)
	return appendHalves(pairs, right, src, dst)
}

// part is the part of a sorted list from the first of some regions to the last.
func part(list, regions []int) []int {
	from, _ := slices.BinarySearch(list, regions[0])
	to, _ := slices.BinarySearch(list, regions[len(regions)-1]+1)
	return slices.Clip(list[from:to])
}

// pinned takes the pairs of the pins out of the pairings and sends them through the
// pins' gateways.
func pinned(pairs []pairing, pins []schema.Pin, index map[string]int) []pairing {
	for _, pin := range pins {
		from, okFrom := index[pin.From]
		to, okTo := index[pin.To]
		if okFrom && okTo {
			pairs = split(pairs, from, to, pin.Via)
		}
	}
	return pairs
}

func split(pairs []pairing, from, to int, via string) []pairing {
	var out []pairing
	for _, p := range pairs {
		if p.via != "" || !slices.Contains(p.src, from) || !slices.Contains(p.dst, to) {
			out = append(out, p)
			continue
		}
		out = appendPair(out, without(p.src, from), p.dst)
		out = appendPair(out, []int{from}, without(p.dst, to))
		out = append(out, pairing{src: []int{from}, dst: []int{to}, via: via})
	}
	return out
}

func appendPair(pairs []pairing, src, dst []int) []pairing {
	if len(src) == 0 || len(dst) == 0 {
		return pairs
	}
	return append(pairs, pairing{src: src, dst: dst})
}

func filter(list []int, keep func(int) bool) []int {
	var out []int
	for _, i := range list {
		if keep(i) {
			out = append(out, i)
		}
	}
	return out
}

func without(list []int, x int) []int {
	return filter(list, func(i int) bool { return i != x })
}

// intersect and union take sorted lists.
func intersect(a, b []int) []int {
	return filter(a, func(i int) bool { _, ok := slices.BinarySearch(b, i); return ok })
}

func union(a, b []int) []int {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
