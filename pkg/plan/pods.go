package plan

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
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
	// PodsByTailnet: hosts are apart, and each advertises its own pods to the others, too.
	PodsByTailnet
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
	case Encapsulates(r):
		return PodsInTunnel
	case HostsApart(r):
		return PodsByTailnet
	case r.CNI.PodRoutes == schema.PodRoutesNodes:
		return PodsByNodes
	case r.CNI.PodRoutes == schema.PodRoutesNetwork, PodsInNetwork(r):
		return PodsByNetwork
	case p.FlatLAN():
		return PodsByNodes
	case p.Fabric.IsKnown() && (p.Fabric.Value != provider.TableOrLAN || r.Cloud() != ""):
		return PodsUnrouted
	}
	return PodsUntold
}

// Encapsulates reports whether whatever hosts of the region send to pods of another node
// travels inside a packet from node to node: not where a plugin only encrypts what native
// routing carries.
func Encapsulates(r *schema.Region) bool {
	t, _ := facts.Plugin(r.CNI.Type).Tunnel(r.CNI.Tunnel)
	return r.CNI.Tunnel != schema.TunnelNone && !t.Encrypts.Value
}

// PodsInNetwork reports whether pods of the region get addresses of the provider's own
// network, so that nodes and pods may share a prefix: Amazon VPC CNI, Azure CNI with the
// node's subnet, Terway, and what Cilium takes from the same. Of a plugin that is not known
// here, the topology says it by the network that routes its pods.
func PodsInNetwork(r *schema.Region) bool {
	known := facts.Plugin(r.CNI.Type)
	return known.Mode(r.CNI.IPAM).Pools.Value == plugin.PoolsOfProvider ||
		!known.Modes.IsKnown() && r.CNI.PodRoutes == schema.PodRoutesNetwork
}

// SharesNodes reports whether a prefix of the region is its nodes' and its pods', so that
// no rule about addresses can tell one from the other.
func SharesNodes(r *schema.Region) bool {
	return slices.ContainsFunc(r.PodCIDRs, func(p netip.Prefix) bool { return p.IsValid() && slices.Contains(r.NodeCIDRs, p) })
}
