package graph

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// Dot is the picture in the language of Graphviz: `dot -Tsvg`.
func Dot(p Picture) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "graph %s {\n", dotQuote(p.Name))
	b.WriteString("  graph [rankdir=LR, ranksep=1.2, fontname=Helvetica];\n" +
		"  node [shape=box, fontname=Helvetica, fontsize=11, margin=\"0.15,0.1\"];\n" +
		"  edge [fontname=Helvetica, fontsize=10];\n")
	fmt.Fprintf(&b, "  tailnet [shape=ellipse, label=%s];\n", dotQuote(strings.Join(p.Tailnet, "\n")))
	for i := range p.Nodes {
		n := &p.Nodes[i]
		lines := append([]string{n.Region}, n.lines()...)
		for j, g := range n.Gateways {
			lines = append(lines, strings.Join(g.lines(j), ", "))
		}
		fmt.Fprintf(&b, "  r%d [label=%s];\n", i, dotLabel(lines))
	}
	for i := range p.Nodes {
		if i%2 == 0 {
			fmt.Fprintf(&b, "  r%d -- tailnet;\n", i)
		} else {
			fmt.Fprintf(&b, "  tailnet -- r%d;\n", i)
		}
	}
	for _, e := range p.Edges {
		fmt.Fprintf(&b, "  r%d -- r%d [style=dashed, constraint=false, label=%s];\n", e.From, e.To, dotQuote(e.label()))
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// dotLabel has its lines to the left.
func dotLabel(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		quoted := dotQuote(line)
		b.WriteString(quoted[1:len(quoted)-1] + `\l`)
	}
	return `"` + b.String() + `"`
}

// dotQuote is a string of the language: escString, whose backslashes and entities mean something, too.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "&", "&amp;").Replace(printable(s)) + `"`
}

// printable has U+FFFD where a tool would stumble: control characters and what is not UTF-8.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\n' && unicode.IsControl(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}
