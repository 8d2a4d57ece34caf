package change

import (
	"fmt"
	"slices"
	"strings"
)

// few is how many values, or changes of a kind, are told before the others are counted.
const few = 6

// Text tells a comparison to a reader at a terminal: what changes, by kind, then the phases. It
// is empty where nothing does, and nothing is unknown. Commands are told by Markdown and JSON, and by STEPS.md of each
// phase's tree.
func (c *Comparison) Text() string {
	var b strings.Builder
	if len(c.Phases) > 0 {
		fmt.Fprintf(&b, "%s: %s\n\n", c.Topology, c.headline())
	}
	kind := Kind("")
	for _, g := range short(c.Changes) {
		label := ""
		if g.kind != kind {
			kind, label = g.kind, string(g.kind)
		}
		fmt.Fprintf(&b, "%-10s%s\n", label, g.line)
	}
	for i := range c.Phases {
		b.WriteString("\n" + c.Phases[i].text())
	}
	for i, u := range c.Unknown {
		if i == 0 && b.Len() > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "? %s\n", u)
	}
	return b.String()
}

// headline counts what changes, and says the worst.
func (c *Comparison) headline() string {
	phases := "one phase"
	if n := len(c.Phases); n > 1 {
		phases = fmt.Sprintf("%d phases", n)
	}
	return fmt.Sprintf("%s, %s", phases, c.worst())
}

// worst is the longest silence of a restart in any phase.
func (c *Comparison) worst() string {
	var most float64
	var unmeasured []string
	any := false
	for _, p := range c.Phases {
		for _, r := range p.Restarts {
			any = true
			if !r.Silence.Known() {
				unmeasured = append(unmeasured, r.Region)
			}
			most = max(most, r.Silence.Most)
		}
	}
	unmeasured = without(unmeasured, nil)
	switch {
	case !any:
		return "no gateway restarts"
	case len(unmeasured) > 0 && most > 0:
		return fmt.Sprintf("flows stand still for %.1f s at most, but for %s, where nobody has measured it", most, some(unmeasured))
	case len(unmeasured) > 0:
		return "for how long flows of " + some(unmeasured) + " stand still nobody has measured"
	}
	return fmt.Sprintf("flows stand still for %.1f s at most, at each restart", most)
}

// line is a change in one line.
type line struct {
	kind Kind
	line string
}

// short spells changes, and counts those of a kind that are too many.
func short(list []Change) []line {
	var lines []line
	for i := 0; i < len(list); {
		n := i
		for n < len(list) && list[n].Kind == list[i].Kind {
			n++
		}
		for j, c := range list[i:n] {
			if j == few && n-i > few+1 {
				lines = append(lines, line{c.Kind, fmt.Sprintf("  and %d more", n-i-few)})
				break
			}
			lines = append(lines, line{c.Kind, c.String()})
		}
		i = n
	}
	return lines
}

// String is the change in one line: "~ gpu-dc: + pods 10.144.0.0/20 - pods 10.142.0.0/20".
func (c Change) String() string {
	var parts []string
	single := len(c.Gained) == 1 && len(c.Lost) == 1 && c.Kind == Settings
	switch {
	case single:
		parts = append(parts, c.Lost[0]+" -> "+c.Gained[0])
	case c.Kind == Restarts || c.Kind == Hosts:
		parts = append(parts, some(without(append(c.Gained[:len(c.Gained):len(c.Gained)], c.Lost...), nil)))
	case c.Op == Altered || c.Op == Held && len(c.Gained) > 0:
		if len(c.Gained) > 0 {
			parts = append(parts, "+ "+some(c.Gained))
		}
		if len(c.Lost) > 0 {
			parts = append(parts, "- "+some(c.Lost))
		}
	case c.Kind == Policy:
		all := append(c.Gained[:len(c.Gained):len(c.Gained)], c.Lost...)
		if len(all) > 2 {
			all = append(all[:2:2], fmt.Sprintf("and %d more", len(all)-2))
		}
		parts = append(parts, strings.Join(all, ", "))
	default:
		parts = append(parts, some(append(c.Gained[:len(c.Gained):len(c.Gained)], c.Lost...)))
	}
	if len(c.Gained)+len(c.Lost) == 0 {
		parts = []string{c.Note}
	} else if c.Kind == Restarts {
		parts = []string{strings.Join(c.Gained, ", ") + " (" + c.Note + ")"}
	} else if c.Note != "" {
		parts[len(parts)-1] += ": " + c.Note
	}
	return string(c.Op) + " " + some(c.Subjects) + ": " + strings.Join(parts, "  ")
}

// some names the first of many.
func some(list []string) string {
	if len(list) <= few+1 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
}

func (p *Phase) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "phase %d: %s\n", p.Number, p.Title)
	if p.Note != "" {
		labelled(&b, "note", p.Note)
	}
	for _, s := range p.silences() {
		labelled(&b, "still", s)
	}
	labelled(&b, "do", titles(p.Do))
	labelled(&b, "undo", p.undone())
	return b.String()
}

// undone says how a phase is taken back: mostly by its own steps in the opposite order.
func (p *Phase) undone() string {
	own := map[string]bool{}
	for _, a := range p.Do {
		own[a.Title] = true
	}
	rest := slices.DeleteFunc(slices.Clone(p.Undo), func(a Action) bool { return own[a.Title] })
	if len(rest) == len(p.Undo) {
		return titles(p.Undo)
	}
	return titles(rest) + "; then the same steps in the opposite order"
}

// titles are those of actions, the first ones of many.
func titles(list []Action) string {
	const most = 12
	var all []string
	for _, a := range list {
		all = append(all, a.Title)
	}
	if len(all) > most {
		all = append(all[:most-1:most-1], fmt.Sprintf("and %d more, as STEPS.md of the phase has them", len(all)-most+1))
	}
	return strings.Join(all, "; ")
}

// labelled writes a paragraph of lines of 100 characters at most, if words allow.
func labelled(b *strings.Builder, label, text string) {
	const width = 100
	line := fmt.Sprintf("  %-6s", label)
	for i, word := range strings.Fields(text) {
		if i > 0 && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", 8)
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// figures are known ones in words.
func (s Silence) figures() string {
	return fmt.Sprintf("%.1f to %.1f s each time (%s)", s.Least, s.Most, s.Measured)
}

// silences say for how long flows of which regions stand still.
func (p *Phase) silences() []string {
	regions := map[string][]string{}
	var order []string
	for _, r := range p.Restarts {
		said := "not measured: " + r.Silence.Why
		if r.Silence.Known() {
			said = r.Silence.figures()
		}
		if regions[said] == nil {
			order = append(order, said)
		}
		regions[said] = append(regions[said], r.Region)
	}
	var list []string
	if len(p.Restarts) == 0 && slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Kind == Hosts && c.Op == Altered }) {
		list = append(list, "no gateway restarts; where hosts replace their routes "+p.Silence().figures())
	}
	for _, said := range order {
		list = append(list, some(regions[said])+": "+said)
	}
	return list
}
