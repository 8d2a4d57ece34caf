package claim

import (
	"cmp"
	"encoding/binary"
	"iter"
	"net/netip"
	"slices"
	"sort"
)

// walkLimit bounds how many covering claims are looked at for one claim. Without it
// n equal prefixes cost n²/2 steps; with it a hundred thousand of them still take
// about a second, and nobody reads past the first few.
const walkLimit = 4096

// Tree holds claims so that the ones that cover a claim are one chain of parents: by
// address, and the wider first, a claim comes while all that cover it are open, the
// narrowest last. What is asked later is looked up in the same order: what covers a prefix
// is among the parents of the last claim before it, and what lies inside stands after it.
type Tree struct {
	// Claims are what the tree was made of.
	Claims []Claim
	// order lists the claims by address, a cover before what it covers, equal
	// prefixes as they stand in the document.
	order []int32
	// parent is the narrowest claim that covers claim i or equals it and stands
	// before it in order; none where there is no such claim.
	parent []int32
}

const none = -1

// NewTree builds the Tree. Every claim's prefix must be valid, and masked.
func NewTree(claims []Claim) *Tree { return NewTreeOf(claims, func(*Claim) bool { return true }) }

// NewTreeOf is the Tree of those claims that are wanted. Indexes are those of all claims.
func NewTreeOf(claims []Claim, wanted func(*Claim) bool) *Tree {
	t := &Tree{Claims: claims, order: sortedOrder(claims, wanted), parent: make([]int32, len(claims))}
	var open []int32 // the claims that hold the address of the last one, the widest first
	for _, i := range t.order {
		p := claims[i].Prefix
		for len(open) > 0 && !claims[open[len(open)-1]].Prefix.Contains(p.Addr()) {
			open = open[:len(open)-1]
		}
		t.parent[i] = none
		if len(open) > 0 {
			t.parent[i] = open[len(open)-1]
		}
		open = append(open, i)
	}
	return t
}

// sortedOrder is IPv4 by address and length, and then IPv6. Prefixes are sorted as numbers,
// which takes a quarter of the time.
func sortedOrder(claims []Claim, wanted func(*Claim) bool) []int32 {
	const indexes = 1 << 26 // which fit beside an address and its length: a topology has no such number of claims
	four := make([]uint64, 0, len(claims))
	var six []entry
	for i := range claims {
		if !wanted(&claims[i]) {
			continue
		}
		p := claims[i].Prefix
		if p.Addr().Is4() {
			a := p.Addr().As4()
			four = append(four, uint64(binary.BigEndian.Uint32(a[:]))<<32|uint64(p.Bits())<<26|uint64(i))
			continue
		}
		a := p.Addr().As16()
		six = append(six, entry{binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(a[8:]), uint8(p.Bits()), int32(i)})
	}
	slices.Sort(four)
	slices.SortFunc(six, compareEntries)
	order := make([]int32, 0, len(four)+len(six))
	for _, key := range four {
		order = append(order, int32(key&(indexes-1)))
	}
	for i := range six {
		order = append(order, six[i].index)
	}
	return order
}

// entry is a prefix that does not fit into one number.
type entry struct {
	high, low uint64
	bits      uint8
	index     int32
}

func compareEntries(a, b entry) int {
	switch {
	case a.high != b.high:
		return cmp.Compare(a.high, b.high)
	case a.low != b.low:
		return cmp.Compare(a.low, b.low)
	case a.bits != b.bits:
		return cmp.Compare(a.bits, b.bits)
	}
	return cmp.Compare(a.index, b.index)
}

// Pairs yields every overlap once, as the narrower claim and the one that covers
// it; of two equal ones the later is the first of the pair. The order is that of
// addresses, and within it from the narrowest cover to the widest.
func (t *Tree) Pairs() iter.Seq2[int32, int32] {
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
	if !a.IsValid() {
		return nil, false
	}
	i := t.narrowest(netip.PrefixFrom(a, a.BitLen()))
	if i == none {
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
		if !p.IsValid() {
			return
		}
		for _, i := range t.order[t.after(p):] {
			if !p.Contains(t.Claims[i].Prefix.Addr()) || !yield(i) {
				return
			}
		}
	}
}

// Covering yields the claims that contain the prefix, as indexes into Claims, the
// narrowest one first.
func (t *Tree) Covering(p netip.Prefix) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		if !p.IsValid() {
			return
		}
		steps := 0
		for i := t.narrowest(p.Masked()); i != none && steps < walkLimit; i = t.parent[i] {
			if !yield(i) {
				return
			}
			steps++
		}
	}
}

// narrowest is the narrowest claim that contains the prefix, the last of equal ones. Whatever
// stands between it and the prefix lies in it, so it is a parent of the last of those.
func (t *Tree) narrowest(p netip.Prefix) int32 {
	n := t.after(p)
	if n == 0 {
		return none
	}
	i := t.order[n-1]
	for i != none && (t.Claims[i].Prefix.Bits() > p.Bits() || !t.Claims[i].Prefix.Contains(p.Addr())) {
		i = t.parent[i]
	}
	return i
}

// after is the place in order of the first claim behind the prefix and all that equal it.
func (t *Tree) after(p netip.Prefix) int {
	return sort.Search(len(t.order), func(k int) bool {
		q := t.Claims[t.order[k]].Prefix
		if c := q.Addr().Compare(p.Addr()); c != 0 {
			return c > 0
		}
		return q.Bits() > p.Bits()
	})
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
