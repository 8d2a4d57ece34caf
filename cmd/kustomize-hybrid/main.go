// Command kustomize-hybrid joins regions into one Kubernetes cluster over Tailscale
// subnet routers: it checks a Topology and renders what the regions need. Without
// arguments, and with a ResourceList on standard input, it is a KRM function.
package main

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	// A reader that went away is reported like any failed write, not a silent death.
	signal.Ignore(syscall.SIGPIPE)
	// The program lives for a second, and most of what it makes it keeps until the end, so that
	// little is got back by collecting. Beside 200, 400 saves a tenth of the time of the function of
	// 1,000 regions, for 150 MB in the place of 141, and of validate, for none.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	deeper(len(os.Args))
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// deeper has the stack grow to what a call needs while there is nothing on it: later it would be
// copied, frame by frame, each time that it has to be twice as large.
//
//go:noinline
func deeper(i int) byte {
	var room [40 << 10]byte
	return room[i%len(room)]
}
