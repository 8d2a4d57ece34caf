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
