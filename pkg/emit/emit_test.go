package emit_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
)

func Example() {
	dir, err := os.MkdirTemp("", "emit")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	tree := []render.File{{Path: "cluster/namespace.yaml", Data: []byte("kind: Namespace\n")}}
	fmt.Println(emit.Write(dir, tree, emit.RefuseForeign))
	fmt.Println(emit.Diff(dir, tree))
	tree[0].Data = []byte("kind: Namespace # edited\n")
	fmt.Println(emit.Diff(dir, tree))
	// Output:
	// <nil>
	// [] <nil>
	// [{SHA256SUMS changed} {cluster/namespace.yaml changed}] <nil>
}

func tree(paths ...string) []render.File {
	var files []render.File
	for _, p := range paths {
		files = append(files, render.File{Path: p, Data: []byte(p), Executable: strings.HasSuffix(p, ".sh")})
	}
	return files
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && name != dir {
			rel, _ := filepath.Rel(dir, name)
			found = append(found, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWriteReplacesItsOwnTree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	if err := emit.Write(dir, tree("a/b.sh", "c"), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	if err := emit.Write(dir, tree("c", "d/e/f"), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	want := []string{"SHA256SUMS", "c", "d", "d/e", "d/e/f"}
	if diff := cmp.Diff(want, list(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteRefusesForeignFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"mine.txt", "b", "c", "d", "e"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := emit.Write(dir, tree("a"), emit.RefuseForeign)
	var foreign *emit.ForeignError
	if !errors.As(err, &foreign) || len(foreign.Paths) != 5 {
		t.Fatalf("got %v", err)
	}
	if !strings.HasSuffix(err.Error(), "b, c, d and 2 more") {
		t.Error(err)
	}
	if len(list(t, dir)) != 5 {
		t.Errorf("the directory was touched: %v", list(t, dir))
	}
	if err := emit.Write(dir, tree("a"), emit.OverwriteForeign); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "mine.txt")); err != nil || string(got) != "mine" {
		t.Errorf("a foreign file was touched: %q, %v", got, err)
	}
}

// A tree that links out of the directory must not be followed.
func TestWriteStaysInside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "cluster")); err != nil {
		t.Fatal(err)
	}
	if err := emit.Write(dir, tree("cluster/a"), emit.OverwriteForeign); err == nil {
		t.Error("wrote through a link")
	}
	if found := list(t, outside); len(found) != 0 {
		t.Errorf("outside the directory: %v", found)
	}
}

// What cannot be staged must leave the old tree as it was.
func TestFailureKeepsTheOldTree(t *testing.T) {
	dir := t.TempDir()
	old := tree("a", "b/c.sh")
	if err := emit.Write(dir, old, emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	tooLong := strings.Repeat("x", 300)
	if err := emit.Write(dir, append(tree("a2"), tree(tooLong)...), emit.RefuseForeign); err == nil {
		t.Fatal("no error")
	}
	diff, err := emit.Diff(dir, old)
	if err != nil || len(diff) != 0 {
		t.Errorf("the old tree changed: %v, %v", diff, err)
	}
}

func TestWriteRefusesABrokenManifest(t *testing.T) {
	dir := t.TempDir()
	sum := strings.Repeat("0", 64)
	for _, text := range []string{"hello\n", sum + "  ../../etc/passwd\n", sum + "  /etc/passwd\n"} {
		if err := os.WriteFile(filepath.Join(dir, emit.Manifest), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := emit.Write(dir, tree("a"), emit.RefuseForeign); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	if err := emit.Write(dir, tree("a", "b.sh", "c"), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "b.sh"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	got, err := emit.Diff(dir, tree("a", "b.sh", "c"))
	if err != nil {
		t.Fatal(err)
	}
	want := []emit.Difference{{"a", emit.Missing}, {"b.sh", emit.Changed}, {"x", emit.Extra}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = emit.Diff(filepath.Join(dir, "nowhere"), tree("a"))
	if err != nil || len(got) != 2 {
		t.Errorf("a directory that is not there: %v, %v", got, err)
	}
}
