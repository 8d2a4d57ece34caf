package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Cloud is what is decided for a region whose provider's route tables lead to its
// gateways.
type Cloud struct {
	// Cloud is the provider, as in schema.Region.Cloud.
	Cloud string
	// Owner opens the name of everything we make there, and is all that tells it from
	// what others made. At most 34 lower-case letters, digits and dashes.
	Owner string
	// Tables are the route tables to fill; empty where the topology does not name any,
	// and where a network has one.
	Tables []string
	// SecurityGroup takes the firewall rules; empty for none, and where they belong to the
	// network.
	SecurityGroup string
	// Gateways are the next hops, in failover order.
	Gateways []CloudGateway
	// Spread says that a route leads to every gateway at once.
	Spread bool
	// Standbys says that the other gateways have routes of lower priority.
	Standbys bool
	// HandsOver says that a standby can hand what it gets to the primary, so that it does
	// not matter which of them the routes lead to.
	HandsOver bool
	// Follows says that units on the gateways' hosts move the routes to the primary.
	Follows bool
	// PrimaryOf is the prefix whose primary that is; invalid where there is one gateway, or
	// where each of them is the primary of its own.
	PrimaryOf netip.Prefix

	region *Region
}

// CloudProgram is the file, below cloud/ of a rendered tree, that makes the routes in a
// provider's network.
func CloudProgram(provider string) string { return provider + ".sh" }

// CloudGateway is a gateway as a next hop.
type CloudGateway struct {
	Name string
	// Target is what the cloud's routes call it; empty where nobody said.
	Target string
	// Zone is the cloud's zone; empty where nobody said.
	Zone string
	// IPv4 and IPv6 are its internal addresses; the zero value is none.
	IPv4, IPv6 netip.Addr
}

// CloudSource is a prefix that a host sends from, and its network card.
type CloudSource struct {
	Card   string
	Prefix netip.Prefix
}

// CloudRoute is a destination and what our object for it is called.
type CloudRoute struct {
	Name        string
	Destination netip.Prefix
}

// cloud is nil where the topology asks for nothing in a cloud, or names no gateway that
// routes could lead to.
func (r *Region) cloud() *Cloud {
	cloud := r.Region.Cloud()
	if cloud == "" || len(r.Region.Gateways.Nodes) == 0 {
		return nil
	}
	network := facts.Provider(cloud).Network.Value
	byPriority := network.NextHops.Value == provider.HopsByPriority
	c := &Cloud{
		Cloud: cloud,
		Owner: cloudOwner(r.plan.Topology.Metadata.Name, r.Region.Name),
		// Equal priorities would send a standby its share of what only the primary can carry.
		Standbys:  byPriority,
		Spread:    byPriority && sendsByAll(r.Region),
		HandsOver: r.Relay && !r.ByTable,
		Follows:   r.Follows(),
		region:    r,
	}
	if r.elects() && len(r.Region.NodeCIDRs) > 0 {
		c.PrimaryOf = r.Region.NodeCIDRs[0]
	}
	c.Tables = slices.Compact(slices.Sorted(slices.Values(r.Region.Network.RouteTables())))
	c.SecurityGroup = r.Region.Network.SecurityGroup()
	for _, n := range r.Region.Gateways.Nodes {
		c.Gateways = append(c.Gateways, newCloudGateway(n, network.Target))
	}
	return c
}

// Follows reports whether units on the gateways' hosts move the routes to the primary.
func (r *Region) Follows() bool {
	return r.Region.Network.Failover == schema.FailoverWatch && r.Region.Cloud() != "" && r.elects()
}

// elects reports whether one gateway at a time is the primary, and its watch knows: not with
// supersets, where each of them takes itself for the primary of its own.
func (r *Region) elects() bool {
	return len(r.Region.Gateways.Nodes) > 1 && r.Relay && r.Region.Gateways.HA.Strategy == schema.HARelay
}

// WatchSeconds is within how many seconds gateway-watch.sh sees that its gateway has become
// the primary (pkg/render/host/program/gateway-watch.sh: ticks).
const WatchSeconds = 3

// network is what the provider's network does.
func (c *Cloud) network() *provider.Network {
	n := facts.Provider(c.Cloud).Network.Value
	return &n
}

// Routes are the destinations, in order; each leads to the first gateway, or to
// all of them: see Spread and Standbys. They are made anew for each call.
func (c *Cloud) Routes() []CloudRoute {
	var routes []CloudRoute
	for _, t := range c.region.Transit() {
		if t.Addr().Is4() || !c.network().IPv4Only.Value {
			routes = append(routes, CloudRoute{c.Owner + "-" + prefixSlug(t), t})
		}
	}
	return routes
}

// Sources are what network cards have to be told before they may send from it: those of
// gateways what they forward, in both directions, and where nodes have routes to each
// other's pods, all of them the pods. None where the provider tells cards otherwise, or not
// at all. They are made anew for each call.
func (c *Cloud) Sources() []CloudSource {
	r := c.region.Region
	if !c.guarded() || r.Network.OpenStack.PortSecurity == schema.PortSecurityDisabled {
		return nil
	}
	var pods []netip.Prefix
	if c.region.Pods == PodsByNodes {
		pods = sortedPrefixes(r.PodCIDRs)
	}
	forwarded := append(c.region.Arriving(), pods...)
	if c.HandsOver && len(c.Gateways) > 1 {
		// A standby sends the primary what the region's hosts sent to it.
		forwarded = append(forwarded, r.NodeCIDRs...)
		if c.region.Pods != PodsInTunnel {
			forwarded = append(forwarded, r.PodCIDRs...)
		}
	}
	var all []CloudSource
	tell := func(cards []string, prefixes []netip.Prefix) {
		for _, card := range cards {
			for _, p := range prefixes {
				all = append(all, CloudSource{card, p})
			}
		}
	}
	tell(c.targets(), slices.Compact(sortedPrefixes(forwarded)))
	tell(c.nodeCards(), pods)
	return all
}

// Unguarded are the network cards that may send from any address, as the topology says.
func (c *Cloud) Unguarded() []string {
	if !c.guarded() || c.region.Region.Network.OpenStack.PortSecurity != schema.PortSecurityDisabled {
		return nil
	}
	return append(c.targets(), c.nodeCards()...)
}

// guarded reports whether cards are told what they may send from, each prefix by itself.
func (c *Cloud) guarded() bool { return c.network().Sources.IsKnown() }

// targets are the gateways' own, as far as somebody said.
func (c *Cloud) targets() []string {
	var all []string
	for _, g := range c.Gateways {
		if g.Target != "" {
			all = append(all, g.Target)
		}
	}
	return all
}

// nodeCards are those of nodes that are not gateways.
func (c *Cloud) nodeCards() []string {
	nodes, gateways := slices.Sorted(slices.Values(c.region.Region.Network.OpenStack.NodePorts)), c.targets()
	return slices.DeleteFunc(slices.Compact(nodes), func(card string) bool { return slices.Contains(gateways, card) })
}

// sendsByAll reports whether every gateway sends into its own tunnel, whoever is the
// primary: a strategy that is neither one gateway nor a hand-over to the primary.
func sendsByAll(r *schema.Region) bool {
	s := r.Gateways.HA.Strategy
	return s != schema.HASingle && s != schema.HARelay
}

func newCloudGateway(n schema.GatewayNode, by provider.Target) CloudGateway {
	g := CloudGateway{Name: n.Name, Target: target(n, by), Zone: n.Zone}
	for _, a := range n.Addresses() {
		if a.Is4() {
			g.IPv4 = a
		} else {
			g.IPv6 = a
		}
	}
	return g
}

// target is what a route names as its next hop. Where routes name an instance by a name
// that may be the node's own, that is what it means to say nothing.
func target(n schema.GatewayNode, by provider.Target) string {
	switch {
	case by.Field == provider.FieldInterface:
		return n.NetworkInterface
	case by.Field == provider.FieldAddress:
		return firstIPv4(n)
	case by.Form.Value == provider.FormLabel && n.Instance == "":
		return n.Name
	}
	return n.Instance
}

// firstIPv4 is empty for a host that has none.
func firstIPv4(n schema.GatewayNode) string {
	for _, a := range n.Addresses() {
		if a.Is4() {
			return a.String()
		}
	}
	return ""
}

// cloudOwner is "kh-", the region's name as far as it fits, and ten hexadecimal digits
// of what it and the topology are called: regions that share a beginning, and
// topologies that share a project, keep apart. Names in Google Cloud end after 63
// characters, so 28 are left for what the owner has.
func cloudOwner(topology, region string) string {
	sum := sha256.Sum256([]byte(topology + "/" + region))
	short := strings.TrimRight(region[:min(len(region), 20)], "-")
	return "kh-" + short + "-" + hex.EncodeToString(sum[:5])
}

// prefixSlug spells a prefix within 18 characters of a name: IPv4 with dashes, IPv6,
// which can be longer, as a hash.
func prefixSlug(p netip.Prefix) string {
	if p.Addr().Is4() {
		return strings.NewReplacer(".", "-", "/", "-").Replace(p.String())
	}
	sum := sha256.Sum256([]byte(p.String()))
	return "v6-" + hex.EncodeToString(sum[:7])
}
