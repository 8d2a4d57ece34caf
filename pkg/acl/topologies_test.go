package acl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// sample is a topology and a control server.
type sample struct {
	name     string // golden files are called after it
	topology *schema.Topology
}

// samples are every example and every topology of testdata, for both servers.
func samples(t testing.TB) []sample {
	t.Helper()
	examples, _ := filepath.Glob("../../examples/*/topology.*")
	extra, _ := filepath.Glob("testdata/topologies/*.yaml")
	if len(examples) == 0 || len(extra) == 0 {
		t.Fatal("no topologies found")
	}
	var list []sample
	for _, path := range append(examples, extra...) {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		if name == "topology" || strings.HasPrefix(name, "topology.") {
			name = filepath.Base(filepath.Dir(path))
		}
		for _, server := range []schema.ControlServer{schema.ControlTailscale, schema.ControlHeadscale} {
			list = append(list, sample{name + "." + string(server), topology(t, path, server)})
		}
	}
	return list
}

func topology(t testing.TB, path string, server schema.ControlServer) *schema.Topology {
	t.Helper()
	doc, err := load.Files(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	doc.Topology.Spec.Tailnet.Control = server
	return doc.Topology
}

// named is the topology of testdata, or the example, of that name.
func named(t testing.TB, name string) *schema.Topology {
	t.Helper()
	path := filepath.Join("testdata", "topologies", name+".yaml")
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join("..", "..", "examples", name, "topology.yaml")
	}
	return topology(t, path, schema.ControlTailscale)
}

// parsed reads a policy that must be well formed.
func parsed(t testing.TB, src []byte) *acl.File {
	t.Helper()
	f, list := acl.Parse("policy.hujson", src)
	if len(list) > 0 || f == nil {
		t.Fatalf("%v\n%s", text(list), src)
	}
	return f
}

func text(list diag.List) string {
	var b strings.Builder
	_ = diag.WriteText(&b, list)
	return b.String()
}

// Every policy is a golden, passes its own tests, and is exactly what Check asks for.
func TestGoldens(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			src := acl.FromTopology(s.topology).JSON()
			golden(t, s.name+".json", src)
			for _, text := range [][]byte{src, acl.HuJSON(s.topology)} {
				check(t, s.topology, text)
			}
			if strings.HasSuffix(s.name, ".tailscale") {
				golden(t, s.name+".hujson", acl.HuJSON(s.topology))
			}
		})
	}
}

func check(t *testing.T, topology *schema.Topology, src []byte) {
	t.Helper()
	f := parsed(t, src)
	if list := acl.NewEvaluator(f.Policy).RunTests(); len(list) > 0 {
		t.Errorf("its own tests fail:\n%s", text(list))
	}
	list := acl.Check(topology, f)
	for _, d := range list {
		// The topology may name groups that only the whole policy file defines.
		if d.Code == "policy-undefined" && strings.Contains(d.Message, "group:") {
			continue
		}
		t.Errorf("check: %s", d)
	}
}
