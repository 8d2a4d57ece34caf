package claim

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// tailscaleRanges are Tailscale's own. They hold whatever the IP pool is: its drop
// rules and its own services do not move with it.
func tailscaleRanges() Pack {
	const tsaddr, kb = "tailscale net/tsaddr/tsaddr.go", "tailscale.com/kb/1610"
	return Pack{Name: "Tailscale", Code: CodeTailnetRange, Ranges: []Range{
		keep("100.64.0.0/10", diag.Error, Everybody, "every tailnet takes its addresses from: each device has a route of its own there, and Tailscale's firewall drops what else comes from it", "tailscale util/linuxfw/iptables_runner.go", "1.84.3"),
		keep("100.100.0.0/24", diag.Error, Everybody, "Tailscale keeps for itself", kb, "read 2026-11"),
		keep("100.100.100.0/24", diag.Error, Everybody, "Tailscale keeps for itself", kb, "read 2026-11"),
		keep("100.100.100.100/32", diag.Error, Everybody, "is Tailscale's own DNS server on every device", tsaddr, "1.84.3"),
		keep("100.115.92.0/23", diag.Error, Everybody, "belongs to virtual machines of ChromeOS and is exempt from Tailscale's drop rule", tsaddr, "1.84.3"),
		keep("fd7a:115c:a1e0::/48", diag.Error, Everybody, "every tailnet takes its IPv6 addresses from", tsaddr, "1.84.3"),
		keep("fd7a:115c:a1e0::53/128", diag.Error, Everybody, "is Tailscale's own DNS server on every device", tsaddr, "1.84.3"),
		keep("fd7a:115c:a1e0:b1a::/64", diag.Error, Everybody, "Tailscale maps IPv4 sites into (4via6)", tsaddr, "1.84.3"),
		keep("fd7a:115c:a1e0:efe3::/64", diag.Error, Everybody, "Tailscale gives to ephemeral devices", tsaddr, "1.84.3"),
		keep("fd7a:115c:a1e0:ab12:4843:cd96:6200::/104", diag.Error, Everybody, "Tailscale derives from its IPv4 addresses", tsaddr, "1.84.3"),
	}}
}

// specialUse are the blocks that hosts and routers treat specially everywhere. The
// private blocks of RFC 1918 and RFC 4193 are what a cluster should use and are not
// among them; RFC 6598 (100.64.0.0/10) is Tailscale's.
func specialUse() Pack {
	const rfc, since = "RFC 6890", "2013"
	return Pack{Name: "IANA", Code: CodeSpecialRange, Ranges: []Range{
		keep("0.0.0.0/8", diag.Error, Everybody, "means \"this network\" and is never forwarded", rfc, since),
		keep("127.0.0.0/8", diag.Error, Everybody, "is loopback and never leaves the host", rfc, since),
		keep("169.254.0.0/16", diag.Error, Everybody, "is link-local, where clouds keep their metadata, and is never forwarded", rfc, since),
		keep("192.0.0.0/24", diag.Error, Everybody, "is kept for IETF protocols", rfc, since),
		keep("192.0.2.0/24", diag.Warning, Everybody, "is for documentation only", rfc, since),
		keep("192.88.99.0/24", diag.Error, Everybody, "was the anycast prefix of 6to4 relays and is filtered by routers", "RFC 7526", "2015"),
		keep("198.18.0.0/15", diag.Warning, Everybody, "is for benchmarking network devices", rfc, since),
		keep("198.51.100.0/24", diag.Warning, Everybody, "is for documentation only", rfc, since),
		keep("203.0.113.0/24", diag.Warning, Everybody, "is for documentation only", rfc, since),
		keep("224.0.0.0/4", diag.Error, Everybody, "is multicast", "RFC 5771", "2010"),
		keep("240.0.0.0/4", diag.Error, Everybody, "is reserved and refused by most routers", rfc, since),
		keep("255.255.255.255/32", diag.Error, Everybody, "is limited broadcast", rfc, since),
		keep("::/128", diag.Error, Everybody, "is the unspecified address", rfc, since),
		keep("::1/128", diag.Error, Everybody, "is loopback and never leaves the host", rfc, since),
		keep("64:ff9b::/96", diag.Error, Everybody, "is where NAT64 maps the whole of IPv4", "RFC 6052", "2010"),
		keep("100::/64", diag.Error, Everybody, "is discard-only", rfc, since),
		keep("2001::/23", diag.Error, Everybody, "is kept for IETF protocols, Teredo among them", rfc, since),
		keep("2001:db8::/32", diag.Warning, Everybody, "is for documentation only", "RFC 3849", "2004"),
		keep("2002::/16", diag.Error, Everybody, "is 6to4, which maps IPv4 addresses", rfc, since),
		keep("fe80::/10", diag.Error, Everybody, "is link-local and never forwarded", rfc, since),
		keep("fec0::/10", diag.Error, Everybody, "was site-local and is deprecated", "RFC 3879", "2004"),
		keep("ff00::/8", diag.Error, Everybody, "is multicast", "RFC 4291", "2006"),
	}}
}

// docker is what a Docker daemon left to itself uses; GPU hosts often have one. Its
// first bridge exists from the start, the others only once networks are created.
func docker() Pack {
	const source, since = "moby daemon/libnetwork/ipamutils/utils.go", "read 2026-11"
	const more = "Docker takes for the networks that users create"
	return Pack{Name: "Docker", Code: CodeReservedRange, Ranges: []Range{
		keep("172.17.0.0/16", diag.Warning, Everybody, "is Docker's own bridge on every host that runs Docker with its defaults, so such a host never routes it to a gateway", source, since),
		keep("172.18.0.0/16", diag.Info, Everybody, more, source, since),
		keep("172.19.0.0/16", diag.Info, Everybody, more, source, since),
		keep("172.20.0.0/14", diag.Info, Everybody, more, source, since),
		keep("172.24.0.0/14", diag.Info, Everybody, more, source, since),
		keep("172.28.0.0/14", diag.Info, Everybody, more, source, since),
		keep("192.168.0.0/16", diag.Info, Everybody, more, source, since),
	}}
}
