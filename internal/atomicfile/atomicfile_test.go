package atomicfile_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "addresses.lock")
	for _, text := range []string{"old", "new"} {
		if _, err := atomicfile.Replace(path, []byte(text)); err != nil {
			panic(err)
		}
	}
	data, err := os.ReadFile(path)
	fmt.Println(string(data), err)
	// Output: new <nil>
}

func TestPermissionsAndLinksStay(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real", "f"), filepath.Join(dir, "link")
	if err := os.Mkdir(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip("no symbolic links here")
	}
	if _, err := atomicfile.Replace(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if data, err := os.ReadFile(file); string(data) != "new" {
		t.Errorf("%q, %v", data, err)
	}
}

// TestNewFileHasTheUmask compares with a file that the standard library makes.
func TestNewFileHasTheUmask(t *testing.T) {
	dir := t.TempDir()
	ours, plain := filepath.Join(dir, "ours"), filepath.Join(dir, "plain")
	if _, err := atomicfile.Replace(ours, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	a, errA := os.Stat(ours)
	b, errB := os.Stat(plain)
	if errA != nil || errB != nil || a.Mode() != b.Mode() {
		t.Errorf("%v, %v; %v, %v", a, errA, b, errB)
	}
}

func TestNothingIsLeftOfAFailure(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.Mkdir(taken, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.Replace(taken, []byte("x")); err == nil {
		t.Error("a directory is replaced")
	}
	if _, err := atomicfile.Replace(filepath.Join(dir, "no", "such"), nil); err == nil {
		t.Error("a directory is made")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
