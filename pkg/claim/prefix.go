package claim

import "net/netip"

// Canonical masks host bits and unmaps IPv4-mapped IPv6: bart would take ::ffff:10.0.0.0/104
// for something other than 10.0.0.0/8. It reports whether the prefix is valid.
func Canonical(p netip.Prefix) (netip.Prefix, bool) {
	if p.IsValid() && p.Addr().Is4In6() {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), p.IsValid()
}

// InAny reports whether p lies wholly inside one of the prefixes.
func InAny(p netip.Prefix, prefixes []netip.Prefix) bool {
	for _, q := range prefixes {
		if q.IsValid() && q.Bits() <= p.Bits() && q.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// Host is the prefix that holds one address, without its zone.
func Host(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen())
}

// Last is the last address of a prefix.
func Last(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As16()
	for i := 128 - (p.Addr().BitLen() - p.Bits()); i < 128; {
		if i%8 == 0 {
			a[i/8] = 0xff
			i += 8
			continue
		}
		a[i/8] |= 0x80 >> (i % 8)
		i++
	}
	if p.Addr().Is4() {
		return netip.AddrFrom16(a).Unmap()
	}
	return netip.AddrFrom16(a)
}
