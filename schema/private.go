package schema

import (
	"net/netip"
	"slices"
)

// PrivateBlocks are the blocks that anybody may use inside (RFC 1918, RFC 4193). The
// shared block of RFC 6598 is not among them: it is the tailnet's.
func PrivateBlocks() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("fc00::/7"),
	}
}

// IsPrivate reports whether p lies in one of PrivateBlocks.
func IsPrivate(p netip.Prefix) bool {
	return slices.ContainsFunc(PrivateBlocks(), func(b netip.Prefix) bool { return b.Bits() <= p.Bits() && b.Contains(p.Addr()) })
}

// IsInside reports whether nobody on the internet reaches p: it lies in one of PrivateBlocks or
// in the shared block, which networks have where the tailnet has the rest of it.
func IsInside(p netip.Prefix) bool {
	shared := TailnetIPv4()
	return IsPrivate(p) || shared.Bits() <= p.Bits() && shared.Contains(p.Addr())
}
