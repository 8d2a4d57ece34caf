package acl

import (
	"fmt"

	"github.com/tailscale/hujson"
)

// JSON returns the policy as strict JSON, laid out as the service lays it out when
// it saves a file: so the sum of these bytes is the file's etag (tailscale 1.102.3,
// cmd/gitops-pusher/gitops-pusher.go). Sections that are empty are left out.
func (p *Policy) JSON() []byte { return layOut(p.document()) }

// expand gives every section, and every member and element of one, a line of its
// own; below that hujson decides by length.
func expand(v *hujson.Value, depth int) {
	switch c := v.Value.(type) {
	case *hujson.Object:
		for i := range c.Members {
			c.Members[i].Name.BeforeExtra = hujson.Extra("\n")
			expand(&c.Members[i].Value, depth+1)
		}
	case *hujson.Array:
		for i := range c.Elements {
			if depth == 1 {
				c.Elements[i].BeforeExtra = hujson.Extra("\n")
			}
			expand(&c.Elements[i], depth+1)
		}
	}
}

// Member is a member of a JSON object whose order is kept, or an element of an array.
type Member struct {
	Name string // empty for an element
	// Value is a string, a list of strings, or an object.
	Value any
	// Comment is written before the member, in HuJSON only. It is one line, which nothing in it
	// ends.
	Comment string
}

// JSON is the member's value without any blanks.
func (m Member) JSON() []byte { return marshal(m.Value) }

// object is a JSON object.
type object []Member

// marshal writes a value without any blanks: a string, a list of strings or values,
// or an object.
func marshal(v any) []byte { return hujson.Value{Value: value(v)}.Pack() }

// value is what marshal writes, as hujson has it.
func value(v any) hujson.ValueTrimmed {
	switch v := v.(type) {
	case string:
		return hujson.String(v)
	case []string:
		return array(v)
	case []any:
		return array(v)
	case object:
		o := &hujson.Object{Members: make([]hujson.ObjectMember, len(v))}
		for i, m := range v {
			o.Members[i].Name.Value, o.Members[i].Value.Value = hujson.String(m.Name), value(m.Value)
		}
		return o
	}
	panic(fmt.Sprintf("acl: %T in a policy", v)) // unreachable: sections make nothing else
}

func array[T any](list []T) *hujson.Array {
	a := &hujson.Array{Elements: make([]hujson.ArrayElement, len(list))}
	for i, v := range list {
		a.Elements[i].Value = value(v)
	}
	return a
}

// document is the policy as sections in the order in which they are written.
func (p *Policy) document() object {
	var doc object
	for _, s := range p.Sections() {
		if len(s.Members) > 0 || s.Needed {
			doc = append(doc, Member{Name: s.Path[0], Value: s.value()})
		}
	}
	return doc
}
