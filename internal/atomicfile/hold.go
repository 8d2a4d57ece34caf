package atomicfile

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Patience is how long Hold and Lock wait for another process.
const Patience = 30 * time.Second

// BusyError says that another process went on holding a directory.
type BusyError struct{ Dir string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("another run writes into %s, and has not ended within %s: run this again when it has", e.Dir, Patience)
}

// Hold keeps other callers of Hold off the files until release is called, or this process
// ends. The files need not be there, but their directories must. The error is a *BusyError
// where another process does not let go.
//
// What is held are the directories, by the kernel, since a file that is replaced takes its
// lock away with it, and so that nothing is left of a process that was killed. A file
// system without such locks is used without, and Commit's comparison is what is left.
func Hold(paths ...string) (release func(), err error) {
	var held []*os.File
	release = func() {
		for _, d := range held {
			d.Close()
		}
	}
	var dirs []directory
	for _, path := range paths {
		d, err := directoryOf(path)
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, d.file)
		dirs = append(dirs, d)
	}
	// In one order for everybody, and none twice: nobody waits for himself, or in a ring.
	slices.SortFunc(dirs, directory.compare)
	for _, d := range slices.CompactFunc(dirs, func(a, b directory) bool { return a.compare(b) == 0 }) {
		if err := Lock(d.file); err != nil {
			release()
			return nil, err
		}
	}
	return release, nil
}

// directory is an open one, and what tells it from all others.
type directory struct {
	file     *os.File
	dev, ino uint64
}

func (d directory) compare(o directory) int {
	return cmp.Or(cmp.Compare(d.dev, o.dev), cmp.Compare(d.ino, o.ino))
}

// directoryOf opens the directory of the file that a path leads to.
func directoryOf(path string) (directory, error) {
	path, err := target(path)
	if err != nil {
		return directory{}, err
	}
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return directory{}, fmt.Errorf("%s: %w", path, err)
	}
	d := directory{file: f}
	if info, err := f.Stat(); err == nil {
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			d.dev, d.ino = uint64(s.Dev), s.Ino
		}
	}
	return d, nil
}

// Lock keeps other callers of Lock and Hold off an open directory until it is closed.
func Lock(dir *os.File) error {
	for end := time.Now().Add(Patience); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil, !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return nil
		case time.Now().After(end):
			return &BusyError{dir.Name()}
		}
	}
}
