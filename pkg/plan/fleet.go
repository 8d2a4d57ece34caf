package plan

import (
	"net/netip"
	"slices"
)

// Fleet is what the regions of a topology advertise between them, as few prefixes as
// have exactly these addresses: disjoint, sorted, IPv4 first. It is one list for every
// host, because a list for each region of what all others have grows with the square
// of the regions; what a region must not take from it, Around tells.
type Fleet []netip.Prefix

// NewFleet joins prefixes: those inside others are left out, and neighbours whose union
// is a prefix become that prefix. Invalid prefixes are ignored. It leaves its argument
// alone.
func NewFleet(prefixes []netip.Prefix) Fleet {
	var f Fleet
	for _, p := range sorted(prefixes) {
		if n := len(f); n > 0 && f[n-1].Bits() <= p.Bits() && f[n-1].Contains(p.Addr()) {
			continue
		}
		f = append(f, p)
		for n := len(f); n > 1 && siblings(f[n-2], f[n-1]); n = len(f) {
			f = append(f[:n-2], parent(f[n-1]))
		}
	}
	return f
}

// sorted are the valid prefixes, masked, a wider one before what it contains.
func sorted(prefixes []netip.Prefix) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range prefixes {
		if p.IsValid() {
			all = append(all, p.Masked())
		}
	}
	slices.SortFunc(all, byAddress)
	return all
}

// byAddress orders by family, address and length. netip.Prefix.Compare puts the length
// before the address, which scatters what a wide prefix contains.
func byAddress(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}

// Around is what the fleet is without own, which must be disjoint and in order of
// address: all of its prefixes but those in except, and those in remote, which are what
// own leaves of the former. Both are sorted; their length depends on own alone.
func (f Fleet) Around(own Fleet) (except, remote []netip.Prefix) {
	for len(own) > 0 {
		i, found := f.holder(own[0])
		if !found {
			own = own[1:] // advertised by nobody, so there is nothing to leave out
			continue
		}
		n := 1
		for n < len(own) && f[i].Overlaps(own[n]) {
			n++
		}
		except = append(except, f[i])
		remote = subtract(remote, f[i], own[:n])
		own = own[n:]
	}
	return except, remote
}

// Without is the fleet without own as one list: the same as Around, put together.
func (f Fleet) Without(own Fleet) []netip.Prefix {
	except, remote := f.Around(own)
	var all []netip.Prefix
	for _, p := range f {
		if len(except) > 0 && p == except[0] {
			except = except[1:]
			continue
		}
		all = append(all, p)
	}
	all = append(all, remote...)
	slices.SortFunc(all, byAddress)
	return all
}

// holder is the index of the prefix that overlaps p.
func (f Fleet) holder(p netip.Prefix) (int, bool) {
	i, found := slices.BinarySearchFunc(f, p, byAddress)
	switch {
	case found, i < len(f) && f[i].Overlaps(p):
		return i, true
	case i > 0 && f[i-1].Overlaps(p):
		return i - 1, true
	}
	return 0, false
}

// subtract adds to list what own leaves of block.
func subtract(list []netip.Prefix, block netip.Prefix, own []netip.Prefix) []netip.Prefix {
	own = overlapping(own, block)
	switch {
	case len(own) == 0:
		return append(list, block)
	case own[0].Bits() <= block.Bits():
		return list
	}
	low, high := halves(block)
	return subtract(subtract(list, low, own), high, own)
}

func overlapping(prefixes []netip.Prefix, block netip.Prefix) []netip.Prefix {
	var some []netip.Prefix
	for _, p := range prefixes {
		if p.Overlaps(block) {
			some = append(some, p)
		}
	}
	return some
}

// siblings reports whether two different prefixes are the halves of one.
func siblings(a, b netip.Prefix) bool {
	return a.Bits() == b.Bits() && a.Bits() > 0 && a.Addr().Is4() == b.Addr().Is4() && parent(a) == parent(b)
}

func parent(p netip.Prefix) netip.Prefix { return netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked() }

// halves are the two prefixes that p consists of; p is no single address.
func halves(p netip.Prefix) (low, high netip.Prefix) {
	bits := p.Bits() + 1
	address := p.Addr().AsSlice()
	address[(bits-1)/8] |= 0x80 >> ((bits - 1) % 8)
	second, _ := netip.AddrFromSlice(address)
	return netip.PrefixFrom(p.Addr(), bits), netip.PrefixFrom(second, bits)
}
