package policyfile

import (
	"bytes"
	"iter"
	"unicode/utf8"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/tailscale/hujson"
)

// members walks an object in its order, notes where each member stands, and reports
// names that occur twice: hujson takes them, and the service keeps only the last.
func (d *decoder) members(path string, v *hujson.Value) iter.Seq2[string, *hujson.Value] {
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		d.wrong(path, v, "an object")
		return func(func(string, *hujson.Value) bool) {}
	}
	return func(yield func(string, *hujson.Value) bool) {
		var seen names
		for i := range o.Members {
			m := &o.Members[i]
			name := unquoted(m.Name.Value.(hujson.Literal))
			sub := d.field(path, name)
			if first, ok := seen.add(name, m.Name.StartOffset, len(o.Members)); ok {
				x := d.list.Errorf(CodeDuplicate, sub, "%q appears twice in the same object, and only the last one counts", name).
					Fix("merge the two")
				x.Pos = d.file.position(m.Name.StartOffset)
				x.Related = []diag.Related{{Path: sub, Pos: d.file.position(first), Message: "the first one is here"}}
				continue
			}
			d.note(sub, m.Name.StartOffset)
			if !yield(name, &m.Value) {
				return
			}
		}
	}
}

// count is how many members an object has.
func count(v *hujson.Value) int {
	if o, ok := v.Value.(*hujson.Object); ok {
		return len(o.Members)
	}
	return 0
}

// names are those of an object's members, and where each stands first. Most objects are rules
// with a few, for which a map costs more than it saves.
type names struct {
	few  [6]string
	at   [6]int
	n    int
	many map[string]int
}

// add notes a name of that many, or returns where it stands already.
func (s *names) add(name string, offset, of int) (first int, twice bool) {
	if of > len(s.few) {
		if s.many == nil {
			s.many = make(map[string]int, of)
		}
		if first, twice = s.many[name]; !twice {
			s.many[name] = offset
		}
		return first, twice
	}
	for i, other := range s.few[:s.n] {
		if other == name {
			return s.at[i], true
		}
	}
	s.few[s.n], s.at[s.n] = name, offset
	s.n++
	return 0, false
}

// each reads a list of objects.
func each[T any](d *decoder, path string, v *hujson.Value, read func(string, *hujson.Value) T) []T {
	a, ok := v.Value.(*hujson.Array)
	if !ok {
		d.wrong(path, v, "a list")
		return nil
	}
	list := make([]T, len(a.Elements))
	for i := range a.Elements {
		sub := d.index(path, i)
		d.note(sub, a.Elements[i].StartOffset)
		list[i] = read(sub, &a.Elements[i])
	}
	return list
}

// strings reads a list of strings.
func (d *decoder) strings(path string, v *hujson.Value) []string {
	list := each(d, path, v, d.text)
	if list == nil && v.Value.Kind() == '[' {
		return []string{}
	}
	return list
}

func (d *decoder) text(path string, v *hujson.Value) string {
	l, ok := v.Value.(hujson.Literal)
	if !ok || l.Kind() != '"' {
		d.wrong(path, v, "a string")
		return ""
	}
	return unquoted(l)
}

// unquoted is what a string says, as hujson has it, and sooner where nothing is escaped.
func unquoted(l hujson.Literal) string {
	if inner := l[1 : len(l)-1]; utf8.Valid(inner) && bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	return l.String()
}

func (d *decoder) boolean(path string, v *hujson.Value) bool {
	l, ok := v.Value.(hujson.Literal)
	if !ok || l.Kind() != 't' && l.Kind() != 'f' {
		d.wrong(path, v, "true or false")
		return false
	}
	return l.Bool()
}

func (d *decoder) wrong(path string, v *hujson.Value, want string) {
	if v.Value.Kind() == 'n' {
		return // null is the same as leaving it out
	}
	d.list.Errorf(CodeType, path, "%s stands where %s belongs", kindName(v.Value.Kind()), want).
		Fix("write %s", want).Pos = d.file.position(v.StartOffset)
}
