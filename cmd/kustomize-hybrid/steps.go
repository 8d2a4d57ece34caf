package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
)

func (c cli) stepsCommand() *cobra.Command {
	var host, phase string
	var strict bool
	cmd := &cobra.Command{
		Use:   "steps FILE... [--host NAME] [--phase PHASE]",
		Short: "Say who does what in which order, from the rendered tree to joined regions",
		Long: `Checks the Topology in FILE, as validate does, and prints what has to be done with the tree
that render writes: numbered, with commands that can be copied, real names, how to know
that it worked, and how to take it back. The whole of it is STEPS.md in the tree.

--host prints what is done on one gateway host, or for it, --phase one part of the work:
` + phaseList() + `.`,
		Example: "  kustomize-hybrid steps topology.yaml\n  kustomize-hybrid steps topology.yaml --host gpu-1",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f := steps.Filter{Host: host, Phase: steps.Phase(phase)}
			if phase != "" && !slices.Contains(steps.Phases(), f.Phase) {
				return &usageError{cmd.CommandPath(), fmt.Errorf("there is no phase %q: choose %s%s", phase, phaseList(), didYouMean(phase, phaseWords()))}
			}
			return c.steps(cmd.CommandPath(), args, f, strict)
		},
	}
	cmd.Flags().StringVar(&host, "host", "", "what is done on this host, or for it: a gateway, by its name in the topology")
	cmd.Flags().StringVar(&phase, "phase", "", "one part of the work: "+phaseList())
	cmd.Flags().BoolVar(&strict, "strict", false, "treat warnings as errors")
	_ = cmd.RegisterFlagCompletionFunc("host", complete(hybrid.Gateways))
	_ = cmd.RegisterFlagCompletionFunc("phase", cobra.FixedCompletions(phaseWords(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func phaseWords() []string {
	var list []string
	for _, p := range steps.Phases() {
		list = append(list, string(p))
	}
	return list
}

func phaseList() string { return strings.Join(phaseWords(), ", ") }

func (c cli) steps(command string, paths []string, f steps.Filter, strict bool) error {
	in, err := hybrid.LoadFrom(c.in, paths...)
	if err != nil {
		return err
	}
	text, list, err := hybrid.Steps(in, f, hybrid.Options{Strict: strict})
	if reported := c.report(list); reported != nil {
		return reported
	}
	var nobody *steps.NoHostError
	if errors.As(err, &nobody) {
		return &usageError{command, err}
	}
	if err != nil {
		return err
	}
	_, err = c.out.Write(text)
	return err
}
