// Package atomicfile replaces files that belong to a user. Start with Replace.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Replace writes the file at path completely or not at all: whoever reads it, and
// whenever the machine loses power, finds the old bytes or the new ones. The file keeps
// its permissions, and a symbolic link stays one. A new file has the permissions that
// the process's umask leaves of 0666.
func Replace(path string, data []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	temp, err := create(path)
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // nothing is left to remove once it has been renamed
	if err := errors.Join(fill(temp, path, data), temp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

// create makes a new file beside path. os.CreateTemp would make one that nobody else
// may read, whatever the umask is.
func create(path string) (*os.File, error) {
	for {
		name := fmt.Sprintf(".%s.%08x", filepath.Base(path), rand.Uint32())
		f, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// fill writes the data, with the permissions of the file that they are to replace.
func fill(temp *os.File, path string, data []byte) error {
	if info, err := os.Stat(path); err == nil {
		if err := temp.Chmod(info.Mode().Perm()); err != nil {
			return err
		}
	}
	if _, err := temp.Write(data); err != nil {
		return err
	}
	return temp.Sync()
}

// syncDir makes the new name last. Not every system lets a directory be synchronized,
// and the file is whole in either case.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
