package emit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// What cannot be replaced, or cannot go, is found before the first file is replaced, and
// nothing that was staged is left.
func TestConflictsAreFoundFirst(t *testing.T) {
	old, next := files("a", "b/c", "d", "gone/e"), files("a", "b/c", "d")
	for i := range next {
		next[i].Data = []byte("new")
	}
	for name, c := range map[string]struct {
		before func(dir string) error
		says   string
	}{
		"a directory where a file belongs": {func(dir string) error { return os.Mkdir(dir, 0o777) }, "d is a directory"},
		"a file where a directory belongs": {func(dir string) error {
			dir = filepath.Join(filepath.Dir(dir), "b")
			return first(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o666))
		}, "b is no directory"},
		"a link where a directory belongs": {func(dir string) error {
			dir = filepath.Join(filepath.Dir(dir), "b")
			return first(os.Rename(dir, dir+"2"), os.Symlink("b2", dir))
		}, "b is no directory"},
		"an immutable file":               {immutable, "d cannot be replaced"},
		"an immutable file that is to go": {func(dir string) error { return immutable(filepath.Join(filepath.Dir(dir), "gone/e")) }, "gone/e cannot be replaced"},
		"an immutable manifest":           {func(dir string) error { return immutable(filepath.Join(filepath.Dir(dir), emit.Manifest)) }, "SHA256SUMS cannot be replaced"},
		"a read-only directory": {func(dir string) error {
			if os.Getuid() == 0 { // to whom modes mean nothing
				return immutable(filepath.Join(filepath.Dir(dir), "gone"))
			}
			return os.Chmod(filepath.Join(filepath.Dir(dir), "gone"), 0o555)
		}, "gone cannot be written to"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			if _, err := emit.Write(dir, tree.Of(old...), emit.RefuseForeign); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = exec.Command("chattr", "-R", "-i", dir).Run()
				_ = os.Chmod(filepath.Join(dir, "gone"), 0o755)
			})
			if strings.HasPrefix(name, "a directory") {
				_ = os.Remove(filepath.Join(dir, "d"))
			}
			if err := c.before(filepath.Join(dir, "d")); err == errSkip {
				if os.Getenv("CI") == "true" {
					t.Fatal("needs root, chattr (e2fsprogs), and a file system that knows it")
				}
				t.Skip("needs root, chattr (e2fsprogs), and a file system that knows it")
			} else if err != nil {
				t.Fatal(err)
			}
			before := list(t, dir)
			_, err := emit.Write(dir, tree.Of(next...), emit.OverwriteForeign)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, which does not say %q", err, c.says)
			}
			if diff := cmp.Diff(before, list(t, dir)); diff != "" {
				t.Error(diff)
			}
			if data, err := os.ReadFile(filepath.Join(dir, "a")); string(data) != "a" {
				t.Errorf("a was replaced: %q, %v", data, err)
			}
		})
	}
}

var errSkip = syscall.ENOSYS

func immutable(file string) error {
	if exec.Command("chattr", "+i", file).Run() != nil {
		return errSkip
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Something that has a file's name and is none differs, and is not read: a pipe would never
// end, and a link may lead anywhere.
func TestDiffReadsFilesAlone(t *testing.T) {
	dir := t.TempDir()
	all := files("away/f", "dir", "fifo", "link", "same")
	if _, err := emit.Write(dir, tree.Of(all...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	for _, name := range []string{"away", "dir", "fifo", "link"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := first(os.Symlink(outside, filepath.Join(dir, "away")), os.Mkdir(filepath.Join(dir, "dir"), 0o777),
		syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o666), os.Symlink("same", filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	type result struct {
		found []emit.Difference
		err   error
	}
	got := make(chan result, 1)
	go func() {
		found, err := emit.Diff(dir, tree.Of(all...))
		got <- result{found, err}
	}()
	select {
	case r := <-got:
		want := []emit.Difference{{"away", emit.Extra}, {"away/f", emit.Changed}, {"dir", emit.Changed}, {"fifo", emit.Changed}, {"link", emit.Changed}}
		if diff := cmp.Diff(want, r.found); diff != "" || r.err != nil {
			t.Error(diff, r.err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it waits for a pipe")
	}
	for _, name := range []string{"fifo", "dir", "link", "nothing"} {
		if data, err := emit.Read(dir, name); data != nil || err != nil {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if data, err := emit.Read(dir, "same"); string(data) != "same" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

// The manifest is a file, too, and one whose lines end as on Windows is ours.
func TestManifestOfOtherKinds(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, emit.Manifest)
	if _, err := emit.Write(dir, tree.Of(files("a", "b")...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := emit.Write(dir, tree.Of(files("a")...), emit.RefuseForeign); err != nil {
		t.Errorf("with the line ends of Windows: %v", err)
	}
	if diff := cmp.Diff([]string{emit.Manifest, "a"}, list(t, dir)); diff != "" {
		t.Error(diff)
	}
	if err := first(os.Remove(name), syscall.Mkfifo(name, 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := emit.Write(dir, tree.Of(files("a")...), emit.RefuseForeign); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a pipe for a manifest: %v", err)
	}
}

// A directory that is a link is written into, and one that leads nowhere is named.
func TestDirectoryIsALink(t *testing.T) {
	dir := t.TempDir()
	there, nowhere := filepath.Join(dir, "there"), filepath.Join(dir, "nowhere")
	if err := first(os.Mkdir(filepath.Join(dir, "real"), 0o777), os.Symlink("real", there), os.Symlink("none", nowhere)); err != nil {
		t.Fatal(err)
	}
	if _, err := emit.Write(there, tree.Of(files("a")...), emit.RefuseForeign); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(there); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if _, err := emit.Write(nowhere, tree.Of(files("a")...), emit.RefuseForeign); err == nil || !strings.Contains(err.Error(), "a symbolic link to none, which does not exist") {
		t.Errorf("got %v", err)
	}
}

// The umask decides who may read a tree, as of any file; what it leaves is no difference.
func TestUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := t.TempDir()
	all := files("a", "b/c.sh")
	if _, err := emit.Write(dir, tree.Of(all...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	for i, info := range stats(t, dir, "a", "b/c.sh") {
		if want := []os.FileMode{0o600, 0o700}[i]; info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", info.Name(), info.Mode().Perm(), want)
		}
	}
	if diff, err := emit.Diff(dir, tree.Of(all...)); err != nil || len(diff) != 0 {
		t.Errorf("%v, %v", diff, err)
	}
}

// A run that ended anywhere between the first file that it replaced and the last one that it
// removed has left what the next run knows for its own, whichever tree that one writes.
func TestInterruptedRunIsCompleted(t *testing.T) {
	const staging = ".kustomize-hybrid-staging"
	old, next := files("both/a", "both/b", "old/c", "old/d"), files("both/a", "both/b", "new/e", "new/f.sh")
	for i := range next {
		next[i].Data = append(next[i].Data, " again"...)
	}
	whole := t.TempDir()
	if _, err := emit.Write(whole, tree.Of(next...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	for done := range len(next) + 3 { // files in place, then files of the old tree that have gone
		for _, then := range [][]tree.File{old, next} {
			dir := t.TempDir()
			if _, err := emit.Write(dir, tree.Of(old...), emit.RefuseForeign); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(dir, staging), os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			for i, f := range next[:min(done, len(next))] {
				to := filepath.Join(dir, f.Path)
				if err := first(os.MkdirAll(filepath.Dir(to), 0o777), os.Rename(filepath.Join(dir, staging, f.Path), to)); err != nil {
					t.Fatal(i, err)
				}
			}
			for _, gone := range []string{"old/c", "old/d"}[:max(0, done-len(next))] {
				if err := os.Remove(filepath.Join(dir, gone)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := emit.Write(dir, tree.Of(then...), emit.RefuseForeign); err != nil {
				t.Errorf("interrupted after %d: %v", done, err)
			}
			if diff, err := emit.Diff(dir, tree.Of(then...)); err != nil || len(diff) > 0 {
				t.Errorf("interrupted after %d: %v, %v", done, diff, err)
			}
			if _, err := os.Lstat(filepath.Join(dir, staging)); err == nil {
				t.Errorf("interrupted after %d: what was staged is left", done)
			}
		}
	}
}
