package host

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/netip"
	"path"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// staticRoutesOf are those of region "cloud".
func staticRoutesOf(t *schema.Topology) []staticRoute {
	p := plan.New(t).ByName()
	f := newForms(NewFleet(p), &p.Regions[0], Node{})
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
	fleet := NewFleet(p)
	files, err := NodeFiles(fleet, &p.Regions[0], fleet.Node(&p.Regions[0]))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, CommonFiles(fleet)...)
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
	programs := 0
	for _, f := range c.WriteFiles {
		dir, name := path.Split(f.Path)
		from := dir[1:]
		switch {
		case dir == unitDir+"/":
			from = "regions/cloud/node/systemd/"
		case name == Tables:
			from = "regions/cloud/node/"
		case name == FleetTables:
			from = ""
		case dir == ProgramDir+"/":
			from = "host/"
			programs++
		}
		want := "0644"
		if path.Ext(name) == ".sh" && name != program.Library {
			want = "0755"
		}
		is := text[from+name]
		if name == program.Checksums {
			is = sumsOfNodes() // of fewer programs than the tree's
		}
		if f.Content != is || f.Permissions != want {
			t.Errorf("%s (%s) is not the tree's", f.Path, f.Permissions)
		}
	}
	if programs != len(program.NodeFiles()) || len(c.WriteFiles) != programs+2+4 {
		t.Errorf("%d files, of which %d programs", len(c.WriteFiles), programs)
	}
}

func sumsOfNodes() string {
	for _, f := range program.NodeFiles() {
		if f.Name == program.Checksums {
			return string(f.Data)
		}
	}
	return ""
}

// TestUserDataFitsWhenCompressed: clouds take 16 KiB, and cloud-init unpacks what is
// compressed. What no gateway host of a small fleet needs stays out for that.
func TestUserDataFitsWhenCompressed(t *testing.T) {
	p := plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormCloudInit)).ByName()
	fleet := NewFleet(p)
	files, err := NodeFiles(fleet, &p.Regions[0], fleet.Node(&p.Regions[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if path.Base(f.Path) != "cloud-init.yaml" {
			continue
		}
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err == nil {
			_, err = z.Write(f.Data)
		}
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		if b.Len() > 14<<10 {
			t.Errorf("%d bytes, %d when compressed: little is left for what makes the host join", len(f.Data), b.Len())
		}
		return
	}
	t.Error("no user data")
}
