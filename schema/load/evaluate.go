//go:build !lean

package load

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Evaluate asks CUE's own evaluator for a second opinion. It is an error where CUE refuses
// what the document's findings do not: then this program or CUE is wrong. A document that
// has findings of its shape is not evaluated, since CUE hides some faults behind others.
// It takes some 40 times as long as reading the document.
func (d *Document) Evaluate() error {
	if d.Topology == nil || d.src.root == nil || len(d.Findings) > 0 {
		return nil
	}
	var failures []error
	for _, o := range evaluate(d.src.root) {
		failures = append(failures, fmt.Errorf("%s: CUE's evaluator refuses what this program allows: %s; please report it, and believe CUE until then",
			d.src.find(o.path), oneLine(o.says)))
	}
	return errors.Join(failures...)
}

// objection is what CUE says against a value.
type objection struct{ path, says string }

// evaluate judges everything but the regions, and then one region after the other, which
// takes a third of the time and a tenth of the memory of judging them together.
func evaluate(root *yaml.Node) []objection {
	e := newEvaluator()
	var regions *yaml.Node
	at := &path{key: "spec", index: -1}
	if _, spec := yamlnode.Child(root, "spec"); spec != nil {
		_, regions = yamlnode.Child(spec, "regions")
	}
	if regions == nil || regions.Kind != yaml.SequenceNode || len(regions.Content) == 0 {
		return e.judge("Topology", root, nil)
	}
	e.blank = regions
	all := slices.DeleteFunc(e.judge("Topology", root, nil), func(o objection) bool { return strings.HasPrefix(o.path, "spec.regions[") })
	for i, n := range regions.Content {
		if i%contextLife == contextLife-1 {
			e = newEvaluator()
		}
		all = append(all, e.judge("Region", n, at.field("regions").element(i))...)
	}
	return all
}

// contextLife is how many regions one context judges: it never forgets a value.
const contextLife = 100

// evaluator holds the contract, compiled by CUE.
type evaluator struct {
	ctx      *cue.Context
	contract cue.Value
	// blank is a node that is anything.
	blank *yaml.Node
}

func newEvaluator() *evaluator {
	ctx := cuecontext.New()
	return &evaluator{ctx: ctx, contract: ctx.CompileBytes(schema.CUE(), cue.Filename("topology.cue"))}
}

// judge holds a node against a definition.
func (e *evaluator) judge(definition string, n *yaml.Node, at *path) []objection {
	err := e.ctx.BuildExpr(e.expr(n)).Unify(e.contract.LookupPath(cue.MakePath(cue.Def(definition)))).Validate(cue.Concrete(true), cue.All())
	var all []objection
	for _, err := range cueerrors.Errors(err) {
		all = append(all, objection{below(n, at, err.Path()).String(), err.Error()})
	}
	return all
}

// below is the path that CUE's steps lead to. A step that is not there is a field that is
// missing.
func below(n *yaml.Node, at *path, steps []string) *path {
	for _, s := range steps {
		name := unquote(s)
		if n != nil && n.Kind == yaml.SequenceNode {
			i, _ := strconv.Atoi(name)
			at = at.element(i)
		} else {
			at = at.field(name)
		}
		if n != nil {
			_, n = yamlnode.Child(n, name)
		}
	}
	return at
}

// expr is the tree as CUE sees it.
func (e *evaluator) expr(n *yaml.Node) ast.Expr {
	switch {
	case n == e.blank:
		return ast.NewIdent("_")
	case n.Kind == yaml.MappingNode:
		s := &ast.StructLit{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.Elts = append(s.Elts, &ast.Field{Label: ast.NewString(n.Content[i].Value), Value: e.expr(n.Content[i+1])})
		}
		return s
	case n.Kind == yaml.SequenceNode:
		l := &ast.ListLit{}
		for _, c := range n.Content {
			l.Elts = append(l.Elts, e.expr(c))
		}
		return l
	}
	switch n.ShortTag() {
	case "!!int":
		return ast.NewLit(token.INT, n.Value)
	case "!!float":
		return ast.NewLit(token.FLOAT, n.Value)
	case "!!bool":
		return ast.NewBool(n.Value == "true")
	case "!!null":
		return ast.NewNull()
	}
	return ast.NewString(n.Value)
}
