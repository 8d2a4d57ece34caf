package claim

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// entry is a claim's prefix as numbers, which are sorted and compared in a quarter of the
// time. An address of IPv4 is the upper half of high.
type entry struct {
	high, low uint64
	index     int32 // in Claims
	bits      uint8
}

func newEntry(p netip.Prefix) entry {
	if p.Addr().Is4() {
		a := p.Addr().As4()
		return entry{high: uint64(binary.BigEndian.Uint32(a[:])) << 32, bits: uint8(p.Bits())}
	}
	a := p.Addr().As16()
	return entry{high: binary.BigEndian.Uint64(a[:8]), low: binary.BigEndian.Uint64(a[8:]), bits: uint8(p.Bits())}
}

// holds reports whether the prefix contains an address of its family.
func (e *entry) holds(high, low uint64) bool {
	if e.bits <= 64 {
		return (e.high^high)>>(64-e.bits) == 0
	}
	return e.high == high && (e.low^low)>>(128-e.bits) == 0
}

// comparePrefixes is by address, and the wider first.
func comparePrefixes(a, b *entry) int {
	switch {
	case a.high != b.high:
		return cmp.Compare(a.high, b.high)
	case a.low != b.low:
		return cmp.Compare(a.low, b.low)
	}
	return cmp.Compare(a.bits, b.bits)
}

// sortedEntries are those of the claims that are wanted: of IPv4, of which it returns the number,
// and then of IPv6.
func sortedEntries(claims []Claim, wanted func(*Claim) bool) (sorted []entry, four int) {
	sorted = make([]entry, 0, len(claims))
	var six []entry
	for i := range claims {
		if !wanted(&claims[i]) {
			continue
		}
		list := &six
		if claims[i].Prefix.Addr().Is4() {
			list = &sorted
		}
		*list = append(*list, newEntry(claims[i].Prefix))
		(*list)[len(*list)-1].index = int32(i)
	}
	sortEntries(sorted)
	sortEntries(six)
	return append(sorted, six...), len(sorted)
}

// few is how many are compared with each other rather than counted.
const few = 512

// sortEntries keeps equal prefixes in their order. Many are sorted byte by byte, from the
// last to the first of those in which they differ at all.
func sortEntries(list []entry) {
	if len(list) < few {
		slices.SortFunc(list, func(a, b entry) int { return cmp.Or(comparePrefixes(&a, &b), cmp.Compare(a.index, b.index)) })
		return
	}
	var differ entry
	for i := range list {
		differ.high |= list[i].high ^ list[0].high
		differ.low |= list[i].low ^ list[0].low
	}
	from, to := list, make([]entry, len(list))
	pass := func(key func(*entry) uint8) {
		byKey(from, to, key)
		from, to = to, from
	}
	pass(func(e *entry) uint8 { return e.bits })
	for shift := 0; shift < 64; shift += 8 {
		if uint8(differ.low>>shift) != 0 {
			pass(func(e *entry) uint8 { return uint8(e.low >> shift) })
		}
	}
	for shift := 0; shift < 64; shift += 8 {
		if uint8(differ.high>>shift) != 0 {
			pass(func(e *entry) uint8 { return uint8(e.high >> shift) })
		}
	}
	if &from[0] != &list[0] {
		copy(list, from)
	}
}

// byKey puts entries into the order of a byte, and leaves those of the same one as they are.
func byKey(from, to []entry, key func(*entry) uint8) {
	var next [256]int
	for i := range from {
		next[key(&from[i])]++
	}
	sum := 0
	for k, n := range next {
		next[k], sum = sum, sum+n
	}
	for i := range from {
		k := key(&from[i])
		to[next[k]] = from[i]
		next[k]++
	}
}
