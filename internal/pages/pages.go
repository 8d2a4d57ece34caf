// Package pages reads the commands that a page of Markdown tells its readers to run, and runs
// them as a reader would: one after the other, in one shell. It is for tests and for the
// programs that prove a page.
//
// A fence "sh" holds commands, one a line; a here document, and a line that ends in a
// backslash, go on. A fence "console" holds lines that begin with "$ ", each above what it
// prints; there a line "..." stands for any number of lines. A comment after a command, three
// blanks or more before it, may say "exits with N".
package pages

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Command is one of a page.
type Command struct {
	Line int    // in the page, from 1
	Text string // without its comment
	Exit int    // what it exits with, as the page says
	// Shown reports whether the page shows what it prints, which is Want.
	Shown bool
	Want  []string

	margin string // before each line of its block, as in a list
}

// comment is one as pages write it: a line of its own, or behind three blanks.
var comment = regexp.MustCompile(`(^| {3})# (.*)$`)

var (
	exits = regexp.MustCompile(`exits with ([0-9]+)`)
	here  = regexp.MustCompile(`<<-?'?([A-Z]+)'?`)
)

// Read returns the commands of a page in their order.
func Read(markdown string) []Command {
	var list []Command
	lines := strings.Split(markdown, "\n")
	for i := 0; i < len(lines); i++ {
		language, ok := strings.CutPrefix(strings.TrimSpace(lines[i]), "```")
		if !ok {
			continue
		}
		margin := lines[i][:strings.Index(lines[i], "```")]
		end := i + 1
		for end < len(lines) && strings.TrimSpace(lines[end]) != "```" {
			lines[end] = strings.TrimPrefix(lines[end], margin)
			end++
		}
		switch language {
		case "sh":
			list = append(list, commands(lines[i+1:end], i+2)...)
		case "console":
			list = append(list, conversation(lines[i+1:end], i+2, margin)...)
		}
		i = end
	}
	return list
}

// commands are those of a block that begins in a line of the page.
func commands(block []string, first int) []Command {
	var list []Command
	for i := 0; i < len(block); i++ {
		c := command(block[i], first+i)
		if m := here.FindStringSubmatch(c.Text); m != nil {
			for i++; i < len(block); i++ {
				c.Text += "\n" + block[i]
				if block[i] == m[1] {
					break
				}
			}
		}
		for strings.HasSuffix(c.Text, `\`) && i+1 < len(block) {
			i++
			c.Text += "\n" + block[i]
		}
		if c.Text != "" {
			list = append(list, c)
		}
	}
	return list
}

func command(line string, number int) Command {
	c := Command{Line: number, Text: strings.TrimSpace(comment.ReplaceAllString(line, ""))}
	if m := comment.FindStringSubmatch(line); m != nil {
		if code := exits.FindStringSubmatch(m[2]); code != nil {
			c.Exit, _ = strconv.Atoi(code[1])
		}
	}
	return c
}

// conversation are commands behind "$ ", each with what it prints.
func conversation(block []string, first int, margin string) []Command {
	var list []Command
	for i, line := range block {
		if said, ok := strings.CutPrefix(line, "$ "); ok {
			c := command(said, first+i)
			c.Shown, c.margin = true, margin
			list = append(list, c)
		} else if n := len(list); n > 0 {
			list[n-1].Want = append(list[n-1].Want, line)
		}
	}
	return list
}

// Matches reports whether the command printed what the page shows.
func (c Command) Matches(output string) bool {
	if !c.Shown {
		return true
	}
	return matches(c.Want, printed(output))
}

func printed(output string) []string {
	if output == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(output, "\n"), "\n")
}

func matches(want, got []string) bool {
	for i, line := range want {
		if line == "..." {
			for skip := range len(got) - i + 1 {
				if matches(want[i+1:], got[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(got) || got[i] != line {
			return false
		}
	}
	return len(got) == len(want)
}

// Corrected is the page with what commands print now, where it shows something else. What is
// left out by "..." stays so: there the page is for somebody to mend.
func Corrected(markdown string, results []Result) string {
	lines := strings.Split(markdown, "\n")
	for _, r := range slices.Backward(results) {
		if r.Matches(r.Output) || slices.Contains(r.Want, "...") {
			continue
		}
		shown := printed(r.Output)
		for i, line := range shown {
			if line != "" {
				shown[i] = r.margin + line
			}
		}
		lines = slices.Replace(lines, r.Line, r.Line+len(r.Want), shown...)
	}
	return strings.Join(lines, "\n")
}

// Needs reads a list of commands that cannot run everywhere: sections "== REASON", each with
// commands as pages have them, one a line; blank lines, and those that begin with "# ", are for
// its reader. It is an error where a command stands there twice, or before a reason.
func Needs(list string) (map[string]string, error) {
	needs, reason := map[string]string{}, ""
	lines := strings.Split(list, "\n")
	for i := 0; i < len(lines); i++ {
		if r, ok := strings.CutPrefix(lines[i], "== "); ok {
			reason = r
			continue
		}
		if lines[i] == "" || strings.HasPrefix(lines[i], "# ") {
			continue
		}
		start := i
		for strings.HasSuffix(lines[i], `\`) && i+1 < len(lines) {
			i++
		}
		text := strings.Join(lines[start:i+1], "\n")
		if needs[text] != "" || reason == "" {
			return nil, fmt.Errorf("line %d: %q has no reason, or another one above: %s", start+1, text, needs[text])
		}
		needs[text] = reason
	}
	return needs, nil
}
