package validate_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func cidrs(s ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range s {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// published is the network of the walk-through.
func published() *schema.Topology {
	t := &schema.Topology{}
	t.Spec.Cluster = schema.Cluster{
		KubernetesVersion: "1.33.1",
		ServiceCIDRs:      cidrs("10.96.0.0/12"),
		APIServer:         schema.APIServer{Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.5")}, Port: 6443},
	}
	t.Spec.Tailnet = schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"}
	t.Spec.Regions = []schema.Region{
		region("gcp-us", "gcp", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"),
		region("gpu-dc", "bare-metal", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
	}
	t.Spec.Regions[0].Gateways.Mode = schema.ModeDaemonSet
	return t
}

func region(name, provider, nodes, pods string, gateways ...string) schema.Region {
	r := schema.Region{Name: name, Provider: provider, NodeCIDRs: cidrs(nodes), PodCIDRs: cidrs(pods)}
	r.CNI = schema.CNI{Type: schema.CNICilium, Version: "1.17.4"}
	r.Gateways.Mode = schema.ModeStaticPod
	for i, g := range gateways {
		node := schema.GatewayNode{Name: name + "-" + string(rune('a'+i)), InternalIP: netip.MustParseAddr(g)}
		r.Gateways.Nodes = append(r.Gateways.Nodes, node)
	}
	return r
}

func Example() {
	t := published()
	t.Spec.Regions[1].PodCIDRs = cidrs("10.0.2.0/24")
	list := validate.Topology(t)
	list.Sort()
	_ = diag.WriteText(os.Stdout, list)
	// Output:
	// spec.regions[1].podCIDRs[0]: error: pod CIDR 10.0.2.0/24 of region "gpu-dc" lies inside node CIDR 10.0.0.0/22 of region "gcp-us"; packets for 10.0.2.0/24 go to the pods of region "gpu-dc", whose prefix is the longer one, and never to the nodes of region "gcp-us" [cidr-overlap]
	// 	spec.regions[0].nodeCIDRs[0]: node CIDR 10.0.0.0/22 of region "gcp-us" is claimed here
	// 	hint: give the pod CIDR of region "gpu-dc" a prefix of its own; 10.143.1.0/24 is free
}

func TestPublishedNetworkIsSilent(t *testing.T) {
	for _, d := range validate.Topology(published()) {
		t.Error(d)
	}
}

func TestInvalidPrefixesAreSkipped(t *testing.T) {
	topology := published()
	topology.Spec.Regions[0].NodeCIDRs = append(topology.Spec.Regions[0].NodeCIDRs, netip.Prefix{})
	topology.Spec.Regions[1].Gateways.Nodes[0].InternalIP = netip.Addr{}
	topology.Spec.Cluster.APIServer.Addresses = append(topology.Spec.Cluster.APIServer.Addresses, netip.Addr{})
	topology.Spec.ExternalCIDRs = []netip.Prefix{{}}
	topology.Spec.ReservedCIDRs = []schema.ReservedCIDR{{}}
	for _, d := range validate.Topology(topology) {
		t.Error(d)
	}
}

func TestEmptyTopology(t *testing.T) {
	for _, d := range validate.Topology(&schema.Topology{}) {
		if d.Message == "" || d.Code == "" {
			t.Errorf("%+v", d)
		}
	}
}

// TestRanges shows a finding's code and the words that matter for one prefix as the
// pod CIDR of the second region.
func TestRanges(t *testing.T) {
	for _, c := range []struct {
		pods string
		code diag.Code
		says string
	}{
		{"100.64.0.0/16", validate.CodeTailnetRange, "lies inside 100.64.0.0/10"},
		{"100.100.0.0/25", validate.CodeTailnetRange, "lies inside 100.100.0.0/24"},
		{"100.100.100.0/24", validate.CodeTailnetRange, "is also 100.100.100.0/24"},
		{"100.115.92.0/24", validate.CodeTailnetRange, "lies inside 100.115.92.0/23"},
		{"100.0.0.0/8", validate.CodeTailnetRange, "(and 4 others of the ranges of Tailscale)"},
		{"fd7a:115c:a1e0:1::/64", validate.CodeTailnetRange, "lies inside fd7a:115c:a1e0::/48"},
		{"169.254.0.0/20", validate.CodeSpecialRange, "lies inside 169.254.0.0/16"},
		{"224.0.0.0/8", validate.CodeSpecialRange, "is multicast"},
	} {
		topology := published()
		topology.Spec.Regions[1].PodCIDRs = cidrs(c.pods)
		list := validate.Topology(topology)
		found := false
		for _, d := range list {
			found = found || d.Code == c.code && strings.Contains(d.Message, c.says)
		}
		if !found {
			t.Errorf("%s: no %s saying %q in %v", c.pods, c.code, c.says, list)
		}
	}
}
