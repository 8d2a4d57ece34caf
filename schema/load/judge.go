package load

import (
	"reflect"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/contract"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/rule"
)

// judge holds a tree against the contract: what is missing, and values that it does not
// allow. The reader has said already which fields are unknown and which values are of
// another kind; they are left out here, so that one fault is reported once.
type judge struct{ *reader }

func (j judge) check(root *yaml.Node) {
	j.value(root, contract.Of(j.kind), nil, nil)
	for _, p := range j.proposed {
		j.prove(p)
	}
}

// value judges one value; the field that it is about, nil where it is in none of its own, is
// for where it is refused.
func (j judge) value(n *yaml.Node, r *rule.Rule, at *path, about *rule.Field) {
	if r == nil || j.bad[n] {
		return
	}
	switch {
	case r.Kind == rule.Struct && n.Kind == yaml.MappingNode:
		j.structure(n, r, at)
	case r.Kind == rule.Map && n.Kind == yaml.MappingNode:
		j.pairs(n, r, at, about)
	case r.Kind == rule.List && n.Kind == yaml.SequenceNode:
		j.list(n, r, at, about)
	case n.Kind == yaml.ScalarNode:
		if !allows(r, n) {
			j.refused(n, r, r.Says, at, about)
		}
	}
}

// passes reports whether a value is a scalar of which there is nothing to say: most are, and
// need no path.
func (j judge) passes(n *yaml.Node, r *rule.Rule) bool {
	return r == nil || n.Kind == yaml.ScalarNode && (allows(r, n) || j.bad[n])
}

func allows(r *rule.Rule, n *yaml.Node) bool {
	switch r.Kind {
	case rule.Text:
		return r.AllowsText(n.Value)
	case rule.Whole:
		return r.AllowsWhole(n.Value)
	}
	return true
}

func (j judge) list(n *yaml.Node, r *rule.Rule, at *path, about *rule.Field) {
	if r.NonEmpty && len(n.Content) == 0 {
		j.refused(n, r, "must not be empty", at, about)
		return
	}
	for i, e := range n.Content {
		if len(j.findings) >= maxFindings {
			j.errorf(TooMany, e, at.element(i), "there are %d findings already: this one of %s and those behind it are not judged by the contract", len(j.findings), at.name()).
				Fix("mend some of the others first")
			j.unread[at.String()] = true
			return
		}
		if !j.passes(e, r.Elem) {
			j.value(e, r.Elem, at.element(i), nil)
		}
	}
}

// pairs judges a mapping from text to text.
func (j judge) pairs(n *yaml.Node, r *rule.Rule, at *path, about *rule.Field) {
	if r.NonEmpty && !j.anyPair(n) {
		j.refused(n, r, r.Says, at, about)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if j.ignored[key] || j.bad[value] {
			continue
		}
		if (r.Keys == nil || r.Keys.Match(key.Value)) && j.passes(value, r.Elem) {
			continue
		}
		below := at.field(key.Value)
		if r.Keys != nil && !r.Keys.Match(key.Value) {
			j.refused(value, r, r.KeySays, below, nil)
			continue
		}
		j.value(value, r.Elem, below, nil)
	}
}

// anyPair reports whether a mapping has a pair that could be read.
func (j judge) anyPair(n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !j.ignored[n.Content[i]] {
			return true
		}
	}
	return false
}

func (j judge) structure(n *yaml.Node, r *rule.Rule, at *path) {
	values := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; !j.ignored[key] {
			values[key.Value] = n.Content[i+1]
		}
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		value, there := values[f.Name]
		switch {
		case there:
			if !j.passes(value, f.Rule) {
				j.value(value, f.Rule, at.field(f.Name), f)
			}
		case f.Required:
			j.missing(n, f, at)
		}
	}
	for i := range r.Conditions {
		c := &r.Conditions[i]
		if wordOf(values[c.Field], j.bad, r.Field(c.Field).Rule.Words) != c.Word {
			continue
		}
		f := r.Field(c.Then)
		value, there := values[c.Then]
		switch {
		case !there && c.Required:
			j.missing(n, f, at)
		case there && c.Rule == nil && !j.bad[value]:
			j.refused(value, f.Rule, c.Says, at.field(c.Then), f)
		case there:
			j.value(value, c.Rule, at.field(c.Then), f)
		}
	}
}

// wordOf is the word that a field has, or clearly means; empty where nobody can say.
func wordOf(n *yaml.Node, bad map[*yaml.Node]bool, words []string) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	if bad[n] {
		return diag.Nearest(n.Value, words)
	}
	return n.Value
}

// missing reports a field that must be there, unless it is, under a name that is misspelt.
func (j judge) missing(n *yaml.Node, f *rule.Field, at *path) {
	for _, name := range j.meant[n] {
		if name == f.Name {
			return
		}
	}
	j.meant[n] = append(j.meant[n], f.Name)
	below := at.field(f.Name)
	j.unread[below.String()] = true
	j.errorf(MissingField, n, below, "%s has no %s, which it must have", at.name(), f.Name).
		Fix("%s", advice(f))
}

// refused reports a value that the contract does not allow, and reads the word that is
// clearly meant in its place.
func (j judge) refused(n *yaml.Node, r *rule.Rule, says string, at *path, about *rule.Field) {
	d := j.refuse(BadValue, n, at, "%s %s", quoted(at, n), says).Fix("%s", advice(about))
	near := diag.Nearest(n.Value, r.Words)
	if near != "" {
		j.propose(d.Fix("did you mean %s?", near), at, near)
	}
	j.assign(at, near)
}

// prove takes a proposal back that the contract refuses as well: a number that is in
// quotes is not a version yet.
func (j judge) prove(p proposal) {
	r, f := contract.Of(j.kind).At(p.at.steps())
	value := unquote(p.finding.ProposedValue)
	if r == nil || r.Kind != rule.Text || r.AllowsText(value) {
		return
	}
	v := j.at(p.at)
	if v.Kind() != reflect.String {
		return
	}
	p.finding.Fix("%s", advice(f))
	if whole := value + ".0"; r.AllowsText(whole) {
		p.finding.Fix("write all three numbers, in quotes: %q, for example", whole)
	}
	p.finding.ProposedValue = ""
	v.SetString("")
	j.unread[p.finding.Path] = true
}

// noAdvice is the way out where the contract's comments say nothing of a value.
const noAdvice = "see the contract: kustomize-hybrid schema"

// advice is what the contract's comment says of a field.
func advice(f *rule.Field) string {
	if f == nil || f.Doc == "" {
		return noAdvice
	}
	return f.Name + ": " + f.Doc
}

// quoted is a field with its value.
func quoted(p *path, n *yaml.Node) string {
	switch {
	case n.Kind != yaml.ScalarNode:
		return p.name()
	case n.ShortTag() == "!!str":
		return p.name() + " " + strconv.Quote(clip(n.Value))
	}
	return p.name() + " " + clip(n.Value)
}

// unquote is a proposed value without the quotes that it may stand in.
func unquote(text string) string {
	if s, err := strconv.Unquote(text); err == nil {
		return s
	}
	return text
}
