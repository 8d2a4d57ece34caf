package load

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// value reads n into v, whose type is one of those package schema uses. Where it
// cannot, it says so, leaves v zero and goes on with the rest.
func (r *reader) value(n *yaml.Node, v reflect.Value, p *path) {
	if r.bad[n] {
		return
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		r.refuse(WrongType, n, p, "%s has no value", p.name()).
			Fix("write %s, or leave %s out", wanted(v.Type()), p.name())
		return
	}
	switch x := v.Addr().Interface().(type) {
	case *netip.Prefix:
		r.prefix(n, x, p)
		return
	case *netip.Addr:
		r.address(n, x, p)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.structure(n, v, p)
	case reflect.Map:
		r.mapping(n, v, p)
	case reflect.Slice:
		r.list(n, v, p)
	case reflect.String:
		r.text(n, v, p)
	case reflect.Int, reflect.Uint32:
		r.number(n, v, p)
	case reflect.Bool:
		r.boolean(n, v, p)
	default:
		panic(fmt.Sprintf("package schema has a field of type %v, which load cannot read", v.Type()))
	}
}

// mistyped reports a value of the wrong type.
func (r *reader) mistyped(n *yaml.Node, t reflect.Type, p *path) {
	d := r.refuse(WrongType, n, p, "%s is %s, and must be %s", p.name(), describe(n), wanted(t))
	switch quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0; {
	case n.Kind != yaml.ScalarNode:
		d.Fix("write %s", wanted(t))
	case t.Kind() == reflect.Slice:
		d.Fix("write a list: [%s]", clip(n.Value))
	case isText(t):
		r.propose(d.Fix("write it in quotes: %q", clip(n.Value)), p, strconv.Quote(n.Value))
	case t.Kind() == reflect.Bool && yamlBool(n.Value) != "":
		r.propose(d.Fix("write %s%s", yamlBool(n.Value), asText(n)), p, yamlBool(n.Value))
	case quoted && isNumber(n.Value, t.Kind()) && wanted(t) != "text", quoted && t.Kind() == reflect.Bool:
		d.Fix("leave out the quotes")
	default:
		d.Fix("write %s", wanted(t))
	}
}

// asText says that another version of YAML reads a word as text, where it does.
func asText(n *yaml.Node) string {
	if n.ShortTag() == "!!bool" {
		return ""
	}
	return "; YAML 1.2 reads " + n.Value + " as text"
}

// yamlBool is the boolean that YAML 1.1 reads in s, or "".
func yamlBool(s string) string {
	switch strings.ToLower(s) {
	case "yes", "on", "y", "true":
		return "true"
	case "no", "off", "n", "false":
		return "false"
	}
	return ""
}

func (r *reader) text(n *yaml.Node, v reflect.Value, p *path) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		r.mistyped(n, v.Type(), p)
		if n.Kind == yaml.ScalarNode {
			v.SetString(n.Value)
		}
		return
	}
	v.SetString(n.Value)
}

func (r *reader) boolean(n *yaml.Node, v reflect.Value, p *path) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Value != "true" && n.Value != "false" {
		r.mistyped(n, v.Type(), p)
		v.SetBool(n.Kind == yaml.ScalarNode && yamlBool(n.Value) == "true")
		return
	}
	v.SetBool(n.Value == "true")
}

// number accepts decimal numbers, and hexadecimal ones where bits are meant; what
// YAML reads differently from version to version (010, 1_000) it does not.
func (r *reader) number(n *yaml.Node, v reflect.Value, p *path) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || !isNumber(n.Value, v.Kind()) {
		r.mistyped(n, v.Type(), p)
		return
	}
	i, err := strconv.ParseInt(n.Value, 0, 64)
	switch {
	case err == nil && v.Kind() == reflect.Int && int64(int32(i)) == i:
		v.SetInt(i)
	case err == nil && v.Kind() == reflect.Uint32 && int64(uint32(i)) == i:
		v.SetUint(uint64(i))
	default:
		r.refuse(WrongType, n, p, "%s is %s, which does not fit there", p.name(), clip(n.Value)).
			Fix("write a number of the right size")
	}
}

var (
	decimal     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`) })
	hexadecimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^0x[0-9a-fA-F]+$`) })
)

func isNumber(s string, kind reflect.Kind) bool {
	return decimal().MatchString(s) || kind == reflect.Uint32 && hexadecimal().MatchString(s)
}

// list reads every element; one that cannot be read holds its zero value.
func (r *reader) list(n *yaml.Node, v reflect.Value, p *path) {
	if n.Kind != yaml.SequenceNode {
		r.single(n, v, p)
		return
	}
	if r.tooLong(n, p) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, e := range n.Content {
		r.value(e, v.Index(i), p.element(i))
	}
}

// single reports one value where a list is wanted. Of a prefix it makes a list, so
// that later checks do not take the field for one that was left out.
func (r *reader) single(n *yaml.Node, v reflect.Value, p *path) {
	r.mistyped(n, v.Type(), p)
	if prefix, fault := parsePrefix(n.Value); n.Kind == yaml.ScalarNode && v.Type() == reflect.TypeFor[[]netip.Prefix]() {
		v.Set(reflect.ValueOf([]netip.Prefix{prefix}))
		if fault == nil {
			delete(r.unread, p.String())
		}
	}
}

// mapping reads a map from text to text.
func (r *reader) mapping(n *yaml.Node, v reflect.Value, p *path) {
	if n.Kind != yaml.MappingNode {
		r.mistyped(n, v.Type(), p)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	r.pairs(n, p, func(key, value *yaml.Node) {
		e := reflect.New(v.Type().Elem()).Elem()
		r.value(value, e, p.field(key.Value))
		v.SetMapIndex(reflect.ValueOf(key.Value), e)
	})
}

// structure reads a mapping whose fields are known.
func (r *reader) structure(n *yaml.Node, v reflect.Value, p *path) {
	if n.Kind != yaml.MappingNode {
		r.mistyped(n, v.Type(), p)
		return
	}
	fields := r.fieldsOf(v.Type())
	r.pairs(n, p, func(key, value *yaml.Node) {
		for _, f := range fields {
			if f.name == key.Value {
				r.value(value, v.Field(f.index), p.field(key.Value))
				return
			}
		}
		r.unknown(n, key, value, v, p)
	})
}

// unknown reports a field that is not in the contract. Where its name is close to
// one that is missing, that is what was meant: it is read as that one, and the contract
// is told so.
func (r *reader) unknown(n, key, value *yaml.Node, v reflect.Value, p *path) {
	r.ignored[key] = true
	fields := r.fieldsOf(v.Type())
	var names, free []string
	for _, f := range fields {
		names = append(names, f.name)
		if _, there := yamlnode.Child(n, f.name); there == nil && !slices.Contains(r.meant[n], f.name) {
			free = append(free, f.name)
		}
	}
	d := r.errorf(UnknownField, key, p.field(key.Value), "%s has no field %q", p.name(), clip(key.Value))
	near := diag.Nearest(key.Value, free)
	if near == "" {
		// It may be any of those that are not there.
		if near = diag.Nearest(key.Value, names); near == "" {
			d.Fix("known here: %s", strings.Join(names, ", "))
			r.unread[p.String()] = true
			return
		}
		d.Fix("did you mean %s?", near)
		return
	}
	d.Fix("did you mean %s?", near)
	r.meant[n] = append(r.meant[n], near)
	for _, f := range fields {
		if f.name == near {
			r.readAs(value, v.Field(f.index), p.field(key.Value), p.field(near))
		}
	}
}

// readAs reads what stands under one name as what is meant by another. If it cannot be
// read, the name has been reported, and its value waits until the name is right.
func (r *reader) readAs(n *yaml.Node, v reflect.Value, from, to *path) {
	trial := newReader(r.src, nil)
	if !r.bad[n] {
		trial.value(n, v, from)
	}
	if r.bad[n] || len(trial.findings) > 0 {
		v.SetZero()
		r.unread[to.String()] = true
		return
	}
	if r.src.renamed == nil {
		r.src.renamed = map[string]string{}
	}
	r.src.renamed[to.String()] = from.String()
}

// pairs calls each for every field of a mapping, once for each key.
func (r *reader) pairs(n *yaml.Node, p *path, each func(key, value *yaml.Node)) {
	if r.tooLong(n, p) {
		return
	}
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		first := seen[key.Value]
		switch {
		case r.bad[key]:
			r.ignored[key] = true
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str":
			r.ignored[key] = true
			d := r.errorf(WrongType, key, p, "%s has %s as the name of a field, and names must be text", p.name(), describe(key))
			if key.Kind == yaml.ScalarNode {
				d.Fix("write it in quotes: %q", clip(key.Value))
			} else {
				d.Fix("write text in front of the colon")
			}
		case first != nil:
			r.ignored[key] = true
			r.duplicate(first, key, p)
		default:
			seen[key.Value] = key
			each(key, value)
		}
	}
}

// duplicate reports a key that appears twice: parsers do not agree which one counts.
func (r *reader) duplicate(first, second *yaml.Node, p *path) {
	where := ""
	if first.Line > 0 && r.src.name != "" {
		where = fmt.Sprintf(" on lines %d and %d", first.Line, second.Line)
	}
	d := r.errorf(DuplicateField, second, p.field(second.Value), "%s has field %q twice%s", p.name(), clip(second.Value), where).
		See(p.field(second.Value).String(), "%s appears here first", clip(second.Value)).
		Fix("remove one of them")
	d.Related[0].Pos = r.src.position(first)
}

// field is a field of a struct of package schema.
type field struct {
	name  string
	index int
}

// fieldsOf lists the fields of a struct in their order there.
func (r *reader) fieldsOf(t reflect.Type) []field {
	fields, ok := r.fields[t]
	if ok {
		return fields
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields = append(fields, field{name, i})
	}
	r.fields[t] = fields
	return fields
}

func isText(t reflect.Type) bool { return t.Kind() == reflect.String }

// wanted says what a value of type t looks like.
func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[netip.Prefix]():
		return "a prefix such as 10.0.0.0/16"
	case reflect.TypeFor[netip.Addr]():
		return "an IP address such as 10.0.0.5"
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Slice:
		return "a list"
	case reflect.Int:
		return "a whole number in decimal"
	case reflect.Uint32:
		return "a whole number, such as 255 or 0xff"
	case reflect.Bool:
		return "true or false"
	}
	return "text"
}

// describe says what n is, in the words of somebody who reads the file.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!str":
		return fmt.Sprintf("the text %q", clip(n.Value))
	case "!!int", "!!float":
		return "the number " + clip(n.Value)
	case "!!bool":
		return "the boolean " + clip(n.Value)
	case "!!timestamp":
		return "the date " + clip(n.Value)
	case "!!null":
		return "null"
	}
	return fmt.Sprintf("a value with tag %s", clip(n.Tag))
}

// clip keeps a message readable, whatever stands in the file, and keys out of it: it
// ends in logs.
func clip(s string) string {
	if prefix, at := keyIn(s); at >= 0 {
		s = s[:at] + prefix + "…"
	}
	s, _ = foreign.WithoutUser(s)
	return foreign.Cut(s, foreign.ValueLimit)
}

// oneLine keeps what others say on the line of its finding.
func oneLine(s string) string { return clip(foreign.Line(s)) }
