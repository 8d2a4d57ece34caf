package claim

import (
	"iter"
	"net/netip"

	"github.com/gaissmai/bart"
)

// walkLimit bounds how many covering claims are looked at for one claim. Without it
// n equal prefixes cost n²/2 steps; with it a hundred thousand of them still take
// about a second, and nobody reads past the first few.
const walkLimit = 4096

// Tree holds claims so that the ones that cover a claim are one chain of parents: by
// address, and the wider first, a claim comes while all that cover it are open, the
// narrowest last. The trie, built in that order, answers what is asked later: it keeps one
// value for each prefix, and equal prefixes are chained through their parents.
type Tree struct {
	// Claims are what the tree was made of.
	Claims []Claim
	// sorted are the prefixes, those of IPv4 first; equal ones stand as they do in Claims.
	sorted []entry
	// parent is, for each place in sorted, that of the narrowest claim which covers it, or
	// equals it and stands before it; none where there is no such claim.
	parent []int32
	table  bart.Table[int32] // places in sorted: of equal prefixes the last
}

const none = -1

// NewTree builds the Tree. Every claim's prefix must be valid, and masked.
func NewTree(claims []Claim) *Tree { return NewTreeOf(claims, func(*Claim) bool { return true }) }

// NewTreeOf is the Tree of those claims that are wanted. Indexes are those of all claims.
func NewTreeOf(claims []Claim, wanted func(*Claim) bool) *Tree {
	t := &Tree{Claims: claims}
	var four int
	t.sorted, four = sortedEntries(claims, wanted)
	t.parent = make([]int32, len(t.sorted))
	for i := range t.sorted {
		e, cover := &t.sorted[i], int32(i)-1
		if i == four {
			cover = none
		}
		for cover != none && !t.sorted[cover].holds(e.high, e.low) {
			cover = t.parent[cover]
		}
		t.parent[i] = cover
		t.table.Insert(claims[e.index].Prefix, int32(i))
	}
	return t
}

// Pairs yields every overlap once, as the narrower claim and the one that covers
// it; of two equal ones the later is the first of the pair. The order is that of
// addresses, and within it from the narrowest cover to the widest.
func (t *Tree) Pairs() iter.Seq2[int32, int32] {
	return func(yield func(inner, cover int32) bool) {
		for i := range t.sorted {
			steps := 0
			for j := t.parent[i]; j != none && steps < walkLimit; j = t.parent[j] {
				if !yield(t.sorted[i].index, t.sorted[j].index) {
					return
				}
				steps++
			}
		}
	}
}

// Lookup returns the narrowest claim that holds the address; of equal ones the last.
func (t *Tree) Lookup(a netip.Addr) (*Claim, bool) {
	i, ok := t.table.Lookup(a)
	if !ok {
		return nil, false
	}
	return &t.Claims[t.sorted[i].index], true
}

// Overlapping yields every claim that shares addresses with the prefix, as indexes into
// Claims: first those that contain it, the narrowest one first, then those that lie
// inside.
func (t *Tree) Overlapping(p netip.Prefix) iter.Seq[int32] {
	p = p.Masked()
	return func(yield func(int32) bool) {
		for i := range t.Covering(p) {
			if !yield(i) {
				return
			}
		}
		for q, i := range t.table.Subnets(p) {
			for ; q != p && i != none && t.prefix(i) == q; i = t.parent[i] {
				if !yield(t.sorted[i].index) {
					return
				}
			}
		}
	}
}

func (t *Tree) prefix(place int32) netip.Prefix { return t.Claims[t.sorted[place].index].Prefix }

// Covering yields the claims that contain the prefix, as indexes into Claims, the
// narrowest one first.
func (t *Tree) Covering(p netip.Prefix) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		i, ok := t.table.LookupPrefix(p)
		for steps := 0; ok && i != none && steps < walkLimit; i = t.parent[i] {
			if !yield(t.sorted[i].index) {
				return
			}
			steps++
		}
	}
}

// First returns that of the claims found which stands first in Claims among those that
// are wanted; nil where there is none.
func (t *Tree) First(found iter.Seq[int32], wanted func(*Claim) bool) *Claim {
	var first int32 = none
	for i := range found {
		if (first == none || i < first) && wanted(&t.Claims[i]) {
			first = i
		}
	}
	if first == none {
		return nil
	}
	return &t.Claims[first]
}
