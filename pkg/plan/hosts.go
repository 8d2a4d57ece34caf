package plan

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Host is what is decided for one gateway host or, where Node is nil, for each of
// the region's.
type Host struct {
	Node *schema.GatewayNode
	// Advertise is what it advertises (TS_ROUTES), sorted.
	Advertise []netip.Prefix
	// Own are the prefixes that it reaches without the tailnet: the region's and those of
	// linked regions or, where its hosts are apart, its own alone. Sorted.
	Own []netip.Prefix
	// Made are the addresses that it has to make itself, before its kubelet starts.
	Made []netip.Addr
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
func (r *Region) hosts() []Host {
	list := r.hostsByMode()
	for i := range list {
		h := &list[i]
		h.Made = r.made(h.Node)
		if !r.Apart {
			h.Own = r.Near()
		}
	}
	return list
}

func (r *Region) hostsByMode() []Host {
	own := r.own
	if !routesDiffer(r.Region) || r.Region.Gateways.Mode == schema.ModeDaemonSet {
		return []Host{{Advertise: own, Sources: sources(r.Region, own), Gateways: r.Region.Gateways.Nodes}}
	}
	var list []Host
	for i := range r.Region.Gateways.Nodes {
		switch {
		case r.Apart:
			list = append(list, apartHost(r, i))
		case r.Region.Gateways.Mode == schema.ModePerNode:
			list = append(list, perNodeHost(r, i))
		default:
			list = append(list, supersetHost(r, i))
		}
	}
	return list
}

// supersetHost sends everything by its own tunnel: it is the only gateway, and so the
// primary, of its supersets. It hands packets to another one only while it is not.
func supersetHost(r *Region, i int) Host {
	n := &r.Region.Gateways.Nodes[i]
	h := Host{Node: n, Advertise: r.Routes(i), Sources: sources(r.Region, r.own), Gateways: r.Region.Gateways.Nodes}
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
func perNodeHost(r *Region, i int) Host {
	n := &r.Region.Gateways.Nodes[i]
	h := Host{Node: n, Advertise: r.Routes(i), Sources: sources(r.Region, sortedPrefixes(r.Region.NodeCIDRs, n.PodCIDRs))}
	for _, j := range r.routers {
		h.Gateways = append(h.Gateways, r.Region.Gateways.Nodes[j])
	}
	// Last, so that a node which is not a router hands packets to the first that is.
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
