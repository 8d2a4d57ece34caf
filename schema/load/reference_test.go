package load_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const referenceFile = "../../docs/topology.md"

// docs/topology.md is the contract's comments as tables.
func TestReferenceIsCurrent(t *testing.T) {
	f, err := parser.ParseFile("topology.cue", schema.CUE(), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	want := reference(f)
	goldentest.Compare(t, referenceFile, want)
}

func reference(f *ast.File) string {
	var b strings.Builder
	b.WriteString(`# What a topology may say

Every field, from the comments of the contract, ` + "`schema/topology.cue`" + `, which a test keeps this
page equal to. A field in **bold** is required, and what each refuses is listed in [values.md](values.md). Relations between fields are explained in
[checks.md](checks.md), and what is rendered for a cloud's network in [cloud.md](cloud.md).
`)
	for _, d := range definitions(f) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", name(d), comment(d))
		if rule := allowed(d.Value); rule != "" {
			fmt.Fprintf(&b, "It %s.\n", rule)
		}
		if s, ok := d.Value.(*ast.StructLit); ok {
			table(&b, s)
		}
	}
	return b.String()
}

func table(b *strings.Builder, s *ast.StructLit) {
	header := "\n| field | value | meaning |\n|---|---|---|\n"
	for _, e := range s.Elts {
		if field, ok := e.(*ast.Field); ok && comment(field) != "" {
			fmt.Fprintf(b, "%s| %s | %s | %s |\n", header, label(field), kind(field.Value), strings.ReplaceAll(comment(field), "|", `\|`))
			header = ""
		}
	}
}

// allowed is what the contract says where something else is written.
func allowed(e ast.Expr) string {
	either, ok := e.(*ast.BinaryExpr)
	if !ok {
		return ""
	}
	call, ok := either.Y.(*ast.CallExpr)
	if !ok {
		return ""
	}
	text, _ := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
	return text
}

func definitions(f *ast.File) []*ast.Field {
	var all []*ast.Field
	for _, d := range f.Decls {
		if field, ok := d.(*ast.Field); ok && !strings.HasPrefix(name(field), "_") {
			all = append(all, field)
		}
	}
	return all
}

func name(f *ast.Field) string {
	text, _, _ := ast.LabelName(f.Label)
	return strings.TrimPrefix(text, "#")
}

func label(f *ast.Field) string {
	if f.Constraint.String() == "!" {
		return "**" + name(f) + "**"
	}
	return name(f)
}

func comment(f *ast.Field) string {
	var text []string
	for _, c := range ast.Comments(f) {
		text = append(text, strings.Fields(c.Text())...)
	}
	return strings.Join(text, " ")
}

// kind says what a value looks like.
func kind(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		n, definition := strings.CutPrefix(e.Name, "#")
		switch {
		case n == "bool":
			return "true or false"
		case n == "int":
			return "number"
		case !definition:
			return "text"
		}
		return fmt.Sprintf("[%s](#%s)", n, strings.ToLower(n))
	case *ast.ListLit:
		last := e.Elts[len(e.Elts)-1].(*ast.Ellipsis)
		return "list of " + kind(last.Type)
	case *ast.StructLit:
		return "mapping of text to text"
	case *ast.BinaryExpr:
		return kind(e.X)
	case *ast.ParenExpr:
		return kind(e.X)
	case *ast.BasicLit:
		return "a word"
	}
	return "text"
}
