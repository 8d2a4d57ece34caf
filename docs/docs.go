// Package docs embeds the pages that the program itself shows: what `explain`
// prints is what docs/checks.md says.
package docs

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed checks.md
var checks string

//go:embed known-issues.md
var knownIssues string

// Codes lists every code that docs/checks.md explains, in its order.
func Codes() []string { return headings(checks) }

// KnownIssues lists every code that docs/known-issues.md explains, in its order.
func KnownIssues() []string { return headings(knownIssues) }

func headings(page string) []string {
	var codes []string
	for line := range strings.Lines(page) {
		if code, ok := heading(line); ok {
			codes = append(codes, code)
		}
	}
	return codes
}

// Explain returns the section about code, without its heading's mark-up, and
// whether there is one, in docs/checks.md or in docs/known-issues.md.
func Explain(code string) (string, bool) {
	if text, ok := explain(checks, code); ok {
		return text, true
	}
	return explain(knownIssues, code)
}

func explain(page, code string) (string, bool) {
	var section []string
	inside := false
	for line := range strings.Lines(page) {
		if c, ok := heading(line); ok {
			inside = c == code
			line = c + "\n"
		}
		if inside {
			section = append(section, line)
		}
	}
	text := strings.TrimRight(strings.Join(section, ""), "\n")
	return text + "\n", len(section) > 0
}

// Example is one executed example of a section: a file and what validate prints for it.
type Example struct {
	Code          string
	Input, Output string
}

// Examples returns the example of each section, in order: its first yaml fence and
// the first text fence after that. A section without both has none.
func Examples() []Example {
	var examples []Example
	for _, code := range Codes() {
		text, _ := Explain(code)
		input, rest, found := fence(text, "yaml")
		output, _, foundToo := fence(rest, "text")
		if found && foundToo {
			examples = append(examples, Example{code, input, output})
		}
	}
	return slices.Clip(examples)
}

// fence returns the first fenced block of the language, and what follows it.
func fence(text, language string) (block, rest string, ok bool) {
	_, after, ok := strings.Cut(text, "```"+language+"\n")
	if !ok {
		return "", text, false
	}
	return strings.Cut(after, "```\n")
}

// heading returns the code that a line "## code" names.
func heading(line string) (string, bool) {
	code, ok := strings.CutPrefix(strings.TrimSpace(line), "## ")
	return code, ok && !strings.ContainsAny(code, " \t")
}
