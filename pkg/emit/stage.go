package emit

import (
	"errors"
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
	if f := all.file(); !same(root, f) {
		return all, area.write(f)
	}
	return all, nil
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

// settle moves what is staged below a directory to its place: a directory that the target
// lacks with all that it holds, anything else piece by piece.
func settle(root *os.Root, dir string) error {
	entries, err := fs.ReadDir(root.FS(), path.Join(staging, dir))
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
