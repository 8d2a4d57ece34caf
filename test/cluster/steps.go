package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// step is what a reader finds in STEPS.md below one heading.
type step struct {
	title string
	on    string // the host, or what the file says of several; empty for the desk
	run   []string
	works []string
	undo  []string
	needs string
}

var heading = regexp.MustCompile(`^### \d+\. (.*)$`)

// readSteps reads STEPS.md as a reader does: it knows nothing of how the file is made.
func readSteps(path string) ([]*step, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []*step
	var block *[]string // where the next block of commands belongs
	var s *step
	inside := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case inside && line == "```":
			inside = false
		case inside && block != nil:
			*block = append(*block, line)
		case line == "```sh":
			inside = true
		case heading.MatchString(line):
			s = &step{title: heading.FindStringSubmatch(line)[1]}
			block = &s.run
			all = append(all, s)
		case s == nil:
		case strings.HasPrefix(line, "On ") && s.on == "":
			s.on, _, _ = strings.Cut(strings.TrimPrefix(line, "On "), ".")
		case strings.HasPrefix(line, "It worked when"):
			block = &s.works
		case strings.HasPrefix(line, "To take it back"):
			block = &s.undo
		case strings.HasPrefix(line, "Needs "):
			s.needs = strings.TrimPrefix(line, "Needs ")
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no steps", path)
	}
	return all, nil
}

// filled puts what a reader fills in, words in capitals, in place.
func filled(lines []string, words map[string]string) string {
	text := strings.Join(lines, "\n")
	for word, value := range words {
		text = regexp.MustCompile(`\b`+word+`\b`).ReplaceAllLiteralString(text, value)
	}
	return text
}
