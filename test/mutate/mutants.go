package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A mutant is one small change of the code.
type mutant struct {
	id       int // from 1, in the order of the source
	file     string
	line     int
	column   int
	function string
	change   string // what stands there, an arrow, and what the mutant has instead
}

// key says which mutant it is for as long as nobody edits the expression itself.
func (m mutant) key() string { return fmt.Sprintf("%s %s: %s", m.file, m.function, m.change) }

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", m.file, m.line, m.column, m.function, m.change)
}

// A writer adds the mutants of one file to its text. Whatever a mutant needs stands before or
// after a node of the source, so that nested mutants do not disturb each other: where one of them
// repeats the source's own text, no other mutant is awake.
type writer struct {
	fset *token.FileSet
	info *types.Info
	pkg  *types.Package
	file *ast.File
	name string // of the file, relative to the root
	src  []byte

	inserts    []insert
	mutants    *[]mutant // of the package, to which this file's are added
	function   string
	conditions map[ast.Expr]bool // of branches, which are made true and false
}

// An insert is what stands before and after a piece of the source.
type insert struct {
	from, to      int
	before, after string
}

func (w *writer) offset(p token.Pos) int { return w.fset.Position(p).Offset }

func (w *writer) text(n ast.Node) string { return string(w.src[w.offset(n.Pos()):w.offset(n.End())]) }

func (w *writer) around(n ast.Node, before, after string) {
	w.inserts = append(w.inserts, insert{w.offset(n.Pos()), w.offset(n.End()), before, after})
}

// at puts a statement at the beginning of a body.
func (w *writer) at(offset int, statement string) {
	w.inserts = append(w.inserts, insert{offset, len(w.src), statement, ""})
}

// add numbers a mutant whose original is the node n.
func (w *writer) add(n ast.Node, old, now string) int {
	at := w.fset.Position(n.Pos())
	*w.mutants = append(*w.mutants, mutant{
		id: len(*w.mutants) + 1, file: w.name, line: at.Line, column: at.Column,
		function: w.function, change: brief(old) + " -> " + brief(now),
	})
	return len(*w.mutants)
}

// brief is a piece of source on one line.
func brief(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 90 {
		return string(r[:60]) + " ... " + string(r[len(r)-25:])
	}
	return s
}

// bytes is the file with its mutants. What surrounds more stands further out.
func (w *writer) bytes() []byte {
	before, after := map[int]string{}, map[int]string{}
	slices.SortStableFunc(w.inserts, func(a, b insert) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	for _, i := range w.inserts {
		before[i.from] += i.before
		after[i.to] = i.after + after[i.to]
	}
	var b bytes.Buffer
	for i := range len(w.src) + 1 {
		b.WriteString(after[i] + before[i])
		if i < len(w.src) {
			b.WriteByte(w.src[i])
		}
	}
	return b.Bytes()
}

// mutate adds the mutants of all functions of the file.
func (w *writer) mutate() {
	for _, d := range w.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body == nil {
				continue
			}
			w.function = d.Name.Name
			if d.Recv != nil {
				w.function = strings.TrimPrefix(w.text(d.Recv.List[0].Type), "*") + "." + w.function
			}
			w.block(d.Body, d.Type)
		case *ast.GenDecl: // the functions among values of variables
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					w.function = n.Names[0].Name
				case *ast.FuncLit:
					w.block(n.Body, n.Type)
					return false
				}
				return true
			})
		}
	}
}

// block visits what a function does. Nested functions have results of their own.
func (w *writer) block(body *ast.BlockStmt, typ *ast.FuncType) {
	last := lastSwitch(body, typ)
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			w.block(n.Body, n.Type)
			return false
		case *ast.GenDecl:
			return n.Tok != token.CONST
		case *ast.ArrayType:
			return false
		case *ast.CallExpr:
			// What stays is a hint about capacity, or the words of a panic.
			if name := w.builtin(n); name == "make" || name == "panic" {
				return false
			}
		case *ast.BlockStmt:
			w.statements(n.List)
		case *ast.CaseClause:
			w.statements(n.Body)
		case *ast.IfStmt:
			w.condition(n.Cond, true)
		case *ast.ForStmt:
			if n.Cond != nil {
				w.condition(n.Cond, false)
			}
		case *ast.RangeStmt:
			w.leave(n)
		case *ast.SwitchStmt:
			w.cases(n, n != last)
		case *ast.ReturnStmt:
			w.results(n, typ)
		case *ast.BinaryExpr:
			w.binary(n)
		case *ast.Ident:
			w.literal(n)
		case *ast.BasicLit:
			w.number(n)
		case *ast.SliceExpr:
			w.bound(n.Low, 1)
			w.bound(n.High, -1)
		case *ast.KeyValueExpr:
			// A key may be the index of an array, or the name of a field.
			ast.Inspect(n.Value, visit)
			return false
		}
		return true
	}
	ast.Inspect(body, visit)
}

// lastSwitch is the switch that ends a function with results, whose cases must not be left: the
// compiler would miss a return.
func lastSwitch(body *ast.BlockStmt, typ *ast.FuncType) *ast.SwitchStmt {
	if typ.Results == nil || len(body.List) == 0 {
		return nil
	}
	s, _ := body.List[len(body.List)-1].(*ast.SwitchStmt)
	return s
}

func (w *writer) builtin(c *ast.CallExpr) string {
	id, ok := c.Fun.(*ast.Ident)
	if !ok {
		return ""
	}
	if _, ok := w.info.Uses[id].(*types.Builtin); !ok {
		return ""
	}
	return id.Name
}

// statements leaves out assignments, calls whose results nobody wants, continue and break.
func (w *writer) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			c, ok := s.X.(*ast.CallExpr)
			if !ok || w.builtin(c) == "panic" {
				continue
			}
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE || blank(s.Lhs) {
				continue
			}
		case *ast.IncDecStmt:
		case *ast.BranchStmt:
			if s.Tok != token.CONTINUE && s.Tok != token.BREAK {
				continue
			}
		default:
			continue
		}
		id := w.add(s, w.text(s), "nothing")
		w.around(s, fmt.Sprintf("if mutant_off(%d) { ", id), " }")
	}
}

func blank(list []ast.Expr) bool {
	return !slices.ContainsFunc(list, func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return !ok || id.Name != "_"
	})
}

// condition makes the condition of a branch or loop false, and that of a branch true, too. Its
// negation is left out: whatever notices one of the two notices the negation.
func (w *writer) condition(e ast.Expr, always bool) {
	if !w.isBool(e) {
		return
	}
	never := w.add(e, w.text(e), "false")
	before := fmt.Sprintf("(mutant_off(%d) && (", never)
	if always {
		w.conditions[ast.Unparen(e)] = true
		before = fmt.Sprintf("(mutant_on(%d) || mutant_off(%d) && (", w.add(e, w.text(e), "true"), never)
	}
	w.around(e, before, "))")
	w.operands(e)
}

// operands negates the parts of a condition that are not comparisons: those have other
// operators.
func (w *writer) operands(e ast.Expr) {
	switch x := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		if x.Op == token.LAND || x.Op == token.LOR {
			w.negate(x.X)
			w.negate(x.Y)
		}
	case *ast.UnaryExpr:
		w.operands(x.X)
	}
}

// negate negates e if it is a truth value and neither a comparison nor made of others.
func (w *writer) negate(e ast.Expr) {
	if !w.isBool(e) {
		return
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		w.operands(x)
		return
	case *ast.Ident:
		if x.Name == "true" || x.Name == "false" {
			return
		}
	}
	id := w.add(e, w.text(e), "!("+w.text(e)+")")
	w.around(e, "(mutant_on("+fmt.Sprint(id)+") != (", "))")
}

func (w *writer) isBool(e ast.Expr) bool {
	t, ok := w.info.Types[e].Type.(*types.Basic)
	return ok && t.Info()&types.IsBoolean != 0
}

var swaps = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.EQL: "!=", token.NEQ: "==", token.LAND: "||", token.LOR: "&&",
	token.ADD: "-", token.SUB: "+", token.MUL: "+", token.QUO: "*",
}

// binary swaps an operator, but not == and != where they are a whole condition: that would
// negate it.
func (w *writer) binary(x *ast.BinaryExpr) {
	op, ok := swaps[x.Op]
	tv := w.info.Types[x]
	if !ok || tv.Value != nil {
		return
	}
	now := w.text(x.X) + " " + op + " " + w.text(x.Y)
	if w.isBool(x) {
		if (x.Op == token.EQL || x.Op == token.NEQ) && w.conditions[x] {
			return
		}
		id := w.add(x, w.text(x), now)
		w.around(x, fmt.Sprintf("(mutant_on(%d) && (%s) || mutant_off(%d) && (", id, now, id), "))")
		return
	}
	name, ok := w.integer(x)
	if !ok {
		return
	}
	id := w.add(x, w.text(x), now)
	w.around(x, fmt.Sprintf("mutant_pick(%d, func() %s { return %s }, func() %s { return ", id, name, now, name), "})")
}

// integer spells the type of e, if it is an integer and this file can name the type.
func (w *writer) integer(e ast.Expr) (string, bool) {
	t := w.info.Types[e].Type
	if t == nil {
		return "", false
	}
	b, ok := t.Underlying().(*types.Basic)
	if !ok || b.Info()&types.IsInteger == 0 || b.Info()&types.IsUntyped != 0 {
		return "", false
	}
	imported := true
	name := types.TypeString(t, func(p *types.Package) string {
		if p == w.pkg {
			return ""
		}
		imported = imported && slices.ContainsFunc(w.file.Imports, func(i *ast.ImportSpec) bool {
			return i.Name == nil && strings.Trim(i.Path.Value, `"`) == p.Path()
		})
		return p.Name()
	})
	return name, imported
}

// number is one more, and one less than it was. Zero is one more only: most often it is an
// index, and the compiler's own check would notice -1.
func (w *writer) number(l *ast.BasicLit) {
	if l.Kind != token.INT {
		return
	}
	name, ok := w.integer(l)
	if !ok {
		return
	}
	before, after := "(", fmt.Sprintf(" + mutant_add[%s](%d, 1)", name, w.add(l, l.Value, l.Value+"+1"))
	if constant.Sign(w.info.Types[l].Value) != 0 {
		after += fmt.Sprintf(" + mutant_add[%s](%d, -1)", name, w.add(l, l.Value, l.Value+"-1"))
	}
	w.around(l, before, after+")")
}

// bound moves one end of a slice. A number moves anyway.
func (w *writer) bound(e ast.Expr, by int) {
	if e == nil || w.info.Types[e].Value != nil {
		return
	}
	name, ok := w.integer(e)
	if !ok {
		return
	}
	id := w.add(e, w.text(e), fmt.Sprintf("%s %+d", w.text(e), by))
	w.around(e, "((", fmt.Sprintf(") + mutant_add[%s](%d, %d))", name, id, by))
}

// literal flips true and false.
func (w *writer) literal(id *ast.Ident) {
	now, ok := map[string]string{"true": "false", "false": "true"}[id.Name]
	if !ok || w.info.Types[id].Value == nil || !w.isBool(id) {
		return
	}
	n := w.add(id, id.Name, now)
	w.around(id, fmt.Sprintf("(mutant_on(%d) != ", n), ")")
}

// leave ends a loop before it did anything.
func (w *writer) leave(loop *ast.RangeStmt) {
	if len(loop.Body.List) == 0 {
		return
	}
	head := "for " + string(w.src[w.offset(loop.Range):w.offset(loop.Body.Lbrace)])
	if loop.Key != nil {
		head = string(w.src[w.offset(loop.Pos()):w.offset(loop.Body.Lbrace)])
	}
	id := w.add(loop, head, "nothing")
	w.at(w.offset(loop.Body.Lbrace)+1, fmt.Sprintf(" if mutant_on(%d) { break }; ", id))
}

// cases makes conditions of cases false and true, and leaves the bodies of those that are
// values.
func (w *writer) cases(s *ast.SwitchStmt, mayLeave bool) {
	for _, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		if s.Tag == nil {
			for _, e := range c.List {
				w.condition(e, true)
			}
			continue
		}
		if !mayLeave || len(c.Body) == 0 {
			continue
		}
		what := "default:"
		if len(c.List) > 0 {
			what = "case " + string(w.src[w.offset(c.List[0].Pos()):w.offset(c.Colon)+1])
		}
		id := w.add(c, what, "nothing")
		w.at(w.offset(c.Colon)+1, fmt.Sprintf(" if mutant_on(%d) { break }; ", id))
	}
}

// results returns a zero value instead of each result in turn; a truth value is negated.
func (w *writer) results(r *ast.ReturnStmt, typ *ast.FuncType) {
	if typ.Results == nil || len(r.Results) == 0 {
		return
	}
	var spelled []ast.Expr
	for _, f := range typ.Results.List {
		for range max(1, len(f.Names)) {
			spelled = append(spelled, f.Type)
		}
	}
	var zeros []string
	for _, e := range spelled {
		zeros = append(zeros, w.zero(e))
	}
	var before string
	mutant := func(results []string) {
		now := "return " + strings.Join(results, ", ")
		before += fmt.Sprintf("if mutant_on(%d) { %s }; ", w.add(r, w.text(r), now), now)
	}
	if len(r.Results) != len(spelled) { // return f()
		mutant(zeros)
	} else {
		for i, e := range r.Results {
			if w.isBool(e) {
				w.negate(e)
				continue
			}
			if w.isZero(e) {
				continue
			}
			var results []string
			for _, e := range r.Results {
				results = append(results, w.text(e))
			}
			results[i] = zeros[i]
			mutant(results)
		}
	}
	if before != "" {
		w.around(r, before, "")
	}
}

// zero spells the zero value of the type that e names.
func (w *writer) zero(e ast.Expr) string {
	switch t := w.info.Types[e].Type.Underlying().(type) {
	case *types.Basic:
		switch {
		case t.Info()&types.IsBoolean != 0:
			return "false"
		case t.Info()&types.IsString != 0:
			return `""`
		case t.Info()&types.IsNumeric != 0:
			return "0"
		}
	case *types.Pointer, *types.Slice, *types.Map, *types.Chan, *types.Signature:
		return "nil"
	case *types.Interface:
		if _, ok := w.info.Types[e].Type.(*types.TypeParam); !ok {
			return "nil"
		}
	}
	return "*new(" + w.text(e) + ")"
}

func (w *writer) isZero(e ast.Expr) bool {
	if tv := w.info.Types[e]; tv.IsNil() {
		return true
	} else if tv.Value != nil {
		switch tv.Value.Kind() {
		case constant.String:
			return constant.StringVal(tv.Value) == ""
		case constant.Int:
			return constant.Sign(tv.Value) == 0
		}
	}
	c, ok := ast.Unparen(e).(*ast.CompositeLit)
	return ok && len(c.Elts) == 0
}
