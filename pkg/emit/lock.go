package emit

import (
	"errors"
	"os"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
)

// BusyError says that another run went on writing into a directory.
type BusyError = atomicfile.BusyError

// lock keeps other runs off the directory until unlock is called, or this process ends.
func lock(root *os.Root, dir string) (unlock func(), err error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	if err := atomicfile.Lock(d); err != nil {
		d.Close()
		var busy *BusyError
		if errors.As(err, &busy) {
			return nil, &BusyError{Dir: dir}
		}
		return nil, err
	}
	return func() { d.Close() }, nil
}
