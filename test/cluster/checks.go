package main

import (
	"fmt"
	"time"
)

// checks are what is asked of the cluster.
type checks struct {
	*world
	start  time.Time
	failed int
	steps  []*step
	ran    map[string][]string // blocks of commands of STEPS.md that were run, as they stand there, by topology
}

// check runs f, and prints what came of it.
func (c *checks) check(name string, f func() (string, error)) bool {
	start := time.Now()
	numbers, err := f()
	word := "PASS"
	if err != nil {
		word, numbers = "FAIL", err.Error()
		c.failed++
	}
	fmt.Printf("%s %s: %s (%s)\n", word, name, numbers, time.Since(start).Round(100*time.Millisecond))
	return err == nil
}

// must is a check without which the others say nothing.
func (c *checks) must(name string, f func() (string, error)) error {
	if !c.check(name, f) {
		return fmt.Errorf("%q has failed, and nothing that follows can work", name)
	}
	return nil
}
