//go:build hostile

package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/contract"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/rule"
)

// base is a document that hostile values are put into.
type base struct {
	name, kind string
	root       *yaml.Node
	places     []place
	known      map[string]bool // findings of the document as it is
}

// place is where the contract has a value, whether the document has one there or not.
type place struct {
	steps []any // names of fields, and indices
	path  string
	field string // path without indices, which many places share
	rule  *rule.Rule
	// inserted: the document has no value there, nor what is above it.
	inserted bool
	node     *yaml.Node
}

func newBase(t *testing.T, name, kind, text string) *base {
	t.Helper()
	doc, err := yaml.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	b := &base{name: name, kind: kind, root: doc.YNode()}
	uncommented(b.root)
	b.walk(place{rule: contract.Of(kind), node: b.root})
	return b
}

func (b *base) text() string { return printed(b.root) }

func printed(n *yaml.Node) string {
	text, err := yaml.NewRNode(n).String()
	if err != nil {
		return "# " + err.Error() + "\n"
	}
	return text
}

// walk notes all places at and below one.
func (b *base) walk(p place) {
	if len(p.steps) > 0 {
		b.places = append(b.places, p)
	}
	if p.rule == nil {
		return
	}
	below := func(step any, r *rule.Rule, node *yaml.Node) {
		q := place{steps: append(slices.Clone(p.steps), step), rule: r, node: node, inserted: node == nil && p.node == nil}
		switch step := step.(type) {
		case string:
			q.path, q.field = diag.Field(p.path, step), p.field+"."+step
			if p.rule.Kind == rule.Map {
				q.field = p.field + "{}"
			}
		case int:
			q.path, q.field = diag.Index(p.path, step), p.field+"[]"
		}
		b.walk(q)
	}
	switch p.rule.Kind {
	case rule.Struct:
		for _, f := range p.rule.Fields {
			below(f.Name, f.Rule, valueOf(p.node, f.Name))
		}
	case rule.List:
		if p.node == nil || len(p.node.Content) == 0 {
			below(0, p.rule.Elem, nil)
			return
		}
		for i, n := range p.node.Content {
			below(i, p.rule.Elem, n)
		}
	case rule.Map:
		if p.node == nil || len(p.node.Content) < 2 {
			below("example", p.rule.Elem, nil)
			return
		}
		for i := 0; i+1 < len(p.node.Content); i += 2 {
			below(p.node.Content[i].Value, p.rule.Elem, p.node.Content[i+1])
		}
	}
}

// contractFields is how many fields and elements the contract has.
func contractFields() int {
	seen := map[string]bool{}
	for _, kind := range []string{schema.KindTopology, schema.KindRangePack, schema.KindTransform, schema.KindValidate} {
		b := &base{kind: kind}
		b.walk(place{rule: contract.Of(kind)})
		for _, p := range b.places {
			if p.rule != nil && p.rule.Kind != rule.Struct {
				seen[kind+" "+p.field] = true
			}
		}
	}
	return len(seen)
}

func (p place) isText() bool {
	return p.rule != nil && p.rule.Kind == rule.Text && (len(p.rule.Words) == 0 || p.path != "apiVersion")
}

// kind is the row of docs/values.md for a rule that has no name there.
func (p place) kind() string {
	switch {
	case p.rule.Kind == rule.Whole:
		return "a number"
	case p.rule.Kind == rule.Bool:
		return "true or false"
	case len(p.rule.Words) > 0:
		return "a word"
	}
	return ""
}

func valueOf(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// uncommented drops comments, which make what fails long.
func uncommented(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		uncommented(c)
	}
}

func clone(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = clone(n.Content[i])
	}
	return &c
}

// get is the value at a place; nil when there is none.
func get(n *yaml.Node, steps []any) *yaml.Node {
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			n = valueOf(n, s)
		case int:
			if n == nil || n.Kind != yaml.SequenceNode || s >= len(n.Content) {
				return nil
			}
			n = n.Content[s]
		}
	}
	return n
}

// put puts a value at a place, and makes what is above it; false where something else is there.
func put(n *yaml.Node, steps []any, value *yaml.Node) bool {
	for i, s := range steps {
		next := value
		if i+1 < len(steps) {
			next = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
			if _, isIndex := steps[i+1].(int); isIndex {
				next = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
			}
		}
		there := get(n, steps[i:i+1])
		if there != nil && i+1 < len(steps) {
			n = there
			continue
		}
		switch s := s.(type) {
		case string:
			if n.Kind != yaml.MappingNode {
				return false
			}
			if at := indexOf(n, s); at >= 0 {
				n.Content[at+1] = next
			} else {
				n.Content = append(n.Content, text(s), next)
			}
		case int:
			if n.Kind != yaml.SequenceNode || s > len(n.Content) {
				return false
			}
			if s == len(n.Content) {
				n.Content = append(n.Content, nil)
			}
			n.Content[s] = next
		}
		n = next
	}
	return true
}

func indexOf(n *yaml.Node, name string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return i
		}
	}
	return -1
}

func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
}

func plain(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// canary stands in every value that tries to be more than text: where it turns up in what a program
// reads, there is an end of its reading.
const canary = "zq7"

// payloads are what shells, systemd, YAML, Terraform, Markdown, HTML and terminals might take for
// more than text.
func payloads() []string {
	return []string{
		"zq7$(touch /tmp/zq7)", "zq7`touch /tmp/zq7`", "zq7'; touch /tmp/zq7; '", `zq7"; touch /tmp/zq7; "`, "zq7${HOME}", "zq7$HOME", "zq7 && x || y > z < w", "zq7*?[a]", "~zq7", "zq7!x!", `zq7\`, "-zq7", "--zq7=1",
		"../../zq7", "/zq7/../..", "/zq7/./x", "zq7%n%h%%i", "zq7\nExecStart=/bin/false", "zq7\n[Service]\nExecStart=/bin/zq7", "zq7\n---\nkind: Secret", "zq7: {a: b} # c", "- zq7", "&zq7 *zq7", "!!zq7", "<<: *zq7", "zq7 #x", "?zq7", "@zq7", "%zq7", "|zq7", "> zq7", "'zq7", `"zq7`, "[zq7", "{zq7",
		"zq7${path.module}", "%{ for x in y }zq7", "zq7{{ .Values.x }}", "{% zq7 %}", "zq7](javascript:alert(1))", "![zq7](http://x)", "<script>zq7</script>", "zq7 | x | `y` |", "```zq7", "# zq7", "<!-- zq7", "zq7 -->",
		"\x1b[31mzq7", "\x1b]8;;http://x\x07zq7", "\u202ezq7", "zq7\u2066x", "zq7\u2028x", "zq7\u0085x", "zq7\x00x", "zq7\r\nx", "zq7\tx", "\ufeffzq7", "zq7\u200bx", "zq7\u00a0x", "\u200fzq7", "zq7\u0301", "👩‍🚀zq7", "ｚzq7", "zq7\x7f", "zq7\b\b\b", "zq7\n", "\nzq7", "zq7\ufffd", "zq7\uffff",
		"null", "true", "1e3", "0x10", "0o7", "1:30", ".inf", "2027-01-01", "~", "", " ", "=", "NaN", "yes", "EOF", "E", "EOS",
		"hybrid://zq7$(touch${IFS}/tmp/zq7)", "hybrid://zq7'\"`;&|<>\\#%${x}", "zq7'\"$(x)`y`;&|<>\\#%n${x}{{x}}", "zq7'$(x)`y`@example.com", "group:zq7'$(x)`y`%n\\", "autogroup:zq7", "tag:zq7", "https://zq7$(x)/", "tcp:zq7", "zq7=$(x)", "zq7,zq7", "zq7;zq7",
	}
}

// good are values that some kinds take, so that changes of several fields get far.
func good() []string {
	return []string{
		"10.77.0.0/16", "10.0.0.0/8", "10.143.0.0/24", "172.20.0.0/14", "fd00:77::/48", "fd00:77::/64", "0.0.0.0/1", "192.168.7.0/30", "10.77.0.7/32", "2001:db8::/32", "100.80.0.0/16", "100.64.0.0/10", "fd7a:115c:a1e0::/48",
		"10.0.0.11", "10.0.0.12", "10.143.0.11", "fd00:77::7", "100.80.0.9", "fd7a:115c:a1e0::9", "203.0.113.9", "2001:db8::9",
		"1.33.1", "1.102.3", "1.84.3", "0.30.1", "9.9.9", "1.98.0", "3.30.2", "0.0.1", "999999.999999.999999+k3s1", "1.17.4", "1.18.1",
		"zq7", "gcp", "gcp-us", "gpu-dc", "a", "0", strings.Repeat("z", 63), "zq7.example", strings.Repeat("z.", 126) + "z", "aws", "hetzner", "acme", "azure", "openstack", "alibaba",
		"tag:zq7", "tag:k8s", "ops@example.com", "group:zq7", "*", "tcp:443", "udp:1-65535", "icmp:*", "eth0", "bond0+", "/var/lib/zq7", "hybrid://zq7/x", "us-central1", "example.com/zq7", "zq7_Z.7", "registry.example:5000/zq7:v1", "https://zq7.example", "http://[fd00::1]:8080/zq7", "zq7.example:6443", "10.0.0.100:443", "[fd00::1]:443",
		"2027-12-31", "rtb-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60718", "vtb-bp1a2b3c4d5e6f7g8", "zq7-group", "T1exampleCNTRL-zq7",
	}
}

// edit is one thing that is done to a document.
type edit struct {
	place place
	what  string
	apply func(root *yaml.Node) bool
	value *yaml.Node // that must still be there for the refusal to be one
	// refused: the contract refuses the value, or what is done.
	refused bool
}

// draw draws a change.
func (b *base) draw(rng *rand.Rand) edit {
	p := pick(rng, b.places...)
	for p.inserted && rng.IntN(2) == 0 { // what is in the document is more interesting
		p = pick(rng, b.places...)
	}
	c := edit{place: p}
	above, last := p.steps[:len(p.steps)-1], p.steps[len(p.steps)-1]
	switch how := rng.IntN(20); {
	case how == 0 && p.node != nil:
		c.what = p.path + " left out"
		c.apply = func(root *yaml.Node) bool { return remove(get(root, above), last) }
	case how == 1 && p.node != nil:
		c.what = p.path + " twice"
		_, isField := last.(string)
		c.refused = isField
		c.apply = func(root *yaml.Node) bool { return double(get(root, above), last) }
	case how == 2 && p.rule != nil && p.rule.Kind == rule.Struct && p.node != nil:
		name := pick(rng, payloads()...)
		c.what, c.refused, c.value = fmt.Sprintf("%s has field %q", p.path, name), true, nil
		c.apply = func(root *yaml.Node) bool {
			n := get(root, p.steps)
			if n == nil || n.Kind != yaml.MappingNode {
				return false
			}
			n.Content = append(n.Content, text(name), text("x"))
			return true
		}
	default:
		c.value = b.drawValue(rng, p)
		c.refused = refuses(p.rule, c.value)
		c.what = fmt.Sprintf("%s: %s", p.path, shorten(strings.TrimSpace(printed(clone(c.value)))))
		c.apply = func(root *yaml.Node) bool { return put(root, p.steps, clone(c.value)) }
	}
	return c
}

// drawValue draws a value for a place: mostly one that its kind takes, or what is refused would
// hide what is not.
func (b *base) drawValue(rng *rand.Rand, p place) *yaml.Node {
	switch rng.IntN(28) {
	case 0, 1, 2:
		return text(pick(rng, payloads()...))
	case 3:
		return plain(pick(rng, "null", "~", "true", "no", "1e400", ".nan", "-.inf", "99999999999999999999999999", "-9223372036854775809", "0x7fffffffffffffff", "1.5", "-0", "0b11", "1_000", "2027-01-01", "!!binary aGk="))
	case 4:
		return pick(rng, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}, &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"},
			&yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{text("zq7")}},
			&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{text(pick(rng, payloads()...)), text("zq7")}})
	case 5:
		return pick(rng, text(strings.Repeat("zq7 ", 300)), text(strings.Repeat("a", 100_000)), text(strings.Repeat("zq7.", 63)), text(strings.Repeat("\u202e", 2000)), nested(pick(rng, 20, 200, 2000)))
	case 6: // what stands somewhere else
		for range 20 {
			if q := pick(rng, b.places...); q.node != nil && (q.rule == p.rule || rng.IntN(4) == 0) {
				return clone(q.node)
			}
		}
	}
	return fitting(rng, p.rule)
}

// fitting is a value that a rule takes, where one is at hand.
func fitting(rng *rand.Rand, r *rule.Rule) *yaml.Node {
	switch {
	case r == nil:
		return text(pick(rng, payloads()...))
	case r.Kind == rule.Whole:
		low, high := int64(-1), int64(1)<<40
		if r.Bounded {
			low, high = r.Min, r.Max
		}
		return plain(strconv.FormatInt(pick(rng, low, high, low-1, high+1, low+rng.Int64N(high-low+1)), 10))
	case r.Kind == rule.Bool:
		return plain(pick(rng, "true", "false"))
	case r.Kind == rule.List:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for range rng.IntN(4) {
			n.Content = append(n.Content, fitting(rng, r.Elem))
		}
		return n
	case r.Kind == rule.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, f := range r.Fields {
			if f.Required || rng.IntN(3) == 0 {
				n.Content = append(n.Content, text(f.Name), fitting(rng, f.Rule))
			}
		}
		return n
	case r.Kind == rule.Map:
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{text(pick(rng, good()...)), fitting(rng, r.Elem)}}
	case len(r.Words) > 0:
		return text(pick(rng, r.Words...))
	}
	var fit []string
	for _, v := range append(good(), payloads()...) {
		if !refuses(r, text(v)) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return text("zq7")
	}
	return text(pick(rng, fit...))
}

func nested(deep int) *yaml.Node {
	n := text("zq7")
	for range deep {
		n = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle, Content: []*yaml.Node{n}}
	}
	return n
}

// refuses reports whether the contract refuses a value; false where this test does not know.
func refuses(r *rule.Rule, n *yaml.Node) bool {
	isText := n.Kind == yaml.ScalarNode && n.Tag == "!!str"
	if r == nil || n.Kind == yaml.ScalarNode && !isText {
		return false
	}
	switch r.Kind {
	case rule.Struct, rule.Map:
		return n.Kind != yaml.MappingNode
	case rule.List:
		return n.Kind != yaml.SequenceNode || r.NonEmpty && len(n.Content) == 0
	case rule.Whole, rule.Bool:
		return n.Kind != yaml.ScalarNode
	}
	if !isText {
		return true
	}
	switch r.Name {
	case "Prefix":
		p, err := netip.ParsePrefix(n.Value)
		return err != nil || p != p.Masked()
	case "Address":
		_, err := netip.ParseAddr(n.Value)
		return err != nil
	}
	return !r.AllowsText(n.Value)
}

func remove(n *yaml.Node, last any) bool {
	at, width, ok := within(n, last)
	if ok {
		n.Content = slices.Concat(n.Content[:at], n.Content[at+width:])
	}
	return ok
}

func double(n *yaml.Node, last any) bool {
	at, width, ok := within(n, last)
	if ok {
		for _, c := range n.Content[at : at+width] {
			n.Content = append(n.Content, clone(c))
		}
	}
	return ok
}

// within is where a field or an element stands in what holds it, and how many nodes it has there.
func within(n *yaml.Node, last any) (at, width int, ok bool) {
	switch last := last.(type) {
	case string:
		if n != nil && n.Kind == yaml.MappingNode {
			at = indexOf(n, last)
			return at, 2, at >= 0
		}
	case int:
		return last, 1, n != nil && n.Kind == yaml.SequenceNode && last < len(n.Content)
	}
	return 0, 0, false
}

// changed is the document with changes, one after the other. What a later one undoes need not be
// refused.
func (b *base) changed(changes []edit, n int) input {
	i := input{base: b, root: clone(b.root), what: fmt.Sprintf("input %d", n)}
	for _, c := range changes {
		if c.apply(i.root) {
			i.what += ", " + brief(c.what)
		}
	}
	if len(changes) == 1 && changes[0].refused && (b.kind == schema.KindTopology || strings.Contains(changes[0].place.path, ".")) {
		i.mustRefuse = true
		if changes[0].value != nil {
			i.at = changes[0].place.path
		}
	}
	return i
}

// brief is a change in a line of a report.
func brief(s string) string { return foreign.Cut(foreign.Line(s), 200) }

// damaged is text with a few bytes changed, left out or put in.
func damaged(rng *rand.Rand, s string) string {
	data := []byte(s)
	for range 1 + rng.IntN(4) {
		at := rng.IntN(len(data))
		switch rng.IntN(5) {
		case 0:
			data[at] = byte(rng.IntN(256))
		case 1:
			data = slices.Delete(data, at, min(len(data), at+1+rng.IntN(30)))
		case 2:
			data = slices.Insert(data, at, []byte(pick(rng, payloads()...))...)
		case 3:
			data = slices.Insert(data, at, []byte(pick(rng, "\x00", "\xff", "\n", "\t", "&a ", "*a ", "? ", "- ", "{", "]", "---\n", "%YAML 2.0\n", "<<: ", "!!binary ", "\r"))...)
		default:
			data = data[:at+1]
		}
		if len(data) == 0 {
			return "\n"
		}
	}
	return string(data)
}
