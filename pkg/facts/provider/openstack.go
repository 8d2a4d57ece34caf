package provider

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// OpenStack is any cloud that runs OpenStack: what its network keeps and does, its operator
// decides.
func (providers) OpenStack() Provider {
	const decides = "the operator of the cloud decides"
	const instances = "kubernetes/cloud-provider-openstack v1.36.0, pkg/openstack/instances.go"
	return Provider{
		Name: schema.ProviderOpenStack, Title: "OpenStack",
		Ranges:        fact.Unknown[[]fact.Range](decides),
		AutoRanges:    fact.Unknown[[]fact.Range]("a network of OpenStack has the subnets that the user makes"),
		SubnetKeeps:   fact.Unknown[int]("no source has been read; network and broadcast address are assumed"),
		MTU:           fact.Unknown[int](decides),
		Fabric:        fact.Unknown[Fabric](decides),
		SingleAddress: fact.Unknown[bool]("no source has been read"),
		PodRoutes:     fact.Unknown[string]("no source has been read"),
		Forwarding:    fact.Unknown[string]("no source has been read"),
		SharesTailnet: fact.Unknown[bool](decides),
		PodAddresses:  fact.Unknown[bool]("no source has been read"),
		CiliumIPAM:    fact.Unknown[string]("cilium 1.17.4, Documentation/network/concepts/ipam: it has no mode for OpenStack"),
		Masquerading:  fact.Unknown[string]("it has no plugin of its own"),
		Controller: fact.Known(Controller{
			Name:  schema.CloudControllerOpenStack,
			IDs:   fact.Known("openstack:///SERVER or openstack://REGION/SERVER", instances+": makeInstanceID"),
			Keeps: fact.Known[schema.Version]("1.32.0", instances+": getServerByName returns an error of its own where v1.31.0 returned InstanceNotFound"),
			Guard: fact.Known(anotherID, instances+": instanceIDFromProviderID fails, and a failure deletes nothing"),
		}, "each datum has its own"),
		Network: fact.Unknown[Network]("a topology has no words for its networks"),
	}
}
