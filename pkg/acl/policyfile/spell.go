package policyfile

import (
	"bytes"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
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
// indented.
func (st style) spell(m mark, s acl.Section, indent string, comma, inline bool) string {
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
func (st style) items(s acl.Section, comma bool) []string {
	if len(s.Members) == 0 {
		return nil
	}
	v := s.HuJSON()
	lastOf(&v).AfterExtra = hujson.Extra{} // hujson keeps trailing commas where one stands
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

// indented writes a line that hujson indented with tabs in the file's own way.
func (st style) indented(line, indent string) string {
	text := strings.TrimLeft(line, "\t")
	return indent + strings.Repeat(st.unit, len(line)-len(text)) + text
}

// minimal is a value without blanks and comments, for comparison.
func minimal(v *hujson.Value) string {
	return string(appendMinimal(nil, v))
}

func appendMinimal(b []byte, v *hujson.Value) []byte {
	switch c := v.Value.(type) {
	case hujson.Literal:
		return append(b, c...)
	case *hujson.Object:
		b = append(b, '{')
		for i := range c.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendMinimal(b, &c.Members[i].Name), ':')
			b = appendMinimal(b, &c.Members[i].Value)
		}
		return append(b, '}')
	case *hujson.Array:
		b = append(b, '[')
		for i := range c.Elements {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendMinimal(b, &c.Elements[i])
		}
		return append(b, ']')
	}
	return b
}
