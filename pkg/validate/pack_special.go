package validate

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// specialUse are the blocks that hosts and routers treat specially everywhere. The
// private blocks of RFC 1918 and RFC 4193 are what a cluster should use and are not
// among them; RFC 6598 (100.64.0.0/10) is Tailscale's.
func specialUse() Pack {
	const rfc, multicast, doc6 = "RFC 6890", "RFC 5771", "RFC 3849"
	return Pack{Name: "IANA", Code: CodeSpecialRange, Ranges: []Range{
		row("0.0.0.0/8", diag.Error, ScopeAll, "means \"this network\" and is never forwarded", rfc, "2013"),
		row("127.0.0.0/8", diag.Error, ScopeAll, "is loopback: packets never leave the host", rfc, "2013"),
		row("169.254.0.0/16", diag.Error, ScopeAll, "is link-local, where clouds keep their metadata services, and is never forwarded", rfc, "2013"),
		row("192.0.0.0/24", diag.Error, ScopeAll, "is kept for IETF protocols", rfc, "2013"),
		row("192.0.2.0/24", diag.Warning, ScopeAll, "is for documentation only", rfc, "2013"),
		row("192.88.99.0/24", diag.Error, ScopeAll, "was the 6to4 relay anycast prefix and is filtered by routers", "RFC 7526", "2015"),
		row("198.18.0.0/15", diag.Warning, ScopeAll, "is for benchmarking network devices", rfc, "2013"),
		row("198.51.100.0/24", diag.Warning, ScopeAll, "is for documentation only", rfc, "2013"),
		row("203.0.113.0/24", diag.Warning, ScopeAll, "is for documentation only", rfc, "2013"),
		row("224.0.0.0/4", diag.Error, ScopeAll, "is multicast", multicast, "2010"),
		row("240.0.0.0/4", diag.Error, ScopeAll, "is reserved: most hosts and routers refuse it", rfc, "2013"),
		row("255.255.255.255/32", diag.Error, ScopeAll, "is limited broadcast", rfc, "2013"),
		row("::1/128", diag.Error, ScopeAll, "is loopback: packets never leave the host", rfc, "2013"),
		row("::/128", diag.Error, ScopeAll, "is the unspecified address", rfc, "2013"),
		row("::ffff:0:0/96", diag.Error, ScopeAll, "is how hosts write IPv4 addresses to themselves and is never sent", rfc, "2013"),
		row("64:ff9b::/96", diag.Error, ScopeAll, "is where NAT64 maps the whole of IPv4 to", "RFC 6052", "2010"),
		row("100::/64", diag.Error, ScopeAll, "is discard-only", rfc, "2013"),
		row("2001::/23", diag.Error, ScopeAll, "is kept for IETF protocols, Teredo among them", rfc, "2013"),
		row("2001:db8::/32", diag.Warning, ScopeAll, "is for documentation only", doc6, "2004"),
		row("2002::/16", diag.Error, ScopeAll, "is 6to4, which maps IPv4 addresses", rfc, "2013"),
		row("fe80::/10", diag.Error, ScopeAll, "is link-local and is never forwarded", rfc, "2013"),
		row("fec0::/10", diag.Error, ScopeAll, "was site-local and is deprecated", "RFC 3879", "2004"),
		row("ff00::/8", diag.Error, ScopeAll, "is multicast", "RFC 4291", "2006"),
	}}
}
