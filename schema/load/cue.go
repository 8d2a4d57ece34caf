//go:build !lean

package load

import (
	"strconv"
	"strings"
	"time"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// parseCUE evaluates a topology that is written in CUE and turns it into the tree
// that YAML would have given. It reads no other file and no registry: what may be
// imported is CUE's own library and the contract.
//
// A program in CUE may run for cueBudget, and may ask for any amount of memory until then:
// evaluate only what you would run.
func parseCUE(files []file) (source, diag.List) { return parseCUEWithin(cueBudget, files) }

func parseCUEWithin(budget time.Duration, files []file) (source, diag.List) {
	return within(budget, files, func() (source, diag.List) { return runCUE(files) })
}

func runCUE(files []file) (source, diag.List) {
	src := cueSource(files)
	var list diag.List
	if !checkFiles(files, &list) {
		return src, list
	}
	e := &exporter{src: &src, list: &list, own: map[string]bool{}}
	for _, f := range files {
		e.own[f.name] = true
	}
	v, ok := e.evaluate(files)
	if !ok {
		return src, list
	}
	src.root = e.node(v, nil, nil)
	if src.root.Kind == yaml.MappingNode && len(src.root.Content) == 0 && len(list) == 0 {
		src.root = nil
		emptyInput(&list, src.name)
	}
	return src, list
}

func checkFiles(files []file, list *diag.List) bool {
	ok := true
	for _, f := range files {
		ok = checkText(f, list) && !tooLongExpression(f, list) && ok
	}
	return ok
}

// evaluate builds one package of the files.
func (e *exporter) evaluate(files []file) (v cue.Value, ok bool) {
	inst := build.NewContext().NewInstance("", imported)
	for _, f := range files {
		parsed, err := parser.ParseFile(f.name, f.data)
		if err == nil {
			err = e.add(inst, parsed)
		}
		e.report(cue.Value{}, err)
	}
	if len(*e.list) > 0 {
		return cue.Value{}, false
	}
	if err := inst.Complete(); err != nil {
		e.report(cue.Value{}, err)
		return cue.Value{}, false
	}
	v = cuecontext.New().BuildInstance(inst)
	e.report(v, v.Validate(cue.All()))
	return v, len(*e.list) == 0
}

// add adds a parsed file; what it imports must be at hand.
func (e *exporter) add(inst *build.Instance, f *ast.File) error {
	for spec := range f.ImportSpecs() {
		path, _ := strconv.Unquote(spec.Path.Value)
		host, _, _ := strings.Cut(path, "/")
		if strings.Contains(host, ".") && path != schema.Package && path != schema.Package+":schema" {
			return errors.Newf(spec.Pos(), "%s cannot be imported: only CUE's own library and %s can", path, schema.Package)
		}
	}
	if err := inst.AddSyntax(f); err != nil {
		return err
	}
	return nil
}

// imported stands in for the contract: every definition is there, and allows
// anything. What the contract refuses is then found after the evaluation, by the
// same code and in the same words as in a topology written in YAML.
func imported(pos token.Pos, path string) *build.Instance {
	if !strings.HasPrefix(path, schema.Package) {
		return nil // CUE's own library
	}
	inst := build.NewContext().NewInstance("", nil)
	inst.ImportPath, inst.PkgName = path, "schema"
	f, err := parser.ParseFile("topology.cue", schema.CUE())
	if err == nil {
		err = inst.AddSyntax(open(f))
	}
	if err != nil {
		inst.Err = errors.Promote(err, "contract")
	}
	return inst
}

// open is the contract without its rules.
func open(contract *ast.File) *ast.File {
	f := &ast.File{Decls: []ast.Decl{&ast.Package{Name: ast.NewIdent("schema")}}}
	for _, d := range contract.Decls {
		field, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		var value ast.Expr = ast.NewIdent("_")
		if _, ok := field.Value.(*ast.StructLit); ok {
			value = ast.NewStruct(&ast.Ellipsis{})
		}
		name, _, _ := ast.LabelName(field.Label)
		f.Decls = append(f.Decls, &ast.Field{Label: ast.NewIdent(name), Value: value})
	}
	return f
}
