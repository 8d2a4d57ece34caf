package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
)

// docs/cli.md is what help says, of every command.
func TestReferencePage(t *testing.T) {
	root := cli{strings.NewReader(""), io.Discard, io.Discard, &screen{}}.root()
	root.InitDefaultCompletionCmd("completion")
	var b strings.Builder
	b.WriteString("# Commands\n\nGenerated from the program's own help by `make golden`; `kustomize-hybrid man` prints the same as a manual page.\n\n")
	fmt.Fprintf(&b, "```text\n%s\n```\n", root.Long)
	for _, cmd := range reference(root) {
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s\n\n%s\n```\n", cmd.CommandPath(), cmd.UseLine(), about(cmd))
		if flags := cmd.NonInheritedFlags().FlagUsages(); flags != "" {
			fmt.Fprintf(&b, "\n```text\n%s```\n", flags)
		}
		if cmd.Example != "" {
			fmt.Fprintf(&b, "\n```sh\n%s\n```\n", strings.TrimSpace(strings.ReplaceAll(cmd.Example, "\n  ", "\n")))
		}
	}
	goldentest.Compare(t, "../../docs/cli.md", b.String())
}

// The manual page has every command, and no line of it is taken for a command of roff that is
// none: each that begins with a dot is one of ours.
func TestManualPage(t *testing.T) {
	root := cli{strings.NewReader(""), io.Discard, io.Discard, &screen{}}.root()
	page := manPage(root)
	for _, cmd := range reference(root) {
		if !strings.Contains(page, ".B "+roff(cmd.UseLine())+"\n") {
			t.Errorf("%s is not in the page", cmd.CommandPath())
		}
	}
	for line := range strings.Lines(page) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(line, ".") && !strings.Contains(" .TH .SH .SS .B .PP .nf .fi ", " "+word+" ") {
			t.Errorf("a line that roff does not know: %q", line)
		}
	}
	if roff(".x -y\\") != `\&.x \-y\e` {
		t.Errorf("%q", roff(".x -y\\"))
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Log("groff is not here; what it would say of the language is said above")
		return
	}
	var warnings bytes.Buffer
	cmd := exec.Command(groff, "-man", "-ww", "-Tascii")
	cmd.Stdin, cmd.Stderr = strings.NewReader(page), &warnings
	if err := cmd.Run(); err != nil || strings.Contains(warnings.String(), "macro") {
		t.Errorf("%v\n%s", err, &warnings)
	}
}
