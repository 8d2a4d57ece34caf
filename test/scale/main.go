//go:build scale

// Command scale measures what a fleet costs as it grows: rendering it, and forwarding
// packets on one of its gateways. It prints the tables of docs/performance.md. See
// `make bench-scale`.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are how much is measured.
type options struct {
	program string // kustomize-hybrid
	regions []int
	hosts   []int // of a region in mode perNode
	runs    int   // renders of each size, of which the median counts
	rounds  int   // of traffic through each gateway, by turns
	length  time.Duration
	work    string
}

func main() {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		exit(end(os.Args[1:]))
	}
	var o options
	regions := flag.String("regions", "2,100,1000", "sizes of the fleet; none: skip")
	hosts := flag.String("hosts", "1250,2500,5000", "hosts of a region in mode perNode; none: skip")
	forward := flag.String("forward", "nft,iptables", "firewalls to forward through; none: skip")
	flag.StringVar(&o.program, "program", "bin/kustomize-hybrid", "the program to measure")
	flag.IntVar(&o.runs, "runs", 3, "renders of each size, of which the median counts")
	flag.IntVar(&o.rounds, "rounds", 5, "measurements of each gateway, by turns, of which the median counts")
	flag.DurationVar(&o.length, "length", 2*time.Second, "length of one measurement of traffic")
	flag.Parse()
	o.regions, o.hosts = sizes(*regions), sizes(*hosts)
	exit(run(o, words(*forward)))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func words(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
}

func sizes(list string) []int {
	var all []int
	for _, word := range words(list) {
		n, err := strconv.Atoi(word)
		if err != nil {
			exit(err)
		}
		all = append(all, n)
	}
	return all
}

func run(o options, firewalls []string) error {
	var err error
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	if o.work, err = os.MkdirTemp("", "scale"); err != nil {
		return err
	}
	defer os.RemoveAll(o.work)
	if err := renders(o); err != nil {
		return err
	}
	for _, firewall := range firewalls {
		if err := forwards(o, firewall); err != nil {
			return err
		}
	}
	return nil
}
