package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
)

func (c cli) reportCommand() *cobra.Command {
	var out string
	var strict bool
	cmd := &cobra.Command{
		Use:   "report FILE...",
		Short: "Write one HTML page about the topology, for people",
		Long: `Checks the Topology in FILE, as validate does, and writes a page: what is left to do, findings
down to what is only worth knowing, a picture, who has which addresses and what is free,
regions, gateways, routes, packet sizes, firewall marks, known issues, steps.

It is one file that loads nothing else: it opens from a disk, in an attachment or in CI's
artifacts, on phones, in the dark and on paper. Tables sort and filter where scripts
run. Further FILEs may hold what exists already, as for validate. report.md of the rendered tree
has the decisions as text.`,
		Example: "  kustomize-hybrid report topology.yaml -o report.html",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.ContainsFunc(args, func(file string) bool { return sameFile(file, out) }) {
				return &usageError{cmd.CommandPath(), fmt.Errorf("-o %s is a FILE that is read: name another one", out)}
			}
			in, err := hybrid.LoadFrom(c.in, args...)
			if err != nil {
				return err
			}
			text, list, err := hybrid.Page(in, hybrid.Options{Strict: strict})
			if reported := c.report(list); reported != nil {
				return reported
			}
			if err != nil {
				return err
			}
			if out == "-" {
				return c.print(text)
			}
			lost, err := atomicfile.Replace(out, text)
			if err != nil {
				return err
			}
			return c.sayLost(lost)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "-", "the file to write; - is standard output")
	cmd.Flags().BoolVar(&strict, "strict", false, "treat warnings as errors")
	return cmd
}

// sameFile reports whether two paths lead to one file that exists.
func sameFile(one, other string) bool {
	a, err := os.Stat(one)
	b, also := os.Stat(other)
	return err == nil && also == nil && os.SameFile(a, b)
}
