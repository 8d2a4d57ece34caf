//go:build !unix && !lean

package load

import "time"

// processTime stands in for the time on the processors, by the clock.
func processTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
