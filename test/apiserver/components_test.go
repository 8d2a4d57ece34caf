//go:build apiserver

package apiserver

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// build has the real kustomize build the tree of an example with one of the Components.
func build(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "components"), os.DirFS(filepath.Join(root, "overlays/components"))); err != nil {
		t.Fatal(err)
	}
	command(t, filepath.Join(root, "bin/kustomize-hybrid"), "render", filepath.Join(root, "examples/regional-gateway/topology.yaml"), "-o", filepath.Join(dir, "rendered"))
	text := fmt.Sprintf("resources: [rendered]\ncomponents: [components/%s]\n", name)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return command(t, filepath.Join(root, "bin/kustomize"), "build", dir)
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return string(out)
}

// An API server that knows the operators' kinds takes the tree with each of the Components: no field
// is unknown to it, and it fills in, checks and keeps every object.
func TestComponents(t *testing.T) {
	s := start(t)
	if out, err := s.kubectl(definitions(t), "apply", "--server-side", "-f", "-"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := s.kubectl("", "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := s.kubectl("", "create", "namespace", "edge-network"); err != nil { // of Component namespace, which moves objects and makes none
		t.Fatalf("%v\n%s", err, out)
	}
	entries, err := os.ReadDir(filepath.Join(root, "overlays/components"))
	if err != nil || len(entries) < 9 {
		t.Fatal(entries, err)
	}
	kinds := map[string]bool{}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			objects := build(t, e.Name())
			out, err := s.kubectl(objects, "apply", "--server-side", "--validate=strict", "-f", "-")
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got, want := strings.Count(out, " serverside-applied\n"), strings.Count("\n"+objects, "\nkind: "); got != want {
				t.Errorf("%d objects of %d:\n%s", got, want, out)
			}
			for line := range strings.Lines(out) {
				kind, _, _ := strings.Cut(line, "/")
				kinds[kind] = true
			}
			t.Logf("%d objects", strings.Count(out, "\n"))
		})
	}
	for _, kind := range []string{"externalsecret.external-secrets.io", "sealedsecret.bitnami.com", "podmonitor.monitoring.coreos.com", "prometheusrule.monitoring.coreos.com", "configmap", "daemonset.apps"} {
		if !kinds[kind] {
			t.Errorf("no Component has a %s: %v", kind, kinds)
		}
	}
	t.Run("a wrong one", func(t *testing.T) { refuses(t, s) })
}

// refuses shows that the test above can fail: by an unknown field, and by a value of another type.
func refuses(t *testing.T, s server) {
	for _, wrong := range []struct{ component, old, new, says string }{
		{"external-secrets", "refreshInterval:", "refreshEvery:", "refreshEvery"},
		{"external-secrets", "deletionPolicy: Retain", "deletionPolicy: Keep", "deletionPolicy"},
		{"monitoring", "interval: 30s", "interval: soon", "interval"},
		{"resources", "memory: 1Gi", "memory: much", "quantities"},
	} {
		objects := build(t, wrong.component)
		changed := strings.Replace(objects, wrong.old, wrong.new, 1)
		if changed == objects {
			t.Fatalf("%s: no %q", wrong.component, wrong.old)
		}
		if out, err := s.kubectl(changed, "apply", "--server-side", "--validate=strict", "-f", "-"); err == nil || !strings.Contains(out, wrong.says) {
			t.Errorf("%s: %v\n%s", wrong.new, err, out)
		}
	}
}

// definitions are those of the operators whose kinds the Components have, whole: test/crds says where
// they are from.
func definitions(t *testing.T) string {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "test/crds/testdata/definitions/components.yaml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
