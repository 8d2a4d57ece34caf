package atomicfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
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

// A link stays one, however many there are, and whether or not the file is there yet; what
// it leads to is replaced, with the mode that it had.
func TestPermissionsAndLinksStay(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "real", "deep"), 0o777), os.WriteFile(filepath.Join(dir, "real", "f"), []byte("old"), 0o640),
		os.Symlink(filepath.Join(dir, "real", "f"), filepath.Join(dir, "absolute")), os.Symlink("absolute", filepath.Join(dir, "twice")),
		os.Symlink("real/deep", filepath.Join(dir, "deep")), os.Symlink("../new", filepath.Join(dir, "real", "deep", "dangling")))
	for link, file := range map[string]string{"absolute": "real/f", "twice": "real/f", "deep/dangling": "real/new"} {
		text := []byte("for " + link)
		if lost, err := atomicfile.Replace(filepath.Join(dir, link), text); err != nil || len(lost) > 0 {
			t.Fatal(lost, err)
		}
		if info, err := os.Lstat(filepath.Join(dir, link)); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is %v, %v", link, info, err)
		}
		if data, err := os.ReadFile(filepath.Join(dir, file)); string(data) != string(text) {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "real", "f")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file is %v, %v", info, err)
	}
	must(t, os.Symlink("ring", filepath.Join(dir, "ring")))
	if _, err := atomicfile.Replace(filepath.Join(dir, "ring"), nil); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link to itself: %v", err)
	}
}

// The owner stays where this process may give files away, and what is lost is said.
func TestOwnerAndOtherNames(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "f"), filepath.Join(dir, "other")
	must(t, os.WriteFile(file, []byte("old"), 0o600), os.Link(file, other))
	root := os.Getuid() == 0
	if root {
		must(t, os.Chown(file, 12345, 54321))
	}
	lost, err := atomicfile.Replace(file, []byte("new"))
	if err != nil || len(lost) != 1 || !strings.Contains(lost[0], "hard links") {
		t.Errorf("%q, %v", lost, err)
	}
	info, err := os.Stat(file)
	must(t, err)
	if s, ok := info.Sys().(*syscall.Stat_t); root && ok && (s.Uid != 12345 || s.Gid != 54321) {
		t.Errorf("it belongs to %d:%d", s.Uid, s.Gid)
	}
	if data, err := os.ReadFile(other); string(data) != "old" {
		t.Errorf("the other name has %q, %v", data, err)
	}
}

// Renaming asks nobody but the directory, so that whoever protects a file is asked first.
func TestProtectedFilesAndDevices(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(path("protected"), []byte("old"), 0o444), syscall.Mkfifo(path("pipe"), 0o666), os.Symlink("/dev/null", path("null")))
	for name, says := range map[string]string{"protected": "read-only (mode 0444)", "pipe": "is a pipe", "null": "is a device", ".": "is a directory"} {
		if _, err := atomicfile.Replace(path(name), []byte("new")); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := atomicfile.Hold(path(name)); name != "protected" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s is held: %v", name, err)
		}
	}
	if data, err := os.ReadFile(path("protected")); string(data) != "old" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestReadHasALimit(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(path("five"), []byte("12345"), 0o666), os.WriteFile(path("empty"), nil, 0o666), syscall.Mkfifo(path("pipe"), 0o666))
	if data, err := atomicfile.Read(path("five"), 5); string(data) != "12345" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if data, err := atomicfile.Read(path("five"), 4); data != nil || err == nil {
		t.Errorf("%q, %v", data, err)
	}
	if data, err := atomicfile.Read(path("empty"), 4); data == nil || err != nil {
		t.Errorf("an empty file is %v, %v", data, err)
	}
	if data, err := atomicfile.Read(path("none"), 4); data != nil || err != nil {
		t.Errorf("no file is %v, %v", data, err)
	}
	for _, name := range []string{"pipe", ".", "/dev/zero"} {
		if name[0] != '/' {
			name = path(name)
		}
		if _, err := atomicfile.Read(name, 4); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// Whoever does not call Hold, as an editor, is noticed: what he wrote stays.
func TestCommitKeepsWhatOthersWrote(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	for _, c := range []struct {
		was, now []byte
		fails    bool
	}{
		{nil, nil, false}, {[]byte("a"), []byte("a"), false}, {[]byte{}, []byte{}, false},
		{nil, []byte("b"), true}, {nil, []byte{}, true}, {[]byte("a"), nil, true}, {[]byte("a"), []byte("b"), true}, {[]byte("a"), []byte("abc"), true},
	} {
		_ = os.Remove(file)
		if c.now != nil {
			must(t, os.WriteFile(file, c.now, 0o666))
		}
		s, err := atomicfile.Stage(file, c.was, []byte("mine"))
		must(t, err)
		var changed *atomicfile.ChangedError
		if err := s.Commit(); errors.As(err, &changed) != c.fails {
			t.Errorf("read %q, found %q: %v", c.was, c.now, err)
		}
		if data, _ := os.ReadFile(file); c.fails && !bytes.Equal(data, c.now) {
			t.Errorf("it holds %q", data)
		}
		if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) > 1 {
			t.Errorf("left beside it: %v", entries)
		}
	}
}

// Many who each add one to what they read lose nothing, nor wait for themselves: one
// directory has two of the files, and a link leads to it.
func TestHold(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "real"), 0o777), os.Symlink("real", filepath.Join(dir, "link")))
	file, beside, byLink := filepath.Join(dir, "real", "f"), filepath.Join(dir, "real", "g"), filepath.Join(dir, "link", "f")
	const callers = 20
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			release, err := atomicfile.Hold([][]string{{file, beside}, {byLink, dir + "/h", file}}[i%2]...)
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			old, err := atomicfile.Read(file, 100)
			if err != nil {
				t.Error(err)
				return
			}
			s, err := atomicfile.Stage(file, old, append(bytes.Clone(old), 'x'))
			if err == nil {
				err = s.Commit()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if data, err := os.ReadFile(file); len(data) != callers {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := atomicfile.Hold(filepath.Join(dir, "no", "f")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
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
