package schema

import "net/netip"

// Routes lists what the i-th gateway of the region advertises (TS_ROUTES), each
// prefix once, in address order, IPv4 first. Invalid prefixes are left out.
//
// All gateways of a region advertise the same set: Tailscale elects a primary for
// each prefix, and failover never crosses prefix lengths (tailscale.com/kb: the page
// on overlapping subnet routes). With ModePerNode each advertises its own node's
// pods instead, and node routers the region's node CIDRs as well. With HASupersets
// each adds wider prefixes of its own; WithDefaults has chosen them.
func (r *Region) Routes(i int) []netip.Prefix {
	n := &r.Gateways.Nodes[i]
	switch {
	case r.Gateways.HA.Strategy == HASupersets:
		return sortedPrefixes(r.NodeCIDRs, r.PodCIDRs, n.Supersets)
	case r.Gateways.Mode != ModePerNode:
		return r.Advertised()
	case r.IsNodeRouter(i):
		return sortedPrefixes(n.PodCIDRs, r.NodeCIDRs)
	}
	return sortedPrefixes(n.PodCIDRs)
}

// AllRoutes lists what the region's gateways advertise between them, each prefix
// once, in address order.
func (r *Region) AllRoutes() []netip.Prefix {
	if !r.RoutesDiffer() {
		return r.Advertised()
	}
	var all []netip.Prefix
	for i := range r.Gateways.Nodes {
		all = append(all, r.Routes(i)...)
	}
	return sortedPrefixes(all)
}

// RoutesDiffer reports whether gateways of the region advertise different prefixes.
func (r *Region) RoutesDiffer() bool {
	return r.Gateways.Mode == ModePerNode || r.Gateways.HA.Strategy == HASupersets
}

// Destinations lists the region's prefixes as the tailnet routes to them: its node and
// pod CIDRs or, with ModePerNode, the nodes' own blocks in the place of the latter.
func (r *Region) Destinations() []netip.Prefix {
	if r.Gateways.Mode != ModePerNode {
		return r.Advertised()
	}
	return r.AllRoutes()
}

// IsNodeRouter reports whether the i-th gateway advertises the region's node CIDRs.
func (r *Region) IsNodeRouter(i int) bool {
	if r.Gateways.Mode != ModePerNode {
		return true
	}
	for _, n := range r.Gateways.Nodes {
		if n.NodeRouter {
			return r.Gateways.Nodes[i].NodeRouter
		}
	}
	return i == 0
}

// Shares reports whether gateways of the region hand packets to each other over the
// LAN: to the primary of the prefix that a packet comes from or, with HASupersets,
// while they cannot send themselves.
func (r *Region) Shares() bool {
	return r.Gateways.HA.Strategy == HARelay || r.Gateways.HA.Strategy == HASupersets
}
