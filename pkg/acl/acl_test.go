package acl_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// published is the network of examples/regional-gateway.
func published() *schema.Topology {
	p := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	a := netip.MustParseAddr
	cilium := schema.CNI{Type: schema.CNICilium, Version: "1.17.4"}
	return &schema.Topology{
		Metadata: schema.Metadata{Name: "ai-cluster"},
		Spec: schema.Spec{
			Cluster: schema.Cluster{
				KubernetesVersion: "1.33.1",
				ServiceCIDRs:      p("10.96.0.0/12"),
				APIServer:         schema.APIServer{Addresses: []netip.Addr{a("10.0.0.5")}, Port: 6443},
			},
			Tailnet: schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"},
			Regions: []schema.Region{{
				Name: "gcp-us", Provider: "gcp", NodeCIDRs: p("10.0.0.0/22"), PodCIDRs: p("10.61.0.0/16"), CNI: cilium,
				Gateways: schema.Gateways{Mode: schema.ModeDaemonSet, Nodes: []schema.GatewayNode{
					{Name: "edge-1", InternalIP: a("10.0.0.11")}, {Name: "edge-2", InternalIP: a("10.0.0.12")},
				}},
			}, {
				Name: "gpu-dc", Provider: "bare-metal", NodeCIDRs: p("10.143.0.0/24"), PodCIDRs: p("10.142.0.0/20"), CNI: cilium,
				Gateways: schema.Gateways{Mode: schema.ModeStaticPod, Nodes: []schema.GatewayNode{{Name: "gpu-1", InternalIP: a("10.143.0.11")}}},
			}},
		},
	}
}

// golden compares with testdata/golden/name, or rewrites it under UPDATE_GOLDEN=1.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func TestOrderOfRegionsDoesNotMatter(t *testing.T) {
	want := acl.FromTopology(published()).JSON()
	turned := published()
	slices.Reverse(turned.Spec.Regions)
	if got := acl.FromTopology(turned).JSON(); !bytes.Equal(got, want) {
		t.Errorf("regions in another order give another policy:\n%s", got)
	}
}

// Without "grants" and "acls" both control servers allow everything.
func TestOneRegionGrantsNothing(t *testing.T) {
	topology := published()
	topology.Spec.Regions = topology.Spec.Regions[1:]
	got := acl.FromTopology(topology).JSON()
	if !bytes.Contains(got, []byte(`"grants": []`)) {
		t.Errorf("no empty list of grants:\n%s", got)
	}
}
