package goldentest

import (
	"fmt"
	"strings"
)

// least is how many lines have to stand somewhere already to be referred to.
const least = 6

// memory is every text of a corpus so far, with a line between two of them that is in
// neither.
type memory struct {
	lines []placed
	// seen is where each run of least lines stands, by its text without the margin that
	// all of it shares.
	seen map[string][]int
}

// placed is a line and the text that it belongs to.
type placed struct {
	line  string
	name  string
	first int // where the text begins in memory
}

// fold adds a text, and returns it with what stands in the corpus already, at whatever
// margin, replaced by references.
func (m *memory) fold(name string, lines []string) []string {
	start := len(m.lines)
	var folded []string
	indexed := 0
	for i := 0; i < len(lines); {
		// What lies before i may be referred to.
		for ; indexed < i; indexed++ {
			m.add(placed{lines[indexed], name, start})
		}
		at, n, shift := m.longest(lines[i:])
		if n < least {
			folded = append(folded, lines[i])
			i++
			continue
		}
		folded = append(folded, m.reference(at, n, shift, lines[i]))
		i += n
	}
	for ; indexed < len(lines); indexed++ {
		m.add(placed{lines[indexed], name, start})
	}
	m.lines = append(m.lines, placed{line: "\x00"})
	return folded
}

// add appends a line, and finds runs that end with it.
func (m *memory) add(p placed) {
	m.lines = append(m.lines, p)
	at := len(m.lines) - least
	if at < p.first {
		return
	}
	run := make([]string, least)
	for i := range run {
		run[i] = m.lines[at+i].line
	}
	key := runKey(run)
	m.seen[key] = append(m.seen[key], at)
}

// runKey is the same for runs that differ only in a margin that all their lines share.
func runKey(run []string) string {
	margin := marginOf(run[0])
	var b strings.Builder
	for _, line := range run {
		rest, ok := strings.CutPrefix(line, margin)
		if !ok && line != "" {
			rest = fmt.Sprintf("\x00%d %s", len(margin)-len(marginOf(line)), strings.TrimLeft(line, " "))
		}
		b.WriteString(rest + "\n")
	}
	return b.String()
}

func marginOf(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " "))]
}

// longest is where the longest run that lines begin with stands first, its length, and
// how many columns further in lines are.
func (m *memory) longest(lines []string) (at, n, shift int) {
	if len(lines) < least {
		return 0, 0, 0
	}
	for _, start := range m.seen[runKey(lines[:least])] {
		further := len(marginOf(lines[0])) - len(marginOf(m.lines[start].line))
		if k := m.common(start, further, lines); k > n {
			at, n, shift = start, k, further
		}
	}
	return at, n, shift
}

// common is how many lines are the same as those from start.
func (m *memory) common(start, shift int, lines []string) int {
	n := 0
	for n < len(lines) && start+n < len(m.lines) && same(m.lines[start+n].line, lines[n], shift) {
		n++
	}
	return n
}

// same reports whether line is old, shift columns further in.
func same(old, line string, shift int) bool {
	if old == "" || line == "" {
		return old == line
	}
	return strings.TrimLeft(old, " ") == strings.TrimLeft(line, " ") &&
		len(marginOf(line))-len(marginOf(old)) == shift
}

// reference says where n lines stand in words that do not change with what stands
// around them.
func (m *memory) reference(at, n, shift int, line string) string {
	p := m.lines[at]
	first := strings.TrimLeft(p.line, " ")
	ordinal := 0
	for i := p.first; i <= at; i++ {
		if strings.TrimLeft(m.lines[i].line, " ") == first {
			ordinal++
		}
	}
	which := ""
	if ordinal > 1 {
		which = fmt.Sprintf(", no. %d", ordinal)
	}
	if shift != 0 {
		which += fmt.Sprintf(", %+d columns", shift)
	}
	return fmt.Sprintf("%s%s%d lines of %s from %q%s", marginOf(line), mark, n, p.name, first, which)
}
