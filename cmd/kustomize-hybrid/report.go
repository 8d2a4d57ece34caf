package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// report prints findings as text to standard error, in colour on a terminal, and
// returns errFindings where one of them is an error.
func (c cli) report(list diag.List) error {
	var text bytes.Buffer
	if err := diag.WriteText(&text, list.Shown()); err != nil {
		return err
	}
	out := text.String()
	if isTerminal(c.err) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		out = paint.Replace(out)
	}
	if _, err := io.WriteString(c.err, out); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return findingsError(list)
}

// paint colours the severity of a finding: red, yellow.
var paint = strings.NewReplacer(
	": error: ", ": \x1b[31merror\x1b[0m: ",
	": warning: ", ": \x1b[33mwarning\x1b[0m: ",
)

// write reports findings: text to standard error, other formats to standard output.
func (c cli) write(list diag.List, format string) error {
	if format == "text" {
		return c.report(list)
	}
	if err := diag.Write(c.out, format, list.Shown()); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return findingsError(list)
}

// findingsError is errFindings where a finding is an error.
func findingsError(list diag.List) error {
	if list.Count(diag.Error) > 0 {
		return errFindings
	}
	return nil
}

// print writes a result to standard output.
func (c cli) print(text []byte) error {
	if _, err := c.out.Write(text); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}
