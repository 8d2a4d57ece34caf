package host

import (
	"bytes"
	"compress/gzip"
	"errors"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"
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
		if n := compressed(t, f.Data); n > 14<<10 {
			t.Errorf("%d bytes, %d when compressed: little is left for what makes the host join", len(f.Data), n)
		}
		return
	}
	t.Error("no user data")
}

// compressed is how many bytes are left.
func compressed(t *testing.T, data []byte) int {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(data)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// A gateway that is services of its host has all that its bundle brings, but for the programs
// of other nodes; no key, and nothing that starts it without one. It fits where a cloud takes
// 64 KiB.
func TestCloudInitOfModeHost(t *testing.T) {
	topology := sample.WithForms(schema.ModeHost, schema.RouteFormCloudInit)
	topology.Spec.Tailnet.Auth.HostDir = "/etc/keys"
	p := plan.New(topology).ByName()
	fleet, r := NewFleet(p), &p.Regions[0]
	files, err := NodeFiles(fleet, r, fleet.Node(r))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i := range r.Hosts {
		h := &r.Hosts[i]
		want := map[string]string{}
		for _, f := range OnGateway(fleet, r, h) {
			if name := path.Base(f.Path); path.Dir(f.Path) != ProgramDir || !strings.HasPrefix(name, "node-") {
				want[f.Path] = string(f.Data)
			}
		}
		for _, f := range files {
			if f.Path != "regions/cloud/gateway/"+Dir(h)+"cloud-init.yaml" {
				continue
			}
			found++
			if n := compressed(t, f.Data); n > 40<<10 {
				t.Errorf("%s: %d bytes, %d when compressed", f.Path, len(f.Data), n)
			}
			var c cloudConfig
			if err := yaml.UnmarshalStrict(f.Data, &c); err != nil {
				t.Fatal(err)
			}
			for _, f := range c.WriteFiles {
				if path.Base(f.Path) != program.Checksums && f.Content != want[f.Path] {
					t.Errorf("%s is not the bundle's", f.Path)
				}
				delete(want, f.Path)
			}
			if len(want) > 0 {
				t.Errorf("missing: %v", slices.Sorted(maps.Keys(want)))
			}
			if got := c.RunCmd[len(c.RunCmd)-1][2]; !strings.Contains(got, "[ -s /etc/keys/authkey ]") {
				t.Errorf("the gateway starts without its key: %s", got)
			}
		}
	}
	if found != len(r.Hosts) || found == 0 {
		t.Errorf("%d files of user data for %d kinds of hosts", found, len(r.Hosts))
	}
}
