package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// formats are the forms in which validate reports, in the order the help names them.
func formats() []string { return diag.Formats() }

type validateOptions struct {
	format string
	strict bool
	info   bool
	today  string
	engine string
	only   bool // of FILEs those that hold a topology
}

// engines are what holds a topology against the contract.
func engines() []string { return []string{"table", "cue"} }

func (c cli) validateCommand() *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check topologies: shape, addresses, versions",
		Long: `Checks each FILE, a Topology in YAML, JSON or CUE; "-" is standard input.

A FILE may also hold what exists already, beside the topology or by itself: the output
of kubectl get -o yaml or of kustomize build. Nodes, CiliumNodes, IPPools,
CiliumPodIPPools, ServiceCIDRs, kubeadm's ClusterConfiguration and Tailscale Connectors
are compared with the topology; a RangePack adds ranges to keep clear of.

All findings are reported in one run, each with its place, the other party, and the
way out; of many of a kind the first 100, and how many more there are. Nothing is printed
where nothing is wrong. With --only-topologies, FILEs may be any, as pre-commit passes them: those that
hold a topology are checked, by what stands in them and not by their names. 'kustomize-hybrid explain CODE' says more about a finding, and
'kustomize-hybrid explain too-many' how large a FILE may be, and how long CUE may run.`,
		Example: "  kustomize-hybrid validate topology.yaml\n  kustomize-hybrid validate --format json - < topology.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !day(o.today) {
				return &usageError{cmd.CommandPath(), fmt.Errorf("--today is a day written YYYY-MM-DD, not %q", o.today)}
			}
			if err := oneOf("--format", o.format, formats()); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			if err := oneOf("--validate", o.engine, engines()); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.validate(cmd.CommandPath(), args, o)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "how to report: "+strings.Join(formats(), ", "))
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	cmd.Flags().StringVar(&o.today, "today", "", "the date, as YYYY-MM-DD, on which a suppression must not have expired")
	cmd.Flags().BoolVar(&o.info, "info", false, "also report findings of severity info")
	cmd.Flags().StringVar(&o.engine, "validate", "table", "what holds the shape against the contract: table, made from it, or cue, CUE's evaluator beside it")
	cmd.Flags().BoolVar(&o.only, "only-topologies", false, "pass over FILEs that hold no topology")
	_ = cmd.RegisterFlagCompletionFunc("today", nothing)
	_ = cmd.RegisterFlagCompletionFunc("validate", cobra.FixedCompletions(engines(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c cli) validate(command string, paths []string, o validateOptions) error {
	var unread error // among all files, what could not be looked into
	if o.only {
		if paths, unread = hybrid.Topologies(paths...); len(paths) == 0 {
			return unread
		}
	}
	in, failed := hybrid.LoadFrom(c.in, paths...)
	failed = errors.Join(unread, failed)
	if failed == nil && len(in.Documents) == 0 {
		failed = &usageError{command, fmt.Errorf("there is no Topology in %s, only %s: name the topology's file, too", strings.Join(paths, ", "), objectNames(in))}
	}
	if o.engine == "cue" {
		failed = errors.Join(failed, hybrid.Evaluate(in))
	}
	list := hybrid.Validate(in, hybrid.Options{Strict: o.strict, Info: o.info, Today: o.today})
	err := c.write(list, o.format)
	// A file that could not be read matters more than what the others say.
	if failed != nil {
		return failed
	}
	return err
}

// objectNames names the first objects, and counts the others.
func objectNames(in hybrid.Input) string {
	const few = 3
	var names []string
	for i := range in.Objects[:min(len(in.Objects), few)] {
		names = append(names, in.Objects[i].ID())
	}
	if more := len(in.Objects) - few; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// day reports whether s is empty or a day.
func day(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return s == "" || err == nil
}

// oneOf checks the value of a flag against what it may be.
func oneOf(flag, value string, allowed []string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%s is %s, not %q%s", flag, strings.Join(allowed, " or "), value, didYouMean(value, allowed))
}
