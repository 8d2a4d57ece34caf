package emit

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// patience is how long a run waits for another one that writes into the same directory.
const patience = 30 * time.Second

// BusyError says that another run went on writing into a directory.
type BusyError struct{ Dir string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("another run writes into %s, and has not ended within %s: run this again when it has", e.Dir, patience)
}

// lock keeps other runs off the directory until unlock is called, or this process ends.
// The lock is the kernel's, on the directory itself, so that nothing is left of a run that
// was killed. A file system that has no such locks is used without.
func lock(root *os.Root, dir string) (unlock func(), err error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	unlock = func() { d.Close() }
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil, !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return unlock, nil
		case time.Now().After(end):
			unlock()
			return nil, &BusyError{dir}
		}
	}
}
