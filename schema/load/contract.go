package load

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// contract judges a tree by schema/topology.cue: first everything but the regions,
// then one region after the other, which takes a third of the time and a tenth of
// the memory of judging them together. It lives as long as one call: a CUE context
// never forgets a value.
type contract struct {
	*reader
	ctx *cue.Context
	// plain accepts, and full, which is compiled when it is needed, says what is wrong.
	plain, full cue.Value
	// word numbers the word that stands in for one we do not know, of words; -1 is none.
	word, words int
}

func newContract(r *reader) *contract {
	ctx := cuecontext.New()
	return &contract{reader: r, ctx: ctx, plain: plain(ctx)}
}

func (c *contract) check(root *yaml.Node) {
	spec := &path{key: "spec", index: -1}
	at := spec.field("regions")
	_, s := yamlnode.Child(root, "spec")
	var regions *yaml.Node
	if s != nil {
		_, regions = yamlnode.Child(s, "regions")
	}

	if c.kind != schema.KindTopology || regions == nil || regions.Kind != yaml.SequenceNode || len(regions.Content) == 0 {
		c.part(part{node: root, name: c.kind})
	} else {
		// The list is not empty, and its elements come below.
		c.bad[regions] = true
		c.part(part{node: root, name: "Topology"})
		for i, n := range regions.Content {
			if len(c.findings) >= maxFindings {
				c.errorf(TooMany, n, at.element(i), "there are %d findings already: this region and those behind it are not judged by the contract", len(c.findings)).
					Fix("mend some of the others first")
				c.unread[at.String()] = true
				break
			}
			if !c.bad[n] {
				c.part(part{node: n, name: "Region", at: at.element(i)})
			}
		}
	}
	for _, p := range c.proposed {
		c.prove(p)
	}
}

// prove takes a proposal back that the contract refuses as well: a number that is in
// quotes is not a version yet.
func (c *contract) prove(p proposal) {
	steps := p.at.steps()
	rule := c.contract().LookupPath(cue.MakePath(cue.Def(c.kind)))
	value := unquote(p.finding.ProposedValue)
	if c.allows(rule, steps, value) {
		return
	}
	v := c.at(p.at)
	if v.Kind() != reflect.String {
		return
	}
	p.finding.Fix("%s", c.advice(part{rule: rule}, steps))
	if whole := value + ".0"; c.allows(rule, steps, whole) {
		p.finding.Fix("write all three numbers, in quotes: %q, for example", whole)
	}
	p.finding.ProposedValue = ""
	v.SetString("")
	c.unread[p.finding.Path] = true
}

// allows reports whether the contract takes text for a field. A field that it says
// nothing of takes anything.
func (c *contract) allows(rule cue.Value, steps []string, text string) bool {
	f := fieldAt(rule, steps)
	return !f.Exists() || f.IncompleteKind()&cue.StringKind == 0 || f.Unify(c.ctx.Encode(text)).Validate(cue.Concrete(true)) == nil
}

// part is a piece of the tree that is judged by itself.
type part struct {
	node *yaml.Node
	name string // of its definition
	at   *path
	// rule is the definition, in the plain contract or in the full one.
	rule cue.Value
}

// contract is the full one.
func (c *contract) contract() cue.Value {
	if !c.full.Exists() {
		c.full = c.ctx.CompileBytes(schema.CUE(), cue.Filename("topology.cue"))
	}
	return c.full
}

// violation is one fault, as CUE sees it.
type violation struct {
	steps   []string // from the part's node
	message string   // "" when a required field is missing
}

// part reports what is wrong with one part. CUE hides some faults behind others
// (a missing field behind a wrong value), so what has been reported is blanked out
// and the rest judged again, until nothing new comes up.
func (c *contract) part(p part) {
	definition := cue.MakePath(cue.Def(p.name))
	p.rule, c.word = c.plain.LookupPath(definition), -1
	if v := c.ask(p); len(v.fresh) == 0 && !v.again && !v.unclear {
		return
	}
	p.rule = c.contract().LookupPath(definition)
	for {
		v := c.judge(p)
		for _, f := range v.fresh {
			c.report(p, f)
		}
		if len(v.fresh) == 0 && !v.again {
			if v.unclear && len(c.findings) == 0 {
				c.refuse(BadValue, p.node, p.at, "%s is not what the contract allows", p.at.name()).
					Fix("compare it with the contract: kustomize-hybrid schema")
			}
			return
		}
	}
}

// verdict is what CUE says of a part.
type verdict struct {
	fresh []violation // not reported yet
	// unclear reports whether there is more, but nothing that can be told: a condition on a
	// field that is blanked out, usually.
	unclear bool
	// again reports whether a field was left out that must not be there: what it hid will
	// show only now.
	again bool
}

// judge asks CUE once; and where the answer hangs on a word that is blanked out
// (the mode of gateways), once for each word that could stand there. What is wrong
// with every word is wrong.
func (c *contract) judge(p part) verdict {
	c.word, c.words = -1, 0
	v := c.ask(p)
	if !v.unclear {
		return v
	}
	for c.word = 0; c.word < c.words; c.word++ {
		w := c.ask(p)
		v.again = v.again || w.again
		if c.word == 0 {
			v.fresh = w.fresh
			continue
		}
		v.fresh = slices.DeleteFunc(v.fresh, func(x violation) bool { return !slices.ContainsFunc(w.fresh, x.equal) })
	}
	return v
}

func (c *contract) ask(p part) verdict {
	var v verdict
	err := c.ctx.BuildExpr(c.expr(p, p.node, nil)).Unify(p.rule).Validate(cue.Concrete(true), cue.All())
	for _, e := range errors.Errors(err) {
		f := violation{steps: e.Path()}
		format, args := e.Msg()
		text, ok := firstString(args)
		switch {
		case format == "%s" && ok && strings.HasPrefix(text, "must "):
			f.message = text
		case format == "incompatible list lengths (%d and %d)":
			f.message = "must not be empty"
		case format != "field is required but not present":
			v.unclear = v.unclear || !c.known(p, f)
			continue
		}
		if c.known(p, f) {
			v.again = c.leaveOut(p, f) || v.again
			continue
		}
		v.fresh = append(v.fresh, f)
	}
	v.fresh = slices.DeleteFunc(v.fresh, func(f violation) bool { return slices.ContainsFunc(v.fresh, f.explainedBy) })
	return v
}

// leaveOut makes CUE forget a field that is a fault whatever its value, and reports
// whether it did: blanked out, it would go on to hide others.
func (c *contract) leaveOut(p part, f violation) bool {
	if f.message == "" {
		return false
	}
	n := p.node
	var key *yaml.Node
	for _, step := range f.steps {
		if key, n = yamlnode.Child(n, unquote(step)); n == nil {
			return false
		}
	}
	if key == nil || !c.bad[n] || c.ignored[key] {
		return false
	}
	c.ignored[key] = true
	return true
}

func (v violation) equal(w violation) bool {
	return v.message == w.message && slices.Equal(v.steps, w.steps)
}

// explainedBy reports whether w is below v: a bad element spoils its list.
func (v violation) explainedBy(w violation) bool {
	return len(w.steps) > len(v.steps) && slices.Equal(v.steps, w.steps[:len(v.steps)])
}

func firstString(args []any) (string, bool) {
	if len(args) != 1 {
		return "", false
	}
	s, ok := args[0].(string)
	return s, ok
}

// known reports whether the violation is about something that is blanked out.
func (c *contract) known(p part, v violation) bool {
	n := p.node
	for _, step := range v.steps {
		if c.bad[n] || slices.Contains(c.meant[n], unquote(step)) {
			return true
		}
		_, next := yamlnode.Child(n, unquote(step))
		if next == nil {
			return v.message != ""
		}
		n = next
	}
	return c.bad[n]
}

func (c *contract) report(p part, v violation) {
	n, at := p.node, p.at
	for i, step := range v.steps {
		name := unquote(step)
		key, next := yamlnode.Child(n, name)
		if next == nil { // the field that is missing
			if !slices.Contains(c.meant[n], name) {
				c.meant[n] = append(c.meant[n], name)
				c.unread[at.field(name).String()] = true
				c.errorf(MissingField, n, at.field(name), "%s has no %s, which it must have", at.name(), name).
					Fix("%s", c.advice(p, v.steps[:i+1]))
			}
			return
		}
		if key == nil {
			index, _ := strconv.Atoi(step)
			at = at.element(index)
		} else {
			at = at.field(name)
		}
		n = next
	}
	if c.bad[n] {
		return
	}
	d := c.refuse(BadValue, n, at, "%s %s", quoted(at, n), v.message).Fix("%s", c.advice(p, v.steps))
	near := diag.Nearest(n.Value, c.vocabulary(p, v.steps))
	if near != "" {
		c.propose(d.Fix("did you mean %s?", near), at, near)
	}
	c.assign(at, near)
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

// advice is what the contract's comment says of a field.
func (c *contract) advice(p part, steps []string) string {
	name := unquote(steps[len(steps)-1])
	for _, d := range fieldAt(p.rule, steps).Doc() {
		text := strings.Join(strings.Fields(d.Text()), " ")
		return name + ": " + strings.TrimSuffix(text, ".")
	}
	return "see the contract: kustomize-hybrid schema"
}

// vocabulary is the words that the contract lists for a field.
func (c *contract) vocabulary(p part, steps []string) []string {
	op, args := cue.Dereference(fieldAt(p.rule, steps)).Expr()
	if op != cue.OrOp {
		return nil
	}
	var words []string
	for _, a := range args {
		if s, err := a.String(); err == nil {
			words = append(words, s)
		}
	}
	return words
}

// fieldAt is what the contract says of a field.
func fieldAt(v cue.Value, steps []string) cue.Value {
	for _, s := range steps {
		if v.IncompleteKind() == cue.ListKind {
			v = v.LookupPath(cue.MakePath(cue.AnyIndex))
			continue
		}
		name := cue.Str(unquote(s))
		f := v.LookupPath(cue.MakePath(name.Required()))
		if !f.Exists() {
			f = v.LookupPath(cue.MakePath(name.Optional()))
		}
		v = f
	}
	return v
}

// unquote is a step of a CUE path as it stands in the document.
func unquote(step string) string {
	if s, err := strconv.Unquote(step); err == nil {
		return s
	}
	return step
}

// expr is the tree as CUE sees it, with what has a finding blanked out.
func (c *contract) expr(p part, n *yaml.Node, at *path) ast.Expr {
	switch {
	case c.bad[n]:
		return c.blankExpr(p, n.Value, at)
	case n.Kind == yaml.MappingNode:
		return c.structExpr(p, n, at)
	case n.Kind == yaml.SequenceNode:
		l := &ast.ListLit{}
		for i, e := range n.Content {
			l.Elts = append(l.Elts, c.expr(p, e, at.element(i)))
		}
		return l
	}
	switch n.ShortTag() {
	case "!!int":
		return ast.NewLit(token.INT, n.Value)
	case "!!bool":
		return ast.NewBool(n.Value == "true")
	}
	return ast.NewString(n.Value)
}

func (c *contract) structExpr(p part, n *yaml.Node, at *path) ast.Expr {
	s := &ast.StructLit{}
	add := func(name string, value ast.Expr) {
		s.Elts = append(s.Elts, &ast.Field{Label: ast.NewString(name), Value: value})
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; !c.ignored[key] {
			add(key.Value, c.expr(p, n.Content[i+1], at.field(key.Value)))
		}
	}
	for _, name := range c.meant[n] {
		add(name, c.blankExpr(p, "", at.field(name)))
	}
	return s
}

// blankExpr stands in for a value that is not known: anything, or the next word of
// those it can be. A misspelt word is read as the one it is close to.
func (c *contract) blankExpr(p part, text string, at *path) ast.Expr {
	if c.word < 0 {
		c.words = max(c.words, len(c.vocabulary(p, at.steps())))
		return ast.NewIdent("_")
	}
	words := c.vocabulary(p, at.steps())
	if near := diag.Nearest(text, words); near != "" {
		return ast.NewString(near)
	}
	if len(words) == 0 {
		return ast.NewIdent("_")
	}
	return ast.NewString(words[min(c.word, len(words)-1)])
}
