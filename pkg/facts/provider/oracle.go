package provider

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Oracle is Oracle Cloud Infrastructure, and its hardware at customers.
func (providers) Oracle() Provider {
	const page = "Oracle Compute Cloud@Customer, reserved network resources"
	return Provider{
		Name: schema.ProviderOracle, Title: "Oracle Cloud",
		Ranges: fact.Ranges(
			fact.Keep("100.96.0.0/23", fact.Warning, fact.Everybody, "Oracle's Compute Cloud@Customer uses for its own hardware", page, "read 2026-11"),
			fact.Keep("100.96.2.0/23", fact.Warning, fact.Everybody, "Oracle's Compute Cloud@Customer uses for its own hardware", page, "read 2026-11"),
			fact.Keep("253.255.0.0/16", fact.Warning, fact.Everybody, "Oracle's Compute Cloud@Customer uses for its own infrastructure", page, "read 2026-11"),
		),
		AutoRanges:    fact.Unknown[[]fact.Range]("a VCN of Oracle Cloud has the subnets that the user makes"),
		SubnetKeeps:   fact.Known(Kept{2, 1}, "Oracle Cloud, overview of VCNs and subnets: the first two addresses and the last (read 2026-11)"),
		MTU:           fact.Known(9000, "Oracle Cloud Infrastructure, \"Hanging Connection\": VNICs have 9000"),
		Fabric:        fact.Unknown[Fabric]("VCNs have route tables with private addresses as next hops, and whether a host can hand a packet to a neighbour past them has not been tried"),
		SingleAddress: fact.Unknown[bool]("no source has been read"),
		PodRoutes:     fact.Unknown[string]("no source has been read"),
		PodRouter:     fact.Unknown[string]("no source has been read"),
		Forwarding:    fact.Known("skip the source/destination check of the VNIC", "Oracle Cloud Infrastructure API, Vnic: skipSourceDestCheck"),
		Stays:         fact.Unknown[string]("no source has been read"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Unknown[bool]("Compute Cloud@Customer has hardware in 100.96.0.0/22; whether hosts need to reach it is not said"),
		CiliumIPAM:    fact.Unknown[string]("cilium 1.17.4, Documentation/network/concepts/ipam: it has no mode for Oracle Cloud"),
		Masquerading:  fact.Unknown[string]("no source about the masquerading of its own plugin has been read"),
		Controller:    fact.Unknown[Controller]("no source about its cloud controller manager has been read"),
		Network:       fact.Unknown[Network]("a topology has no words for its VCNs"),
	}
}
