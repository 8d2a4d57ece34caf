package crds_test

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// published is the example with one plugin in every region.
func published(t *testing.T, c schema.CNI, change func(*schema.Topology)) *schema.Topology {
	t.Helper()
	data, err := os.ReadFile("../../examples/regional-gateway/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var topology schema.Topology
	if err := yaml.UnmarshalStrict(data, &topology); err != nil {
		t.Fatal(err)
	}
	for i := range topology.Spec.Regions {
		topology.Spec.Regions[i].CNI = c
	}
	if change != nil {
		change(&topology)
	}
	return &topology
}

// documents are the objects of other programs' kinds in the rendered tree.
func documents(t *testing.T, topology *schema.Topology) [][]byte {
	t.Helper()
	p := plan.New(topology)
	files, err := render.Tree(p)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for _, f := range files {
		if strings.Contains(f.Path, "cni/") && strings.HasSuffix(f.Path, ".yaml") && !strings.HasSuffix(f.Path, "values.yaml") {
			all = append(all, bytes.Split(f.Data, []byte("\n---\n"))...)
		}
	}
	for o, err := range render.Objects(p) {
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(o.YAML, []byte("apiVersion: cilium.io/")) {
			all = append(all, o.YAML)
		}
	}
	return all
}

func accepted(t *testing.T, name string, all [][]byte) {
	t.Helper()
	set := load(t, name)
	if len(all) == 0 {
		t.Errorf("%s: nothing to check", name)
	}
	for _, d := range all {
		if err := set.CheckYAML(d); err != nil {
			t.Errorf("%s refuses\n%s\n%v", name, d, err)
		}
	}
}

func dualStack(t *schema.Topology) {
	t.Spec.Regions[0].PodCIDRs = append(t.Spec.Regions[0].PodCIDRs, netip.MustParsePrefix("fd00:61::/56"))
	t.Spec.Regions[1].PodCIDRs = []netip.Prefix{netip.MustParsePrefix("10.142.0.0/28"), netip.MustParsePrefix("fd00:142::/123")}
	t.Spec.Cluster.NonMasqueradeCIDRs = []netip.Prefix{netip.MustParsePrefix("192.168.10.0/24")}
	t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
	t.Spec.Tailnet.ReadmitWholePool = true
}

func TestCiliumObjects(t *testing.T) {
	for _, minor := range minors(t, "cilium") {
		for _, change := range []func(*schema.Topology){nil, dualStack} {
			for _, routing := range []schema.HostRouting{schema.HostRoutingLegacy, schema.HostRoutingBPF} {
				c := schema.CNI{Type: schema.CNICilium, Version: schema.Version(minor + ".0"), HostRouting: routing}
				accepted(t, "cilium-"+minor, documents(t, published(t, c, change)))
			}
		}
	}
}

// TestCalicoObjects: as projectcalico.org/v3, and with the other group where Calico
// has no API server.
func TestCalicoObjects(t *testing.T) {
	for _, plane := range []schema.DataPlane{schema.DataPlaneIPTables, schema.DataPlaneNFTables, schema.DataPlaneEBPF} {
		for _, tunnel := range []schema.TunnelProtocol{schema.TunnelNone, schema.TunnelVXLAN, schema.TunnelIPIP} {
			for _, change := range []func(*schema.Topology){nil, dualStack} {
				if tunnel == schema.TunnelIPIP && change != nil {
					continue // refused by validate: cni-tunnel-family
				}
				c := schema.CNI{Type: schema.CNICalico, Version: "3.30.7", DataPlane: plane, Tunnel: tunnel}
				all := documents(t, published(t, c, change))
				accepted(t, "calico-3.32", all)
				var direct [][]byte
				for _, d := range all {
					direct = append(direct, bytes.Replace(d, []byte("projectcalico.org/v3"), []byte("crd.projectcalico.org/v1"), 1))
				}
				for _, minor := range []string{"3.30", "3.31", "3.32"} {
					accepted(t, "calico-"+minor, direct)
				}
			}
		}
	}
}

// TestCanalObjects: Canal has Calico's definitions, and Calico's API server does not come with it.
func TestCanalObjects(t *testing.T) {
	tailnet := func(t *schema.Topology) {
		t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
		t.Spec.Tailnet.ReadmitWholePool = true
	}
	for _, change := range []func(*schema.Topology){nil, tailnet} {
		all := documents(t, published(t, schema.CNI{Type: "canal", Version: "3.30.2"}, change))
		for _, minor := range []string{"3.30", "3.31", "3.32"} {
			accepted(t, "calico-"+minor, all)
		}
	}
}
