package schema

import "net/netip"

// PrivateBlocks are the blocks that anybody may use inside (RFC 1918, RFC 4193). The
// shared block of RFC 6598 is not among them: it is the tailnet's.
func PrivateBlocks() []netip.Prefix {
	blocks := privateBlocks()
	return blocks[:]
}

// privateBlocks are made of numbers: every prefix of every region is held against them, and to
// read them from text takes longer than that.
func privateBlocks() [4]netip.Prefix {
	return [...]netip.Prefix{
		netip.PrefixFrom(netip.AddrFrom4([4]byte{10}), 8),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 16}), 12),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168}), 16),
		netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfc}), 7),
	}
}

// IsPrivate reports whether p lies in one of PrivateBlocks.
func IsPrivate(p netip.Prefix) bool {
	for _, b := range privateBlocks() {
		if b.Bits() <= p.Bits() && b.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// IsInside reports whether nobody on the internet reaches p: it lies in one of PrivateBlocks or
// in the shared block, which networks have where the tailnet has the rest of it.
func IsInside(p netip.Prefix) bool {
	shared := TailnetIPv4()
	return IsPrivate(p) || shared.Bits() <= p.Bits() && shared.Contains(p.Addr())
}
