package rule_test

import (
	"fmt"
	"go/format"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/rule"
)

const tableFile = "../contract/contract.go"

// The table is what the contract says today.
func TestTableIsCurrent(t *testing.T) {
	f, err := parser.ParseFile("topology.cue", schema.CUE(), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, tableFile, string(newCompiler(f).source()))
}

// head is how the file begins.
const head = `// Code generated from schema/topology.cue by make golden. DO NOT EDIT.

// Package contract is schema/topology.cue as Go has it: what every field may be.
package contract

import "github.com/kustomize-hybrid/kustomize-hybrid/schema/rule"

// Of is the rule of a document of a kind, such as Topology; nil when the contract has no such
// kind.
func Of(kind string) *rule.Rule { return kinds[kind] }

`

// compiler writes the contract's definitions as Go. It knows the forms that the contract
// uses; any other fails, so that nothing of the contract is lost in silence.
type compiler struct {
	definitions map[string]ast.Expr
	names       []string
	patterns    []string
	texts       map[string]string // parts of patterns that have a name
}

func newCompiler(f *ast.File) *compiler {
	c := &compiler{definitions: map[string]ast.Expr{}, texts: map[string]string{}}
	for _, d := range f.Decls {
		field, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		label, _, _ := ast.LabelName(field.Label)
		if text, ok := field.Value.(*ast.BasicLit); ok && strings.HasPrefix(label, "_") {
			c.texts[label] = unquoted(text)
			continue
		}
		name := strings.TrimPrefix(label, "#")
		c.names = append(c.names, name)
		c.definitions[name] = field.Value
	}
	return c
}

func (c *compiler) source() []byte {
	var body strings.Builder
	for _, name := range c.names {
		r := c.rule(c.definitions[name])
		for r.ref != "" { // another name of a definition
			r = c.rule(c.definitions[r.ref])
		}
		r.Name = name
		fmt.Fprintf(&body, "var %s = &rule.Rule%s\n\n", c.variable(name), c.literal(r))
	}
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("var kinds = map[string]*rule.Rule{\n")
	for _, name := range c.names {
		if s, ok := c.definitions[name].(*ast.StructLit); ok && isDocument(s) {
			fmt.Fprintf(&b, "%q: %s,\n", name, c.variable(name))
		}
	}
	b.WriteString("}\n\n")
	for i, p := range c.patterns {
		fmt.Fprintf(&b, "var pattern%d = &rule.Pattern{%s}\n", i, p)
	}
	text, err := format.Source([]byte(b.String() + "\n" + body.String()))
	if err != nil {
		panic(err)
	}
	return text
}

// isDocument recognises what says of itself which kind it is of.
func isDocument(s *ast.StructLit) bool {
	return slices.ContainsFunc(s.Elts, func(d ast.Decl) bool {
		f, ok := d.(*ast.Field)
		if !ok {
			return false
		}
		label, _, _ := ast.LabelName(f.Label)
		return label == "apiVersion"
	})
}

// variable is the Go name of a definition's rule: AWSNetwork becomes ruleAWSNetwork.
func (c *compiler) variable(name string) string { return "rule" + name }

// rule reads one expression.
func (c *compiler) rule(e ast.Expr) *described {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.rule(e.X)
	case *ast.Ident:
		return c.named(e.Name)
	case *ast.SelectorExpr:
		// net.IP and net.IPCIDR: the reader has parsed addresses and prefixes.
		return &described{Rule: rule.Rule{Kind: rule.Text}}
	case *ast.BasicLit:
		return &described{Rule: rule.Rule{Kind: rule.Text, Words: []string{unquoted(e)}}}
	case *ast.StructLit:
		return c.structure(e)
	case *ast.ListLit:
		return c.list(e)
	case *ast.UnaryExpr:
		return c.bound(e)
	case *ast.CallExpr:
		return c.call(e)
	case *ast.BinaryExpr:
		return c.binary(e)
	}
	panic(fmt.Sprintf("the contract has a form that is not known here: %T at %v", e, e.Pos()))
}

// described is a rule whose parts are still names of variables.
type described struct {
	rule.Rule
	ref      string // the variable of a definition
	elem     *described
	patterns []string
	keys     string
	fields   []fieldOf
	then     []conditionOf
}

type fieldOf struct {
	rule.Field
	value *described
}

type conditionOf struct {
	rule.Condition
	value *described
}

func (c *compiler) named(name string) *described {
	switch name {
	case "string":
		return &described{Rule: rule.Rule{Kind: rule.Text}}
	case "int":
		return &described{Rule: rule.Rule{Kind: rule.Whole}}
	case "bool":
		return &described{Rule: rule.Rule{Kind: rule.Bool}}
	}
	definition := strings.TrimPrefix(name, "#")
	if c.definitions[definition] == nil {
		panic("the contract has no " + name)
	}
	return &described{ref: definition}
}

// call reads what a validator of CUE's library says.
func (c *compiler) call(e *ast.CallExpr) *described {
	switch fmt.Sprint(name(e.Fun)) {
	case "strings.MaxRunes":
		n, err := strconv.Atoi(e.Args[0].(*ast.BasicLit).Value)
		if err != nil {
			panic(err)
		}
		return &described{Rule: rule.Rule{Kind: rule.Text, MaxRunes: n}}
	case "time.Format":
		if unquoted(e.Args[0].(*ast.BasicLit)) != time.DateOnly {
			panic("time.Format of anything but a day is not known here")
		}
		return &described{Rule: rule.Rule{Kind: rule.Text, Day: true}}
	case "struct.MinFields":
		if e.Args[0].(*ast.BasicLit).Value != "1" {
			panic("struct.MinFields of anything but 1 is not known here")
		}
		return &described{Rule: rule.Rule{Kind: rule.Map, NonEmpty: true}}
	}
	panic(fmt.Sprintf("the contract calls what is not known here: %v at %v", name(e.Fun), e.Pos()))
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		label, _, _ := ast.LabelName(e.Sel)
		return name(e.X) + "." + label
	}
	return fmt.Sprintf("%T", e)
}

// bound reads =~"x", !~"x", >=1 and <=1.
func (c *compiler) bound(e *ast.UnaryExpr) *described {
	switch e.Op {
	case token.MAT, token.NMAT:
		return &described{Rule: rule.Rule{Kind: rule.Text}, patterns: []string{c.pattern(e.X, e.Op == token.NMAT)}}
	case token.GEQ, token.LEQ:
		n, err := strconv.ParseInt(e.X.(*ast.BasicLit).Value, 0, 64)
		if err != nil {
			panic(err)
		}
		d := &described{Rule: rule.Rule{Kind: rule.Whole, Bounded: true, Min: unbounded.Min, Max: unbounded.Max}}
		if e.Op == token.GEQ {
			d.Min = n
		} else {
			d.Max = n
		}
		return d
	}
	panic(fmt.Sprintf("the contract has a bound that is not known here: %v", e.Op))
}

// unbounded is what a bound leaves open on its other side.
var unbounded = rule.Rule{Min: -1 << 63, Max: 1<<63 - 1}

// pattern is the variable of a pattern; the same pattern has one.
func (c *compiler) pattern(e ast.Expr, not bool) string {
	source := c.text(e)
	text := fmt.Sprintf("Source: %s", goString(source))
	if not {
		text += ", Not: true"
	}
	text += ", Steps: []rule.Step{\n" + stepsOf(source) + "}"
	i := slices.Index(c.patterns, text)
	if i < 0 {
		i, c.patterns = len(c.patterns), append(c.patterns, text)
	}
	return fmt.Sprintf("pattern%d", i)
}

// text is a literal, with the texts that it names put in.
func (c *compiler) text(e ast.Expr) string {
	parts, ok := e.(*ast.Interpolation)
	if !ok {
		return unquoted(e.(*ast.BasicLit))
	}
	var whole strings.Builder
	for _, p := range parts.Elts {
		switch p := p.(type) {
		case *ast.BasicLit:
			// The pieces of one literal: "a\( and )b\( and )c".
			whole.WriteString(strings.TrimSuffix(strings.Trim(strings.TrimPrefix(p.Value, ")"), `"`), `\(`))
		case *ast.Ident:
			text, ok := c.texts[p.Name]
			if !ok {
				panic("the contract has no " + p.Name)
			}
			whole.WriteString(strings.ReplaceAll(text, `\`, `\\`))
		}
	}
	return unquoted(&ast.BasicLit{Value: `"` + whole.String() + `"`})
}

func goString(s string) string {
	if strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

func unquoted(lit *ast.BasicLit) string {
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", lit.Value, err))
	}
	return s
}

func (c *compiler) binary(e *ast.BinaryExpr) *described {
	if said, ok := refusal(e.Y); ok && e.Op == token.OR {
		d := c.rule(e.X)
		if d.ref != "" {
			panic("a definition has its message itself: " + d.ref)
		}
		d.Says = said
		return d
	}
	x, y := c.rule(e.X), c.rule(e.Y)
	switch e.Op {
	case token.OR:
		if len(x.Words) == 0 || len(y.Words) == 0 {
			panic(fmt.Sprintf("only words may stand beside each other, at %v", e.Pos()))
		}
		x.Words = append(x.Words, y.Words...)
		return x
	case token.AND:
		if x.ref != "" && y.Kind == rule.Map {
			x = c.rule(c.definitions[x.ref])
			x.NonEmpty, x.Says = y.NonEmpty, y.Says
			return x
		}
		return both(x, y)
	}
	panic(fmt.Sprintf("the contract has an operator that is not known here: %v", e.Op))
}

// both is what has to hold where x and y have to.
func both(x, y *described) *described {
	if x.Kind != y.Kind {
		panic(fmt.Sprintf("kinds %d and %d of one value", x.Kind, y.Kind))
	}
	d := *x
	d.patterns = append(d.patterns, y.patterns...)
	d.MaxRunes, d.Day = max(x.MaxRunes, y.MaxRunes), x.Day || y.Day
	switch {
	case x.Bounded && y.Bounded:
		d.Min, d.Max = max(x.Min, y.Min), min(x.Max, y.Max)
	case y.Bounded:
		d.Bounded, d.Min, d.Max = true, y.Min, y.Max
	}
	return &d
}

// refusal is the text of error("...").
func refusal(e ast.Expr) (string, bool) {
	call, ok := e.(*ast.CallExpr)
	if !ok || name(call.Fun) != "error" {
		return "", false
	}
	return unquoted(call.Args[0].(*ast.BasicLit)), true
}

// list reads [...X], and [X, ...X], which must not be empty.
func (c *compiler) list(e *ast.ListLit) *described {
	rest, ok := e.Elts[len(e.Elts)-1].(*ast.Ellipsis)
	if !ok || len(e.Elts) > 2 {
		panic(fmt.Sprintf("a list is [...X] or [X, ...X], at %v", e.Pos()))
	}
	return &described{Rule: rule.Rule{Kind: rule.List, NonEmpty: len(e.Elts) == 2}, elem: c.rule(rest.Type)}
}

func (c *compiler) structure(e *ast.StructLit) *described {
	d := &described{Rule: rule.Rule{Kind: rule.Struct}}
	for _, decl := range e.Elts {
		switch decl := decl.(type) {
		case *ast.Field:
			if label, ok := decl.Label.(*ast.ListLit); ok {
				c.pairs(d, label.Elts[0], decl.Value)
				continue
			}
			d.fields = append(d.fields, c.field(decl))
		case *ast.Comprehension:
			d.then = append(d.then, c.condition(decl)...)
		case *ast.CommentGroup:
		default:
			panic(fmt.Sprintf("a struct has %T, which is not known here", decl))
		}
	}
	return d
}

// pairs reads [string]: X, [=~"x"]: X and [!~"x"]: error("...").
func (c *compiler) pairs(d *described, label, value ast.Expr) {
	d.Kind = rule.Map
	said, refused := refusal(value)
	pattern, ok := label.(*ast.UnaryExpr)
	switch {
	case !ok:
		d.elem = c.rule(value)
	case pattern.Op == token.MAT && !refused:
		d.keys, d.elem = c.pattern(pattern.X, false), c.rule(value)
	case pattern.Op == token.NMAT && refused:
		if d.keys != c.pattern(pattern.X, false) {
			panic("the names that are refused are not those that are left")
		}
		d.KeySays = said
	default:
		panic("names in a map are of a form that is not known here")
	}
}

func (c *compiler) field(f *ast.Field) fieldOf {
	label, _, err := ast.LabelName(f.Label)
	if err != nil {
		panic(err)
	}
	return fieldOf{rule.Field{Name: label, Doc: doc(f), Required: f.Constraint == token.NOT}, c.rule(f.Value)}
}

// doc is the comment in front of a field, on one line.
func doc(f *ast.Field) string {
	for _, g := range ast.Comments(f) {
		if g.Doc {
			return strings.TrimSuffix(strings.Join(strings.Fields(g.Text()), " "), ".")
		}
	}
	return ""
}

// condition reads: if mode != _|_ if mode == "x" { field: ... }.
func (c *compiler) condition(e *ast.Comprehension) []conditionOf {
	var list []conditionOf
	last := e.Clauses[len(e.Clauses)-1].(*ast.IfClause).Condition.(*ast.BinaryExpr)
	if last.Op != token.EQL {
		panic("a condition is if FIELD == \"WORD\"")
	}
	for _, decl := range e.Value.(*ast.StructLit).Elts {
		f := decl.(*ast.Field)
		label, _, _ := ast.LabelName(f.Label)
		then := conditionOf{Condition: rule.Condition{
			Field: name(last.X), Word: unquoted(last.Y.(*ast.BasicLit)), Then: label, Required: f.Constraint == token.NOT,
		}}
		if said, refused := refusal(f.Value); refused {
			then.Says = said
		} else {
			then.value = c.rule(f.Value)
		}
		list = append(list, then)
	}
	return list
}

// literal is the body of a rule in Go.
func (c *compiler) literal(d *described) string {
	var b strings.Builder
	put := func(name, value string) { fmt.Fprintf(&b, "%s: %s,\n", name, value) }
	b.WriteString("{\n")
	put("Kind", kinds[d.Kind])
	if d.Name != "" {
		put("Name", strconv.Quote(d.Name))
	}
	if d.Says != "" {
		put("Says", goString(d.Says))
	}
	if len(d.Words) > 0 {
		put("Words", fmt.Sprintf("%#v", d.Words))
	}
	if len(d.patterns) > 0 {
		put("Patterns", "[]*rule.Pattern{"+strings.Join(d.patterns, ", ")+"}")
	}
	if d.Day {
		put("Day", "true")
	}
	if d.MaxRunes > 0 {
		put("MaxRunes", strconv.Itoa(d.MaxRunes))
	}
	if d.Bounded {
		put("Bounded", "true")
		put("Min", strconv.FormatInt(d.Min, 10))
		put("Max", strconv.FormatInt(d.Max, 10))
	}
	if d.NonEmpty {
		put("NonEmpty", "true")
	}
	if d.elem != nil {
		put("Elem", c.reference(d.elem))
	}
	if d.keys != "" {
		put("Keys", d.keys)
		put("KeySays", goString(d.KeySays))
	}
	if len(d.fields) > 0 {
		b.WriteString("Fields: []rule.Field{\n")
		for _, f := range d.fields {
			fmt.Fprintf(&b, "{Name: %q, Doc: %s, Rule: %s", f.Name, goString(f.Doc), c.reference(f.value))
			if f.Required {
				b.WriteString(", Required: true")
			}
			b.WriteString("},\n")
		}
		b.WriteString("},\n")
	}
	if len(d.then) > 0 {
		b.WriteString("Conditions: []rule.Condition{\n")
		for _, t := range d.then {
			fmt.Fprintf(&b, "{Field: %q, Word: %q, Then: %q", t.Field, t.Word, t.Then)
			if t.Required {
				b.WriteString(", Required: true")
			}
			if t.value != nil {
				fmt.Fprintf(&b, ", Rule: %s", c.reference(t.value))
			} else {
				fmt.Fprintf(&b, ", Says: %s", goString(t.Says))
			}
			b.WriteString("},\n")
		}
		b.WriteString("},\n")
	}
	return b.String() + "}"
}

var kinds = map[rule.Kind]string{
	rule.Text: "rule.Text", rule.Whole: "rule.Whole", rule.Bool: "rule.Bool", rule.Struct: "rule.Struct", rule.Map: "rule.Map", rule.List: "rule.List",
}

func (c *compiler) reference(d *described) string {
	if d.ref != "" {
		return c.variable(d.ref)
	}
	return "&rule.Rule" + c.literal(d)
}
