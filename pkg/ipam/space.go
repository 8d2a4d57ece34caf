// Package ipam finds free prefixes: for a user who asks for some, and for findings that
// another prefix would cure.
//
// Start with Suggest; a Lock remembers what was handed out.
package ipam

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
)

// space is what is free inside one prefix, as aligned blocks. It hands out the
// smallest block that fits, lowest address first, so that large holes survive.
type space struct {
	root netip.Prefix
	// free holds the blocks of each prefix length, in order of address; no two of
	// them overlap.
	free [129][]netip.Prefix
}

// newSpace finds what of root the occupied prefixes leave, which must come from
// disjoint.
func newSpace(root netip.Prefix, occupied []netip.Prefix) *space {
	s := &space{root: root}
	s.carve(root, occupied)
	return s
}

// disjoint sorts the prefixes and drops those that lie inside another one.
func disjoint(prefixes []netip.Prefix) []netip.Prefix {
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	var kept []netip.Prefix
	for _, p := range prefixes {
		if len(kept) == 0 || !kept[len(kept)-1].Overlaps(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// carve adds to the free blocks what of p the occupied prefixes leave.
func (s *space) carve(p netip.Prefix, occupied []netip.Prefix) {
	switch occupied = inside(p, occupied); {
	case len(occupied) == 0:
		s.free[p.Bits()] = append(s.free[p.Bits()], p)
	case occupied[0].Bits() > p.Bits():
		lower, upper := halves(p)
		s.carve(lower, occupied)
		s.carve(upper, occupied)
	}
}

// inside cuts the occupied prefixes down to those that overlap p.
func inside(p netip.Prefix, occupied []netip.Prefix) []netip.Prefix {
	first, last := p.Addr(), claim.Last(p)
	from, _ := slices.BinarySearchFunc(occupied, first, func(q netip.Prefix, a netip.Addr) int {
		return claim.Last(q).Compare(a)
	})
	occupied = occupied[from:]
	to, _ := slices.BinarySearchFunc(occupied, last, func(q netip.Prefix, a netip.Addr) int {
		if q.Addr().Compare(a) <= 0 {
			return -1
		}
		return 1
	})
	return occupied[:to]
}

// take hands out a block of the length and marks it occupied; ok is false when none
// is free.
func (s *space) take(bits int) (p netip.Prefix, ok bool) {
	for b := bits; b >= s.root.Bits(); b-- {
		if len(s.free[b]) == 0 {
			continue
		}
		p = s.free[b][0]
		s.free[b] = s.free[b][1:]
		for p.Bits() < bits {
			lower, upper := halves(p)
			s.give(upper)
			p = lower
		}
		return p, true
	}
	return netip.Prefix{}, false
}

// give puts a block back in its place.
func (s *space) give(p netip.Prefix) {
	list := s.free[p.Bits()]
	at, _ := slices.BinarySearchFunc(list, p, netip.Prefix.Compare)
	s.free[p.Bits()] = slices.Insert(list, at, p)
}

// largest returns the length of the largest free block; ok is false when nothing is
// free.
func (s *space) largest() (bits int, ok bool) {
	for b, list := range s.free {
		if len(list) > 0 {
			return b, true
		}
	}
	return 0, false
}

// halves splits a prefix that is longer than one address.
func halves(p netip.Prefix) (lower, upper netip.Prefix) {
	lower = netip.PrefixFrom(p.Addr(), p.Bits()+1)
	return lower, netip.PrefixFrom(claim.Last(lower).Next(), p.Bits()+1)
}
