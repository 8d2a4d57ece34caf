package policyfile

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/tailscale/hujson"
)

// Remove takes out of the policy file what Merge has put there for the topology of
// that name, and the sections that it had added for it.
func Remove(owner string, f *File) ([]byte, diag.List) {
	m := &merger{mark: mark{owner}, file: f, src: f.Bytes(), policy: &acl.Policy{}}
	m.parse()
	if m.widen() != nil {
		return f.Bytes(), m.list
	}
	// Last in, first out: each section leaves the commas and blanks that it found.
	for _, s := range slices.Backward(m.policy.Sections()) {
		m.section(s)
	}
	if m.list.Count(diag.Error) > 0 {
		f.Locate(m.list)
		return f.Bytes(), m.list
	}
	return m.src, m.list
}

// remove takes the block out, and the section with it where it had been added for
// ours and holds nothing else.
func (m *merger) remove(s acl.Section, b *box, found block) {
	last := !m.followed(b, found)
	previous := -1
	for i, it := range b.items {
		if it.end < found.begin.start {
			previous = i
		}
	}
	comma := -1
	if last && previous >= 0 && !b.trailingComma() {
		comma = b.comma(previous + 1)
	}
	m.cut(found.begin.start, found.end.end, previous >= 0)
	if comma >= 0 {
		m.splice(comma, comma+1, "")
	}
	m.parse()
	m.removeSection(s.Path)
}

// cut takes a part of the text out, with the line or the blank that led to it.
func (m *merger) cut(start, end int, behindItem bool) {
	at := start
	for at > 0 && (m.src[at-1] == ' ' || m.src[at-1] == '\t') {
		at--
	}
	switch {
	case at > 0 && m.src[at-1] == '\n':
		start = at - 1
		if start > 0 && m.src[start-1] == '\r' {
			start--
		}
	case behindItem && start > 0 && m.src[start-1] == ' ':
		start--
	case !behindItem && inlineMark().Match(m.src[end:]):
		end++ // what follows comes first now, where nothing leads to it
	}
	m.splice(start, end, "")
}

// inlineMark is the mark of somebody else, and the blank that leads to it.
var inlineMark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ /\* (?:>>>|section added by) kustomize-hybrid `) })

// removeSection removes the outermost container on the path that was added by us and
// is empty now. One that others still need goes over to one of them: whoever leaves last
// takes it along.
func (m *merger) removeSection(path []string) {
	v := &m.root
	for i, name := range path {
		b := newBox(m.src, v)
		at := slices.IndexFunc(b.items, func(it item) bool { return strings.EqualFold(it.name, name) })
		if at < 0 {
			return
		}
		if t, ok := b.added(at, m.mark.owner); ok {
			gone := empty(b.items[at].value, path[i+1:])
			switch heir := m.heir(b.items[at], path, gone); {
			case heir == m.mark.owner:
				return
			case heir != "":
				m.splice(t.start, t.end, m.style.lineOrBlock(mark{heir}.section(), !t.line))
				return
			case gone:
				m.removeItem(b, at, t)
				return
			}
		}
		v = b.items[at].value
	}
}

// owners are the topologies that marks name.
var owners = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:>>>|section added by) kustomize-hybrid (\S+)`) })

// heir is the topology to whom a section goes that ours had added: one that has something
// in it, or, of the file's only rules, anyone, since without them everybody may do
// everything. It is ours where the section has to stay for us, and "" where there is none.
func (m *merger) heir(section item, path []string, gone bool) string {
	text := m.src[section.start:section.end]
	switch {
	case gone && !m.onlyRules(path[0]):
		return ""
	case gone && m.policy.HasRules:
		return m.mark.owner
	case gone:
		text = m.src
	}
	for _, found := range owners().FindAllSubmatch(text, -1) {
		if owner := string(found[1]); owner != m.mark.owner {
			return owner
		}
	}
	return ""
}

// onlyRules reports whether a section is the only one of the file that has rules.
func (m *merger) onlyRules(section string) bool {
	other, isRules := map[string]string{"grants": "acls", "acls": "grants"}[section]
	if !isRules {
		return false
	}
	_, rest, err := m.find([]string{other})
	return err != nil || len(rest) > 0
}

// empty reports whether nothing stands in the container but the way to the section.
func empty(v *hujson.Value, path []string) bool {
	switch c := v.Value.(type) {
	case *hujson.Array:
		return len(c.Elements) == 0
	case *hujson.Object:
		if len(path) == 0 || len(c.Members) == 0 {
			return len(c.Members) == 0
		}
		return len(c.Members) == 1 && strings.EqualFold(unquoted(c.Members[0].Name.Value.(hujson.Literal)), path[0]) &&
			empty(&c.Members[0].Value, path[1:])
	}
	return false
}

// removeItem takes an item out, from its mark on, with its comma or the one before.
func (m *merger) removeItem(b *box, i int, from token) {
	end := b.items[i].end
	if comma := b.comma(i + 1); comma >= 0 {
		end = comma + 1
	} else if i > 0 {
		if before := b.comma(i); before >= 0 {
			m.cut(from.start, end, true)
			m.splice(before, before+1, "")
			return
		}
	}
	m.cut(from.start, end, i > 0)
}
