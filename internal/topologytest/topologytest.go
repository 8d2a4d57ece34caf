// Package topologytest has topologies for tests. Start with Published.
package topologytest

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// CIDRs parses prefixes, and panics on text that is not one.
func CIDRs(s ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range s {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// Published is the network of the walk-through.
func Published() *schema.Topology {
	t := &schema.Topology{}
	t.Spec.Cluster = schema.Cluster{
		KubernetesVersion: "1.33.1",
		ServiceCIDRs:      CIDRs("10.96.0.0/12"),
		APIServer:         schema.APIServer{Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.5")}, Port: 6443},
	}
	t.Spec.Tailnet = schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"}
	t.Spec.Regions = []schema.Region{
		Region("gcp-us", "bare-metal", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"),
		Region("gpu-dc", "bare-metal", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
	}
	t.Spec.Regions[0].Gateways.Mode = schema.ModeDaemonSet
	return t
}

// Region is a region with Cilium and static pods, and gateways with the addresses.
func Region(name, provider, nodes, pods string, gateways ...string) schema.Region {
	r := schema.Region{Name: name, Provider: provider, NodeCIDRs: CIDRs(nodes), PodCIDRs: CIDRs(pods)}
	r.CNI = schema.CNI{Type: schema.CNICilium, Version: "1.17.4"}
	r.Gateways.Mode = schema.ModeStaticPod
	for i, g := range gateways {
		node := schema.GatewayNode{Name: name + "-" + string(rune('a'+i)), InternalIP: netip.MustParseAddr(g)}
		r.Gateways.Nodes = append(r.Gateways.Nodes, node)
	}
	return r
}
