// Package emit is where a rendered tree meets the file system. Write replaces what
// an earlier Write left in a directory; Diff says how a directory differs from a
// tree. Both take one file after the other and keep none. Neither touches anything
// outside that directory, symbolic links included.
package emit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

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
	return fmt.Sprintf("%s holds files that were not rendered there: %s", e.Dir, Few(e.Paths))
}

// Few names the first of many files, and says how many more there are.
func Few(paths []string) string {
	if len(paths) <= 3 {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:3], ", "), len(paths)-3)
}

// Written is what Write has done.
type Written struct {
	// Files is how many the tree has.
	Files int
	// Edited are files of the old tree that somebody had changed since, and that were
	// replaced or removed. Sorted.
	Edited []string
}

// Write replaces the tree in dir by files, making dir if need be. What differs from the old
// tree is staged, and every place that it goes to is tried, before the first file is
// replaced, so that an error among files, a full disk or a directory in the way leaves the
// old tree as it was; what does not differ is not written. Files of the old tree that the
// new one lacks are removed. A run that is killed leaves the old tree, or one that the next
// Write knows for its own and completes. Runs at the same time wait for each other; the error
// is a *BusyError where one does not end.
//
// Where dir holds files that no earlier Write left there, it returns a *ForeignError
// and does nothing; overwrite says that they may stay and be overwritten.
func Write(dir string, files iter.Seq2[tree.File, error], overwrite Foreign) (Written, error) {
	made, err := makeDir(dir)
	if err != nil {
		return Written{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Written{}, err
	}
	defer root.Close()
	unlock, err := lock(root, dir)
	if err != nil {
		return Written{}, err
	}
	defer unlock()
	done, err := replace(root, dir, files, overwrite)
	if err != nil && made {
		_ = os.Remove(dir) // only if it is still empty
	}
	return done, err
}

// Try is Write, up to where it would write: the error where dir holds files of others, and what
// somebody edited there. A dir that does not exist has neither.
func Try(dir string, files iter.Seq2[tree.File, error], overwrite Foreign) (Written, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Written{}, nil
	}
	if err != nil {
		return Written{}, err
	}
	defer root.Close()
	old, err := ours(root, dir, overwrite)
	if err != nil {
		return Written{}, err
	}
	next := sums{}
	for f, err := range files {
		if err == nil {
			err = next.add(f)
		}
		if err != nil {
			return Written{}, err
		}
	}
	return Written{Files: len(next), Edited: editedOf(root, old, next, func(string) bool { return false })}, nil
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
	if to, err := os.Readlink(dir); err == nil {
		return false, fmt.Errorf("%s is a symbolic link to %s, which does not exist: make that directory, or remove the link", dir, to)
	}
	return true, os.MkdirAll(dir, 0o755)
}

func replace(root *os.Root, dir string, files iter.Seq2[tree.File, error], foreign Foreign) (Written, error) {
	old, err := ours(root, dir, foreign)
	if err != nil {
		return Written{}, err
	}
	mayExist := func(p string) bool { return old.has(p) || foreign == OverwriteForeign }
	s, err := stage(root, files, mayExist)
	unstaged := func(p string) bool {
		_, err := root.Lstat(path.Join(staging, p))
		return err != nil && s.has(p)
	}
	done := Written{Files: len(s), Edited: editedOf(root, old, s, unstaged)}
	var gone []string
	for p := range old {
		if _, stays := s[p]; !stays && p != Manifest {
			gone = append(gone, p)
		}
	}
	slices.Sort(gone)
	if err == nil {
		err = errors.Join(fits(root, "."), goes(root, gone), movable(root, Manifest))
	}
	if err != nil {
		return Written{}, errors.Join(err, root.RemoveAll(staging))
	}
	// The manifest comes last: until then the staged one says what else is ours.
	if err := settle(root, "."); err != nil {
		return Written{}, err
	}
	for _, p := range gone {
		if err := remove(root, p); err != nil {
			return Written{}, err
		}
	}
	if !same(root, s.file()) {
		if err := root.Rename(path.Join(staging, Manifest), Manifest); err != nil {
			return Written{}, err
		}
	}
	return done, root.RemoveAll(staging)
}

// ours are the files that an earlier Write left in root, which may have to hold no others.
func ours(root *os.Root, dir string, foreign Foreign) (sums, error) {
	old, err := known(root)
	if err != nil || foreign == OverwriteForeign {
		return old, err
	}
	paths, err := strangers(root, old)
	if err == nil && len(paths) > 0 {
		err = &ForeignError{Dir: dir, Paths: paths}
	}
	return old, err
}

// editedOf are the files of ours that somebody edited, sorted, but for those of which it is known
// that they have the bytes that they are to have.
func editedOf(root *os.Root, old, next sums, right func(p string) bool) []string {
	var list []string
	for p, sum := range old {
		if !right(p) && edited(root, p, sum, next) {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list
}

// edited reports whether a file of ours has other bytes than it was written with and than it
// is to have. What cannot be read is somebody else's fault, and said when it is replaced.
func edited(root *os.Root, p string, was [sha256.Size]byte, next sums) bool {
	if p == Manifest {
		return false
	}
	data, err := readFile(root, p)
	if err != nil {
		return false
	}
	// Git may have turned the ends of lines.
	is, plain := sha256.Sum256(data), sha256.Sum256(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	return is != was && plain != was && is != next[p]
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

// mode is what a file is made with, and the process's umask leaves less of it. As in
// git, whether a file can be executed is all that Diff looks at afterwards.
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

func (s sums) has(p string) bool {
	_, ok := s[p]
	return ok
}

// known are the files that are ours, with the sums of the bytes that they were written
// with: those of the last whole Write, and what one that was interrupted had put in place.
func known(root *os.Root) (sums, error) {
	all, err := manifest(root, Manifest)
	if err != nil {
		return nil, err
	}
	begun, err := manifest(root, path.Join(staging, Manifest))
	if err != nil {
		return nil, err
	}
	for p, sum := range begun {
		// One that had not come to its turn may be somebody else's.
		data, err := readFile(root, p)
		if err == nil && sha256.Sum256(data) == sum {
			if all == nil {
				all = sums{}
			}
			all[p] = sum
		}
	}
	return all, nil
}

// manifest are the files that an earlier Write recorded, itself included.
func manifest(root *os.Root, name string) (sums, error) {
	data, err := readFile(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, errNoFile) {
		return nil, fmt.Errorf("%s of %s is %w: move it away", name, root.Name(), err)
	}
	if err != nil {
		return nil, err
	}
	recorded := sums{Manifest: {}}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "  ")
		bytes, err := hex.DecodeString(sum)
		if !ok || err != nil || len(bytes) != sha256.Size || !fs.ValidPath(name) {
			return nil, fmt.Errorf("%s is not a manifest that this program wrote: %q", Manifest, line)
		}
		recorded[name] = [sha256.Size]byte(bytes)
	}
	return recorded, nil
}

// errNoFile is the error of something that has the name of a file and is another thing: a
// link, a directory, or a pipe whose reader would wait for ever.
var errNoFile = errors.New("not a regular file")

// readFile reads a file of root, and nothing that a link leads to.
func readFile(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !inDirectories(root, name) {
		return nil, errNoFile
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // were it a pipe by now
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// inDirectories reports whether what is above a file are directories, and not links or files.
func inDirectories(root *os.Root, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := root.Lstat(dir); err == nil && !info.IsDir() {
			return false
		}
	}
	return true
}

// Read returns a file of dir, nil where dir has no regular file of that name.
func Read(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := readFile(root, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoFile) {
		return nil, nil
	}
	return data, err
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
	recorded, err := known(root)
	return slices.Sorted(maps.Keys(recorded)), err
}

// strangers are the files in root that ours does not name, sorted.
func strangers(root *os.Root, ours sums) ([]string, error) {
	var foreign []string
	err := walk(root, func(name string) {
		if !ours.has(name) {
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
	Changed DifferenceKind = "changed" // other bytes, no longer (or newly) executable, or no file
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
	named := sums{}
	found, err := differences(files, func(f tree.File) (DifferenceKind, error) {
		named[f.Path] = [sha256.Size]byte{}
		return compare(root, f)
	})
	if err != nil {
		return nil, err
	}
	extra, err := strangers(root, named)
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
	data, err := readFile(root, f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	case errors.Is(err, errNoFile):
		return Changed, nil
	}
	if err != nil {
		return "", err
	}
	info, err := root.Lstat(f.Path)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(data, f.Data) || info.Mode()&0o111 != 0 != f.Executable {
		return Changed, nil
	}
	return "", nil
}
