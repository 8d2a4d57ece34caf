// Command kustomize-hybrid joins regions to one Kubernetes cluster over Tailscale
// subnet routers: it checks a Topology and renders what the regions need. Without
// arguments, and with a ResourceList on standard input, it is a KRM function.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader that went away is reported like any failed write, not a silent death.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
