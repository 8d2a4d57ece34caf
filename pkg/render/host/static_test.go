package host

import (
	"bytes"
	"net/netip"
	"path"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// staticRoutesOf are those of region "cloud".
func staticRoutesOf(t *schema.Topology) []staticRoute {
	p := plan.New(t).ByName()
	f := newForms(p, &p.Regions[0], Node{})
	f.transit = p.Regions[0].Transit()
	return f.staticRoutes()
}

func TestStaticRoutesHaveHopsOfTheirFamily(t *testing.T) {
	topology := sample.WithForms(schema.ModeStaticPod)
	topology.Spec.Regions[1].Gateways.Nodes[0].InternalIPv6 = netip.Addr{}
	routes := staticRoutesOf(topology)
	if len(routes) != 4 {
		t.Fatalf("%d routes: %v", len(routes), routes)
	}
	for _, r := range routes {
		want := 2
		if r.Prefix.Addr().Is6() {
			want = 1
		}
		if len(r.Hops) != want || slices.ContainsFunc(r.Hops, func(a netip.Addr) bool { return a.Is4() != r.Prefix.Addr().Is4() }) {
			t.Errorf("%s by %v", r.Prefix, r.Hops)
		}
	}
	topology.Spec.Regions[1].Gateways.Nodes = topology.Spec.Regions[1].Gateways.Nodes[:1]
	if routes := staticRoutesOf(topology); len(routes) != 2 {
		t.Errorf("IPv6 routes without an IPv6 gateway: %v", routes)
	}
}

// cloud-init writes exactly the files of the tree, and enables the unit that brings the
// others.
func TestCloudInitHoldsTheTreesFiles(t *testing.T) {
	p := plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormCloudInit, schema.RouteFormSystemd)).ByName()
	files, err := NodeFiles(p, &p.Regions[0], NewNode(p, &p.Regions[0]))
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]string{}
	for _, f := range files {
		text[f.Path] = string(f.Data)
	}
	data := []byte(text["regions/cloud/node/cloud-init.yaml"])
	if !bytes.HasPrefix(data, []byte("#cloud-config\n")) {
		t.Errorf("cloud-init does not take it for its own:\n%.80s", data)
	}
	var c cloudConfig
	if err := yaml.UnmarshalStrict(data, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.WriteFiles) != 6 {
		t.Errorf("%d files", len(c.WriteFiles))
	}
	for _, f := range c.WriteFiles {
		where, want := "regions/cloud/node/systemd/", "0644"
		if path.Dir(f.Path) == NodeScriptDir {
			where, want = "regions/cloud/node/", "0755"
		}
		if f.Content != text[where+path.Base(f.Path)] || f.Permissions != want {
			t.Errorf("%s (%s) is not the tree's", f.Path, f.Permissions)
		}
	}
}
