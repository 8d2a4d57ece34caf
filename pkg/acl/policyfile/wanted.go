package policyfile

import (
	"bytes"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/tailscale/hujson"
)

// wanted is what the section still lacks beside the file's own items. A merge does not
// repeat what the file says in the same words.
func (m *merger) wanted(s acl.Section, b *box) []acl.Member {
	theirs := map[string]bool{}
	for _, it := range b.items {
		if !it.owned && s.IsList {
			theirs[minimal(it.value)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(s.Members), func(want acl.Member) bool {
		if s.IsList {
			return theirs[string(want.JSON())]
		}
		return m.given(s, b, want)
	})
}

// given reports whether the file defines the name itself, and a finding where it
// does so otherwise.
func (m *merger) given(s acl.Section, b *box, want acl.Member) bool {
	i := slices.IndexFunc(b.items, func(it item) bool { return !it.owned && it.name == want.Name })
	if i < 0 {
		return false
	}
	have := minimal(b.items[i].value)
	value := string(want.JSON())
	if have == value || sameNames(b.items[i].value, want.Value) {
		return true
	}
	path := ""
	for _, name := range s.Path {
		path = diag.Field(path, name)
	}
	d := m.conflict(diag.Field(path, want.Name), "%s is %s in the file, and the topology needs %s", want.Name, have, value).
		Fix("change one of them, or rename one: a merge never overwrites what the file itself defines")
	if why := m.why[want.Name]; why != "" {
		d.See(why, "the topology needs %s", value)
	} else {
		d.See("spec.tailnet", "the topology needs %s", value)
	}
	return true
}

// sameNames reports whether two lists hold the same names, in whatever order. A list
// of approvers that holds more than ours is another list: it lets others in.
func sameNames(v *hujson.Value, want any) bool {
	list, ok := want.([]string)
	a, isList := v.Value.(*hujson.Array)
	if !ok || !isList {
		return false
	}
	var have []string
	for _, e := range a.Elements {
		if l, ok := e.Value.(hujson.Literal); ok {
			have = append(have, l.String())
		}
	}
	return slices.Equal(set(have), set(list))
}

// set is the names sorted, each once.
func set(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// current reports whether the block says what it should: the same items with the
// same comments, in whatever layout.
func (m *merger) current(s acl.Section, b *box, found block) bool {
	if len(found.items) != len(s.Members) {
		return false
	}
	for k, i := range found.items {
		want := s.Members[k]
		if b.items[i].name != want.Name || minimal(b.items[i].value) != string(want.JSON()) || b.commentBefore(i) != want.Comment {
			return false
		}
	}
	return true
}

// commentBefore is the comment in front of an item, marks left aside.
func (b *box) commentBefore(i int) string {
	text := ""
	for _, t := range b.gaps[i] {
		if !t.comma && !bytes.Contains([]byte(t.text), []byte("kustomize-hybrid ")) {
			text = t.text
		}
	}
	return text
}

// consequences reports what the merged file means: rules that another one makes
// superfluous, on whichever side, ports that gateways lose, and what the service
// would refuse.
func (m *merger) consequences(f *File, t *schema.Topology) {
	merged, list := Parse(f.Name, m.src)
	if merged == nil {
		m.list = append(m.list, list...)
		return
	}
	before := map[string]bool{}
	for _, d := range Lint(f.Policy, t.Spec.Tailnet.Control) {
		before[string(d.Code)+d.Message] = true
	}
	for _, d := range Check(t, merged) {
		if !before[string(d.Code)+d.Message] {
			m.list = append(m.list, d)
		}
	}
}
