package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
)

func (c cli) graphCommand() *cobra.Command {
	var format string
	var strict bool
	formats := hybrid.GraphFormats()
	cmd := &cobra.Command{
		Use:   "graph FILE...",
		Short: "Draw the regions, their gateways and what joins them",
		Long: `Checks the Topology in FILE, as validate does, and draws it: each region with its prefixes,
how many routes its hosts have to others and by which next hops, its gateways, the
tailnet, and private links. The order of the regions in FILE does not change the picture.

svg is a picture by itself, for light and for dark screens; mermaid is for Markdown at GitHub
or GitLab, dot for Graphviz.`,
		Example: "  kustomize-hybrid graph topology.yaml > regions.svg\n  kustomize-hybrid graph topology.yaml --format dot | dot -Tpdf > regions.pdf",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", format, formats); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			in, err := hybrid.LoadFrom(c.in, args...)
			if err != nil {
				return err
			}
			picture, list, err := hybrid.Graph(in, format, hybrid.Options{Strict: strict})
			if reported := c.report(list); reported != nil {
				return reported
			}
			if err != nil {
				return err
			}
			return c.print(picture)
		},
	}
	cmd.Flags().StringVar(&format, "format", "svg", strings.Join(formats, ", "))
	cmd.Flags().BoolVar(&strict, "strict", false, "treat warnings as errors")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
