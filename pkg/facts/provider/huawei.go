package provider

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Huawei is Huawei Cloud.
func (providers) Huawei() Provider {
	const page, reason = "Huawei Cloud VPC user guide", "Huawei Cloud keeps for its own services"
	return Provider{
		Name: schema.ProviderHuawei, Title: "Huawei Cloud",
		Ranges: fact.Ranges(
			fact.Keep("100.64.0.0/10", fact.Error, fact.Own, reason, page, "read 2026-11"),
			fact.Keep("198.18.0.0/15", fact.Error, fact.Own, reason, page, "read 2026-11"),
			fact.Keep("214.0.0.0/7", fact.Error, fact.Own, reason, page, "read 2026-11"),
		),
		AutoRanges:    fact.Unknown[[]fact.Range]("a VPC of Huawei Cloud has the subnets that the user makes"),
		SubnetKeeps:   fact.Unknown[Kept]("no source has been read; network and broadcast address are assumed"),
		MTU:           fact.Unknown[int]("no source has been read; Ethernet's 1500 is assumed"),
		Fabric:        fact.Unknown[Fabric]("VPCs have route tables with next hops of the user's, and whether a host can hand a packet to a neighbour past them has not been tried"),
		SingleAddress: fact.Unknown[bool]("no source has been read"),
		PodRoutes:     fact.Unknown[string]("no source has been read"),
		PodRouter:     fact.Unknown[string]("no source has been read"),
		Forwarding:    fact.Known("turn on \"unbind IP from MAC\" of the card", page+", FAQ 0064, what are the limitations of a route table"),
		Stays:         fact.Unknown[string]("no source has been read"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Unknown[bool]("the guide keeps 100.64.0.0/10 and does not say which of its services answer from there"),
		CiliumIPAM:    fact.Unknown[string]("cilium 1.17.4, Documentation/network/concepts/ipam: it has no mode for Huawei Cloud"),
		Masquerading:  fact.Unknown[string]("no source about the masquerading of its own plugin has been read"),
		Controller:    fact.Unknown[Controller]("no source about its cloud controller manager has been read"),
		Network:       fact.Unknown[Network]("a topology has no words for its VPCs"),
	}
}
