package acl

import (
	"bytes"
	"strings"

	"github.com/tailscale/hujson"
)

// style is how the file is written.
type style struct {
	unit, eol string
	commas    bool // behind the last item, too
}

// styleOf reads the style off the file. Where nothing shows whether it has trailing
// commas, it gets them, as the service writes them.
func styleOf(src []byte, root *hujson.Value) style {
	with, without := false, false
	for v := range root.All() {
		last := lastOf(v)
		if last == nil {
			continue
		}
		with = with || last.AfterExtra != nil
		without = without || last.AfterExtra == nil && bytes.Contains(src[last.EndOffset:v.EndOffset], []byte("\n"))
	}
	return style{unit: unit(src), eol: eol(src), commas: with || !without}
}

// lastOf is the last value in a container, or nil.
func lastOf(v *hujson.Value) *hujson.Value {
	switch c := v.Value.(type) {
	case *hujson.Object:
		if n := len(c.Members); n > 0 {
			return &c.Members[n-1].Value
		}
	case *hujson.Array:
		if n := len(c.Elements); n > 0 {
			return &c.Elements[n-1]
		}
	}
	return nil
}

// spell writes the block of a section: our marks, comments and items, each line
// indented. closing is the text before the end mark.
func (st style) spell(m mark, s section, indent string, comma, inline bool) string {
	lines := st.items(s, comma)
	var b strings.Builder
	if inline {
		b.WriteString("/* " + m.begin() + " */")
	} else {
		b.WriteString("// " + m.begin())
	}
	for _, line := range lines {
		b.WriteString(st.eol + st.indented(line, indent))
	}
	b.WriteString(st.eol)
	if inline {
		b.WriteString(strings.TrimSuffix(indent, st.unit) + "/* " + m.end() + " */")
	} else {
		b.WriteString(indent + "// " + m.end())
	}
	return b.String()
}

// items are the lines of the section's items, laid out as hujson lays them out, with
// tabs, and with a comma behind the last one where it is wanted.
func (st style) items(s section, comma bool) []string {
	if len(s.members) == 0 {
		return nil
	}
	v, err := hujson.Parse(s.synthetic())
	if err != nil {
		panic("acl: " + err.Error()) // unreachable: synthetic writes HuJSON
	}
	expand(&v, 1)
	s.comment(&v)
	v.Format()
	for inner := range v.All() {
		if last := lastOf(inner); last != nil && !st.commas {
			last.AfterExtra = nil
		}
	}
	if lastOf(&v).AfterExtra = nil; comma {
		lastOf(&v).AfterExtra = hujson.Extra{}
	}
	text := strings.TrimSpace(string(v.Pack()))
	lines := strings.Split(text, "\n")
	lines = lines[1 : len(lines)-1]
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	return lines
}

// synthetic is the section's items alone in a container.
func (s section) synthetic() []byte {
	flat := section{path: s.path[len(s.path)-1:], isList: s.isList, members: s.members}
	return marshal(flat.value())
}

// comment puts the members' comments before them. One comment at least makes it
// HuJSON, which hujson writes with trailing commas.
func (s section) comment(v *hujson.Value) {
	for i, m := range s.members {
		extra := hujson.Extra("\n")
		if m.comment != "" {
			extra = hujson.Extra("\n// " + m.comment + "\n")
		}
		switch c := v.Value.(type) {
		case *hujson.Object:
			c.Members[i].Name.BeforeExtra = extra
		case *hujson.Array:
			c.Elements[i].BeforeExtra = extra
		}
	}
	lastOf(v).AfterExtra = hujson.Extra{}
}

// indented writes a line that hujson indented with tabs in the file's own way.
func (st style) indented(line, indent string) string {
	text := strings.TrimLeft(line, "\t")
	return indent + strings.Repeat(st.unit, len(line)-len(text)) + text
}

// minimal is a value without blanks and comments, for comparison.
func minimal(v *hujson.Value) string {
	out, err := hujson.Minimize(bytes.Clone(v.Pack()))
	if err != nil {
		return string(v.Pack())
	}
	return string(out)
}
