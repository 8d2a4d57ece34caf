package render

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// HostPlan is what is decided for one gateway host or, where Node is nil, for each of
// the region's.
type HostPlan struct {
	Node *schema.GatewayNode
	// Advertise is what it advertises (TS_ROUTES), sorted.
	Advertise []netip.Prefix
	// Sources are the prefixes that it carries packets from, each with a routing table
	// of its own.
	Sources []Source
	// Gateways are those it may hand packets to, in failover order, and itself.
	Gateways []schema.GatewayNode
}

// Source is a prefix that packets come from.
type Source struct {
	netip.Prefix
	// Primary is the advertised prefix whose primary carries them.
	Primary netip.Prefix
	// Nodes says that a gateway's own address may lie in it.
	Nodes bool
}

// hosts are the region's gateways where they differ, or one for all: the pods of a
// DaemonSet are all the same.
func hosts(r *schema.Region) []HostPlan {
	if !r.RoutesDiffer() || r.Gateways.Mode == schema.ModeDaemonSet {
		return []HostPlan{{Advertise: r.Advertised(), Sources: sources(r, r.Advertised()), Gateways: r.Gateways.Nodes}}
	}
	var list []HostPlan
	for i := range r.Gateways.Nodes {
		if r.Gateways.Mode == schema.ModePerNode {
			list = append(list, perNodeHost(r, i))
		} else {
			list = append(list, supersetHost(r, i))
		}
	}
	return list
}

// supersetHost sends everything by its own tunnel: it is the only gateway, and so the
// primary, of its supersets. It hands packets to another one only while it is not.
func supersetHost(r *schema.Region, i int) HostPlan {
	n := &r.Gateways.Nodes[i]
	h := HostPlan{Node: n, Advertise: r.Routes(i), Sources: sources(r, r.Advertised()), Gateways: r.Gateways.Nodes}
	for j := range h.Sources {
		if wide, ok := n.Superset(h.Sources[j].Prefix); ok {
			h.Sources[j].Primary = wide
		}
	}
	return h
}

// perNodeHost sends what its own pods send by its own tunnel, and what comes from node
// addresses by a node router's: peers take a packet only from the primary of its
// source (measured in namespaces with tailscaled 1.84.3).
func perNodeHost(r *schema.Region, i int) HostPlan {
	n := &r.Gateways.Nodes[i]
	own := &schema.Region{NodeCIDRs: r.NodeCIDRs, PodCIDRs: n.PodCIDRs}
	h := HostPlan{Node: n, Advertise: r.Routes(i), Sources: sources(r, own.Advertised())}
	for j, other := range r.Gateways.Nodes {
		if r.IsNodeRouter(j) {
			h.Gateways = append(h.Gateways, other)
		}
	}
	// Last, so that who is no node router hands packets to the first that is.
	if !r.IsNodeRouter(i) {
		h.Gateways = append(h.Gateways, *n)
	}
	return h
}

func sources(r *schema.Region, prefixes []netip.Prefix) []Source {
	list := make([]Source, len(prefixes))
	for i, p := range prefixes {
		list[i] = Source{p, p, slices.Contains(r.NodeCIDRs, p)}
	}
	return list
}

// dir is the host's own directory, with a slash; empty for what all hosts share.
func (h *HostPlan) dir() string {
	if h.Node == nil {
		return ""
	}
	return h.Node.Name + "/"
}
