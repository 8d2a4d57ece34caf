package gitops_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const root = "../.."

// TestMain puts the program on PATH, as an installation does.
func TestMain(m *testing.M) {
	bin, err := filepath.Abs(root + "/bin")
	if err == nil {
		_, err = os.Stat(filepath.Join(bin, "kustomize-hybrid"))
	}
	if err != nil {
		panic("bin/kustomize-hybrid is missing: run `make gitops`")
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// repository is one of a user's, with one of the overlays in it.
func repository(t *testing.T, overlay string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "network"), os.DirFS(filepath.Join(root, "overlays", overlay))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// built is what `kustomize-hybrid build` prints for a directory.
func built(t *testing.T, dir string) string {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command("kustomize-hybrid", "build", dir)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("%v\n%s", err, &errs)
	}
	return string(out)
}

// objects are those of documents as JSON, which has one spelling only, in the order of
// their spelling.
func objects(t *testing.T, documents ...string) []string {
	t.Helper()
	var all []string
	for _, d := range documents {
		object, err := yaml.YAMLToJSON([]byte(d))
		if err != nil {
			t.Fatal(err)
		}
		if string(object) != "null" {
			all = append(all, string(object))
		}
	}
	slices.Sort(all)
	return all
}

func split(stream string) []string { return strings.Split(stream, "\n---\n") }

func writeFile(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
}
