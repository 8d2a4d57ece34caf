package load

import (
	"regexp"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// plain is the contract without its messages, and with a list of words as one pattern.
// It accepts what the contract accepts, in two thirds of the time: CUE tries all parts of
// a disjunction, and it has nearly none. What is wrong with the rest, the contract says.
func plain(ctx *cue.Context) cue.Value {
	f, err := parser.ParseFile("topology.cue", schema.CUE())
	if err != nil {
		panic(err) // unreachable: tests compile it
	}
	return ctx.BuildFile(astutil.Apply(f, nil, func(c astutil.Cursor) bool {
		or, ok := c.Node().(*ast.BinaryExpr)
		if !ok || or.Op != token.OR {
			return true
		}
		if call, ok := or.Y.(*ast.CallExpr); ok {
			if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "error" {
				c.Replace(pattern(or.X))
			}
		}
		return true
	}).(*ast.File))
}

// pattern is a list of words as a pattern, and anything else as it is.
func pattern(e ast.Expr) ast.Expr {
	words, ok := words(e)
	if !ok || len(words) < 2 {
		return e
	}
	for i, w := range words {
		words[i] = regexp.QuoteMeta(w)
	}
	return &ast.BinaryExpr{
		X: ast.NewIdent("string"), Op: token.AND,
		Y: &ast.UnaryExpr{Op: token.MAT, X: ast.NewString("^(" + strings.Join(words, "|") + ")$")},
	}
}

func words(e ast.Expr) ([]string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return []string{s}, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, okX := words(e.X)
		y, okY := words(e.Y)
		return append(x, y...), e.Op == token.OR && okX && okY
	}
	return nil, false
}
