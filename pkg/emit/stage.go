package emit

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"path"

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
	area := area{root: root, open: map[string]*os.Root{}}
	defer area.close()
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
	if f := all.file(); !same(root, f) {
		return all, area.write(f)
	}
	return all, nil
}

// mostOpen is how many directories of the staging area are open at once. Files come by
// region, so few would do.
const mostOpen = 16

// area is the staging area. It keeps directories open: the root looks every part of a
// path up, so that a file four levels down would cost four times as much.
type area struct {
	root *os.Root
	open map[string]*os.Root // by path in the tree
}

func (a *area) write(f tree.File) error {
	if len(a.open) >= mostOpen {
		a.close()
	}
	dir, err := a.dir(path.Dir(f.Path))
	if err != nil {
		return err
	}
	file, err := dir.OpenFile(path.Base(f.Path), os.O_CREATE|os.O_WRONLY|os.O_EXCL, mode(f))
	if err != nil {
		return err
	}
	_, err = file.Write(f.Data)
	return errors.Join(err, file.Close())
}

// dir opens a directory, making it and those above it if need be.
func (a *area) dir(name string) (*os.Root, error) {
	if dir := a.open[name]; dir != nil {
		return dir, nil
	}
	parent, base := a.root, staging
	if name != "." {
		var err error
		if parent, err = a.dir(path.Dir(name)); err != nil {
			return nil, err
		}
		base = path.Base(name)
	}
	if err := parent.Mkdir(base, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	dir, err := parent.OpenRoot(base)
	if err == nil {
		a.open[name] = dir
	}
	return dir, err
}

func (a *area) close() {
	for _, dir := range a.open {
		dir.Close()
	}
	clear(a.open)
}

// settle moves what is staged below a directory to its place: a directory that the target
// lacks with all that it holds, anything else piece by piece.
func settle(root *os.Root, dir string) error {
	entries, err := fs.ReadDir(root.FS(), path.Join(staging, dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing differs
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			if _, err := root.Stat(name); err == nil {
				if err := settle(root, name); err != nil {
					return err
				}
				continue
			}
		}
		if err := root.Rename(path.Join(staging, name), name); err != nil {
			return err
		}
	}
	return nil
}
