package emit

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// staging is the directory, inside the target, in which a tree is written before
// any file of the old one is replaced.
const staging = ".kustomize-hybrid-staging"

// stage writes what differs from the directory into its staging area, and returns the
// sums of all files. mayExist reports whether the directory may have a file by that name.
func stage(root *os.Root, files iter.Seq2[tree.File, error], mayExist func(string) bool) (sums, error) {
	if err := root.RemoveAll(staging); err != nil {
		return nil, err
	}
	if err := root.Mkdir(staging, 0o755); err != nil {
		return nil, err
	}
	area := area{filepath.Join(root.Name(), staging), map[string]bool{".": true}}
	all := sums{}
	for f, err := range files {
		if err == nil {
			err = all.add(f)
		}
		if err == nil && !(mayExist(f.Path) && same(root, f)) {
			err = area.write(f)
		}
		if err != nil {
			return nil, err
		}
	}
	// Whoever finds it finds all that is to be put in place: it gets its name at the end.
	f := all.file()
	f.Path += ".new"
	if err := area.write(f); err != nil {
		return nil, err
	}
	return all, root.Rename(path.Join(staging, f.Path), path.Join(staging, Manifest))
}

// area is the staging area. It is new and ours alone, so its files are named by their
// path: to look every part of one up by itself, as a root does, costs four times as much.
type area struct {
	dir  string
	made map[string]bool // directories, by path in the tree
}

func (a *area) write(f tree.File) error {
	name := filepath.Join(a.dir, filepath.FromSlash(f.Path))
	if err := a.makeDir(path.Dir(f.Path)); err != nil {
		return err
	}
	// Without O_NONBLOCK, which means nothing for a regular file, os asks the kernel four
	// times whether the file can be waited for.
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL|syscall.O_NONBLOCK, mode(f))
	if err != nil {
		return err
	}
	_, err = file.Write(f.Data)
	return errors.Join(err, file.Close())
}

// makeDir makes a directory of the tree, and those above it.
func (a *area) makeDir(dir string) error {
	if dir == "." || a.made[dir] {
		return nil
	}
	if err := a.makeDir(path.Dir(dir)); err != nil {
		return err
	}
	a.made[dir] = true
	return os.Mkdir(filepath.Join(a.dir, filepath.FromSlash(dir)), 0o755)
}

// settle moves what is staged below a directory to its place, but for the manifest: a
// directory that the target lacks with all that it holds, anything else piece by piece.
func settle(root *os.Root, dir string) error {
	return staged(root, dir, func(name string, e fs.DirEntry, whole bool) error {
		if e.IsDir() && !whole {
			return settle(root, name)
		}
		return root.Rename(path.Join(staging, name), name)
	})
}

// movable tries whether a file can be replaced or removed, as far as that is the file's to
// say: what its mode forbids is EACCES and does not matter, since that is its directory's.
func movable(root *os.Root, name string) error {
	if errors.Is(syscall.Access(filepath.Join(root.Name(), name), 2), syscall.EPERM) { // W_OK
		return fmt.Errorf("%s cannot be replaced, whatever its mode is: chattr -i it first, if it may be", filepath.Join(root.Name(), name))
	}
	return nil
}

// goes tries whether files can be removed.
func goes(root *os.Root, names []string) error {
	var list []error
	for _, name := range names {
		list = append(list, movable(root, name))
		if dir := filepath.Join(root.Name(), path.Dir(name)); syscall.Access(dir, 2) != nil && !errors.Is(syscall.Access(dir, 0), fs.ErrNotExist) { // W_OK, F_OK
			list = append(list, fmt.Errorf("%s cannot be written to, and %s is to go", dir, name))
		}
	}
	return errors.Join(list...)
}

// fits tries every place below a directory that something staged goes to.
func fits(root *os.Root, dir string) error {
	if err := syscall.Access(filepath.Join(root.Name(), dir), 2); err != nil { // W_OK
		return fmt.Errorf("%s cannot be written to: %w", filepath.Join(root.Name(), dir), err)
	}
	var list []error
	err := staged(root, dir, func(name string, e fs.DirEntry, whole bool) error {
		info, err := root.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case e.IsDir() && !info.IsDir():
			list = append(list, fmt.Errorf("%s is no directory, and the tree has one there: move it away", filepath.Join(root.Name(), name)))
		case !e.IsDir() && info.IsDir():
			list = append(list, fmt.Errorf("%s is a directory, and the tree has a file there: move it away", filepath.Join(root.Name(), name)))
		case e.IsDir():
			return fits(root, name)
		}
		return movable(root, name)
	})
	return errors.Join(append(list, err)...)
}

// staged calls visit for each entry of a staged directory but the manifest. It is whole
// where the target has nothing of that name.
func staged(root *os.Root, dir string, visit func(name string, e fs.DirEntry, whole bool) error) error {
	entries, err := fs.ReadDir(root.FS(), path.Join(staging, dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if name == Manifest {
			continue
		}
		_, err := root.Lstat(name)
		if err := visit(name, e, err != nil); err != nil {
			return err
		}
	}
	return nil
}
