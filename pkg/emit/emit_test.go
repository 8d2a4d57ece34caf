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
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

func Example() {
	dir, err := os.MkdirTemp("", "emit")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	list := []tree.File{{Path: "cluster/namespace.yaml", Data: []byte("kind: Namespace\n")}}
	fmt.Println(emit.Write(dir, tree.Of(list...), emit.RefuseForeign))
	fmt.Println(emit.Diff(dir, tree.Of(list...)))
	list[0].Data = []byte("kind: Namespace # edited\n")
	fmt.Println(emit.Diff(dir, tree.Of(list...)))
	// Output:
	// {1 []} <nil>
	// [] <nil>
	// [{SHA256SUMS changed} {cluster/namespace.yaml changed}] <nil>
}

func files(paths ...string) []tree.File {
	var list []tree.File
	for _, p := range paths {
		list = append(list, tree.File{Path: p, Data: []byte(p), Executable: strings.HasSuffix(p, ".sh")})
	}
	return list
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
	if _, err := emit.Write(dir, tree.Of(files("a/b.sh", "c")...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	if _, err := emit.Write(dir, tree.Of(files("c", "d/e/f")...), emit.RefuseForeign); err != nil {
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
	_, err := emit.Write(dir, tree.Of(files("a")...), emit.RefuseForeign)
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
	if _, err := emit.Write(dir, tree.Of(files("a")...), emit.OverwriteForeign); err != nil {
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
	if _, err := emit.Write(dir, tree.Of(files("cluster/a")...), emit.OverwriteForeign); err == nil {
		t.Error("wrote through a link")
	}
	for _, path := range []string{"../a", "b/../../a", outside + "/a"} {
		if _, err := emit.Write(dir, tree.Of(files(path)...), emit.OverwriteForeign); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	if found := list(t, outside); len(found) != 0 {
		t.Errorf("outside the directory: %v", found)
	}
}

// What cannot be staged must leave the old tree as it was.
func TestFailureKeepsTheOldTree(t *testing.T) {
	dir := t.TempDir()
	old := files("a", "b/c.sh")
	if _, err := emit.Write(dir, tree.Of(old...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	tooLong := strings.Repeat("x", 300)
	if _, err := emit.Write(dir, tree.Of(append(files("a2"), files(tooLong)...)...), emit.RefuseForeign); err == nil {
		t.Fatal("no error")
	}
	diff, err := emit.Diff(dir, tree.Of(old...))
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
		if _, err := emit.Write(dir, tree.Of(files("a")...), emit.RefuseForeign); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// What has not changed keeps its place on the disk, and its time.
func TestWriteLeavesOutWhatIsUnchanged(t *testing.T) {
	dir := t.TempDir()
	if _, err := emit.Write(dir, tree.Of(files("a", "b/c.sh", "d")...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	before := stats(t, dir, "a", "b/c.sh", "d", emit.Manifest)
	changed := files("a", "b/c.sh", "d")
	changed[0].Data = []byte("other")
	changed[1].Executable = false
	if done, err := emit.Write(dir, tree.Of(changed...), emit.RefuseForeign); err != nil || done.Files != 3 {
		t.Fatal(done, err)
	}
	for i, now := range stats(t, dir, "a", "b/c.sh", "d", emit.Manifest) {
		if os.SameFile(before[i], now) != (now.Name() == "d") {
			t.Errorf("%s: the same file is %v", now.Name(), os.SameFile(before[i], now))
		}
	}
	if diff, err := emit.Diff(dir, tree.Of(changed...)); err != nil || len(diff) != 0 {
		t.Errorf("%v, %v", diff, err)
	}
}

func stats(t *testing.T, dir string, names ...string) []os.FileInfo {
	t.Helper()
	var all []os.FileInfo
	for _, name := range names {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info)
	}
	return all
}

// A link to the right text is not the file.
func TestWriteReplacesALink(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("mine", filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := emit.Write(dir, tree.Of(files("a")...), emit.OverwriteForeign); err != nil {
		t.Fatal(err)
	}
	if info := stats(t, dir, "a")[0]; !info.Mode().IsRegular() {
		t.Errorf("a is %s", info.Mode())
	}
}

// An error in the middle of a tree leaves the old one, and a path that stands twice is one.
func TestAnErrorKeepsTheOldTree(t *testing.T) {
	dir := t.TempDir()
	old := files("a", "b")
	if _, err := emit.Write(dir, tree.Of(old...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	failing := func(yield func(tree.File, error) bool) {
		_ = yield(tree.File{Path: "a", Data: []byte("new")}, nil) && yield(tree.File{}, errors.New("no more"))
	}
	if _, err := emit.Write(dir, failing, emit.RefuseForeign); err == nil || err.Error() != "no more" {
		t.Errorf("got %v", err)
	}
	if _, err := emit.Write(dir, tree.Of(files("a2", "c", "c")...), emit.RefuseForeign); err == nil {
		t.Error("a path stands twice")
	}
	if diff, err := emit.Diff(dir, tree.Of(old...)); err != nil || len(diff) != 0 {
		t.Errorf("the old tree changed: %v, %v", diff, err)
	}
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	if _, err := emit.Write(dir, tree.Of(files("a", "b.sh", "c")...), emit.RefuseForeign); err != nil {
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
	got, err := emit.Diff(dir, tree.Of(files("a", "b.sh", "c")...))
	if err != nil {
		t.Fatal(err)
	}
	want := []emit.Difference{{"a", emit.Missing}, {"b.sh", emit.Changed}, {"x", emit.Extra}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = emit.Diff(filepath.Join(dir, "nowhere"), tree.Of(files("a")...))
	if err != nil || len(got) != 2 {
		t.Errorf("a directory that is not there: %v, %v", got, err)
	}
}
