package graph

import (
	"bytes"
	"fmt"
	"strings"
)

// Mermaid is the picture as a flowchart, for pages that draw one from its text (Markdown at
// GitHub and GitLab).
func Mermaid(p Picture) []byte {
	var b bytes.Buffer
	b.WriteString("flowchart LR\n")
	fmt.Fprintf(&b, "  tailnet([\"%s\"])\n", mermaidLines(p.Tailnet))
	for i := range p.Nodes {
		n := &p.Nodes[i]
		fmt.Fprintf(&b, "  subgraph r%d[\"%s\"]\n", i, mermaidLines([]string{n.Region}))
		fmt.Fprintf(&b, "    r%dp[\"%s\"]\n", i, mermaidLines(n.lines()))
		for j, g := range n.Gateways {
			fmt.Fprintf(&b, "    r%dg%d[\"%s\"]\n", i, j, mermaidLines(g.lines(j)))
		}
		b.WriteString("  end\n")
	}
	for i := range p.Nodes {
		if i%2 == 0 {
			fmt.Fprintf(&b, "  r%d --- tailnet\n", i)
		} else {
			fmt.Fprintf(&b, "  tailnet --- r%d\n", i)
		}
	}
	for _, e := range p.Edges {
		fmt.Fprintf(&b, "  r%d -. \"%s\" .- r%d\n", e.From, mermaidLines([]string{e.label()}), e.To)
	}
	return b.Bytes()
}

// mermaidLines are the words of a label. All but letters, digits and what is harmless is
// written as a number (mermaid 12.3.0, docs: flowchart, entity codes).
func mermaidLines(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		for _, c := range printable(line) {
			if c < 128 && !strings.ContainsRune(" .,:/-", c) && !alphanumeric(c) || c == '\u2028' || c == '\u2029' {
				fmt.Fprintf(&b, "#%d;", c)
				continue
			}
			b.WriteRune(c)
		}
	}
	return b.String()
}

func alphanumeric(c rune) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// lines say what a region is, for forms without places.
func (n *Node) lines() []string {
	lines := []string{n.Provider, n.Kind}
	for _, r := range n.Rows {
		lines = append(lines, r.Label+" "+strings.Join(some(r.Values), ", "))
	}
	return append(lines, n.counts(), n.Hops)
}

// lines say what the i-th gateway is.
func (g *Gateway) lines(i int) []string {
	lines := []string{fmt.Sprintf("%d: %s", i+1, g.Name), g.Address}
	if g.Public != "" {
		lines = append(lines, "public "+g.Public)
	}
	return lines
}

// some are the first of many.
func some(values []string) []string {
	if rest := len(values) - mostValues; rest > 1 {
		return append(values[:mostValues:mostValues], fmt.Sprintf("and %d more", rest))
	}
	return values
}
