// Command mutate asks how much of a package's behaviour its tests hold: it changes the code in
// one small place at a time (a mutant) and runs the tests. A mutant that no test notices survives.
//
// All mutants of a package are compiled into one test binary, each behind a number, and the
// environment says which one is awake; so a mutant costs a run of the tests that reach it and
// never a build. See mutants.go for what is changed, and testdata/survivors.txt for the
// survivors that we know, with a reason each.
//
// It prints the new survivors and a table of scores, and exits 1 if a score is below -least.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A target is a package whose code is changed, and the packages whose tests may notice, in the
// order in which they are asked. Paths are relative to the module's root.
type target struct {
	dir   string
	tests []string
}

var targets = []target{
	{"pkg/validate", []string{"pkg/validate", "cmd/kustomize-hybrid", "."}},
	{"pkg/acl", []string{"pkg/acl", "pkg/acl/policyfile", "pkg/acl/eval", "."}},
	{"pkg/acl/policyfile", []string{"pkg/acl/policyfile", "pkg/acl/eval", "."}},
	{"pkg/acl/eval", []string{"pkg/acl/eval", "pkg/acl/policyfile", "."}},
	{"pkg/readmit", []string{"pkg/readmit", "."}},
}

type options struct {
	root    string
	every   int     // of so many mutants one is tried
	from    int     // the first of them
	file    string  // base name of the only file whose mutants are tried, or empty
	near    bool    // leave the tests of the module's root out
	own     bool    // ask the package's own tests alone
	slow    float64 // seconds of CPU; a test that takes longer runs alone, after the others
	quick   bool    // leave slow tests out
	workers int
	log     io.Writer
}

func main() {
	code, err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	os.Exit(code)
}

func run(args []string, out, log io.Writer) (int, error) {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	o := options{log: log}
	flags.StringVar(&o.root, "root", ".", "the module's root")
	flags.IntVar(&o.every, "every", 1, "try each K-th mutant only")
	flags.IntVar(&o.from, "from", 0, "the first mutant that is tried, below -every: another sample of the same size")
	flags.StringVar(&o.file, "file", "", "try the mutants of this file only")
	flags.BoolVar(&o.near, "near", false, "leave the tests of the module's root out; the score is then a lower bound")
	flags.BoolVar(&o.own, "own", false, "ask the package's own tests alone; the score is then a lower bound")
	flags.Float64Var(&o.slow, "slow", 1, "a test of more seconds of CPU runs alone, after the others")
	flags.BoolVar(&o.quick, "quick", false, "leave slow tests out; the score is then a lower bound")
	flags.IntVar(&o.workers, "workers", runtime.NumCPU(), "processes at once")
	chosen := flags.String("package", "", "packages, separated by commas; all of them if empty")
	known := flags.String("known", "test/mutate/testdata/survivors.txt", "survivors that have a reason, relative to the root")
	least := flags.Float64("least", 90, "exit 1 if a package's score is below so many percent")
	if err := flags.Parse(args); err != nil {
		return 2, nil
	}
	if o.every < 1 || o.from < 0 || o.from >= o.every {
		return 0, fmt.Errorf("-from %d is not below -every %d", o.from, o.every)
	}
	reasons, err := readReasons(filepath.Join(o.root, *known))
	if err != nil {
		return 0, err
	}
	var scores []score
	for _, t := range targets {
		if *chosen != "" && !slices.Contains(strings.Split(*chosen, ","), t.dir) {
			continue
		}
		s, err := try(t, o)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", t.dir, err)
		}
		s.explain(reasons)
		s.writeNews(out)
		scores = append(scores, s)
	}
	if len(scores) == 0 {
		return 0, fmt.Errorf("no package is called %s", *chosen)
	}
	if o.every == 1 && o.file == "" && !o.quick && !o.near && !o.own {
		for _, r := range reasons.unused(scores) {
			fmt.Fprintf(out, "%s: %s no longer survives, or is no longer there; take it out\n", *known, r)
		}
	}
	writeTable(out, scores, o)
	for _, s := range scores {
		if s.percent() < *least {
			return 1, nil
		}
	}
	return 0, nil
}
