// Package mtu computes how large packets between two regions may be: through the
// network plugin's own encapsulation, through the tunnel and over the provider's network.
//
// Start with Budgets. Everything else is what it is computed from, each number with
// its source.
package mtu

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const (
	// MinIPv6 is the smallest MTU that IPv6 allows (RFC 8200, section 5); Linux has no
	// IPv6 on a device with less.
	MinIPv6 = 1280
	// WireIPv4 and WireIPv6 are the largest packets that the tunnel itself sends over the
	// provider's network: a full packet of tailscale0, 32 bytes of WireGuard, and UDP over either family.
	WireIPv4 = facts.TailscaleMTU + 32 + 8 + 20
	WireIPv6 = facts.TailscaleMTU + 32 + 8 + 40
	// Ethernet is what a network has of which nothing is known.
	Ethernet = 1500

	// headersIPv4 and headersIPv6 are IP and TCP without options: what an MSS leaves out.
	headersIPv4 = 20 + 20
	headersIPv6 = 40 + 20
)

// Link is the MTU of the region's network cards: what the user says, or what the
// provider's networks have unless told otherwise.
func Link(r *schema.Region) int {
	if r.MTU > 0 {
		return r.MTU
	}
	return facts.Provider(r.Provider).MTU.Or(Ethernet)
}

// Overhead is what the plugin puts around a pod's packet on its way to another node, in
// bytes: around everything that crosses regions, since gateways forward it as it is.
func Overhead(r *schema.Region) int {
	t, _ := facts.Plugin(r.CNI.Type).Tunnel(r.CNI.Tunnel)
	if overIPv6(r) {
		return t.Overhead.Value + t.OverIPv6.Value
	}
	return t.Overhead.Value
}

// overIPv6 reports whether the region's nodes send each other IPv6.
func overIPv6(r *schema.Region) bool {
	return len(r.NodeCIDRs) > 0 && r.NodeCIDRs[0].IsValid() && r.NodeCIDRs[0].Addr().Is6()
}

// Pod is the largest packet that the region's pods send: what the user says, or what
// plugins work out from the network cards.
func Pod(r *schema.Region) int {
	if r.CNI.MTU > 0 {
		return r.CNI.MTU
	}
	return Link(r) - Overhead(r)
}

// Fits is the largest packet of the region's pods that the tunnel takes in one piece.
func Fits(r *schema.Region) int { return facts.TailscaleMTU - Overhead(r) }

// Encapsulates says that what the region's pods send crosses the tunnel in packets of
// the plugin's own. An MSS clamp, and a router that answers "too big", see those.
func Encapsulates(r *schema.Region) bool { return Overhead(r) > 0 }

// Budget is what packets from the pods of some regions to those of others may have.
// Regions that are alike stand together.
type Budget struct {
	// From and To are names, in order; regions that stand in both reach each other.
	From, To []string
	// Link, Pod and Fits are the senders'.
	Link, Pod, Fits int
	// MSSIPv4 and MSSIPv6 are the largest segments of TCP; 0 where pods on one side lack
	// the family.
	MSSIPv4, MSSIPv6 int
	// Clamped says that gateways lower the MSS to that. Otherwise it follows from the
	// MTU of the pods on both sides.
	Clamped bool
}

// TooLarge says that pods send more than fits, and nothing on the way can tell them.
func (b *Budget) TooLarge() bool { return !b.Clamped && b.Pod > b.Fits }

// group is regions that are alike.
type group struct {
	names       []string
	link, pod   int
	fits        int
	encapsulate bool
	v4, v6      bool
}

// Budgets are those of every ordered pair of regions, in order of name.
func Budgets(t *schema.Topology) []Budget {
	groups := groupsOf(t)
	var all []Budget
	for i := range groups {
		for j := range groups {
			if i != j || len(groups[i].names) > 1 {
				all = append(all, between(&groups[i], &groups[j]))
			}
		}
	}
	return all
}

func groupsOf(t *schema.Topology) []group {
	var groups []group
	for i := range t.Spec.Regions {
		g := groupOf(&t.Spec.Regions[i])
		known := slices.IndexFunc(groups, func(o group) bool { return o.alike(&g) })
		if known < 0 {
			groups = append(groups, g)
			continue
		}
		groups[known].names = append(groups[known].names, g.names...)
	}
	for i := range groups {
		slices.Sort(groups[i].names)
	}
	slices.SortFunc(groups, func(a, b group) int { return slices.Compare(a.names, b.names) })
	return groups
}

func groupOf(r *schema.Region) group {
	has := func(is func(netip.Addr) bool) bool {
		return slices.ContainsFunc(r.PodCIDRs, func(p netip.Prefix) bool { return p.IsValid() && is(p.Addr()) })
	}
	return group{
		names: []string{r.Name}, link: Link(r), pod: Pod(r), fits: Fits(r), encapsulate: Encapsulates(r),
		v4: has(netip.Addr.Is4), v6: has(netip.Addr.Is6),
	}
}

func (g *group) alike(o *group) bool {
	return g.link == o.link && g.pod == o.pod && g.fits == o.fits && g.encapsulate == o.encapsulate && g.v4 == o.v4 && g.v6 == o.v6
}

func between(from, to *group) Budget {
	b := Budget{
		From: from.names, To: to.names,
		Link: from.link, Pod: from.pod, Fits: from.fits,
		Clamped: !from.encapsulate,
	}
	largest := min(from.pod, to.pod)
	if b.Clamped {
		largest = min(largest, facts.TailscaleMTU)
	}
	if from.v4 && to.v4 {
		b.MSSIPv4 = largest - headersIPv4
	}
	if from.v6 && to.v6 {
		b.MSSIPv6 = largest - headersIPv6
	}
	return b
}
