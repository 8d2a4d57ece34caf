package change

import (
	"fmt"
	"strings"
)

// Markdown tells a comparison in a pull request: the same as Text, with long lists and the
// commands folded away.
func (c *Comparison) Markdown() string {
	var b strings.Builder
	if len(c.Phases) == 0 {
		fmt.Fprintf(&b, "### %s: no change\n", c.Topology)
	} else {
		fmt.Fprintf(&b, "### %s: %s\n", c.Topology, c.headline())
	}
	for i := 0; i < len(c.Changes); {
		n := i
		for n < len(c.Changes) && c.Changes[n].Kind == c.Changes[i].Kind {
			n++
		}
		table(&b, c.Changes[i:n])
		i = n
	}
	for i := range c.Phases {
		c.Phases[i].markdown(&b)
	}
	for _, u := range c.Unknown {
		fmt.Fprintf(&b, "\n- ? %s\n", u)
	}
	return b.String()
}

// table lists changes of one kind in a fence that colours + and -.
func table(b *strings.Builder, list []Change) {
	long := len(list) > few
	if long {
		fmt.Fprintf(b, "\n<details><summary>%s: %d</summary>\n", list[0].Kind, len(list))
	} else {
		fmt.Fprintf(b, "\n**%s**\n", list[0].Kind)
	}
	b.WriteString("\n```diff\n")
	for _, c := range list {
		b.WriteString(c.String() + "\n")
	}
	b.WriteString("```\n")
	if long {
		b.WriteString("\n</details>\n")
	}
}

func (p *Phase) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n#### Phase %d: %s\n\n", p.Number, p.Title)
	if p.Note != "" {
		fmt.Fprintf(b, "- %s\n", p.Note)
	}
	silences := p.silences()
	if len(silences) == 0 {
		b.WriteString("- no gateway restarts\n")
	}
	for _, s := range silences {
		fmt.Fprintf(b, "- flows stand still in %s\n", s)
	}
	folded(b, "what to do", p.Do)
	folded(b, "what takes it back", p.Undo)
}

func folded(b *strings.Builder, summary string, list []Action) {
	fmt.Fprintf(b, "\n<details><summary>%s: %d steps</summary>\n\n```sh\n", summary, len(list))
	for _, a := range list {
		b.WriteString("# " + a.Title)
		if a.On != "" {
			b.WriteString(" (on " + a.On + ")")
		}
		b.WriteString("\n")
		for _, line := range a.Run {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString("```\n\n</details>\n")
}
