package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Hetzner is Hetzner Cloud.
func (providers) Hetzner() Provider {
	const faq = "docs.hetzner.com, cloud networks FAQ"
	const layers = "docs.hetzner.com, networks, technical concepts, architecture (2025-10)"
	const route = "Hetzner Cloud API, add a route to a network (OpenAPI document 0.28.0)"
	const firewalls = "docs.hetzner.com, cloud firewalls FAQ (2023-11)"
	const hccm = "hcloud-cloud-controller-manager 01214bbd"
	return Provider{
		Name: schema.ProviderHetzner, Title: "Hetzner",
		Ranges: fact.Ranges(
			fact.Keep("172.31.1.1/32", fact.Warning, fact.Everybody, "is the gateway of every Hetzner cloud server's public interface", faq, "2024-12"),
		),
		AutoRanges:    fact.Unknown[[]fact.Range]("a network of Hetzner has the subnets that the user makes"),
		SubnetKeeps:   fact.Unknown[Kept]("no source has been read; network and broadcast address are assumed"),
		MTU:           fact.Known(1450, faq+": private networks have 1450"),
		Fabric:        fact.Known(TableOrLAN, layers+": cloud servers send everything to the network's gateway, which forwards it to the destination or the next hop; dedicated servers on a vSwitch send to each other directly"),
		SingleAddress: fact.Known(true, layers+", example routes: a cloud server has a /32, and a route to the network's range by its gateway"),
		PodRoutes:     fact.Known("put a route to each node's pods into the network, with the server's private address as the gateway", hccm+", hcloud/routes.go, docs/explanation/private-networks.md"),
		PodRouter:     fact.Known("hcloud-cloud-controller-manager with `HCLOUD_NETWORK`", hccm+", hcloud/routes.go, docs/explanation/private-networks.md"),
		Forwarding:    fact.Known("", "community-content#594 and #769, about tutorials of Hetzner's: a server that is a NAT gateway or a router, next hop of a route, forwards what is for others, and nothing is turned on for it"),
		Stays:         fact.Known("rebuild the server, or attach the new one to the network with the old one's name and address", "hcloud, server rebuild and server attach-to-network --ip"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Unknown[bool]("no source has been read; no service of its own in 100.64.0.0/10 is known"),
		CiliumIPAM:    fact.Unknown[string]("cilium 1.17.4, Documentation/network/concepts/ipam: it has no mode for Hetzner"),
		Masquerading:  fact.Unknown[string]("it has no plugin of its own"),
		Controller: fact.Known(Controller{
			Name:         schema.CloudControllerHCloud,
			IDs:          fact.Known("hcloud://SERVER or hrobot://SERVER", hccm+", internal/providerid/providerid.go"),
			Keeps:        fact.Unknown[schema.Version](everyRelease),
			Guard:        fact.Known(anotherID, hccm+", internal/providerid/providerid.go: UnkownPrefixError, and a failure deletes nothing; hcloud-cloud-controller-manager#753"),
			ForeignID:    fact.Known(foreignScheme, hccm+", internal/providerid/providerid.go: UnkownPrefixError, and a failure deletes nothing; hcloud-cloud-controller-manager#753"),
			ForeignLabel: fact.Unknown[string](byID),
			TakesRoutes:  fact.Known(true, hccm+", hcloud/routes.go: ListRoutes"),
		}, "each datum has its own"),
		Network: fact.Known(Network{
			CLI: "hcloud",
			Target: Target{
				Field:  FieldAddress,
				Form:   fact.Known(FormAddress, route+": a gateway is an address"),
				Prefix: fact.Known("", route+": a gateway is an address"),
			},
			Tables:    fact.Known(TablesOne, route+": routes belong to the network"),
			NextHops:  fact.Known(HopsOne, route+": a destination must not overlap with that of another route"),
			OwnFamily: fact.Known(false, faq+": networks only support IPv4"),
			Zonal:     fact.Known(false, route),
			IPv4Only:  fact.Known(true, faq+": networks only support IPv4"),
			Destinations: fact.Known([]netip.Prefix{
				netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
			}, route+": a destination is one of the private ranges of RFC 1918, or 0.0.0.0/0"),
			OwnRange:       fact.Known(true, layers+", example routes: a cloud server has a route into the network for the network's range"),
			TakesTailnet:   fact.Known(false, route+": a destination is one of the private ranges of RFC 1918, or 0.0.0.0/0"),
			Withdraws:      fact.Unknown[bool]("no source says that it does"),
			SignIn:         fact.Known("HCLOUD_TOKEN in the environment file, readable by root only: servers have no identity", "hetznercloud/cli, README: HCLOUD_TOKEN"),
			Moves:          fact.Known("a token with read and write permission of a project does; no narrower one is to be had", "Hetzner Cloud API, authentication: a token belongs to a project and is read-only or not"),
			Sources:        fact.Unknown[Quota]("servers forward without being told"),
			Routes:         fact.Known(Quota{100, fact.Unknown[int]("no source says that there are more"), "routes in a network"}, "hcloud-cloud-controller-manager#342: a network can contain at most 100 routes"),
			Rules:          fact.Unknown[Quota]("a firewall takes 500 (" + firewalls + "), and only the tunnels need any"),
			Firewall:       fact.Known(FirewallOfGroup, firewalls+": a firewall is given to servers"),
			FirewallInside: fact.Known(false, "community-content#807, an answer of Hetzner's: a rule is about what is sent over the public network, and the private address stays reachable"),
			RulePeers:      fact.Known(PeersMany, "Hetzner Cloud API, firewalls: source_ips and destination_ips are lists"),
			RulePriorities: fact.Known(false, firewalls+": rules only allow"),
		}, "each datum has its own"),
	}
}
