package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
)

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
