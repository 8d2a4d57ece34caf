// Package emit is where a rendered tree meets the file system. Write replaces what
// an earlier Write left in a directory; Diff says how a directory differs from a
// tree. Neither touches anything outside that directory, symbolic links included.
package emit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
)

// Manifest is the file in which Write records what it wrote: `sha256sum -c` reads
// it. A file that it does not name is somebody else's.
const Manifest = "SHA256SUMS"

// staging is the directory, inside the target, in which a tree is written before
// any file of the old one is replaced.
const staging = ".kustomize-hybrid-staging"

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

// Write replaces the tree in dir by files, making dir if need be. Everything is
// staged before the first file is replaced, so that a full disk leaves the old tree
// as it was; files of the old tree that the new one lacks are removed.
//
// Where dir holds files that no earlier Write left there, it returns a *ForeignError
// and does nothing; overwrite says that they may stay and be overwritten.
func Write(dir string, files []render.File, overwrite Foreign) error {
	made, err := makeDir(dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := replace(root, dir, files, overwrite); err != nil {
		if made {
			_ = os.Remove(dir) // only if it is still empty
		}
		return err
	}
	return nil
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

func replace(root *os.Root, dir string, files []render.File, foreign Foreign) error {
	old, err := manifest(root)
	if err != nil {
		return err
	}
	if foreign == RefuseForeign {
		if paths, err := strangers(root, old); err != nil {
			return err
		} else if len(paths) > 0 {
			return &ForeignError{Dir: dir, Paths: paths}
		}
	}
	files = append(slices.Clone(files), sums(files))
	if err := stage(root, files); err != nil {
		return errors.Join(err, root.RemoveAll(staging))
	}
	for _, f := range files {
		if err := settle(root, f.Path); err != nil {
			return err
		}
	}
	for _, p := range old {
		if !slices.ContainsFunc(files, func(f render.File) bool { return f.Path == p }) {
			if err := remove(root, p); err != nil {
				return err
			}
		}
	}
	return root.RemoveAll(staging)
}

func stage(root *os.Root, files []render.File) error {
	if err := root.RemoveAll(staging); err != nil {
		return err
	}
	for _, f := range files {
		name := path.Join(staging, f.Path)
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := writeFile(root, name, f); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(root *os.Root, name string, f render.File) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, mode(f))
	if err != nil {
		return err
	}
	_, err = file.Write(f.Data)
	return errors.Join(err, file.Close())
}

func mode(f render.File) fs.FileMode {
	if f.Executable {
		return 0o755
	}
	return 0o644
}

// settle moves a staged file to its place.
func settle(root *os.Root, name string) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	return root.Rename(path.Join(staging, name), name)
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

// sums is the manifest of files, sorted by path.
func sums(files []render.File) render.File {
	lines := make([]string, len(files))
	for i, f := range files {
		lines[i] = fmt.Sprintf("%x  %s\n", sha256.Sum256(f.Data), f.Path)
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	return render.File{Path: Manifest, Data: []byte(strings.Join(lines, ""))}
}

// manifest lists the paths that an earlier Write recorded, itself included.
func manifest(root *os.Root) ([]string, error) {
	data, err := root.ReadFile(Manifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	paths := []string{Manifest}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != 2*sha256.Size || !fs.ValidPath(name) {
			return nil, fmt.Errorf("%s is not a manifest that this program wrote: %q", Manifest, line)
		}
		paths = append(paths, name)
	}
	return paths, nil
}

// strangers are the files in root that ours does not name, sorted.
func strangers(root *os.Root, ours []string) ([]string, error) {
	var foreign []string
	err := walk(root, func(name string) {
		if !slices.Contains(ours, name) {
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
func Diff(dir string, files []render.File) ([]Difference, error) {
	files = append(slices.Clone(files), sums(files))
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return allMissing(files), nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var found []Difference
	var known []string
	for _, f := range files {
		known = append(known, f.Path)
		kind, err := compare(root, f)
		if err != nil {
			return nil, err
		}
		if kind != "" {
			found = append(found, Difference{f.Path, kind})
		}
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

func allMissing(files []render.File) []Difference {
	missing := make([]Difference, len(files))
	for i, f := range files {
		missing[i] = Difference{f.Path, Missing}
	}
	slices.SortFunc(missing, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return missing
}

// compare says how the file in root differs from f; "" is not at all.
func compare(root *os.Root, f render.File) (DifferenceKind, error) {
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
