// Package acltest has the topologies on which the tests of pkg/acl and its folders run,
// and tells what differs between two texts. Start with Samples for all topologies, Named
// for one, and Difference.
package acltest

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Published is the network of examples/regional-gateway.
func Published() *schema.Topology {
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

// Regions is a topology of n regions.
func Regions(n int) *schema.Topology {
	t := Published()
	t.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.0.0.5")}
	t.Spec.Regions = nil
	for i := range n {
		node, pod := netip.AddrFrom4([4]byte{10, byte(i / 256), byte(i), 0}), netip.AddrFrom4([4]byte{11, byte(i / 16), byte(i%16) * 16, 0})
		t.Spec.Regions = append(t.Spec.Regions, schema.Region{
			Name: fmt.Sprintf("r%04d", i), Provider: "bare-metal", CNI: schema.CNI{Type: schema.CNICilium, Version: "1.17.4"},
			NodeCIDRs: []netip.Prefix{netip.PrefixFrom(node, 24)}, PodCIDRs: []netip.Prefix{netip.PrefixFrom(pod, 20)},
			Gateways: schema.Gateways{Mode: schema.ModeStaticPod, Nodes: []schema.GatewayNode{{Name: fmt.Sprintf("g%d", i), InternalIP: node.Next()}}},
		})
	}
	return t
}

// Sample is a topology and a control server.
type Sample struct {
	Name     string // golden files are called after it
	Topology *schema.Topology
	Example  bool // of examples, which golden/examples renders, too
}

// Samples are every example and every topology of testdata, for both servers.
func Samples(t testing.TB) []Sample {
	t.Helper()
	examples, _ := filepath.Glob(root(t) + "/examples/*/topology.*")
	extra := goldentest.Inputs(t, root(t)+"/pkg/acl/testdata/topologies", ".yaml")
	if len(examples) == 0 || len(extra) == 0 {
		t.Fatal("no topologies found")
	}
	var list []Sample
	for i, path := range append(examples, extra...) {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		if name == "topology" || strings.HasPrefix(name, "topology.") {
			name = filepath.Base(filepath.Dir(path))
		}
		for _, server := range []schema.ControlServer{schema.ControlTailscale, schema.ControlHeadscale} {
			list = append(list, Sample{name + "." + string(server), topology(t, path, server), i < len(examples)})
		}
	}
	return list
}

func topology(t testing.TB, path string, server schema.ControlServer) *schema.Topology {
	t.Helper()
	in, err := load.Bytes(path, goldentest.Input(t, path))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err == nil {
		err = doc.Findings.Err()
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	doc.Topology.Spec.Tailnet.Control = server
	return doc.Topology
}

// Named is the topology of testdata, or the example, of that name.
func Named(t testing.TB, name string) *schema.Topology {
	t.Helper()
	path := filepath.Join(root(t), "examples", name, "topology.yaml")
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join(root(t), "pkg/acl/testdata", "topologies", name+".yaml")
	}
	return topology(t, path, schema.ControlTailscale)
}

// root is the module's folder: the tests of several folders read the same topologies.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above the test")
	return ""
}

// Text is the findings as a reader sees them.
func Text(list diag.List) string {
	var b strings.Builder
	_ = diag.WriteText(&b, list)
	return b.String()
}

// Parsed reads a policy that must be well formed.
func Parsed(t testing.TB, src []byte) *policyfile.File {
	t.Helper()
	f, list := policyfile.Parse("policy.hujson", src)
	if len(list) > 0 || f == nil {
		t.Fatalf("%v\n%s", Text(list), src)
	}
	return f
}

// World is who is in the tailnet of package eval's oracle.
func World() []eval.Device {
	addr := func(last string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("100.64.0." + last)} }
	routes := func(list ...string) []netip.Prefix {
		var out []netip.Prefix
		for _, s := range list {
			out = append(out, netip.MustParsePrefix(s))
		}
		return out
	}
	return []eval.Device{
		{Name: "router", Tags: []string{"tag:router"}, Addrs: addr("1"), Routes: routes("10.33.0.0/16", "172.16.0.0/24")},
		{Name: "ha1", Tags: []string{"tag:ha", "tag:ha-1"}, Addrs: addr("2"), Routes: routes("192.168.1.0/24")},
		{Name: "ha2", Tags: []string{"tag:ha"}, Addrs: addr("3"), Routes: routes("192.168.1.0/24")},
		{Name: "exit", Tags: []string{"tag:exit"}, Addrs: addr("4"), Routes: routes("0.0.0.0/0", "::/0")},
		{Name: "server", Tags: []string{"tag:server"}, Addrs: addr("5")},
		{Name: "client", Tags: []string{"tag:client"}, Addrs: addr("6")},
		{Name: "ana-laptop", User: "ana@example.com", Addrs: addr("21")},
		{Name: "ben-laptop", User: "ben@example.org", Addrs: addr("22")},
		{Name: "cleo-laptop", User: "cleo@example.com", Addrs: addr("23")},
	}
}
