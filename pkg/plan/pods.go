package plan

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// PodWay is how a packet finds a pod of another node of its own region.
type PodWay uint8

const (
	// PodsInTunnel: between nodes it travels inside a packet from node to node.
	PodsInTunnel PodWay = iota + 1
	// PodsByNodes: each node has a route to every other node's pods.
	PodsByNodes
	// PodsByNetwork: the network between the nodes has a route to each node's pods, or gave
	// pods addresses of its own.
	PodsByNetwork
	// PodsUnrouted: the network looks every packet up in a route table, or may, and nobody
	// puts pods there.
	PodsUnrouted
	// PodsUntold: what the provider's network does with a packet to a pod is not written
	// down.
	PodsUntold
)

// podWay reads what the topology says, and where it is silent what is known of the
// provider's network and of where the plugin takes pods' addresses from. With native
// routing the network between nodes must be able to route pods' prefixes (cilium 1.17.4,
// Documentation/network/concepts/routing.rst).
func podWay(r *schema.Region) PodWay {
	p := facts.Provider(r.Provider)
	switch {
	case r.CNI.Tunnel != schema.TunnelNone:
		return PodsInTunnel
	case r.CNI.PodRoutes == schema.PodRoutesNodes:
		return PodsByNodes
	case r.CNI.PodRoutes == schema.PodRoutesNetwork,
		facts.Plugin(r.CNI.Type).Mode(r.CNI.IPAM).Pools.Value == plugin.PoolsOfProvider:
		return PodsByNetwork
	case p.FlatLAN():
		return PodsByNodes
	case p.Fabric.IsKnown():
		return PodsUnrouted
	}
	return PodsUntold
}
