package provider

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// OwnNetwork is what a region says whose network is the user's own.
const OwnNetwork = schema.ProviderBareMetal

// BareMetal is hosts on a LAN of somebody's, which keeps nothing for itself as far as a
// program can know.
func (providers) BareMetal() Provider { return ownNetwork(schema.ProviderBareMetal, "bare metal") }

// ownNetwork is a network that is the user's own: what it keeps, the topology says.
func ownNetwork(name, title string) Provider {
	const stated = "schema/topology.cue: this name says that the network is a LAN of the user's own, and spec.reservedCIDRs what it keeps"
	return Provider{
		Name: name, Title: title,
		Ranges:        fact.Known([]fact.Range(nil), stated),
		AutoRanges:    fact.Unknown[[]fact.Range]("nobody but the user makes subnets there"),
		SubnetKeeps:   fact.Known(OwnAndBroadcast(), "RFC 950: the network's own address and broadcast"),
		MTU:           fact.Known(1500, "IEEE 802.3: Ethernet without jumbo frames"),
		Fabric:        fact.Known(LAN, stated),
		SingleAddress: fact.Known(false, stated),
		PodRoutes:     fact.Unknown[string]("the user's own routers know their own ways, BGP for one"),
		PodRouter:     fact.Unknown[string]("the user's own routers know their own ways, BGP for one"),
		Forwarding:    fact.Unknown[string]("a switch or hypervisor may drop addresses that it did not give out, and only the user knows"),
		Stays:         fact.Unknown[string]("whoever installs machines gives them their addresses"),
		Cloudless:     fact.Known(true, stated),
		SharesTailnet: fact.Known(false, stated),
		CiliumIPAM:    fact.Unknown[string]("cilium 1.17.4, Documentation/network/concepts/ipam: it has no mode for such a network"),
		Masquerading:  fact.Unknown[string]("it has no plugin of its own"),
		Controller:    fact.Unknown[Controller]("nobody runs a cloud there"),
		Network:       fact.Unknown[Network]("routes are on hosts there"),
	}
}
