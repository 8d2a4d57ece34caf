// Package sample has the topologies that tests of several packages spell.
package sample

import (
	_ "embed"
	"fmt"
	"net/netip"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

//go:embed published.yaml
var published []byte

// Published is the published two-region network: gcp-us with a DaemonSet beside the API
// server, gpu-dc with a static pod. change may alter it.
func Published(t testing.TB, change func(*schema.Topology)) *schema.Topology {
	t.Helper()
	var topology schema.Topology
	if err := yaml.UnmarshalStrict(published, &topology); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&topology)
	}
	return &topology
}

// TailnetSources is Published with gateways that send from 100.80.0.1 to .3.
func TailnetSources(t testing.TB) *schema.Topology {
	return Published(t, func(t *schema.Topology) {
		t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
		next := netip.MustParseAddr("100.80.0.0")
		for i := range t.Spec.Regions {
			for j := range t.Spec.Regions[i].Gateways.Nodes {
				next = next.Next()
				t.Spec.Regions[i].Gateways.Nodes[j].TailnetIP = next
			}
		}
	})
}

// Cases are the topologies whose scripts for region "cloud" are goldens: what
// differs between them is what a script decides by.
func Cases() map[string]*schema.Topology {
	single := Topology(
		Region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		Region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11"))
	relay := Topology(
		Region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		Region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	dual := Topology(
		Region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11", "10.143.0.12"),
		Region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	AddIPv6(&dual.Spec.Regions[0], "fd00:143::/64", "fd00:142::/56")
	AddIPv6(&dual.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	tailnetIP := Topology(
		Region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		Region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11"))
	tailnetIP.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
	tailnetIP.Spec.Tailnet.NetfilterMode = schema.NetfilterOn
	tailnetIP.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/16")}
	return map[string]*schema.Topology{"single": single, "relay": relay, "dual": dual, "tailnet-ip": tailnetIP, "per-node": PerNode(), "apart": Apart(), "supersets": Supersets()}
}

// PerNode has three nodes that each advertise their own pods, the second of
// them the nodes as well, and another region like it with one node.
func PerNode() *schema.Topology {
	t := Topology(
		Region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		Region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12", "10.0.0.13"))
	AddIPv6(&t.Spec.Regions[0], "fd00:143::/64", "fd00:142::/56")
	AddIPv6(&t.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		r.Gateways.Mode = schema.ModePerNode
		for j := range r.Gateways.Nodes {
			for _, p := range r.PodCIDRs {
				r.Gateways.Nodes[j].PodCIDRs = append(r.Gateways.Nodes[j].PodCIDRs, nodeBlock(p, byte(j+1)))
			}
		}
	}
	t.Spec.Regions[1].Gateways.Nodes[1].NodeRouter = true
	return t
}

// Apart is PerNode where no network gives the hosts of region "cloud" their addresses.
func Apart() *schema.Topology {
	t := PerNode()
	r := &t.Spec.Regions[1]
	r.HostAddress = schema.HostAddressMade
	for j := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[j]
		n.NodeRouter, n.PublicIP = false, netip.AddrFrom4([4]byte{9, 9, byte(j), 9})
		n.InternalIP = netip.AddrFrom4([4]byte{10, 0, 1, byte(j + 1)})
		n.InternalIPv6 = netip.MustParseAddr(fmt.Sprintf("fd00:10::1:%d", j+1))
		for k, p := range r.PodCIDRs {
			n.PodCIDRs[k] = nodeBlock(p, byte(j+4))
		}
	}
	return t
}

// Supersets is dual, with prefixes of each gateway's own instead of a relay.
func Supersets() *schema.Topology {
	t := Topology(
		Region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11", "10.143.0.12"),
		Region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	AddIPv6(&t.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	for i := range t.Spec.Regions {
		t.Spec.Regions[i].Gateways.Mode = schema.ModeStaticPod
		t.Spec.Regions[i].Gateways.HA.Strategy = schema.HASupersets
	}
	return t
}

// nodeBlock is the n-th /24 or /64 of a prefix.
func nodeBlock(p netip.Prefix, n byte) netip.Prefix {
	if p.Addr().Is4() {
		b := p.Addr().As4()
		b[2] += n
		return netip.PrefixFrom(netip.AddrFrom4(b), 24)
	}
	b := p.Addr().As16()
	b[7] += n
	return netip.PrefixFrom(netip.AddrFrom16(b), 64)
}

// Topology is one of the regions, with nothing else said.
func Topology(regions ...schema.Region) *schema.Topology {
	t := &schema.Topology{APIVersion: schema.APIVersion, Kind: schema.KindTopology}
	t.Metadata.Name = "test"
	t.Spec.Tailnet = schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"}
	t.Spec.Regions = regions
	return t
}

// Region is a region of bare metal whose gateways are the pods of a DaemonSet.
func Region(name, nodes, pods string, gateways ...string) schema.Region {
	r := schema.Region{
		Name:      name,
		Provider:  "bare-metal",
		NodeCIDRs: []netip.Prefix{netip.MustParsePrefix(nodes)},
		PodCIDRs:  []netip.Prefix{netip.MustParsePrefix(pods)},
		CNI:       schema.CNI{Type: schema.CNICilium, Version: "1.17.4"},
		Gateways:  schema.Gateways{Mode: schema.ModeDaemonSet},
	}
	for i, g := range gateways {
		r.Gateways.Nodes = append(r.Gateways.Nodes, schema.GatewayNode{
			Name:       name + "-" + string(rune('1'+i)),
			InternalIP: netip.MustParseAddr(g),
		})
	}
	return r
}

// AddIPv6 gives a region a second family: gateways get ::11, ::12 and so on.
func AddIPv6(r *schema.Region, nodes, pods string) {
	node := netip.MustParsePrefix(nodes)
	r.NodeCIDRs = append(r.NodeCIDRs, node)
	r.PodCIDRs = append(r.PodCIDRs, netip.MustParsePrefix(pods))
	for i := range r.Gateways.Nodes {
		b := node.Addr().As16()
		b[15] = byte(0x11 + i)
		r.Gateways.Nodes[i].InternalIPv6 = netip.AddrFrom16(b)
	}
}
