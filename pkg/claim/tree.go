package claim

import (
	"iter"
	"net/netip"
)

// walkLimit bounds how many covering claims are looked at for one claim. Without it
// n equal prefixes cost n²/2 steps; with it a hundred thousand of them still take
// about a second, and nobody reads past the first few.
const walkLimit = 4096

// Tree holds claims so that the ones that cover a claim are one chain of parents. It is a
// sorted list: by address, and the wider first, a claim stands behind all that cover it and
// before all that it covers, so that what holds an address is among the parents of whatever
// stands last before it. A trie of the same claims takes twice as long to make.
type Tree struct {
	// Claims are what the tree was made of.
	Claims []Claim
	// sorted are the claims' prefixes, those of IPv4 first; equal ones stand as they do in
	// Claims.
	sorted []entry
	four   int // how many are of IPv4
	// parent is, for each place in sorted, that of the narrowest claim which covers it, or
	// equals it and stands before it; none where there is no such claim.
	parent []int32
}

const none = -1

// NewTree builds the Tree. Every claim's prefix must be valid.
func NewTree(claims []Claim) *Tree {
	t := &Tree{Claims: claims, parent: make([]int32, len(claims))}
	t.sorted, t.four = sortedEntries(claims)
	for i := range t.sorted {
		cover := int32(i) - 1
		if i == t.four {
			cover = none
		}
		for e := &t.sorted[i]; cover != none && !t.sorted[cover].holds(e.high, e.low); {
			cover = t.parent[cover]
		}
		t.parent[i] = cover
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
	if !a.IsValid() {
		return nil, false
	}
	i := t.narrowest(netip.PrefixFrom(a.WithZone(""), a.BitLen()))
	if i == none {
		return nil, false
	}
	return &t.Claims[t.sorted[i].index], true
}

// Overlapping yields every claim that shares addresses with the prefix, as indexes into
// Claims: first those that contain it, the narrowest one first, then those that lie
// inside.
func (t *Tree) Overlapping(p netip.Prefix) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for i := range t.Covering(p) {
			if !yield(i) {
				return
			}
		}
		if p.IsValid() {
			t.inside(newEntry(p.Masked()), p.Addr().Is4(), yield)
		}
	}
}

// inside yields what lies in the prefix and is narrower, by address; of equal ones the last
// comes first, as it does among those that contain something.
func (t *Tree) inside(p entry, is4 bool, yield func(int32) bool) {
	from, end := t.family(is4)
	for i := t.behind(p, from, end); i < end && p.holds(t.sorted[i].high, t.sorted[i].low); {
		next := t.behind(t.sorted[i], i, end)
		for j := next - 1; j >= i; j-- {
			if !yield(t.sorted[j].index) {
				return
			}
		}
		i = next
	}
}

// Covering yields the claims that contain the prefix, as indexes into Claims, the
// narrowest one first.
func (t *Tree) Covering(p netip.Prefix) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		if !p.IsValid() {
			return
		}
		i := t.narrowest(p.Masked())
		for steps := 0; i != none && steps < walkLimit; i = t.parent[i] {
			if !yield(t.sorted[i].index) {
				return
			}
			steps++
		}
	}
}

// narrowest is the place of the narrowest claim that contains the prefix, of equal ones the
// last; none where there is no such claim.
func (t *Tree) narrowest(p netip.Prefix) int32 {
	e := newEntry(p)
	from, end := t.family(p.Addr().Is4())
	last := t.behind(e, from, end) - 1
	if last < from {
		return none
	}
	i := int32(last)
	// Equal ones, of which there may be many, are passed over at once.
	for i != none && !t.sorted[i].holds(e.high, e.low) {
		i = t.parent[t.first(int(i), from)]
	}
	return i
}

// family is where prefixes of IPv4, or of IPv6, begin and end.
func (t *Tree) family(is4 bool) (from, end int) {
	if is4 {
		return 0, t.four
	}
	return t.four, len(t.sorted)
}

// behind is the first place from there on that stands behind the prefix and all that equal it.
func (t *Tree) behind(e entry, from, end int) int {
	for from < end {
		if at := int(uint(from+end) / 2); comparePrefixes(&t.sorted[at], &e) > 0 {
			end = at
		} else {
			from = at + 1
		}
	}
	return from
}

// first is the first place that equals the one at i.
func (t *Tree) first(i, from int) int {
	e := t.sorted[i]
	for end := i; from < end; {
		if at := int(uint(from+end) / 2); comparePrefixes(&t.sorted[at], &e) < 0 {
			from = at + 1
		} else {
			end = at
		}
	}
	return from
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
