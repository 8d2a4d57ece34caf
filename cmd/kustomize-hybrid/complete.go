package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
)

// nothing is offered for what nobody can guess: a date, a number.
func nothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// gone are the regions of the tree that the command line renders into, and which the topology
// on it no longer has.
func gone(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	dir, _ := cmd.Flags().GetString("output")
	if dir == "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	tree, _ := hybrid.Load(filepath.Join(dir, render.FromPath))
	return complete(func(in hybrid.Input) []string {
		has := hybrid.Regions(in)
		return slices.DeleteFunc(hybrid.Regions(tree), func(name string) bool { return slices.Contains(has, name) })
	})(cmd, args, typed)
}

// complete offers the words that the topology on the command line has; none where it cannot
// be read yet, since nobody who types wants to be told so.
func complete(words func(hybrid.Input) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "-" }) // who completes has no standard input
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		in, _ := hybrid.Load(args...)
		list := slices.DeleteFunc(words(in), func(w string) bool { return !strings.HasPrefix(w, typed) })
		slices.Sort(list)
		return slices.Compact(list), cobra.ShellCompDirectiveNoFileComp
	}
}
