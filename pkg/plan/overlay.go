package plan

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// OneOverlay reports whether the same plugin carries the pods of every region in the same
// tunnel from node to node, whose own routes lead to every pod of the cluster. Then
// nothing else may: a route to another region's pods, on a host that has the plugin's,
// takes packets out of the overlay, and the tailnet's policy knows nothing of them.
// WireGuard is not among these tunnels: plugins choose it by a table or a program of
// their own, below the routes.
func OneOverlay(regions []schema.Region) bool {
	if len(regions) == 0 {
		return false
	}
	first := &regions[0].CNI
	switch first.Tunnel {
	case schema.TunnelVXLAN, schema.TunnelGeneve, schema.TunnelIPIP:
	default:
		return false
	}
	for i := range regions {
		if c := &regions[i].CNI; c.Type != first.Type || c.Tunnel != first.Tunnel {
			return false
		}
	}
	return true
}

// MasqueradesToNodes reports whether pods of every region reach nodes with their own
// node's address. In a tunnel Cilium sends a packet to a node as it is, and the network
// between may know pods no more than it does without one: left alone, Cilium gives it the
// node's address (cilium 1.18.2, bpf/lib/nat.h: snat_v4_needs_masquerade), unless the
// list of its ip-masq-agent, which it asks first, has the node. It does so on the
// node's cards and not on tailscale0, so what a gateway's own pods send through the
// tunnel keeps theirs. Calico would masquerade there, too, with the tailnet address, so
// its pods keep their own.
func MasqueradesToNodes(regions []schema.Region) bool {
	return OneOverlay(regions) && facts.Plugin(regions[0].CNI.Type).Settings.Value == plugin.SettingsCilium
}

// SeenAsNodes reports whether nodes see pods of some region with a node's address.
func SeenAsNodes(s *schema.Spec) bool {
	return MasqueradesToNodes(s.Regions) || slices.ContainsFunc(s.Regions, func(r schema.Region) bool { return HidesPods(s, &r) })
}

// HidesPods reports whether the region's plugin masquerades what its pods send to nodes,
// some of those being outside the one network that it is told.
func HidesPods(s *schema.Spec, r *schema.Region) bool {
	stated := s.Cluster.ClusterCIDRs
	if len(stated) == 0 || !facts.Plugin(r.CNI.Type).OneNetwork.Value {
		return false
	}
	for i := range s.Regions {
		if slices.ContainsFunc(s.Regions[i].NodeCIDRs, func(n netip.Prefix) bool { return n.IsValid() && !cidr.AnyContains(stated, n.Addr()) }) {
			return true
		}
	}
	return false
}

// Buried are the prefixes in which no peer's endpoint may lie: where one overlay carries
// all pods, an address that the plugin gives to a host answers from everywhere, and what
// leads there is what the tunnel carries. The region's own are among them: two gateways
// of one region that meet in the overlay are as wrong, and have a LAN to meet in.
func (p *Plan) Buried() []netip.Prefix {
	if !p.Overlay {
		return nil
	}
	var pods []netip.Prefix
	for i := range p.Topology.Spec.Regions {
		pods = append(pods, p.Topology.Spec.Regions[i].PodCIDRs...)
	}
	return sortedPrefixes(pods)
}

// routed is what hosts of other regions route to: in one overlay, nodes alone.
func (r *Region) routed() []netip.Prefix {
	if r.plan.Overlay {
		return sortedPrefixes(r.Region.NodeCIDRs)
	}
	return r.own
}
