package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (c cli) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man",
		Short:   "Print the manual page",
		Long:    "Prints the manual page, which has every command, in the language of man(1).",
		Example: "  kustomize-hybrid man > kustomize-hybrid.1",
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.print([]byte(manPage(cmd.Root()))) },
	}
}

// manPage is one page about root and every command below it. What help says is set as it
// stands there, line by line, because it is written for 80 columns.
func manPage(root *cobra.Command) string {
	var b strings.Builder
	name := strings.ToUpper(root.Name())
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"\" \"User Commands\"\n.SH NAME\n%s \\- %s\n", name, roff(root.Name()), roff(root.Short))
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s", asIs(root.Long))
	for _, cmd := range reference(root) {
		fmt.Fprintf(&b, ".SH %q\n.B %s\n.PP\n%s", strings.ToUpper(strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")), roff(cmd.UseLine()), asIs(about(cmd)))
		if flags := cmd.NonInheritedFlags().FlagUsages(); flags != "" {
			fmt.Fprintf(&b, ".SS Flags\n%s", asIs(flags))
		}
		if cmd.Example != "" {
			fmt.Fprintf(&b, ".SS Examples\n%s", asIs(cmd.Example))
		}
	}
	return b.String()
}

// reference are the commands that do something, the library's for shells among them.
func reference(root *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range root.Commands() {
		switch {
		case sub.Hidden, sub.Name() == "help":
		case sub.HasSubCommands():
			all = append(all, reference(sub)...)
		default:
			sub.InheritedFlags() // which its usage line then counts, the first time, too
			all = append(all, sub)
		}
	}
	return all
}

// about is what help says of a command.
func about(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return strings.TrimSpace(cmd.Long)
	}
	return cmd.Short
}

// asIs sets a text line by line.
func asIs(text string) string {
	var b strings.Builder
	b.WriteString(".nf\n")
	for line := range strings.Lines(strings.Trim(text, "\n") + "\n") {
		b.WriteString(roff(line))
	}
	b.WriteString(".fi\n")
	return b.String()
}

// roff is text in which nothing is a command of the language.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
