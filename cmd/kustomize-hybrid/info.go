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
	var format string
	formats := []string{"text", "markdown"}
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Say what a finding means, with an example",
		Long: `Explains a kind of finding: what is wrong, why it matters on the wire, the way out, and an example.
Without CODE it lists every code with a line about it. On a terminal it prints text, elsewhere Markdown.`,
		Example: "  kustomize-hybrid explain cidr-overlap",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return codesWithSummaries(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if format == "" {
				format = "markdown"
				if isTerminal(c.out) {
					format = "text"
				}
			}
			if err := oneOf("--format", format, formats); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			if len(args) == 0 {
				return c.print([]byte(codeList()))
			}
			text, ok := hybrid.Explain(args[0])
			if !ok {
				return &usageError{cmd.CommandPath(), fmt.Errorf("there is no code %q%s", args[0], suggestion(args[0]))}
			}
			if format == "text" {
				text = hybrid.Plain(text)
			}
			return c.print([]byte(text))
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "text or markdown; when left out, text on a terminal and markdown elsewhere")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// codesWithSummaries are what shells offer: a code, and what it means.
func codesWithSummaries() []string {
	var all []string
	for _, code := range hybrid.Codes() {
		all = append(all, cobra.CompletionWithDesc(code, hybrid.Summary(code)))
	}
	return all
}

// codeList is a line for each code.
func codeList() string {
	var b strings.Builder
	width := 0
	for _, code := range hybrid.Codes() {
		width = max(width, len(code))
	}
	for _, code := range hybrid.Codes() {
		fmt.Fprintf(&b, "%-*s  %s\n", width, code, hybrid.Summary(code))
	}
	return b.String()
}

// suggestion names the code that is most likely meant, or those that share a word with the
// one asked for.
func suggestion(code string) string {
	if near := didYouMean(code, hybrid.Codes()); near != "" {
		return near
	}
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
		Use:     "version",
		Short:   "Print the version of the program and of what decides its output",
		Example: "  kustomize-hybrid version",
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(c.out, versionText())
			return err
		},
	}
}

// versionText names the program's version and commit as its build recorded them, the API, and
// the libraries that read and write for it. A build from a module that was downloaded has no
// commit; its version says which one it is.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "kustomize-hybrid (no build information)\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "kustomize-hybrid %s\n%sAPI %s\n%s\n", info.Main.Version, commit(info), schema.APIVersion, info.GoVersion)
	for _, m := range info.Deps {
		switch m.Path {
		case "cuelang.org/go", "sigs.k8s.io/kustomize/api", "sigs.k8s.io/kustomize/kyaml", "k8s.io/apimachinery":
			fmt.Fprintf(&b, "%s %s\n", m.Path, m.Version)
		}
	}
	return b.String()
}

// commit is a line about the commit that the program was built from, if its build knew.
func commit(info *debug.BuildInfo) string {
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	if setting["vcs.revision"] == "" {
		return ""
	}
	line := "commit " + setting["vcs.revision"]
	if setting["vcs.modified"] == "true" {
		line += ", with changes"
	}
	return line + "\n"
}
