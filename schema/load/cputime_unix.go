//go:build unix && !lean

package load

import (
	"syscall"
	"time"
)

// processTime is how much of the processors this process has had. A machine that is busy with
// something else takes longer for a program, and no more of this.
func processTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0 // unreachable: the arguments are right
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
