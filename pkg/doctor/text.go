package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

// lineLimit is how many characters of a captured line are shown.
const lineLimit = 160

// Text is the report for people: nothing where nothing is wrong and all is decided.
func (r Report) Text() string {
	var b strings.Builder
	for i := range r.Causes {
		if i > 0 {
			b.WriteString("\n")
		}
		r.Causes[i].text(&b, i+1)
	}
	if len(r.Causes) > 0 && len(r.Undecided) > 0 {
		b.WriteString("\n")
	}
	for _, u := range r.Undecided {
		fmt.Fprintf(&b, "undecided: %s\n", foreign.Line(u))
	}
	return b.String()
}

func (c *Cause) text(b *strings.Builder, number int) {
	fmt.Fprintf(b, "%d. ", number)
	if c.Host != "" {
		fmt.Fprintf(b, "%s: ", foreign.Line(c.Host))
	}
	fmt.Fprintf(b, "%s: %s [%s]\n", c.Severity, foreign.Line(c.Message), c.Code)
	for _, e := range c.Evidence {
		fmt.Fprintf(b, "     seen: %s", foreign.Line(e.place()))
		if e.Text != "" {
			fmt.Fprintf(b, ": %s", foreign.Cut(foreign.Line(e.Text), lineLimit))
		}
		b.WriteString("\n")
	}
	if c.Rendered.File != "" {
		fmt.Fprintf(b, "     wanted: %s\n", foreign.Line(c.Rendered.String()))
	}
	switch {
	case c.Path != "" && c.Pos.IsValid():
		fmt.Fprintf(b, "     topology: %s: %s\n", foreign.Line(c.Pos.String()), foreign.Line(c.Path))
	case c.Path != "":
		fmt.Fprintf(b, "     topology: %s\n", foreign.Line(c.Path))
	}
	if c.Fix != "" {
		fmt.Fprintf(b, "     fix: %s\n", foreign.Line(c.Fix))
	}
	if len(c.Consequences) > 0 {
		counts := map[string]int{}
		for _, f := range c.Consequences {
			where := string(f.Code)
			if f.Host != "" {
				where += " on " + f.Host
			}
			counts[where]++
		}
		fmt.Fprintf(b, "     follows from it: %s\n", foreign.Line(strings.Join(slices.Sorted(maps.Keys(counts)), ", ")))
	}
}
