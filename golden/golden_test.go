// Package golden holds what every example renders to and what every overlay builds
// to, byte for byte. The tests run the program as users do; `make golden` rewrites
// the files, so that a review shows what a change does to them.
package golden

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update says that the goldens are to be rewritten.
func update() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

// TestMain compiles the program once and puts it on PATH, where the overlays'
// `exec: {path: kustomize-hybrid}` finds it.
func TestMain(m *testing.M) { os.Exit(withProgram(m.Run)) }

func withProgram(test func() int) int {
	bin, err := os.MkdirTemp("", "golden")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "kustomize-hybrid"), "../cmd/kustomize-hybrid")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%s", err, out)
		return 1
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return test()
}

// program runs kustomize-hybrid and returns its standard output and error.
func program(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command("kustomize-hybrid", args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// names lists the directories in dir.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() {
			found = append(found, e.Name())
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s is empty", dir)
	}
	return found
}

// renderArgs is how an example's own comment says to render it.
func renderArgs(name, dir string) []string {
	args := []string{"render", filepath.Join("..", "examples", name, "topology.yaml"), "-o", dir}
	policies := filepath.Join("..", "examples", name, "policies.yaml")
	if _, err := os.Stat(policies); err == nil {
		args = append(args, "--policies", policies)
	}
	return args
}

func TestExamples(t *testing.T) {
	examples := names(t, "../examples")
	for _, name := range examples {
		t.Run(name, func(t *testing.T) {
			args := renderArgs(name, filepath.Join("examples", name))
			if !update() {
				args = append(args, "--check")
			}
			if _, stderr, err := program(t, args...); err != nil || stderr != "" {
				t.Errorf("%v\n%s", err, stderr)
			}
		})
	}
	if !update() && !slices.Equal(examples, names(t, "examples")) {
		t.Errorf("examples are %q, goldens %q", examples, names(t, "examples"))
	}
}

func TestOverlays(t *testing.T) {
	overlays := names(t, "../overlays")
	for _, name := range overlays {
		t.Run(name, func(t *testing.T) {
			got, stderr, err := program(t, "build", filepath.Join("..", "overlays", name))
			if err != nil || stderr != "" {
				t.Fatalf("%v\n%s", err, stderr)
			}
			file := filepath.Join("overlays", name+".yaml")
			if update() {
				write(t, file, got)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	files, err := filepath.Glob("overlays/*.yaml")
	if err != nil || len(files) != len(overlays) {
		t.Errorf("goldens %q, %v for overlays %q", files, err, overlays)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What people commit (the tree) and what a build generates (the function) are two
// ways to the same objects.
func TestTreeEqualsFunction(t *testing.T) {
	tree, stderr, err := program(t, "build", filepath.Join("examples", "regional-gateway"))
	if err != nil {
		t.Fatal(err, stderr)
	}
	function, stderr, err := program(t, "build", filepath.Join("..", "overlays", "generator"))
	if err != nil {
		t.Fatal(err, stderr)
	}
	if diff := cmp.Diff(sortedDocuments(tree), sortedDocuments(function)); diff != "" {
		t.Error(diff)
	}
}

func sortedDocuments(stream string) []string {
	documents := strings.Split(stream, "---\n")
	slices.Sort(documents)
	return documents
}

// The order in which regions stand has no meaning, nor has the number of processors.
func TestSameBytes(t *testing.T) {
	text, err := os.ReadFile("../examples/regional-gateway/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	head, regions, found := strings.Cut(string(text), "  regions:\n")
	first, second, foundToo := strings.Cut(regions, "    - name: gpu-dc\n")
	if !found || !foundToo {
		t.Fatal("the example has another form than this test expects")
	}
	swapped := filepath.Join(t.TempDir(), "topology.yaml")
	write(t, swapped, head+"  regions:\n    - name: gpu-dc\n"+strings.TrimRight(second, "\n")+"\n"+first)
	for _, procs := range []string{"1", "4"} {
		t.Setenv("GOMAXPROCS", procs)
		for _, file := range []string{swapped, "../examples/regional-gateway/topology.yaml"} {
			if update() {
				continue // the goldens are being rewritten
			}
			if _, stderr, err := program(t, "render", file, "-o", "examples/regional-gateway", "--check"); err != nil {
				t.Errorf("GOMAXPROCS=%s %s: %v\n%s", procs, file, err, stderr)
			}
		}
	}
}

// Nothing that looks like a Tailscale key stands anywhere a user would copy from.
func TestNoSecrets(t *testing.T) {
	key := regexp.MustCompile(`tskey-[A-Za-z0-9]+-?[A-Za-z0-9]`)
	for _, dir := range []string{".", "../examples", "../overlays", "../docs"} {
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			if found := key.Find(text); found != nil {
				t.Errorf("%s: %s", name, found)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
