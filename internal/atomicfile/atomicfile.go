// Package atomicfile replaces files that belong to a user. Start with Replace for a file
// that is written whatever it held. Whoever reads a file and writes what follows from it
// calls Hold, Read, Stage and Commit, in this order, so that of two callers the second one
// reads what the first one wrote.
package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Replace writes the file at path completely or not at all: whoever reads it, and
// whenever the machine loses power, finds the old bytes or the new ones. See Stage for
// links, modes and owners, and for what is lost.
func Replace(path string, data []byte) (lost []string, err error) {
	s, err := stage(path, data)
	if err != nil {
		return nil, err
	}
	defer s.Discard()
	return s.Lost, s.rename()
}

// Read returns what the file at path holds, up to limit bytes; nil where there is no such
// file. It is an error when there are more, or when it is a directory, a device, a pipe
// or a socket: those are not replaced, and reading them may never end.
func Read(path string, limit int64) ([]byte, error) {
	path, err := target(path)
	if err != nil {
		return nil, err
	}
	// O_NONBLOCK means nothing for a regular file, and a pipe that has taken its place
	// meanwhile does not hold this process up.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d MiB", path, limit>>20)
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, data...), nil // an empty file is not a missing one
}

// Staged is new content for a file, written beside it and not in its place yet.
type Staged struct {
	// Lost says, a sentence each, what of the old file does not stay: its owner, its other
	// names.
	Lost []string

	path, temp string
	was        []byte
}

// Stage writes data beside the file at path, which held was when it was read: nil where
// there was none. All that can fail fails here, but for the renaming.
//
// A symbolic link stays one: the file that it leads to is replaced, or made. Mode and
// owner stay as they are, and Lost says so where this process may not give a file away;
// a new file has the mode that the umask leaves of 0666. A file that the caller may not
// write, or nobody may, is refused, and so is whatever is not a regular file.
func Stage(path string, was, data []byte) (*Staged, error) {
	s, err := stage(path, data)
	if err == nil {
		s.was = was
	}
	return s, err
}

// Commit puts the new content in the place of the old one. The error is a *ChangedError
// where somebody has written the file since it was read, and then it stays.
func (s *Staged) Commit() error {
	defer s.Discard()
	now, err := Read(s.path, int64(len(s.was))+1)
	if err != nil || (now == nil) != (s.was == nil) || !bytes.Equal(now, s.was) {
		return &ChangedError{s.path}
	}
	return s.rename()
}

// Discard takes back what was staged; after Commit it does nothing.
func (s *Staged) Discard() {
	if s.temp != "" {
		_ = os.Remove(s.temp)
	}
}

// ChangedError says that a file is another one than the one that was read.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s was changed by somebody else meanwhile, and is left as it is: run this again", e.Path)
}

func (s *Staged) rename() error {
	if err := os.Rename(s.temp, s.path); err != nil {
		return err
	}
	s.temp = ""
	syncDir(filepath.Dir(s.path))
	return nil
}

func stage(path string, data []byte) (*Staged, error) {
	path, err := target(path)
	if err != nil {
		return nil, err
	}
	old, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		if err := writable(path, old); err != nil {
			return nil, err
		}
	}
	temp, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	s := &Staged{path: path, temp: temp.Name()}
	if old != nil {
		err = s.keep(temp, old)
	}
	if err == nil {
		_, err = temp.Write(data)
	}
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		s.Discard()
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return s, nil
}

// writable refuses a file that a plain write would not change: renaming asks nobody but
// the directory.
func writable(path string, old fs.FileInfo) error {
	if old.Mode().Perm()&0o222 == 0 {
		return fmt.Errorf("%s is read-only (mode %04o): chmod u+w it first, if it may be changed", path, old.Mode().Perm())
	}
	if err := syscall.Access(path, 2); err != nil { // W_OK
		return fmt.Errorf("%s cannot be written to: %w", path, err)
	}
	return nil
}

// keep gives the new file the owner and the mode of the old one, and notes what cannot be
// kept.
func (s *Staged) keep(temp *os.File, old fs.FileInfo) error {
	was, ok := old.Sys().(*syscall.Stat_t)
	info, err := temp.Stat()
	if err != nil {
		return err
	}
	is, also := info.Sys().(*syscall.Stat_t)
	if ok && also {
		if (was.Uid != is.Uid || was.Gid != is.Gid) && temp.Chown(int(was.Uid), int(was.Gid)) != nil {
			_ = temp.Chown(-1, int(was.Gid)) // the group alone, perhaps
			s.Lost = append(s.Lost, fmt.Sprintf("%s belonged to %d:%d, and this process cannot give it away", s.path, was.Uid, was.Gid))
		}
		if was.Nlink > 1 {
			s.Lost = append(s.Lost, fmt.Sprintf("%s had other names (hard links), and those keep what it held", s.path))
		}
	}
	return temp.Chmod(old.Mode().Perm()) // after Chown, which takes bits away
}

// target is the file that a path leads to, links followed, whether or not it is there. It
// is an error when that is something else than a file.
func target(path string) (string, error) {
	for from, hops := path, 0; hops < 40; hops++ { // Linux follows 40, too
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil
		case err != nil:
			return "", err
		case info.Mode().IsRegular():
			return path, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return "", fmt.Errorf("%s is %s, and not a file that can be replaced", from, kind(info.Mode()))
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			// Join would drop "x/..", which leads elsewhere where x is a link.
			to = path[:strings.LastIndexByte(path, '/')+1] + to
		}
		path = to
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
}

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
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

// syncDir makes the new name last. Not every system lets a directory be synchronized,
// and the file is whole in either case.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
