// Package provider holds what those who run a region's network keep and do: one file a
// provider. Code asks a fact and never a provider's name.
//
// Start with Of. A provider that nobody has written down counts neither as a flat LAN nor
// as a fabric that routes.
package provider

import (
	"maps"
	"slices"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
)

// Provider is what one of them keeps and does.
type Provider struct {
	// Name is what regions call it: schema.Region.Provider.
	Name string
	// Title is how messages call it.
	Title string
	// Ranges are what its network keeps for itself.
	Ranges fact.Datum[[]fact.Range]
	// AutoRanges are kept beside Ranges in a network whose subnets the provider makes
	// itself (schema.SubnetModeAuto).
	AutoRanges fact.Datum[[]fact.Range]
	// SubnetKeeps is which addresses of an IPv4 subnet no host can have.
	SubnetKeeps fact.Datum[Kept]
	// MTU is that of network cards unless somebody changes it, in bytes.
	MTU fact.Datum[int]
	// Fabric is how packets between hosts find their way.
	Fabric fact.Datum[Fabric]
	// SingleAddress reports whether a host's card has a /32 (or /128), so that a host takes
	// no neighbour as a next hop.
	SingleAddress fact.Datum[bool]
	// PodRoutes says what gives the network a route to each node's pods.
	PodRoutes fact.Datum[string]
	// PodRouter is the program that does it by itself, for pods in their Node's podCIDRs.
	PodRouter fact.Datum[string]
	// Forwarding is what lets a host send packets that are not from its own address.
	Forwarding fact.Datum[string]
	// Stays is what lets a machine in another one's place have its address and what routes
	// call it.
	Stays fact.Datum[string]
	// Cloudless reports whether the machines are in nobody's cloud, so that no controller of
	// one says where they are.
	Cloudless fact.Datum[bool]
	// SharesTailnet reports whether the provider's own services, such as DNS and metadata,
	// answer from 100.64.0.0/10, the addresses of tailnets.
	SharesTailnet fact.Datum[bool]
	// CiliumIPAM is what Cilium calls addresses from the provider's network, its ipam.mode;
	// unknown where it takes none from there.
	CiliumIPAM fact.Datum[string]
	// Masquerading says what to do by hand for pods to keep their addresses with a plugin
	// of the provider's own; see plugin.Plugin.ByHand for the words in braces.
	Masquerading fact.Datum[string]
	// Controller is its cloud controller manager.
	Controller fact.Datum[Controller]
	// Network is what its route tables and firewalls do.
	Network fact.Datum[Network]
}

// Kept are the addresses at both ends of an IPv4 subnet that no host can have: how many there
// are. Where nobody says, they are OwnAndBroadcast.
type Kept struct{ First, Last int }

// OwnAndBroadcast is what every network keeps (RFC 950).
func OwnAndBroadcast() Kept { return Kept{1, 1} }

// Fabric is how packets between the hosts of a region find their way. The zero value is
// invalid.
type Fabric uint8

const (
	// LAN: a host hands a packet to the neighbour of its choice.
	LAN Fabric = iota + 1
	// SubnetLAN: a LAN inside a subnet, and a subnet lies in one zone; between subnets, route
	// tables decide.
	SubnetLAN
	// RouteTable: every packet is looked up in a route table, whatever neighbour the host
	// chose.
	RouteTable
	// TableOrLAN: the provider has networks that look every packet up in a route table, and
	// hangs hosts on a LAN, too. Only the topology says which of them a region is.
	TableOrLAN
)

// FlatLAN reports whether the region's nodes can be next hops of each other. An unknown
// fabric is not a flat LAN.
func (p *Provider) FlatLAN() bool { return p.Fabric.Value == LAN }

// RoutesByTable reports whether every packet is looked up in a route table, in a region
// whose network the topology describes or does not. An unknown fabric does not count as
// one that does.
func (p *Provider) RoutesByTable(described bool) bool {
	return p.Fabric.Value == RouteTable || p.Fabric.Value == TableOrLAN && described
}

// known holds each provider once: a region asks several times.
var known = sync.OnceValue(func() map[string]*Provider {
	all := map[string]*Provider{}
	for _, p := range fact.All[Provider](providers{}) {
		all[p.Name] = &p
	}
	return all
})

// Of is the provider by that name. One that is not written down has a name, and reasons
// in the place of facts. It is everybody's, and too large to be copied for each question:
// callers leave it alone.
func Of(name string) *Provider {
	if p, ok := known()[name]; ok {
		return p
	}
	return unknown(name)
}

// All lists the providers in the alphabet of their names.
func All() []Provider {
	all := make([]Provider, 0, len(known()))
	for _, name := range slices.Sorted(maps.Keys(known())) {
		all = append(all, *known()[name])
	}
	return all
}

// unknown is a provider that is not written down.
func unknown(name string) *Provider {
	const why = "nobody has written down what this provider does"
	return &Provider{
		Name: name, Title: name,
		Ranges:        fact.Unknown[[]fact.Range](why),
		AutoRanges:    fact.Unknown[[]fact.Range](why),
		SubnetKeeps:   fact.Unknown[Kept](why),
		MTU:           fact.Unknown[int](why),
		Fabric:        fact.Unknown[Fabric](why),
		SingleAddress: fact.Unknown[bool](why),
		PodRoutes:     fact.Unknown[string](why),
		PodRouter:     fact.Unknown[string](why),
		Forwarding:    fact.Unknown[string](why),
		Stays:         fact.Unknown[string](why),
		Cloudless:     fact.Unknown[bool](why),
		SharesTailnet: fact.Unknown[bool](why),
		CiliumIPAM:    fact.Unknown[string](why),
		Masquerading:  fact.Unknown[string](why),
		Controller:    fact.Unknown[Controller](why),
		Network:       fact.Unknown[Network](why),
	}
}

// providers has a method for each provider.
type providers struct{}
