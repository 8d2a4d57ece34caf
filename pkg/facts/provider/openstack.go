package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// OpenStack is any cloud that runs OpenStack: what its network keeps and does, its operator
// decides.
func (providers) OpenStack() Provider {
	const decides = "the operator of the cloud decides"
	const instances = "kubernetes/cloud-provider-openstack v1.36.0, pkg/openstack/instances.go"
	const neutron = "openstack/neutron 2131d26f (2026-08), "
	const routes = neutron + "neutron/db/extraroute_db.py"
	const groups = neutron + "neutron/db/securitygroups_db.py"
	const client = "python-openstackclient 5b7da4b4 (2026-08), openstackclient/network/v2/"
	return Provider{
		Name: schema.ProviderOpenStack, Title: "OpenStack",
		Ranges:        fact.Unknown[[]fact.Range](decides),
		AutoRanges:    fact.Unknown[[]fact.Range]("a network of OpenStack has the subnets that the user makes"),
		SubnetKeeps:   fact.Unknown[Kept]("no source has been read; network and broadcast address are assumed"),
		MTU:           fact.Known(1442, neutron+"doc/source/admin/config-mtu.rst, neutron/conf/plugins/ml2/drivers/driver_type.py: of 1500 bytes VXLAN leaves 1450, and OVN's Geneve, with 38 for its header and 20 for IPv4's, 1442; a flat or VLAN network has all of them"),
		Fabric:        fact.Known(LAN, neutron+"doc/source/admin/intro-os-networking.rst: hosts of a network share a layer 2, where anti-spoofing rules drop what its port was not told"),
		SingleAddress: fact.Known(false, neutron+"doc/source/admin/intro-os-networking.rst: DHCP gives an address of the subnet, with its length"),
		PodRoutes:     fact.Known("put a route to each node's pods on the router, and let the node's port send from them", "kubernetes/cloud-provider-openstack v1.36.0, pkg/openstack/routes.go"),
		PodRouter:     fact.Known("openstack-cloud-controller-manager with `--configure-cloud-routes=true` and router-id", "kubernetes/cloud-provider-openstack v1.36.0, pkg/openstack/routes.go"),
		Forwarding:    fact.Known("let its port send from the prefixes that it forwards (`openstack port set --allowed-address ip-address=PREFIX PORT`), or turn the port's security off", neutron+"doc/source/admin/intro-os-networking.rst; neutron/plugins/ml2/drivers/ovn/mech_driver/ovsdb/ovn_client.py: allowed addresses become the port_security of a port, which OVN asks for the sources of what a host sends and the destinations of what it gets"),
		Stays:         fact.Known("start the machine with the old one's port, which outlives it", "python-openstackclient, server create --port; Nova API, servers: a port that was given is not deleted with the server"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Unknown[bool](decides),
		CiliumIPAM:    fact.Unknown[string]("cilium 1.17.4, Documentation/network/concepts/ipam: it has no mode for OpenStack"),
		Masquerading:  fact.Unknown[string]("it has no plugin of its own"),
		Controller: fact.Known(Controller{
			Name:         schema.CloudControllerOpenStack,
			IDs:          fact.Known("openstack:///SERVER or openstack://REGION/SERVER", instances+": makeInstanceID"),
			Keeps:        fact.Known[schema.Version]("1.32.0", instances+": getServerByName returns an error of its own where v1.31.0 returned InstanceNotFound"),
			Guard:        fact.Known(anotherID, instances+": instanceIDFromProviderID fails, and a failure deletes nothing"),
			ForeignID:    fact.Known(foreignScheme, instances+": instanceIDFromProviderID fails, and a failure deletes nothing"),
			ForeignLabel: fact.Unknown[string](byID),
			TakesRoutes:  fact.Known(true, "kubernetes/cloud-provider-openstack v1.36.0, pkg/openstack/routes.go: ListRoutes"),
		}, "each datum has its own"),
		Network: fact.Known(Network{
			CLI: "openstack",
			Target: Target{
				Field:  FieldInterface,
				Form:   fact.Known(FormName, client+"port.py: a port is found by its name or ID; routes name its address"),
				Prefix: fact.Known("", client+"port.py: a port has the name that the user gave it"),
			},
			Tables:         fact.Known(TablesOne, routes+": routes belong to a router"),
			NextHops:       fact.Known(HopsOne, routes+": the same destination with several next hops is accepted, and shares the connections or not, as the driver has it; none of them has a priority"),
			OwnFamily:      fact.Known(true, routes+": a next hop is an address in a subnet of the router"),
			Zonal:          fact.Known(false, routes),
			IPv4Only:       fact.Known(false, neutron+"doc/source/admin/config-ipv6.rst"),
			Destinations:   fact.Unknown[[]netip.Prefix]("no restriction is known"),
			OwnRange:       fact.Known(false, neutron+"doc/source/admin/intro-os-networking.rst: the default route of an instance leads to the router"),
			TakesTailnet:   fact.Known(true, routes+": destinations are not restricted"),
			Withdraws:      fact.Known(false, routes+": routes stay until somebody removes them"),
			SignIn:         fact.Known("an application credential (OS_AUTH_TYPE=v3applicationcredential, OS_AUTH_URL and the rest) in the environment file, readable by root only: instances have no identity", "openstack/keystone, application credentials"),
			Moves:          fact.Known("GET /v2.0/routers and /v2.0/routers/*, and PUT /v2.0/routers/*/add_extraroutes and /v2.0/routers/*/remove_extraroutes, as access rules of the application credential", client+"router.py: AddExtraRoutesToRouter, RemoveExtraRoutesFromRouter; openstack/keystone, application credentials: access rules"),
			Sources:        fact.Known(Quota{10, fact.Unknown[int](decides), "allowed address pairs on a port"}, neutron+"neutron/conf/extensions/allowedaddresspairs.py: max_allowed_address_pair"),
			Routes:         fact.Known(Quota{30, fact.Unknown[int](decides), "routes on a router"}, neutron+"neutron/conf/quota.py: quota_router_route, max_routes until then"),
			Rules:          fact.Known(Quota{100, fact.Unknown[int](decides), "security group rules in a project"}, neutron+"neutron/conf/quota.py: quota_security_group_rule"),
			Firewall:       fact.Known(FirewallOfGroup, groups),
			FirewallInside: fact.Known(true, groups+": rules are those of ports"),
			RulePeers:      fact.Known(PeersOne, client+"security_group_rule.py: --remote-ip"),
			RulePriorities: fact.Known(false, groups+": rules only allow"),
		}, "each datum has its own"),
	}
}
