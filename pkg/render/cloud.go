package render

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// CloudPlan is what is decided for a region whose provider's route tables lead to its
// gateways.
type CloudPlan struct {
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
	// Routes are the destinations, in order; each leads to the first gateway, or to
	// all of them: see Spread and Standbys.
	Routes []CloudRoute
	// Spread says that a route leads to every gateway at once.
	Spread bool
	// Standbys says that the other gateways have routes of lower priority.
	Standbys bool
	// HandsOver says that a standby can hand what it gets to the primary, so that it does
	// not matter which of them the routes lead to.
	HandsOver bool
	// Rules are what a firewall has to let through.
	Rules []FirewallRule
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

// FirewallRule lets traffic through in one direction and one address family.
type FirewallRule struct {
	// Name is unique in the region.
	Name string
	// Egress is out of a host, otherwise into it.
	Egress bool
	// Protocol is udp or tcp, or all.
	Protocol string
	// Port is a destination port; 0 is every port.
	Port int
	// Peers are the prefixes at the other end.
	Peers []netip.Prefix
	// Hosts are the prefixes at this end; empty is every host of the network.
	Hosts []netip.Prefix
}

// TailscalePort is what the gateways listen on (our own PORT in gateway.env, which is
// tailscaled's default: tailscale 1.84.3, cmd/tailscaled/tailscaled.go).
const TailscalePort = 41641

// The destinations of a gateway itself (tailscale.com/kb/1082/firewall-ports): the
// control server and DERP relays over TCP 443, a captive portal check and the control
// server's plain port over 80, STUN over UDP 3478.
const (
	httpsPort = 443
	httpPort  = 80
	stunPort  = 3478
)

// cloudPlan is nil where the topology asks for nothing in a cloud.
func (p *Plan) cloudPlan(r *RegionPlan) *CloudPlan {
	cloud := r.Region.Cloud()
	if cloud == "" {
		return nil
	}
	owner := cloudOwner(p.Topology.Metadata.Name, r.Region.Name)
	c := &CloudPlan{
		Cloud: cloud,
		Owner: owner,
		// Google Cloud takes several routes to one destination; in AWS, Azure and Alibaba
		// Cloud a destination stands in a table once (CreateRoute, azurerm_route,
		// CreateRouteEntry). Equal priorities would send a standby its share of what only
		// the primary can carry.
		Standbys:  cloud == schema.ProviderGCP,
		Spread:    cloud == schema.ProviderGCP && r.sendsByAll(),
		HandsOver: r.Relay && !r.Region.RoutesByTable(),
		Rules:     r.firewallRules(owner),
	}
	c.Tables, c.SecurityGroup = cloudObjects(&r.Region.Network, cloud)
	for _, n := range r.Region.Gateways.Nodes {
		c.Gateways = append(c.Gateways, newCloudGateway(n, cloud))
	}
	for _, t := range r.Transit {
		c.Routes = append(c.Routes, CloudRoute{owner + "-" + prefixSlug(t), t})
	}
	return c
}

// routesInCloud reports whether the provider's route table has the routes to other
// regions, and nobody asked for any on hosts.
func (r *RegionPlan) routesInCloud() bool {
	return r.Cloud != nil && len(r.Region.NodeRoutes.Forms) == 0
}

// sendsByAll reports whether every gateway sends into its own tunnel, whoever is the
// primary: a strategy that is neither one gateway nor a hand-over to the primary.
func (r *RegionPlan) sendsByAll() bool {
	s := r.Region.Gateways.HA.Strategy
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

// firewallRules are the rules of a region for each family that its nodes have.
// Which ports other regions reach is decided once, by the tailnet policy, on the
// region's own gateway: what comes out of it is let through.
func (r *RegionPlan) firewallRules(owner string) []FirewallRule {
	var rules []FirewallRule
	for _, f := range []family{{"", netip.MustParsePrefix("0.0.0.0/0")}, {"-6", netip.MustParsePrefix("::/0")}} {
		gateways := f.of(r.gatewayPrefixes())
		if len(gateways) == 0 {
			continue
		}
		anybody := []netip.Prefix{f.all}
		add := func(name string, rule FirewallRule) {
			if rule.Name = owner + "-" + name + f.suffix; len(rule.Peers) > 0 {
				rules = append(rules, rule)
			}
		}
		add("in-"+strconv.Itoa(TailscalePort), FirewallRule{Protocol: "udp", Port: TailscalePort, Peers: anybody, Hosts: gateways})
		add("in-regions", FirewallRule{Protocol: "all", Peers: f.of(r.Transit), Hosts: f.of(r.Region.Advertised())})
		if !r.Region.Network.EgressFiltered {
			continue
		}
		for _, out := range []FirewallRule{
			{Protocol: "udp", Port: TailscalePort}, {Protocol: "udp", Port: stunPort},
			{Protocol: "tcp", Port: httpsPort}, {Protocol: "tcp", Port: httpPort},
		} {
			out.Egress, out.Peers, out.Hosts = true, anybody, gateways
			add("out-"+strconv.Itoa(out.Port), out)
		}
		add("out-regions", FirewallRule{Egress: true, Protocol: "all", Peers: f.of(r.Transit), Hosts: f.of(r.Region.Advertised())})
	}
	return rules
}

// gatewayPrefixes are the gateways' own addresses.
func (r *RegionPlan) gatewayPrefixes() []netip.Prefix {
	var own []netip.Prefix
	for _, n := range r.Region.Gateways.Nodes {
		for _, a := range n.Addresses() {
			own = append(own, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return own
}

// family is an address family: what its rules' names end with, and all of it.
type family struct {
	suffix string
	all    netip.Prefix
}

func (f family) of(prefixes []netip.Prefix) []netip.Prefix {
	var own []netip.Prefix
	for _, p := range prefixes {
		if p.Addr().Is4() == f.all.Addr().Is4() {
			own = append(own, p)
		}
	}
	return own
}
