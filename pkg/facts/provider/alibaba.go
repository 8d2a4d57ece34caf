package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Alibaba is Alibaba Cloud.
func (providers) Alibaba() Provider {
	const page, issue, group = "Alibaba Cloud VPC, CreateRouteEntry", "tailscale#21249", "Alibaba Cloud ECS, security groups"
	const nodes = "kubernetes/cloud-provider-alibaba-cloud v2.14.0, pkg/controller/node/manager.go"
	return Provider{
		Name: schema.ProviderAlibaba, Title: "Alibaba Cloud",
		Ranges: fact.Ranges(
			fact.Keep("100.64.0.0/10", fact.Error, fact.Own, "Alibaba Cloud keeps for its own services and accepts neither as a VPC's prefix nor as a route's destination", page, "2026-01"),
			fact.Keep("100.100.2.136/32", fact.Error, fact.Everybody, "is Alibaba Cloud's DNS server", issue, "read 2026-11"),
			fact.Keep("100.100.2.138/32", fact.Error, fact.Everybody, "is Alibaba Cloud's DNS server", issue, "read 2026-11"),
			fact.Keep("100.100.2.148/32", fact.Error, fact.Everybody, "is Alibaba Cloud's package mirror", issue, "read 2026-11"),
			fact.Keep("100.100.2.158/32", fact.Error, fact.Everybody, "is Alibaba Cloud's package mirror", issue, "read 2026-11"),
			fact.Keep("100.100.100.200/32", fact.Error, fact.Everybody, "is Alibaba Cloud's metadata server", issue, "read 2026-11"),
		),
		AutoRanges:    fact.Unknown[[]fact.Range]("a VPC of Alibaba Cloud has the vSwitches that the user makes"),
		SubnetKeeps:   fact.Unknown[Kept]("no source has been read; network and broadcast address are assumed"),
		MTU:           fact.Unknown[int]("no source has been read; Ethernet's 1500 is assumed"),
		Fabric:        fact.Known(RouteTable, "Alibaba Cloud VPC, route tables"),
		SingleAddress: fact.Unknown[bool]("no source has been read, and it does not matter where route tables decide"),
		PodRoutes:     fact.Known("put a route to each node's pods into the route table, with the node's instance as the next hop", "kubernetes/cloud-provider-alibaba-cloud, pkg/controller/route"),
		PodRouter:     fact.Known("the cloud controller manager with `--configure-cloud-routes=true`", "kubernetes/cloud-provider-alibaba-cloud, pkg/controller/route"),
		Forwarding:    fact.Known("", "Alibaba Cloud VPC, route tables: nothing has to be turned on"),
		Stays:         fact.Known("replace the disk of its instance and not the instance", "Alibaba Cloud ECS API, ReplaceSystemDisk: the instance keeps its ID and addresses"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Known(true, issue+": DNS, package mirrors and metadata answer from there"),
		CiliumIPAM:    fact.Known("alibabacloud", "cilium 1.17.4, pkg/ipam/option/option.go: IPAMAlibabaCloud"),
		Masquerading:  fact.Unknown[string]("no source about the masquerading of its own plugin has been read"),
		Controller: fact.Known(Controller{
			Name:         schema.CloudControllerAlibaba,
			IDs:          fact.Known("REGION.INSTANCE", nodes+": setFields"),
			Keeps:        fact.Known[schema.Version]("0.0.0", nodes+": NodeList ignores a node without a providerID"),
			Guard:        fact.Known("leave their providerID empty, label them service.alibabacloud.com/exclude-node, and give their kubelets no --cloud-provider=external", nodes+": NodeList; before v2.12 one providerID of another form ends the pass over the nodes around it"),
			ForeignID:    fact.Unknown[string]("it asks its cloud about every providerID, and ignores a node without one"),
			ForeignLabel: fact.Known("service.alibabacloud.com/exclude-node", nodes+": NodeList"),
			TakesRoutes:  fact.Unknown[bool]("no source has been read about what its route controller lists"),
		}, "each datum has its own"),
		Network: fact.Known(Network{
			CLI: "aliyun",
			Target: Target{
				Field:  FieldInstance,
				Form:   fact.Known(FormID, "Alibaba Cloud ECS API, instance IDs"),
				Prefix: fact.Known("i-", "Alibaba Cloud ECS API, instance IDs"),
			},
			Tables:         fact.Known(TablesNamed, "Alibaba Cloud VPC, route tables"),
			NextHops:       fact.Known(HopsOne, page+": a destination stands in a table once; several next hops are for router interfaces only"),
			OwnFamily:      fact.Known(false, page+": a route names an instance, whatever its addresses"),
			Zonal:          fact.Known(false, page),
			IPv4Only:       fact.Known(false, "Alibaba Cloud VPC, IPv6 gateway: a vSwitch may have both families"),
			Destinations:   fact.Unknown[[]netip.Prefix]("no other restriction is known"),
			OwnRange:       fact.Known(false, "Alibaba Cloud VPC, route tables: the default route of an instance leads into the VPC"),
			TakesTailnet:   fact.Known(false, page),
			Withdraws:      fact.Unknown[bool]("no source says that it does"),
			SignIn:         fact.Known("`aliyun configure --mode EcsRamRole` as root, once, by the RAM role of the instance", "aliyun-cli, README: EcsRamRole"),
			Moves:          fact.Known("vpc:DescribeRouteEntryList, vpc:CreateRouteEntry and vpc:DeleteRouteEntry on the route tables", page+", DescribeRouteEntryList, DeleteRouteEntry: RAM authorization"),
			Sources:        fact.Unknown[Quota]("instances forward without being told"),
			Routes:         fact.Known(Quota{200, fact.Unknown[int]("the page names no maximum"), "entries in a table"}, "Alibaba Cloud VPC, CreateRouteEntry"),
			Rules:          fact.Known(Quota{200, fact.Unknown[int]("the page names no maximum"), "rules in a security group"}, "Alibaba Cloud ECS, security group limits"),
			Firewall:       fact.Known(FirewallOfGroup, group),
			FirewallInside: fact.Known(true, "Alibaba Cloud ECS, security groups"),
			RulePeers:      fact.Known(PeersOne, group),
			RulePriorities: fact.Known(false, group),
		}, "each datum has its own"),
	}
}
