package provider

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Hetzner is Hetzner Cloud.
func (providers) Hetzner() Provider {
	const faq = "docs.hetzner.com, cloud networks FAQ"
	const hccm = "hcloud-cloud-controller-manager 01214bbd"
	return Provider{
		Name: schema.ProviderHetzner, Title: "Hetzner",
		Ranges: fact.Ranges(
			fact.Keep("172.31.1.1/32", fact.Warning, fact.Everybody, "is the gateway of every Hetzner cloud server's public interface", faq, "2024-12"),
		),
		AutoRanges:    fact.Unknown[[]fact.Range]("a network of Hetzner has the subnets that the user makes"),
		SubnetKeeps:   fact.Unknown[int]("no source has been read; network and broadcast address are assumed"),
		MTU:           fact.Known(1450, faq+": private networks have 1450"),
		Fabric:        fact.Unknown[Fabric]("networks have routes of their own (API, add_route), and whether a server can be its neighbour's next hop past them has not been tried"),
		SingleAddress: fact.Unknown[bool]("no source has been read"),
		PodRoutes:     fact.Unknown[string]("no source has been read"),
		Forwarding:    fact.Unknown[string]("no source has been read"),
		SharesTailnet: fact.Unknown[bool]("no source has been read; no service of its own in 100.64.0.0/10 is known"),
		CiliumIPAM:    fact.Unknown[string]("cilium 1.17.4, Documentation/network/concepts/ipam: it has no mode for Hetzner"),
		Masquerading:  fact.Unknown[string]("it has no plugin of its own"),
		Controller: fact.Known(Controller{
			Name:  schema.CloudControllerHCloud,
			IDs:   fact.Known("hcloud://SERVER or hrobot://SERVER", hccm+", internal/providerid/providerid.go"),
			Keeps: fact.Unknown[schema.Version](everyRelease),
			Guard: fact.Known(anotherID, hccm+", internal/providerid/providerid.go: UnkownPrefixError, and a failure deletes nothing; hcloud-cloud-controller-manager#753"),
		}, "each datum has its own"),
		Network: fact.Unknown[Network]("a topology has no words for its networks"),
	}
}
