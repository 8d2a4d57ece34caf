package editors

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
)

// bench is a registry, the real cue, and this program.
type bench struct {
	cue, hybrid string
	env         []string
}

func newBench(t *testing.T) bench {
	t.Helper()
	registry := httptest.NewServer(ociserver.New(ocimem.New(), nil))
	t.Cleanup(registry.Close)
	bin := t.TempDir()
	b := bench{cue: filepath.Join(bin, "cue"), hybrid: filepath.Join(bin, "kustomize-hybrid")}
	b.env = append(os.Environ(), "CUE_REGISTRY="+strings.TrimPrefix(registry.URL, "http://")+"+insecure", "CUE_CACHE_DIR="+filepath.Join(bin, "cache"), "XDG_CONFIG_HOME="+filepath.Join(bin, "config"))
	b.ok(t, ".", "go", "build", "-o", b.cue, "cuelang.org/go/cmd/cue")
	b.ok(t, "../..", "go", "build", "-o", b.hybrid, "./cmd/kustomize-hybrid")
	t.Cleanup(func() { _ = exec.Command("chmod", "-R", "u+w", bin).Run() }) // cue's cache is read-only
	return b
}

func (b bench) run(dir string, command ...string) (string, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, b.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (b bench) ok(t *testing.T, dir string, command ...string) string {
	t.Helper()
	out, err := b.run(dir, command...)
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return out
}

// The contract can be published as a module, and a topology in a module of somebody's that imports it
// is vetted by cue and read by this program, which has the contract built in.
func TestModule(t *testing.T) {
	b := newBench(t)
	published := t.TempDir()
	if err := os.CopyFS(published, os.DirFS("../../schema")); err != nil {
		t.Fatal(err)
	}
	b.ok(t, published, b.cue, "mod", "tidy", "--check")
	b.ok(t, published, b.cue, "mod", "publish", "v0.1.0")

	user := t.TempDir()
	if err := os.CopyFS(user, os.DirFS("fleet")); err != nil {
		t.Fatal(err)
	}
	b.ok(t, user, b.cue, "mod", "tidy", "--check")
	b.ok(t, user, b.cue, "vet", "-c", ".")
	b.ok(t, user, b.hybrid, "validate", "--strict", "topology.cue")
	exported := b.ok(t, user, b.cue, "export", "--out", "yaml", ".")
	if err := os.WriteFile(filepath.Join(user, "topology.yaml"), []byte(exported), 0o644); err != nil {
		t.Fatal(err)
	}
	b.ok(t, user, b.hybrid, "render", "topology.yaml", "-o", "of-yaml")
	b.ok(t, user, b.hybrid, "render", "topology.cue", "-o", "of-cue")
	b.ok(t, user, "diff", "-r", "of-yaml", "of-cue")

	// A fault is found by either.
	data, err := os.ReadFile(filepath.Join(user, "topology.cue"))
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(data), `"daemonSet"`, `"deamonSet"`, 1)
	if err := os.WriteFile(filepath.Join(user, "topology.cue"), []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := b.run(user, b.cue, "vet", "-c", "."); err == nil || !strings.Contains(out, "must be") {
		t.Errorf("cue vet: %v\n%s", err, out)
	}
	if out, err := b.run(user, b.hybrid, "validate", "topology.cue"); err == nil || !strings.Contains(out, "did you mean") {
		t.Errorf("validate: %v\n%s", err, out)
	}
}
