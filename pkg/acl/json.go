package acl

import (
	"bytes"
	"encoding/json"

	"github.com/tailscale/hujson"
)

// JSON returns the policy as strict JSON, laid out as the service lays it out when
// it saves a file: so the sum of these bytes is the file's etag (tailscale 1.102.3,
// cmd/gitops-pusher/gitops-pusher.go). Sections that are empty are left out.
func (p *Policy) JSON() []byte {
	v, err := hujson.Parse(marshal(p.document()))
	if err != nil {
		panic("acl: " + err.Error()) // unreachable: marshal writes JSON
	}
	expand(&v, 0)
	v.Format()
	return v.Pack()
}

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

// member is a member of a JSON object whose order is kept.
type member struct {
	name  string
	value any
	// comment is written before the member, in HuJSON only.
	comment string
}

// object is a JSON object; list is a JSON array whose elements carry comments.
type object []member

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(marshal(m.name))
		b.WriteByte(':')
		b.Write(marshal(m.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal writes a value of this package's own types, none of which can fail.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("acl: " + err.Error()) // unreachable: strings, lists and objects only
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// document is the policy as sections in the order in which they are written.
func (p *Policy) document() object {
	var doc object
	for _, s := range p.sections() {
		if len(s.members) > 0 || s.needed {
			doc = append(doc, member{name: s.path[0], value: s.value()})
		}
	}
	return doc
}
