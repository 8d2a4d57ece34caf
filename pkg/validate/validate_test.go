package validate_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func cidrs(s ...string) []netip.Prefix { return topologytest.CIDRs(s...) }

// published is the network of the walk-through, with a tag that Tailscale's operator gives
// to nobody.
func published() *schema.Topology {
	t := topologytest.Published()
	t.Spec.Tailnet.Tag = "tag:gw"
	return t
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

// A region whose gateways could not be read has none: what asks for the first one says nothing.
func TestNoGateways(t *testing.T) {
	for cloud, topology := range sample.Clouds() {
		r := &topology.Spec.Regions[1]
		r.Gateways.Nodes, r.Network.Failover = nil, schema.FailoverWatch
		r.Network.Hetzner.IPRange = netip.MustParsePrefix("10.0.0.0/8")
		r.Gateways.Mode, r.Gateways.NodeSelector = schema.ModeStaticPod, nil
		for _, r.Gateways.Replaced = range []schema.Replaced{"", schema.ReplacedSameAddress, schema.ReplacedAnyAddress} {
			if len(validate.Topology(topology)) == 0 {
				t.Errorf("%s: nothing is said of a region without gateways", cloud)
			}
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
		{"100.64.0.0/16", claim.CodeTailnetRange, "lies inside 100.64.0.0/10"},
		{"100.100.0.0/25", claim.CodeTailnetRange, "lies inside 100.100.0.0/24"},
		{"100.100.100.0/24", claim.CodeTailnetRange, "is also 100.100.100.0/24"},
		{"100.115.92.0/24", claim.CodeTailnetRange, "lies inside 100.115.92.0/23"},
		{"100.0.0.0/8", claim.CodeTailnetRange, "(and 4 others of the ranges of Tailscale)"},
		{"fd7a:115c:a1e0:1::/64", claim.CodeTailnetRange, "lies inside fd7a:115c:a1e0::/48"},
		{"169.254.0.0/20", claim.CodeSpecialRange, "lies inside 169.254.0.0/16"},
		{"224.0.0.0/8", claim.CodeSpecialRange, "is multicast"},
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
