package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid/examples"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func (c cli) examplesCommand() *cobra.Command {
	var dir string
	var force bool
	cmd := &cobra.Command{
		Use:   "examples [NAME]",
		Short: "List the examples, or write one",
		Long: `Lists topologies that each stand for another kind of cluster. With NAME it prints that one, and
with -o it writes its files into DIR, with the JSON Schema for editors; what is there already is
not overwritten without --force.`,
		Example: "  kustomize-hybrid examples\n  kustomize-hybrid examples rented-hosts -o rented",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return examples.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && dir != "":
				return &usageError{cmd.CommandPath(), fmt.Errorf("-o %s takes the NAME of an example", dir)}
			case len(args) == 0:
				return c.print([]byte(exampleList()))
			case examples.Files(args[0]) == nil:
				return &usageError{cmd.CommandPath(), fmt.Errorf("there is no example %q%s", args[0], didYouMean(args[0], examples.Names()))}
			case cmd.Flags().Changed("output") && directory("-o", dir) != nil:
				return &usageError{cmd.CommandPath(), directory("-o", dir)}
			case dir == "":
				return c.print(exampleFiles(args[0])[0].Data)
			}
			files := exampleFiles(args[0])
			if err := c.writeNew(dir, files, force); err != nil {
				return err
			}
			return c.summary("%s: %d files written\n", foreign.Name(dir), len(files))
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the directory to write the files into")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite files that are there")
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

// exampleList is a line for each example.
func exampleList() string {
	var b strings.Builder
	width := 0
	for _, name := range examples.Names() {
		width = max(width, len(name))
	}
	for _, name := range examples.Names() {
		fmt.Fprintf(&b, "%-*s  %s\n", width, name, examples.About(name))
	}
	return b.String()
}

// exampleFiles are an example's, its topology first, and the schema that its first line leads to.
func exampleFiles(name string) []tree.File {
	all := examples.Files(name)
	files := []tree.File{{Path: draft.TopologyPath}, {Path: draft.SchemaPath, Data: schema.JSONSchema()}}
	for _, file := range slices.Sorted(maps.Keys(all)) {
		data := all[file]
		if first, rest, _ := bytes.Cut(data, []byte("\n")); bytes.HasPrefix(first, []byte("# yaml-language-server:")) {
			data = append([]byte(draft.Modeline("./"+draft.SchemaPath)), rest...)
		}
		if file == draft.TopologyPath {
			files[0].Data = data
			continue
		}
		files = append(files, tree.File{Path: file, Data: data})
	}
	return files
}
