package host_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestTableGoldens(t *testing.T) {
	corpus := goldentest.New(t)
	var goldens []string
	for _, name := range slices.Sorted(maps.Keys(sample.Cases())) {
		golden := filepath.Join("testdata", "tables", name+".txt")
		goldentest.Compare(t, golden, corpus.Tree(name, caseTables(t, name)))
		goldens = append(goldens, golden)
	}
	goldentest.Only(t, filepath.Join("testdata", "tables"), goldens...)
}

// newPlan is the plan of a topology whose region "cloud" comes first.
func newPlan(t *schema.Topology) *plan.Plan { return plan.New(t).ByName() }

// caseTables are the tables of a case for region "cloud".
func caseTables(t *testing.T, name string) []goldentest.File {
	t.Helper()
	p := newPlan(sample.Cases()[name])
	f, r := host.NewFleet(p), &p.Regions[0]
	files, err := host.NodeFiles(f, r, f.Node(r))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Hosts {
		h := &r.Hosts[i]
		files = append(files, host.GatewayFiles(p, r, h, f.Gateway(r, h))...)
	}
	slices.SortFunc(files, func(a, b tree.File) int { return strings.Compare(a.Path, b.Path) })
	var tables []goldentest.File
	for _, f := range files {
		if strings.HasSuffix(f.Path, "/"+host.Tables) {
			// Goldens say what tables hold, not where they come from.
			data := bytes.Replace(f.Data, []byte(tree.Header(p.Topology.Metadata.Name)), nil, 1)
			tables = append(tables, goldentest.File{Path: f.Path, Data: data})
		}
	}
	return tables
}

// TestUFWTemplate: the script for ufw is shell even before it is filled in, and what is
// filled in stands in a quoted here-document: a value must never be read as shell.
func TestUFWTemplate(t *testing.T) {
	const path = "templates/ufw.sh.tmpl"
	for _, shell := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}, {"shellcheck", "--shell=sh", "--norc"}} {
		sample.NeedTool(t, shell[0])
		if out, err := exec.Command(shell[0], append(shell[1:], path)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell[0], err, out)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	quoted, actions := false, 0
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case strings.HasSuffix(line, "<<'EOF'"):
			quoted = true
		case line == "EOF":
			quoted = false
		case strings.Contains(line, "{{") && !quoted:
			t.Errorf("%s:%d: an action outside a here-document: %s", path, i+1, line)
		case strings.Contains(line, "{{"):
			actions++
		}
	}
	if actions == 0 {
		t.Error("the template has no action: this test looks for something else")
	}
}

func TestNothingToTell(t *testing.T) {
	topology := sample.Cases()["tailnet-ip"]
	p := newPlan(topology)
	f := host.NewFleet(p)
	for i := range p.Regions {
		r := &p.Regions[i]
		if got := f.Gateway(r, &r.Hosts[0]); got.Watched {
			t.Errorf("%s: a gateway without tables of its own is watched", r.Region.Name)
		}
		n := f.Node(r)
		if n.Watched {
			t.Errorf("%s: a single gateway is watched", r.Region.Name)
		}
		if !bytes.Contains(n.Tables, []byte("\nsource 4 100.80.0.0/16\n")) {
			t.Errorf("%s: nodes have no way back to the tailnet's pool", r.Region.Name)
		}
	}
	topology.Spec.Regions[0].Gateways.Nodes = nil
	p = plan.New(topology)
	if got := host.NewFleet(p).Node(&p.Regions[0]); got.Tables != nil {
		t.Error("routes without a gateway")
	}
}
