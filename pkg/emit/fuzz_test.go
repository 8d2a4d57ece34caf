package emit_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

const staging = ".kustomize-hybrid-staging"

// FuzzJournal leaves a directory as a run leaves it that is killed anywhere between an old tree and
// a new one: some files staged, some of those in place, some of the old ones gone, the record of
// what is staged whole, cut off or not there. One more run makes the tree whole. Where somebody has
// written something else into the records, it is that or an error, and a file of somebody else's
// stays in any case.
func FuzzJournal(f *testing.F) {
	for _, n := range []uint8{0, 1, 3, 7, 15, 255} {
		f.Add(n, n, false, []byte(nil), []byte(nil))
		f.Add(n, uint8(0), true, []byte(nil), []byte(nil))
	}
	f.Add(uint8(2), uint8(1), false, []byte("0000  a"), []byte(nil))
	f.Add(uint8(2), uint8(1), false, []byte(fmt.Sprintf("%064x  ../mine\n", 0)), []byte("\x00"))
	f.Add(uint8(2), uint8(1), true, []byte(nil), []byte(fmt.Sprintf("%x  mine\n", sha256.Sum256([]byte("mine")))))
	f.Fuzz(func(t *testing.T, moved, gone uint8, unnamed bool, recorded, staged []byte) {
		old := []tree.File{{Path: "a", Data: []byte("a")}, {Path: "b/c", Data: []byte("c")}, {Path: "b/d.sh", Data: []byte("d"), Executable: true}, {Path: "e/f/g", Data: []byte("g")}}
		next := []tree.File{{Path: "a", Data: []byte("A")}, {Path: "b/c", Data: []byte("c")}, {Path: "b/h", Data: []byte("h")}, {Path: "i/j", Data: []byte("j")}, {Path: "k", Data: []byte("k")}}
		dir := filepath.Join(t.TempDir(), "out")
		if _, err := emit.Write(dir, tree.Of(old...), emit.RefuseForeign); err != nil {
			t.Fatal(err)
		}
		put := func(name string, data []byte) {
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		// As Write does it: nothing is moved before the record has its name, nothing is removed before all is moved.
		var record bytes.Buffer
		all := true
		for i, file := range next {
			fmt.Fprintf(&record, "%x  %s\n", sha256.Sum256(file.Data), file.Path)
			if unnamed || moved&(1<<i) == 0 {
				put(filepath.Join(staging, file.Path), file.Data)
				all = false
			} else {
				put(file.Path, file.Data)
			}
		}
		name := emit.Manifest
		if unnamed {
			name += ".new"
		}
		put(filepath.Join(staging, name), record.Bytes()[:record.Len()-map[bool]int{true: record.Len() / 2}[unnamed]])
		for i, path := range []string{"b/d.sh", "e/f/g"} {
			if all && gone&(1<<i) != 0 {
				if err := os.Remove(filepath.Join(dir, path)); err != nil {
					t.Fatal(err)
				}
			}
		}
		tampered := len(recorded)+len(staged) > 0
		if len(recorded) > 0 {
			put(emit.Manifest, recorded)
		}
		if len(staged) > 0 {
			put(filepath.Join(staging, emit.Manifest), staged)
		}
		if tampered {
			put("mine", []byte("of somebody else's"))
		}
		for _, files := range [][]tree.File{next, old} {
			_, err := emit.Write(dir, tree.Of(files...), emit.RefuseForeign)
			if tampered {
				if data, lost := os.ReadFile(filepath.Join(dir, "mine")); lost != nil && !bytes.Contains(recorded, []byte("  mine")) || lost == nil && string(data) != "of somebody else's" {
					t.Fatalf("a file of somebody else's: %q, %v (%v)", data, lost, err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if err != nil {
				continue
			}
			if differs, err := emit.Diff(dir, tree.Of(files...)); err != nil || len(differs) > 0 {
				t.Fatalf("%v %v", differs, err)
			}
		}
	})
}
