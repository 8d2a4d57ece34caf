package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Azure is Microsoft Azure.
func (providers) Azure() Provider {
	const faq, limits, udr = "Azure virtual network FAQ", "Azure subscription limits", "Azure virtual network traffic routing"
	const controller = "kubernetes-sigs/cloud-provider-azure v1.36.5, pkg/provider/azure_wrap.go"
	return Provider{
		Name: schema.ProviderAzure, Title: "Azure",
		Ranges: fact.Ranges(
			fact.Keep("168.63.129.16/32", fact.Error, fact.Everybody, "is Azure's platform address: DHCP, DNS and health probes", faq, "2026-08"),
			fact.Keep("169.254.169.254/32", fact.Error, fact.Everybody, "is the metadata server of Azure", faq, "2026-08"),
		),
		AutoRanges:    fact.Unknown[[]fact.Range]("a virtual network of Azure has the subnets that the user makes"),
		SubnetKeeps:   fact.Known(Kept{4, 1}, faq+": the first four and the last"),
		MTU:           fact.Unknown[int]("no source has been read; Ethernet's 1500 is assumed"),
		Fabric:        fact.Known(RouteTable, udr),
		SingleAddress: fact.Unknown[bool]("no source has been read, and it does not matter where route tables decide"),
		PodRoutes:     fact.Known("put a route to each node's pods into the route table, with the node's address as the next hop", "kubernetes-sigs/cloud-provider-azure, pkg/provider/azure_routes.go"),
		PodRouter:     fact.Known("the cloud controller manager with `--configure-cloud-routes=true`", "kubernetes-sigs/cloud-provider-azure, pkg/provider/azure_routes.go"),
		Forwarding:    fact.Known("turn on IP forwarding of the network card", "Azure virtual network, network interfaces"),
		Stays:         fact.Known("give the machine a network card with a static private address that is not deleted with it", "Azure virtual network, network interfaces; Azure virtual machines, delete options: Detach"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Known(false, faq+": its own services answer from 168.63.129.16 and 169.254.169.254"),
		CiliumIPAM:    fact.Known("azure", "cilium 1.17.4, Documentation/network/concepts/ipam/azure.rst"),
		Masquerading:  fact.Unknown[string]("its own plugin is one of the topology's (azure-cni) and has words of its own"),
		Controller: fact.Known(Controller{
			Name:         schema.CloudControllerAzure,
			IDs:          fact.Known("azure:///subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Compute/...", controller+": azureNodeProviderIDRE"),
			Keeps:        fact.Unknown[schema.Version](everyRelease),
			Guard:        fact.Known(anotherID, controller+": IsNodeUnmanagedByProviderID takes a node with another one for unmanaged, and such a node exists"),
			ForeignID:    fact.Known(foreignScheme, controller+": IsNodeUnmanagedByProviderID takes a node with another one for unmanaged, and such a node exists"),
			ForeignLabel: fact.Unknown[string](byID),
			TakesRoutes:  fact.Unknown[bool]("no source has been read about what its route controller lists"),
		}, "each datum has its own"),
		Network: fact.Known(Network{
			CLI: "az",
			Target: Target{
				Field:  FieldInterface,
				Form:   fact.Known(FormName, "Azure virtual network, network interfaces: routes name the card's address, forwarding is the card's"),
				Prefix: fact.Known("", "Azure virtual network, network interfaces: a card has the name that the user gave it"),
			},
			Tables:         fact.Known(TablesNamed, udr),
			NextHops:       fact.Known(HopsOne, "Terraform azurerm_route, and "+udr+": a prefix stands in a table once"),
			OwnFamily:      fact.Known(true, udr+": a next hop is an address"),
			Zonal:          fact.Known(false, udr),
			IPv4Only:       fact.Known(false, "Azure virtual network, IPv6: a subnet may have both families"),
			Destinations:   fact.Unknown[[]netip.Prefix]("no other restriction is known"),
			OwnRange:       fact.Known(false, udr+": the default route of a host leads into the virtual network"),
			TakesTailnet:   fact.Known(true, udr+": 100.64.0.0/10 is dropped unless a route says otherwise"),
			Withdraws:      fact.Unknown[bool]("no source says that it does"),
			SignIn:         fact.Known("`az login --identity` as root, once, by the managed identity of the machine", "Azure CLI, sign in with a managed identity"),
			Moves:          fact.Known("Microsoft.Network/routeTables/routes/read and Microsoft.Network/routeTables/routes/write on the route tables", "Azure virtual network, manage a route table: permissions"),
			Sources:        fact.Unknown[Quota]("a card forwards all addresses, or none"),
			Routes:         fact.Known(Quota{400, fact.Known(1000, "with Virtual Network Manager"), "routes in a table"}, limits+": user-defined routes per route table; 1,000 with Virtual Network Manager"),
			Rules:          fact.Unknown[Quota]("a rule takes a list of prefixes, and groups take thousands"),
			Firewall:       fact.Known(FirewallOfGroup, "Azure network security groups"),
			FirewallInside: fact.Known(true, "Azure network security groups"),
			RulePeers:      fact.Known(PeersMany, "Azure network security groups, augmented rules"),
			RulePriorities: fact.Known(true, "Azure network security groups: 100 to 4096, each once for a direction"),
		}, "each datum has its own"),
	}
}
