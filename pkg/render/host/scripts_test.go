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

func TestScriptGoldens(t *testing.T) {
	corpus := goldentest.New(t)
	var goldens []string
	for _, name := range slices.Sorted(maps.Keys(sample.Cases())) {
		golden := filepath.Join("testdata", "scripts", name+".txt")
		goldentest.Compare(t, golden, corpus.Tree(name, caseScripts(t, name)))
		goldens = append(goldens, golden)
	}
	goldentest.Only(t, filepath.Join("testdata", "scripts"), goldens...)
}

// newPlan is the plan of a topology whose region "cloud" comes first.
func newPlan(t *schema.Topology) *plan.Plan { return plan.New(t).ByName() }

// caseScripts are the scripts and the tables of a case for region "cloud".
func caseScripts(t *testing.T, name string) []goldentest.File {
	t.Helper()
	p := newPlan(sample.Cases()[name])
	r := &p.Regions[0]
	files, err := host.NodeFiles(p, r, host.NewNode(p, r))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Hosts {
		h := &r.Hosts[i]
		files = append(files, host.GatewayFiles(p, r, h, host.NewFleet(p).Gateway(r, h))...)
	}
	slices.SortFunc(files, func(a, b tree.File) int { return strings.Compare(a.Path, b.Path) })
	var scripts []goldentest.File
	for _, f := range files {
		if f.Executable || strings.HasSuffix(f.Path, "/"+host.Tables) {
			// Goldens say what a script holds, not where it comes from.
			data := bytes.Replace(f.Data, []byte(tree.Header(p.Topology.Metadata.Name)), nil, 1)
			scripts = append(scripts, goldentest.File{Path: f.Path, Executable: f.Executable, Data: data})
		}
	}
	return scripts
}

// updateTree replaces what is in dir.
func updateTree(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for path, data := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// TestScriptsParse has the shells that hosts and the tailscale image have read every
// template and every script of a case.
func TestScriptsParse(t *testing.T) {
	for _, shell := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}} {
		t.Run(shell[0], func(t *testing.T) {
			sample.NeedTool(t, shell[0])
			for _, file := range scriptPaths(t) {
				if out, err := exec.Command(shell[0], append(shell[1:], file)...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", file, err, out)
				}
			}
		})
	}
}

func TestScriptsShellcheck(t *testing.T) {
	sample.NeedTool(t, "shellcheck")
	args := append([]string{"--shell=sh", "--norc"}, scriptPaths(t)...)
	if out, err := exec.Command("shellcheck", args...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

// scriptPaths are the templates, and the scripts of every case written to a directory
// of the test's.
func scriptPaths(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("templates/*.sh.tmpl")
	if err != nil || len(paths) == 0 {
		t.Fatal("no templates", err)
	}
	dir := t.TempDir()
	for name := range sample.Cases() {
		files := map[string][]byte{}
		for _, f := range caseScripts(t, name) {
			if !f.Executable {
				continue
			}
			files[f.Path] = f.Data
			paths = append(paths, filepath.Join(dir, name, f.Path))
		}
		updateTree(t, filepath.Join(dir, name), files)
	}
	return paths
}

// TestScriptActions keeps template actions inside quoted here-documents: a value
// from a topology must never be read as shell.
func TestScriptActions(t *testing.T) {
	templates, err := filepath.Glob("templates/*.sh.tmpl")
	if err != nil || len(templates) == 0 {
		t.Fatal("no templates", err)
	}
	for _, path := range templates {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		quoted := false
		for i, line := range strings.Split(string(data), "\n") {
			switch {
			case strings.HasSuffix(line, "<<'EOF'"):
				quoted = true
			case line == "EOF":
				quoted = false
			case strings.Contains(line, "{{") && !quoted:
				t.Errorf("%s:%d: an action outside a here-document: %s", path, i+1, line)
			}
		}
	}
}

func TestScriptsWhereNothingIsToDo(t *testing.T) {
	topology := sample.Cases()["tailnet-ip"]
	p := newPlan(topology)
	for i := range p.Regions {
		r := &p.Regions[i]
		if got := host.NewFleet(p).Gateway(r, &r.Hosts[0]); got.Watched {
			t.Errorf("%s: a gateway without tables of its own is watched", r.Region.Name)
		}
		n := host.NewNode(p, r)
		if n.Watch != nil {
			t.Errorf("%s: a single gateway is watched", r.Region.Name)
		}
		if !bytes.Contains(n.Routes, []byte("\n4 100.80.0.0/16\n")) {
			t.Errorf("%s: nodes have no way back to the tailnet's pool", r.Region.Name)
		}
	}
	topology.Spec.Regions[0].Gateways.Nodes = nil
	p = plan.New(topology)
	if got := host.NewNode(p, &p.Regions[0]); got.Routes != nil {
		t.Error("routes without a gateway")
	}
}
