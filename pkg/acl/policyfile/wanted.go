package policyfile

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/tailscale/hujson"
)

// wanted is what the section still lacks beside the file's own items. A merge does not
// repeat what the file says in the same words.
func (m *merger) wanted(s acl.Section, b *box) []acl.Member {
	theirs := map[string]int{}
	for i, it := range slices.Backward(b.items) {
		switch {
		case it.owned:
		case s.IsList:
			theirs[minimal(it.value)] = i
		default:
			theirs[it.name] = i
		}
	}
	return slices.DeleteFunc(slices.Clone(s.Members), func(want acl.Member) bool {
		if s.IsList {
			_, there := theirs[string(want.JSON())]
			return there
		}
		i, there := theirs[want.Name]
		return there && m.given(s, b.items[i], want)
	})
}

// given says that the file defines the name itself, with a finding where it does so
// otherwise.
func (m *merger) given(s acl.Section, theirs item, want acl.Member) bool {
	have := minimal(theirs.value)
	value := string(want.JSON())
	if have == value || m.suffices(s, theirs.value, want) {
		return true
	}
	path := ""
	for _, name := range s.Path {
		path = diag.Field(path, name)
	}
	d := m.conflict(diag.Field(path, want.Name), "%s is %s in the file, and the topology needs %s", want.Name, have, value).
		Fix("%s: a merge never overwrites what the file itself defines", m.wayOut(s, want))
	if why := m.why[want.Name]; why != "" {
		d.See(why, "the topology needs %s", value)
	} else {
		d.See("spec.tailnet", "the topology needs %s", value)
	}
	return true
}

// suffices reports whether what the file says of a name is all that the topology needs. Who
// else may assign a tag, or has a route approved, is the file's business: eval.Check says
// what is wide. An owner whom the topology does not name is the file's.
func (m *merger) suffices(s acl.Section, v *hujson.Value, want acl.Member) bool {
	switch s.Path[0] {
	case "tagOwners":
		return !m.namesOwners || holdsNames(v, want.Value)
	case "autoApprovers":
		return holdsNames(v, want.Value) || m.approved(want)
	}
	return false
}

// approved reports whether a wider prefix of the file approves the one that is wanted, too.
func (m *merger) approved(want acl.Member) bool {
	prefix, err := acl.ParsePrefix(want.Name)
	tags, ok := want.Value.([]string)
	if err != nil || !ok {
		return false
	}
	e := eval.New(m.file.Policy)
	return !slices.ContainsFunc(tags, func(tag string) bool { return !e.Approves([]string{tag}, prefix) })
}

// wayOut is what can be done where the file and the topology differ.
func (m *merger) wayOut(s acl.Section, want acl.Member) string {
	switch s.Path[0] {
	case "tagOwners":
		return fmt.Sprintf("add what is missing to %s in the file, or leave spec.tailnet.policy.tagOwners out, and then the file's owners stay", want.Name)
	case "autoApprovers":
		return fmt.Sprintf("add %s to the approvers of %s in the file", want.JSON(), want.Name)
	case "hosts":
		return fmt.Sprintf("write %s, or rename the file's %s", want.JSON(), want.Name)
	}
	return "change one of them"
}

// holdsNames reports whether a list holds all of the names.
func holdsNames(v *hujson.Value, want any) bool {
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
	return !slices.ContainsFunc(list, func(name string) bool { return !slices.Contains(have, name) })
}

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
	if m.merged == nil && f.plain && bytes.Equal(m.src, f.src) {
		m.merged = f
	}
	if m.merged == nil {
		var list diag.List
		if m.merged, list = Parse(f.Name, m.src); m.merged == nil {
			m.list = append(m.list, list...)
			return
		}
	}
	merged := m.merged
	rules := m.rules()
	m.reportNarrowed(merged)
	wide := len(m.list)
	m.reportWide(rules)
	merged.Locate(m.list[wide:])
	found := check(t, merged, rules)
	before := map[string]bool{}
	if len(found) > 0 { // most files say nothing that has to be known
		for _, d := range LintFor(f.Policy, &t.Spec.Tailnet) {
			before[string(d.Code)+d.Message] = true
		}
	}
	for _, d := range found {
		if before[string(d.Code)+d.Message] || m.isOurDenial(d, merged.Policy) {
			continue
		}
		if d.Code == eval.CodeRandomPort {
			d.Severity = diag.Warning // it was so before, and the control server takes it
		}
		m.list = append(m.list, d)
	}
}
