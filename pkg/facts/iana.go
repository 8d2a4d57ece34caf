package facts

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"

// IANA keeps the blocks that hosts and routers treat specially everywhere. The private
// blocks of RFC 1918 and RFC 4193 are what a cluster should use and are not among them;
// RFC 6598 (100.64.0.0/10) is Tailscale's.
func IANA() Component {
	const rfc, since = "RFC 6890", "2013"
	return Component{
		Title: "IANA",
		Ranges: fact.Ranges(
			fact.Keep("0.0.0.0/8", fact.Error, fact.Everybody, "means \"this network\" and is never forwarded", rfc, since),
			fact.Keep("127.0.0.0/8", fact.Error, fact.Everybody, "is loopback and never leaves the host", rfc, since),
			fact.Keep("169.254.0.0/16", fact.Error, fact.Everybody, "is link-local, where clouds keep their metadata, and is never forwarded", rfc, since),
			fact.Keep("192.0.0.0/24", fact.Error, fact.Everybody, "is kept for IETF protocols", rfc, since),
			fact.Keep("192.0.2.0/24", fact.Warning, fact.Everybody, "is for documentation only", rfc, since),
			fact.Keep("192.88.99.0/24", fact.Error, fact.Everybody, "was the anycast prefix of 6to4 relays and is filtered by routers", "RFC 7526", "2015"),
			fact.Keep("198.18.0.0/15", fact.Warning, fact.Everybody, "is for benchmarking network devices", rfc, since),
			fact.Keep("198.51.100.0/24", fact.Warning, fact.Everybody, "is for documentation only", rfc, since),
			fact.Keep("203.0.113.0/24", fact.Warning, fact.Everybody, "is for documentation only", rfc, since),
			fact.Keep("224.0.0.0/4", fact.Error, fact.Everybody, "is multicast", "RFC 5771", "2010"),
			fact.Keep("240.0.0.0/4", fact.Error, fact.Everybody, "is reserved and refused by most routers", rfc, since),
			fact.Keep("255.255.255.255/32", fact.Error, fact.Everybody, "is limited broadcast", rfc, since),
			fact.Keep("::/128", fact.Error, fact.Everybody, "is the unspecified address", rfc, since),
			fact.Keep("::1/128", fact.Error, fact.Everybody, "is loopback and never leaves the host", rfc, since),
			fact.Keep("64:ff9b::/96", fact.Error, fact.Everybody, "is where NAT64 maps the whole of IPv4", "RFC 6052", "2010"),
			fact.Keep("100::/64", fact.Error, fact.Everybody, "is discard-only", rfc, since),
			fact.Keep("2001::/23", fact.Error, fact.Everybody, "is kept for IETF protocols, Teredo among them", rfc, since),
			fact.Keep("2001:db8::/32", fact.Warning, fact.Everybody, "is for documentation only", "RFC 3849", "2004"),
			fact.Keep("2002::/16", fact.Error, fact.Everybody, "is 6to4, which maps IPv4 addresses", rfc, since),
			fact.Keep("fe80::/10", fact.Error, fact.Everybody, "is link-local and never forwarded", rfc, since),
			fact.Keep("fec0::/10", fact.Error, fact.Everybody, "was site-local and is deprecated", "RFC 3879", "2004"),
			fact.Keep("ff00::/8", fact.Error, fact.Everybody, "is multicast", "RFC 4291", "2006"),
		),
		Marks: fact.Unknown[[]fact.Mark]("a registry of addresses has no marks"),
	}
}
