// Package golden holds what every example renders to and what every overlay builds
// to, byte for byte, as package goldentest writes it down. The tests run the program as
// users do; `make golden` rewrites the files, so that a review shows what a change does
// to them.
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

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

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

// mainExample is written down in full; the others refer to it.
const mainExample = "regional-gateway"

// render renders an example into a directory of the test's.
func render(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if _, stderr, err := program(t, renderArgs(name, dir)...); err != nil || stderr != "" {
		t.Fatalf("%v\n%s", err, stderr)
	}
	return dir
}

// fromPath is where a tree says what it was rendered from.
const fromPath = "rendered-from.yaml"

// rendersTheSame: what a tree says that it was rendered from renders to that tree.
func rendersTheSame(t *testing.T, name, dir string, tree []goldentest.File) {
	t.Helper()
	args, again := renderArgs(name, filepath.Join(t.TempDir(), "again")), filepath.Join(dir, fromPath)
	args[1] = again
	if _, stderr, err := program(t, args...); err != nil || stderr != "" {
		t.Errorf("%s: %v\n%s", again, err, stderr)
		return
	}
	if diff := cmp.Diff(tree, goldentest.ReadTree(t, args[3])); diff != "" {
		t.Errorf("%s says that it was rendered from something else: %s", name, diff)
	}
}

// One corpus, so that what the function builds is seen to be what the tree holds.
func TestGoldens(t *testing.T) {
	corpus := goldentest.New(t)
	examples := slices.DeleteFunc(names(t, "../examples"), func(name string) bool { return name == mainExample })
	var files []string
	compare := func(file, got string) {
		goldentest.Compare(t, file, got)
		files = append(files, file)
	}
	for _, name := range append([]string{mainExample}, examples...) {
		dir := render(t, name)
		tree := goldentest.ReadTree(t, dir)
		rendersTheSame(t, name, dir, tree)
		if name != mainExample {
			brief(t, tree)
		}
		compare(filepath.Join("examples", name+".txt"), corpus.Tree(name, tree))
		for _, f := range tree {
			noSecret(t, f.Path, f.Data)
		}
	}
	for _, name := range overlays(t) {
		got, stderr, err := program(t, "build", filepath.Join("..", "overlays", name))
		if err != nil || stderr != "" {
			t.Fatalf("%v\n%s", err, stderr)
		}
		compare(filepath.Join("overlays", name+".txt"), corpus.Text("overlays/"+name, []byte(got)))
	}
	for _, name := range names(t, placements) {
		compare(filepath.Join("placement", name+".txt"), corpus.Text("placement/"+name, []byte(place(t, name))))
	}
	for _, name := range names(t, components) {
		compare(filepath.Join("components", name+".txt"), corpus.Text("components/"+name, []byte(asWritten(t, name, component(t, name)))))
	}
	goldentest.Compare(t, "programs.sha256", corpus.Programs())
	for _, dir := range []string{"examples", "overlays", "placement", "components"} {
		goldentest.Only(t, dir, files...)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The policy of a tree is the library's: tests of pkg/acl refer to it as it stands here.
func TestPolicyOfATreeIsTheLibrarys(t *testing.T) {
	for _, name := range names(t, "../examples") {
		in, err := load.Files(filepath.Join("..", "examples", name, "topology.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := in.One()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(render(t, name), "tailnet", "policy.json"))
		if err != nil {
			t.Fatal(err)
		}
		doc.Topology.Spec.Tailnet.Control = schema.ControlTailscale
		if diff := cmp.Diff(string(acl.FromTopology(doc.Topology).JSON()), string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What people commit (the tree) and what a build generates (the function) are two
// ways to the same objects.
func TestTreeEqualsFunction(t *testing.T) {
	tree, stderr, err := program(t, "build", render(t, mainExample))
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
	tree := render(t, mainExample)
	for _, procs := range []string{"1", "4"} {
		t.Setenv("GOMAXPROCS", procs)
		for _, file := range []string{swapped, "../examples/regional-gateway/topology.yaml"} {
			if _, stderr, err := program(t, "render", file, "-o", tree, "--check"); err != nil {
				t.Errorf("GOMAXPROCS=%s %s: %v\n%s", procs, file, err, stderr)
			}
		}
	}
}

// Nothing that looks like a Tailscale key stands anywhere a user would copy from.
func TestNoSecrets(t *testing.T) {
	for _, dir := range []string{".", "../examples", "../overlays", "../docs"} {
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			noSecret(t, name, text)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func noSecret(t *testing.T, name string, text []byte) {
	t.Helper()
	if found := regexp.MustCompile(`tskey-[A-Za-z0-9]+-?[A-Za-z0-9]`).Find(text); found != nil {
		t.Errorf("%s: %s", name, found)
	}
}
