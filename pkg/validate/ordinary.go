package validate

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Most regions of a fleet have nothing that the walk over every field would report. These say so
// by the fields' own names, which takes a tenth of the time; a test holds them against the walk, so
// that no field is forgotten.

// ordinary reports whether specialAddresses has nothing to say of the region.
func ordinary(r *schema.Region) bool {
	for _, list := range [...][]netip.Prefix{r.NodeCIDRs, r.PodCIDRs, r.TransitCIDRs, r.FabricCIDRs} {
		if !ordinaryPrefixes(list) {
			return false
		}
	}
	for i := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[i]
		for _, a := range [...]netip.Addr{n.InternalIP, n.InternalIPv6, n.PublicIP, n.TailnetIP, n.TailnetIPv6} {
			if a.IsValid() && !ordinaryPrefix(claim.Host(a)) {
				return false
			}
		}
		if !ordinaryPrefixes(n.PodCIDRs) || !ordinaryPrefixes(n.Supersets) {
			return false
		}
	}
	for i := range r.Nodes {
		if !ordinaryPrefixes(r.Nodes[i].PodCIDRs) {
			return false
		}
	}
	return ordinaryPrefix(r.Network.Hetzner.IPRange)
}

func ordinaryPrefixes(list []netip.Prefix) bool {
	for _, p := range list {
		if !ordinaryPrefix(p) {
			return false
		}
	}
	return true
}

func ordinaryPrefix(p netip.Prefix) bool {
	if !p.IsValid() {
		return true
	}
	_, special := claim.Hostless(p)
	return !special && p.Bits() > 0
}

// distinct reports whether repeated has nothing to say of the region. Long lists are left to it.
func distinct(r *schema.Region) bool {
	n := &r.Network
	for _, list := range [...][]string{r.CNI.Devices, n.AWS.RouteTables, n.Azure.RouteTables, n.Alibaba.RouteTables, n.OpenStack.NodePorts} {
		if !differ(list) {
			return false
		}
	}
	for i := range r.Gateways.Nodes {
		if !differ(r.Gateways.Nodes[i].Tags) {
			return false
		}
	}
	return differ(r.NodeRoutes.Forms)
}

func differ[T comparable](list []T) bool {
	const short = 8 // longer ones are quicker told by a map
	for i := range list {
		if i == short || slices.Contains(list[:i], list[i]) {
			return false
		}
	}
	return true
}
