package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// formats are the forms in which validate reports, in the order the help names them.
func formats() []string { return []string{"text", "json"} }

type validateOptions struct {
	format string
	strict bool
	info   bool
}

func (c cli) validateCommand() *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check topologies: shape, addresses, versions",
		Long: `Checks each FILE, a Topology in YAML, JSON or CUE; "-" is standard input.

All findings are reported in one run, each with its place, the other party, and the
way out. Nothing is printed where nothing is wrong. 'kustomize-hybrid explain CODE'
says more about a finding.`,
		Example: "  kustomize-hybrid validate topology.yaml\n  kustomize-hybrid validate --format json - < topology.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", o.format, formats()); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.validate(args, o)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "how to report: "+strings.Join(formats(), ", "))
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	cmd.Flags().BoolVar(&o.info, "info", false, "also report what is only worth knowing")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c cli) validate(paths []string, o validateOptions) error {
	var list diag.List
	var failures []error
	for _, path := range paths {
		doc, err := c.load(path)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		list = append(list, check(doc)...)
	}
	if !o.info {
		list = visible(list)
	}
	if o.strict {
		list = list.Strict()
	}
	err := c.write(list, o.format)
	// A file that could not be read matters more than what the others say.
	if failed := errors.Join(failures...); failed != nil {
		return failed
	}
	return err
}

// write reports findings: text to standard error, other formats to standard output.
func (c cli) write(list diag.List, format string) error {
	if format == "text" {
		return c.report(list)
	}
	if err := writeReport(c.out, list, format); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	if list.Count(diag.Error) > 0 {
		return errFindings
	}
	return nil
}

func writeReport(w io.Writer, list diag.List, format string) error {
	switch format {
	case "json":
		return diag.WriteJSON(w, list)
	}
	return fmt.Errorf("unknown format %q", format)
}

// oneOf checks the value of a flag against what it may be.
func oneOf(flag, value string, allowed []string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%s is %s, not %q", flag, strings.Join(allowed, " or "), value)
}
