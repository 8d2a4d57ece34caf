package acl

import (
	"github.com/tailscale/hujson"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

// Section is a container of the policy file with what a policy puts there.
type Section struct {
	// Path leads from the root of the file to the container.
	Path []string
	// IsList tells an array from an object.
	IsList bool
	// Needed reports whether the file must have it even when it is empty.
	Needed bool
	// Members are the object's members, or the array's elements, in their order.
	Members []Member
}

// Sections are what the policy puts into a file, in the order in which a new file
// has them.
func (p *Policy) Sections() []Section {
	return []Section{
		{Path: []string{"tagOwners"}, Members: assignments(p.TagOwners)},
		{Path: []string{"hosts"}, Members: hosts(p.Hosts)},
		{Path: []string{"autoApprovers", "routes"}, Members: assignments(p.Routes)},
		{Path: []string{"grants"}, IsList: true, Needed: p.HasRules && len(p.ACLs) == 0, Members: elements(p.Grants, Grant.member)},
		{Path: []string{"acls"}, IsList: true, Members: elements(p.ACLs, ACL.member)},
		{Path: []string{"nodeAttrs"}, IsList: true, Members: elements(p.NodeAttrs, NodeAttr.member)},
		{Path: []string{"tests"}, IsList: true, Members: elements(p.Tests, Test.member)},
	}
}

// value is the section's own member of the document, below its first name.
func (s Section) value() any {
	var v any = object(s.Members)
	if s.IsList {
		list := make([]any, len(s.Members))
		for i, m := range s.Members {
			list[i] = m.Value
		}
		v = list
	}
	for _, name := range s.Path[1:] {
		v = object{{Name: name, Value: v}}
	}
	return v
}

func assignments(list []Assignment) []Member {
	members := make([]Member, 0, len(list))
	for _, a := range list {
		members = append(members, Member{Name: a.Key, Value: listOrEmpty(a.Values)})
	}
	return members
}

func hosts(list []Host) []Member {
	members := make([]Member, 0, len(list))
	for _, h := range list {
		members = append(members, Member{Name: h.Name, Value: h.Address})
	}
	return members
}

// elements are without names. Those of one purpose follow each other, so a comment is made a line
// once for all of them.
func elements[T any](list []T, m func(T) Member) []Member {
	members := make([]Member, len(list))
	var said, line string
	for i, e := range list {
		members[i] = m(e)
		if c := &members[i].Comment; *c != said {
			said, line = *c, foreign.Line(*c)
		}
		members[i].Comment = line
	}
	return members
}

func (g Grant) member() Member {
	o := make(object, 0, 5)
	o = o.list("src", listOrEmpty(g.Src)).list("dst", listOrEmpty(g.Dst)).list("ip", g.IP).list("via", g.Via).capabilities("app", g.App)
	return Member{Value: o, Comment: g.Comment}
}

func (a ACL) member() Member {
	o := object{{Name: "action", Value: a.Action}}
	o = o.text("proto", a.Proto).list("src", listOrEmpty(a.Src)).list("dst", listOrEmpty(a.Dst))
	return Member{Value: o, Comment: a.Comment}
}

func (n NodeAttr) member() Member {
	var o object
	return Member{Value: o.list("target", listOrEmpty(n.Target)).list("attr", n.Attr).list("ipPool", n.IPPool), Comment: n.Comment}
}

func (t Test) member() Member {
	o := append(make(object, 0, 4), Member{Name: "src", Value: t.Src})
	return Member{Value: o.text("proto", t.Proto).list("accept", t.Accept).list("deny", t.Deny)}
}

// list and text add a member where there is something to say.
func (o object) list(name string, values []string) object {
	if values == nil {
		return o
	}
	return append(o, Member{Name: name, Value: values})
}

// capabilities have no parameters.
func (o object) capabilities(name string, values []string) object {
	if values == nil {
		return o
	}
	var all object
	for _, v := range values {
		all = append(all, Member{Name: v, Value: []string{}})
	}
	return append(o, Member{Name: name, Value: all})
}

func (o object) text(name, value string) object {
	if value == "" {
		return o
	}
	return append(o, Member{Name: name, Value: value})
}

func listOrEmpty(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

// HuJSON is the section's container alone: every item stands on a line of its own,
// behind its comment. It has a member or an element at least.
func (s Section) HuJSON() hujson.Value {
	flat := Section{Path: s.Path[len(s.Path)-1:], IsList: s.IsList, Members: s.Members}
	v := hujson.Value{Value: value(flat.value())}
	expand(&v, 1)
	s.comment(&v)
	return v
}

// comment puts the members' comments before them.
func (s Section) comment(v *hujson.Value) {
	for i, m := range s.Members {
		extra := hujson.Extra("\n")
		if m.Comment != "" {
			extra = hujson.Extra("\n// " + m.Comment + "\n")
		}
		switch c := v.Value.(type) {
		case *hujson.Object:
			c.Members[i].Name.BeforeExtra = extra
		case *hujson.Array:
			c.Elements[i].BeforeExtra = extra
		}
	}
}
