package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

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
	// and in Google Cloud, where a network has one.
	Tables []string
	// SecurityGroup takes the firewall rules; empty for none. In Google Cloud they
	// belong to the network.
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

	region *Region
}

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
	c := &Cloud{
		Cloud: cloud,
		Owner: cloudOwner(r.plan.Topology.Metadata.Name, r.Region.Name),
		// Google Cloud takes several routes to one destination; in AWS, Azure and Alibaba
		// Cloud a destination stands in a table once (CreateRoute, azurerm_route,
		// CreateRouteEntry). Equal priorities would send a standby its share of what only
		// the primary can carry.
		Standbys:  cloud == schema.ProviderGCP,
		Spread:    cloud == schema.ProviderGCP && sendsByAll(r.Region),
		HandsOver: r.Relay && !r.ByTable,
		region:    r,
	}
	c.Tables, c.SecurityGroup = cloudObjects(&r.Region.Network, cloud)
	for _, n := range r.Region.Gateways.Nodes {
		c.Gateways = append(c.Gateways, newCloudGateway(n, cloud))
	}
	return c
}

// Routes are the destinations, in order; each leads to the first gateway, or to
// all of them: see Spread and Standbys. They are made anew for each call.
func (c *Cloud) Routes() []CloudRoute {
	transit := c.region.Transit()
	routes := make([]CloudRoute, len(transit))
	for i, t := range transit {
		routes[i] = CloudRoute{c.Owner + "-" + prefixSlug(t), t}
	}
	return routes
}

// sendsByAll reports whether every gateway sends into its own tunnel, whoever is the
// primary: a strategy that is neither one gateway nor a hand-over to the primary.
func sendsByAll(r *schema.Region) bool {
	s := r.Gateways.HA.Strategy
	return s != schema.HASingle && s != schema.HARelay
}

func cloudObjects(n *schema.Network, cloud string) (tables []string, securityGroup string) {
	switch cloud {
	case schema.ProviderAWS:
		tables, securityGroup = n.AWS.RouteTables, n.AWS.SecurityGroup
	case schema.ProviderAzure:
		tables, securityGroup = n.Azure.RouteTables, n.Azure.SecurityGroup
	case schema.ProviderAlibaba:
		tables, securityGroup = n.Alibaba.RouteTables, n.Alibaba.SecurityGroup
	}
	tables = slices.Clone(tables)
	slices.Sort(tables)
	return slices.Compact(tables), securityGroup
}

func newCloudGateway(n schema.GatewayNode, cloud string) CloudGateway {
	g := CloudGateway{Name: n.Name, Target: n.CloudTarget(cloud), Zone: n.Zone}
	for _, a := range n.Addresses() {
		if a.Is4() {
			g.IPv4 = a
		} else {
			g.IPv6 = a
		}
	}
	return g
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
