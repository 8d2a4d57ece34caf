// Package emit is where a rendered tree meets the file system. Write replaces what
// an earlier Write left in a directory; Diff says how a directory differs from a
// tree. Both take one file after the other and keep none. Neither touches anything
// outside that directory, symbolic links included.
package emit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// Manifest is the file in which Write records what it wrote: `sha256sum -c` reads
// it. A file that it does not name is somebody else's.
const Manifest = "SHA256SUMS"

// ForeignError says that a directory holds files that Write did not write there.
type ForeignError struct {
	Dir   string
	Paths []string // relative to Dir, sorted
}

// Error names the first few files.
func (e *ForeignError) Error() string {
	shown := e.Paths
	more := ""
	if len(shown) > 3 {
		more = fmt.Sprintf(" and %d more", len(shown)-3)
		shown = shown[:3]
	}
	return fmt.Sprintf("%s holds files that were not rendered there: %s%s", e.Dir, strings.Join(shown, ", "), more)
}

// Write replaces the tree in dir by files, making dir if need be, and returns how many
// they are. What differs from the old tree is staged before the first file is replaced,
// so that an error among files, or a full disk, leaves the old tree as it was; what does
// not differ is not written. Files of the old tree that the new one lacks are removed.
//
// Where dir holds files that no earlier Write left there, it returns a *ForeignError
// and does nothing; overwrite says that they may stay and be overwritten.
func Write(dir string, files iter.Seq2[tree.File, error], overwrite Foreign) (int, error) {
	made, err := makeDir(dir)
	if err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	n, err := replace(root, dir, files, overwrite)
	if err != nil && made {
		_ = os.Remove(dir) // only if it is still empty
	}
	return n, err
}

// Foreign says what happens to files that are not ours.
type Foreign int

const (
	RefuseForeign    Foreign = iota // return a *ForeignError
	OverwriteForeign                // leave them alone, or overwrite them where names meet
)

func makeDir(dir string) (made bool, err error) {
	if _, err := os.Stat(dir); err == nil {
		return false, nil
	}
	return true, os.MkdirAll(dir, 0o755)
}

func replace(root *os.Root, dir string, files iter.Seq2[tree.File, error], foreign Foreign) (int, error) {
	old, err := manifest(root)
	if err != nil {
		return 0, err
	}
	if foreign == RefuseForeign {
		if paths, err := strangers(root, old); err != nil {
			return 0, err
		} else if len(paths) > 0 {
			return 0, &ForeignError{Dir: dir, Paths: paths}
		}
	}
	mayExist := func(p string) bool { return old[p] || foreign == OverwriteForeign }
	s, err := stage(root, files, mayExist)
	if err != nil {
		return 0, errors.Join(err, root.RemoveAll(staging))
	}
	if err := settle(root, "."); err != nil {
		return 0, err
	}
	for p := range old {
		if _, stays := s[p]; !stays && p != Manifest {
			if err := remove(root, p); err != nil {
				return 0, err
			}
		}
	}
	return len(s), root.RemoveAll(staging)
}

// same reports whether the directory has the file itself and not a link to it. What
// cannot be read is to be written.
func same(root *os.Root, f tree.File) bool {
	info, err := root.Lstat(f.Path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(f.Data)) {
		return false
	}
	kind, err := compare(root, f)
	return err == nil && kind == ""
}

func mode(f tree.File) fs.FileMode {
	if f.Executable {
		return 0o755
	}
	return 0o644
}

// remove deletes a file and the directories that it leaves empty.
func remove(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for d := path.Dir(name); d != "."; d = path.Dir(d) {
		if root.Remove(d) != nil {
			break // not empty, or gone
		}
	}
	return nil
}

// sums are the SHA-256 sums of a tree's files, by path.
type sums map[string][sha256.Size]byte

func (s sums) add(f tree.File) error {
	if !fs.ValidPath(f.Path) {
		return fmt.Errorf("%q leads out of the tree", f.Path)
	}
	if _, twice := s[f.Path]; twice {
		return fmt.Errorf("%s stands in the tree twice", f.Path)
	}
	s[f.Path] = sha256.Sum256(f.Data)
	return nil
}

// file is the manifest, sorted by path.
func (s sums) file() tree.File {
	var text bytes.Buffer
	for _, p := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&text, "%x  %s\n", s[p], p)
	}
	return tree.File{Path: Manifest, Data: text.Bytes()}
}

// paths is a set of files.
type paths map[string]bool

// manifest are the paths that an earlier Write recorded, itself included.
func manifest(root *os.Root) (paths, error) {
	data, err := root.ReadFile(Manifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	recorded := paths{Manifest: true}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != 2*sha256.Size || !fs.ValidPath(name) {
			return nil, fmt.Errorf("%s is not a manifest that this program wrote: %q", Manifest, line)
		}
		recorded[name] = true
	}
	return recorded, nil
}

// Recorded are the files that an earlier Write left in dir, sorted; none where there was no
// such Write. The error is of a directory that cannot be read, or of a manifest that this
// package did not write.
func Recorded(dir string) ([]string, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	recorded, err := manifest(root)
	return slices.Sorted(maps.Keys(recorded)), err
}

// strangers are the files in root that ours does not name, sorted.
func strangers(root *os.Root, ours paths) ([]string, error) {
	var foreign []string
	err := walk(root, func(name string) {
		if !ours[name] {
			foreign = append(foreign, name)
		}
	})
	return foreign, err
}

// walk calls visit for each file of root that is not being staged, in order of path.
func walk(root *os.Root, visit func(name string)) error {
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name == staging:
			return fs.SkipDir
		case !d.IsDir():
			visit(name)
		}
		return nil
	})
}

// Difference is one file by which a directory differs from a tree.
type Difference struct {
	Path string
	Kind DifferenceKind
}

// DifferenceKind says how a file differs.
type DifferenceKind string

const (
	Missing DifferenceKind = "missing" // the tree has it, the directory has not
	Changed DifferenceKind = "changed" // other bytes, or no longer (or newly) executable
	Extra   DifferenceKind = "extra"   // the directory has it, the tree has not
)

// Diff lists how dir differs from what Write would leave there, sorted by path; it
// is empty where it does not. A directory that does not exist lacks every file.
func Diff(dir string, files iter.Seq2[tree.File, error]) ([]Difference, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return differences(files, func(tree.File) (DifferenceKind, error) { return Missing, nil })
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	known := paths{}
	found, err := differences(files, func(f tree.File) (DifferenceKind, error) {
		known[f.Path] = true
		return compare(root, f)
	})
	if err != nil {
		return nil, err
	}
	extra, err := strangers(root, known)
	if err != nil {
		return nil, err
	}
	for _, name := range extra {
		found = append(found, Difference{name, Extra})
	}
	slices.SortFunc(found, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}

// differences judges each of files, and their manifest, sorted by path.
func differences(files iter.Seq2[tree.File, error], judge func(tree.File) (DifferenceKind, error)) ([]Difference, error) {
	var found []Difference
	all := sums{}
	add := func(f tree.File) error {
		kind, err := judge(f)
		if err == nil && kind != "" {
			found = append(found, Difference{f.Path, kind})
		}
		return err
	}
	for f, err := range files {
		if err == nil {
			err = all.add(f)
		}
		if err == nil {
			err = add(f)
		}
		if err != nil {
			return nil, err
		}
	}
	err := add(all.file())
	slices.SortFunc(found, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return found, err
}

// compare says how the file in root differs from f; "" is not at all.
func compare(root *os.Root, f tree.File) (DifferenceKind, error) {
	data, err := root.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Missing, nil
	}
	if err != nil {
		return "", err
	}
	info, err := root.Stat(f.Path)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(data, f.Data) || info.Mode()&0o111 != 0 != f.Executable {
		return Changed, nil
	}
	return "", nil
}
