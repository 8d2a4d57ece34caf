package acl

// section is a container of the policy file in which some members or elements are
// ours.
type section struct {
	// path leads from the root of the file to the container.
	path []string
	// isList tells an array from an object.
	isList bool
	// needed says that even an empty one must stand in the file.
	needed  bool
	members []member
}

// sections are what the policy puts into a file, in the order in which a new file
// has them.
func (p *Policy) sections() []section {
	return []section{
		{path: []string{"tagOwners"}, members: assignments(p.TagOwners)},
		{path: []string{"hosts"}, members: hosts(p.Hosts)},
		{path: []string{"autoApprovers", "routes"}, members: assignments(p.Routes)},
		{path: []string{"grants"}, isList: true, needed: p.HasRules && len(p.ACLs) == 0, members: elements(p.Grants, Grant.member)},
		{path: []string{"acls"}, isList: true, members: elements(p.ACLs, ACL.member)},
		{path: []string{"nodeAttrs"}, isList: true, members: elements(p.NodeAttrs, NodeAttr.member)},
		{path: []string{"tests"}, isList: true, members: elements(p.Tests, Test.member)},
	}
}

// value is the section's own member of the document, below its first name.
func (s section) value() any {
	var v any = object(s.members)
	if s.isList {
		list := make([]any, len(s.members))
		for i, m := range s.members {
			list[i] = m.value
		}
		v = list
	}
	for _, name := range s.path[1:] {
		v = object{{name: name, value: v}}
	}
	return v
}

func assignments(list []Assignment) []member {
	var members []member
	for _, a := range list {
		members = append(members, member{name: a.Key, value: listOrEmpty(a.Values)})
	}
	return members
}

func hosts(list []Host) []member {
	var members []member
	for _, h := range list {
		members = append(members, member{name: h.Name, value: h.Address})
	}
	return members
}

func elements[T any](list []T, m func(T) member) []member {
	var members []member
	for _, e := range list {
		members = append(members, m(e))
	}
	return members
}

func (g Grant) member() member {
	var o object
	o = o.list("src", listOrEmpty(g.Src)).list("dst", listOrEmpty(g.Dst)).list("ip", g.IP).list("via", g.Via)
	return member{value: o, comment: g.Comment}
}

func (a ACL) member() member {
	o := object{{name: "action", value: a.Action}}
	o = o.text("proto", a.Proto).list("src", listOrEmpty(a.Src)).list("dst", listOrEmpty(a.Dst))
	return member{value: o, comment: a.Comment}
}

func (n NodeAttr) member() member {
	var o object
	return member{value: o.list("target", listOrEmpty(n.Target)).list("attr", n.Attr).list("ipPool", n.IPPool), comment: n.Comment}
}

func (t Test) member() member {
	o := object{{name: "src", value: t.Src}}
	return member{value: o.text("proto", t.Proto).list("accept", t.Accept).list("deny", t.Deny)}
}

// list and text add a member where there is something to say.
func (o object) list(name string, values []string) object {
	if values == nil {
		return o
	}
	return append(o, member{name: name, value: values})
}

func (o object) text(name, value string) object {
	if value == "" {
		return o
	}
	return append(o, member{name: name, value: value})
}

func listOrEmpty(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}
