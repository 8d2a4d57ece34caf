package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func (c cli) schemaCommand() *cobra.Command {
	var format string
	formats := hybrid.SchemaFormats()
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the schema of a Topology",
		Long: `Prints the contract: what a Topology may say, with a comment for each field.

For completion in an editor, save it as JSON Schema and put this line first in a topology:
  # yaml-language-server: $schema=./topology.schema.json`,
		Example: "  kustomize-hybrid schema\n  kustomize-hybrid schema --format jsonschema > topology.schema.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("--format", format, formats); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			text, err := hybrid.Schema(format)
			if err != nil {
				return err
			}
			_, err = c.out.Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "cue", "cue or jsonschema")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c cli) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "explain CODE",
		Short:   "Say what a finding means, with an example",
		Long:    "Explains a kind of finding: what is wrong, why it matters on the wire, the way out, and an example.\nWithout CODE it lists every code.",
		Example: "  kustomize-hybrid explain cidr-overlap",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return hybrid.Codes(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprintln(c.out, strings.Join(hybrid.Codes(), "\n"))
				return err
			}
			text, ok := hybrid.Explain(args[0])
			if !ok {
				return &usageError{cmd.CommandPath(), fmt.Errorf("there is no code %q%s", args[0], suggestion(args[0]))}
			}
			_, err := io.WriteString(c.out, text)
			return err
		},
	}
}

// suggestion names the codes that share a word with the one asked for.
func suggestion(code string) string {
	near := slices.DeleteFunc(hybrid.Codes(), func(c string) bool {
		for word := range strings.SplitSeq(code, "-") {
			if len(word) > 2 && strings.Contains(c, word) {
				return false
			}
		}
		return true
	})
	if len(near) == 0 {
		return ""
	}
	return "; there is " + strings.Join(near, ", ")
}

func (c cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and of what decides its output",
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(c.out, versionText())
			return err
		},
	}
}

// versionText names the program's version as its build recorded it, the API, and the
// libraries that read and write for it.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "kustomize-hybrid (no build information)\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "kustomize-hybrid %s\nAPI %s\n%s\n", info.Main.Version, schema.APIVersion, info.GoVersion)
	for _, m := range info.Deps {
		switch m.Path {
		case "cuelang.org/go", "sigs.k8s.io/kustomize/api", "sigs.k8s.io/kustomize/kyaml", "k8s.io/api":
			fmt.Fprintf(&b, "%s %s\n", m.Path, m.Version)
		}
	}
	return b.String()
}
