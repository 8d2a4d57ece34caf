package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid"
)

// questions are asked one after the other, on standard error, so that standard output stays a
// result. Where answers end, every further one is empty.
type questions struct {
	cli
	in    *bufio.Reader
	ended bool // a terminal may say so once, and go on
	err   error
}

// one asks until the answer can be used; an empty one is usual.
func (q *questions) one(question, usual string, check func(string) error) string {
	for q.err == nil {
		if usual != "" {
			question = strings.TrimSuffix(question, " ["+usual+"]") + " [" + usual + "]"
		}
		if _, q.err = fmt.Fprintf(q.cli.err, "%s: ", question); q.err != nil {
			break
		}
		answer := q.line()
		if answer == "" {
			return usual
		}
		refused := check(answer)
		if refused == nil {
			return answer
		}
		if q.ended { // nobody is there to say it again
			q.err = refused
			break
		}
		_, q.err = fmt.Fprintf(q.cli.err, "  %v\n", refused)
	}
	return ""
}

// line is what somebody typed.
func (q *questions) line() string {
	if q.ended {
		return ""
	}
	line, err := q.in.ReadString('\n')
	if q.ended = err != nil; q.ended && !errors.Is(err, io.EOF) {
		q.err = fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(line)
}

// noMore ends the list of regions where an empty answer takes a proposal.
const noMore = "-"

func (c cli) ask(o *initOptions) error {
	q := &questions{cli: c, in: bufio.NewReader(c.in)}
	choices := hybrid.InitChoices()
	field := func(path ...string) func(string) error {
		return func(s string) error { return hybrid.Refused(s, path...) }
	}
	among := func(what string, words []string) func(string) error {
		return func(s string) error { return oneOf(what, s, words) }
	}
	o.name = q.one("What is the topology to be called", "my-cluster", field("metadata", "name"))
	o.distribution = q.one("What installed the cluster ("+strings.Join(choices.Distributions, ", ")+")", choices.Distribution, among("it", choices.Distributions))
	o.plugin = q.one("Which network plugin does it run ("+strings.Join(choices.Plugins, ", ")+")", choices.Plugin, among("it", choices.Plugins))
	o.kubernetes = q.one("Which version of Kubernetes, such as 1.33.1 (empty: the newest that is known)", "", field("spec", "cluster", "kubernetesVersion"))
	for i := 0; q.err == nil; i++ {
		usual, where := []string{"home", "gpu-dc", ""}[min(i, 2)], "Another region"
		if i == 0 {
			where = "The region where the API server is"
		}
		end := "empty: no more"
		if usual != "" { // which an empty answer takes
			end = noMore + ": no more"
		}
		if i == 0 {
			end = "empty: the name proposed"
		}
		name := q.one(where+", by a name of your own ("+end+")", usual, func(s string) error {
			if s == noMore && i > 0 {
				return nil
			}
			if slices.ContainsFunc(o.regions, func(r string) bool { return strings.HasPrefix(r, s+"=") }) {
				return fmt.Errorf("there is a region %q already: give each its own name", s)
			}
			return hybrid.Refused(s, "spec", "regions", "0", "name")
		})
		if name == "" || name == noMore && i > 0 {
			break
		}
		o.regions = append(o.regions, q.region(name, choices))
	}
	return q.err
}

// region asks for one, and is what --region takes.
func (q *questions) region(name string, choices hybrid.Choices) string {
	words := name + "=" + q.one("  Who runs its network ("+strings.Join(choices.Providers, ", ")+", or another name)", choices.Provider, func(s string) error { return hybrid.Refused(s, "spec", "regions", "0", "provider") })
	ask := func(key, question string, check func(string) error) {
		if answer := q.one("  "+question, "", check); answer != "" {
			words += "," + key + "=" + answer
		}
	}
	isRange := func(s string) error {
		if _, err := netip.ParsePrefix(s); err != nil {
			return fmt.Errorf("a range is written 10.0.0.0/16, not %q", s)
		}
		return nil
	}
	ask("nodes", "The range of its hosts, such as 10.0.0.0/22 (empty: a free one is proposed)", isRange)
	ask("pods", "The range of its pods (empty: a free one is proposed)", isRange)
	ask("gateway", "A gateway, as NODE@ADDRESS, such as edge-1@10.0.0.11 (empty: one is made up)", func(s string) error {
		_, err := region("x=y,gateway=" + s)
		return err
	})
	return words
}
