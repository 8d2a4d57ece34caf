package plan

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Prefixes are the region's node and pod CIDRs, as schema.Region.Advertised lists them. Callers
// leave the list alone, as they do those of Routes and Destinations.
func (r *Region) Prefixes() []netip.Prefix { return r.own }

// Routes lists what the i-th gateway of the region advertises (TS_ROUTES), each
// prefix once, in address order, IPv4 first. Invalid prefixes are left out.
//
// All gateways of a region advertise the same set: Tailscale elects a primary for
// each prefix, and failover never crosses prefix lengths (tailscale.com/kb: the page
// on overlapping subnet routes). With ModePerNode each advertises its own node's
// pods instead, and node routers the region's node CIDRs as well or, where hosts are
// apart, each its own address. With HASupersets
// each adds wider prefixes of its own.
func (r *Region) Routes(i int) []netip.Prefix {
	n, g := &r.Region.Gateways.Nodes[i], &r.Region.Gateways
	switch {
	case g.HA.Strategy == schema.HASupersets:
		return sortedPrefixes(r.Region.NodeCIDRs, r.Region.PodCIDRs, n.Supersets)
	case g.Mode != schema.ModePerNode:
		return r.own
	case r.Apart:
		return sortedPrefixes(n.PodCIDRs, hostPrefixes(n))
	case r.IsNodeRouter(i):
		return sortedPrefixes(n.PodCIDRs, r.Region.NodeCIDRs)
	}
	return sortedPrefixes(n.PodCIDRs)
}

// allRoutes lists what the region's gateways advertise between them.
func (r *Region) allRoutes() []netip.Prefix {
	if !routesDiffer(r.Region) {
		return r.own
	}
	var all []netip.Prefix
	for i := range r.Region.Gateways.Nodes {
		all = append(all, r.Routes(i)...)
	}
	return sortedPrefixes(all)
}

// routesDiffer reports whether gateways of the region advertise different prefixes.
func routesDiffer(r *schema.Region) bool {
	return r.Gateways.Mode == schema.ModePerNode || r.Gateways.HA.Strategy == schema.HASupersets
}

// Destinations lists the region's prefixes as the tailnet routes to them: its node and
// pod CIDRs or, with ModePerNode, the nodes' own blocks in the place of the latter.
func (r *Region) Destinations() []netip.Prefix {
	if r.Region.Gateways.Mode != schema.ModePerNode {
		return r.own
	}
	return r.Advertise
}

// NodeRouters are the gateways that advertise the region's node CIDRs and that other
// hosts send to, as indices, in failover order: all of them but for ModePerNode, where
// they are those that say so or else the first, and none where hosts are apart. Callers leave the list alone.
func (r *Region) NodeRouters() []int { return r.routers }

// IsNodeRouter reports whether the i-th gateway is one of NodeRouters.
func (r *Region) IsNodeRouter(i int) bool {
	_, found := slices.BinarySearch(r.routers, i)
	return found
}

func nodeRouters(r *schema.Region) []int {
	all, chosen := make([]int, len(r.Gateways.Nodes)), []int(nil)
	for i := range r.Gateways.Nodes {
		all[i] = i
		if r.Gateways.Nodes[i].NodeRouter {
			chosen = append(chosen, i)
		}
	}
	switch {
	case HostsApart(r):
		return nil
	case r.Gateways.Mode != schema.ModePerNode || len(all) == 0:
		return all
	case len(chosen) == 0:
		return all[:1]
	}
	return chosen
}

// sortedPrefixes are the valid prefixes of the lists, each once, in address order.
func sortedPrefixes(lists ...[]netip.Prefix) []netip.Prefix {
	all := slices.DeleteFunc(slices.Concat(lists...), func(p netip.Prefix) bool { return !p.IsValid() })
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}
