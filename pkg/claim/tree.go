package claim

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"
)

// walkLimit bounds how many covering claims are looked at for one claim. Without it
// n equal prefixes cost n²/2 steps; with it a hundred thousand of them still take
// about a second, and nobody reads past the first few.
const walkLimit = 4096

// Tree holds claims so that the ones that cover a claim are one chain of parents:
// wider claims enter the trie before narrower ones, so the longest match at the time
// of insertion is the narrowest cover. bart keeps one value for each prefix; equal
// prefixes are chained through their parents.
type Tree struct {
	// Claims are what the tree was made of.
	Claims []Claim
	// order lists the claims by address, a cover before what it covers, equal
	// prefixes as they stand in the document.
	order []int32
	// parent is the narrowest claim that covers claim i or equals it and stands
	// before it in order; none where there is no such claim.
	parent []int32
	table  bart.Table[int32]
}

const none = -1

// NewTree builds the Tree. Every claim's prefix must be valid.
func NewTree(claims []Claim) *Tree {
	t := &Tree{Claims: claims, order: sortedOrder(claims), parent: make([]int32, len(claims))}
	for _, i := range t.order {
		p := claims[i].Prefix
		cover, ok := t.table.LookupPrefix(p)
		if !ok {
			cover = none
		}
		t.parent[i] = cover
		t.table.Insert(p, i)
	}
	return t
}

// sortedOrder sorts copies of the prefixes, which are closer together in memory
// than the claims are.
func sortedOrder(claims []Claim) []int32 {
	type entry struct {
		prefix netip.Prefix
		index  int32
	}
	entries := make([]entry, len(claims))
	for i := range claims {
		entries[i] = entry{claims[i].Prefix, int32(i)}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if c := a.prefix.Compare(b.prefix); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
	order := make([]int32, len(entries))
	for i, e := range entries {
		order[i] = e.index
	}
	return order
}

// pairs yields every overlap once, as the narrower claim and the one that covers
// it; of two equal ones the later is the first of the pair. The order is that of
// addresses, and within it from the narrowest cover to the widest.
func (t *Tree) pairs() iter.Seq2[int32, int32] {
	return func(yield func(inner, cover int32) bool) {
		for _, i := range t.order {
			steps := 0
			for j := t.parent[i]; j != none && steps < walkLimit; j = t.parent[j] {
				if !yield(i, j) {
					return
				}
				steps++
			}
		}
	}
}

// Lookup returns the narrowest claim that holds the address.
func (t *Tree) Lookup(a netip.Addr) (*Claim, bool) {
	i, ok := t.table.Lookup(a)
	if !ok {
		return nil, false
	}
	return &t.Claims[i], true
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
			for ; q != p && i != none && t.Claims[i].Prefix == q; i = t.parent[i] {
				if !yield(i) {
					return
				}
			}
		}
	}
}

// Covering yields the claims that contain the prefix, as indexes into Claims, the
// narrowest one first.
func (t *Tree) Covering(p netip.Prefix) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		i, ok := t.table.LookupPrefix(p)
		for steps := 0; ok && i != none && steps < walkLimit; i = t.parent[i] {
			if !yield(i) {
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
