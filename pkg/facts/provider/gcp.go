package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// GCP is Google Cloud.
func (providers) GCP() Provider {
	const page, routes = "Google Cloud VPC, prohibited subnet ranges", "Google Cloud VPC, static routes"
	const instances = "kubernetes/cloud-provider-gcp 01ad1dc9, providers/gce/gce_instances.go"
	return Provider{
		Name: schema.ProviderGCP, Title: "Google Cloud",
		Ranges: fact.Ranges(
			fact.Keep("169.254.169.254/32", fact.Error, fact.Everybody, "is the metadata and DNS server of Google Cloud", page, "read 2026-11"),
			fact.Keep("199.36.153.4/30", fact.Error, fact.Everybody, "is restricted.googleapis.com", page, "read 2026-11"),
			fact.Keep("199.36.153.8/30", fact.Error, fact.Everybody, "is private.googleapis.com", page, "read 2026-11"),
		),
		// Google adds a subnet for each of its regions from this block, and a static route into
		// the block is refused.
		AutoRanges: fact.Ranges(
			fact.Keep("10.128.0.0/9", fact.Error, fact.Others, "an auto-mode VPC of Google Cloud keeps for its own subnets and accepts no static route into", routes, "read 2026-11"),
		),
		SubnetKeeps:   fact.Known(Kept{2, 2}, "Google Cloud VPC, subnets: the first two, of which the second is the router, and the last two"),
		MTU:           fact.Known(1460, "Google Cloud VPC, \"Maximum transmission unit\": networks have 1460"),
		Fabric:        fact.Known(RouteTable, "Google Cloud VPC, routes overview"),
		SingleAddress: fact.Known(true, "Compute Engine gives cards a /32; in a namespace with one, `ip route` answers that the next hop is an invalid gateway"),
		PodRoutes:     fact.Known("give each instance an alias range that is its Node's podCIDR", "kubernetes, pkg/controller/nodeipam: CloudAllocator takes podCIDRs from the platform; Google Cloud VPC, alias IP ranges (read 2026-11)"),
		PodRouter:     fact.Known("the cloud controller manager with `--cidr-allocator-type=CloudAllocator`", "kubernetes, pkg/controller/nodeipam: CloudAllocator takes podCIDRs from the platform; Google Cloud VPC, alias IP ranges (read 2026-11)"),
		Forwarding:    fact.Known("make the instance with --can-ip-forward; turning it on later restarts the instance", "Google Cloud Compute Engine, IP forwarding for instances"),
		Stays:         fact.Known("use a managed instance group that keeps names and internal addresses (stateful), or an instance of its own", "Compute Engine, stateful managed instance groups: preserved names and stateful internal IP addresses"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Known(false, page+": its own services answer from 169.254.169.254 and 199.36.153.0/24"),
		CiliumIPAM:    fact.Known("kubernetes", "cilium 1.17.4, Documentation/network/concepts/ipam/gke.rst: alias ranges stand in the nodes' podCIDRs"),
		// GKE masquerades by ip-masq-agent or, with Dataplane V2, by an EgressNATPolicy.
		Masquerading: fact.Known("On GKE: {masqAgent} With Dataplane V2 on Autopilot the EgressNATPolicy called `default` takes the same prefixes under `spec.action: NoSNAT`, `spec.destinations[].cidr`.",
			"cloud.google.com/kubernetes-engine/docs/concepts/ip-masquerade-agent"),
		Controller: fact.Known(Controller{
			Name:         schema.CloudControllerGCP,
			IDs:          fact.Known("gce://PROJECT/ZONE/INSTANCE", instances+": InstanceID"),
			Keeps:        fact.Unknown[schema.Version](everyRelease),
			Guard:        fact.Known(anotherID, instances+": splitProviderID fails, and a failure deletes nothing"),
			ForeignID:    fact.Known(foreignScheme, instances+": splitProviderID fails, and a failure deletes nothing"),
			ForeignLabel: fact.Unknown[string](byID),
			TakesRoutes:  fact.Unknown[bool]("no source has been read about what its route controller lists"),
		}, "each datum has its own"),
		Network: fact.Known(Network{
			CLI: "gcloud",
			Target: Target{
				Field:  FieldInstance,
				Form:   fact.Known(FormLabel, "Google Cloud Compute Engine, naming resources"),
				Prefix: fact.Known("", "Google Cloud Compute Engine, naming resources: an instance is named by its name"),
			},
			Tables:         fact.Known(TablesOne, "Google Cloud VPC, routes overview"),
			NextHops:       fact.Known(HopsByPriority, routes),
			OwnFamily:      fact.Known(true, routes),
			Zonal:          fact.Known(true, routes+": a next hop instance is named with its zone"),
			IPv4Only:       fact.Known(false, "Google Cloud VPC, subnets: they may have both families"),
			Destinations:   fact.Unknown[[]netip.Prefix]("no other restriction is known"),
			OwnRange:       fact.Known(false, "Google Cloud VPC, routes overview: the default route of an instance leads into the VPC"),
			TakesTailnet:   fact.Known(true, "Google Kubernetes Engine, VPC-native clusters: pods may have addresses from 100.64.0.0/10"),
			Withdraws:      fact.Known(true, routes+": a route to an instance that is not running is not used"),
			SignIn:         fact.Known("the instance's service account, with the scope cloud-platform; nothing has to be said", "Google Cloud Compute Engine, service accounts: gcloud on an instance"),
			Moves:          fact.Known("compute.routes.list, compute.routes.create, compute.routes.delete and compute.globalOperations.get in the project, compute.networks.updatePolicy on the network, and compute.instances.use on the gateways", "Compute Engine API v1, routes.insert and routes.delete; gcloud waits for the operation"),
			Sources:        fact.Unknown[Quota]("an instance forwards all addresses, or none"),
			Routes:         fact.Known(Quota{200, fact.Unknown[int]("the page names no maximum"), "static routes in a network"}, "Google Cloud VPC quotas: STATIC_ROUTES_PER_NETWORK"),
			Rules:          fact.Unknown[Quota]("a rule takes a list of prefixes, and networks take thousands"),
			Firewall:       fact.Known(FirewallOfNetwork, "Google Cloud VPC, firewall rules"),
			FirewallInside: fact.Known(true, "Google Cloud VPC, firewall rules"),
			RulePeers:      fact.Known(PeersMany, "Google Cloud VPC, firewall rules"),
			RulePriorities: fact.Known(false, "Google Cloud VPC, firewall rules: rules of one priority are all applied"),
		}, "each datum has its own"),
	}
}
