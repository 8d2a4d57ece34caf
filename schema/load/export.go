//go:build !lean

package load

import (
	"fmt"
	"slices"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// maxExported is how many values a topology in CUE may have; 10,000 regions have
// some 400,000.
const maxExported = 2_000_000

// exporter turns CUE values into nodes.
type exporter struct {
	src  *source
	list *diag.List
	own  map[string]bool // the files the user wrote
	size int             // nodes so far
}

// node is the value as a node. What has no value becomes an empty node, and a
// finding.
func (e *exporter) node(v cue.Value, p *path, parent *yaml.Node) *yaml.Node {
	v, _ = v.Default()
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	e.place(n, v, parent)
	e.size++
	switch kind := v.IncompleteKind(); {
	case e.size > maxExported:
		if e.size == maxExported+1 {
			e.refuse(n, p, "this makes more than %d values", maxExported).Fix("make fewer")
		}
		e.src.blank[n] = true
	case kind == cue.StructKind:
		e.structure(n, v, p)
	case kind == cue.ListKind:
		e.elements(n, v, p)
	case !v.IsConcrete() || v.Err() != nil:
		e.refuse(n, p, "%s has no concrete value: %s", p.name(), oneLine(fmt.Sprint(v))).Fix("give it one")
		e.src.blank[n] = true
	default:
		e.scalar(n, v, kind)
	}
	return n
}

func (e *exporter) structure(n *yaml.Node, v cue.Value, p *path) {
	n.Kind, n.Tag = yaml.MappingNode, "!!map"
	fields, err := v.Fields()
	if err != nil {
		e.report(v, err)
		return
	}
	for fields.Next() {
		name := fields.Selector().Unquoted()
		value := e.node(fields.Value(), p.field(name), n)
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: value.Line, Column: value.Column}
		e.file(key, e.src.position(value).File)
		n.Content = append(n.Content, key, value)
	}
}

func (e *exporter) elements(n *yaml.Node, v cue.Value, p *path) {
	n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	list, err := v.List()
	if err != nil {
		e.report(v, err)
		return
	}
	for i := 0; list.Next(); i++ {
		n.Content = append(n.Content, e.node(list.Value(), p.element(i), n))
	}
}

func (e *exporter) scalar(n *yaml.Node, v cue.Value, kind cue.Kind) {
	switch kind {
	case cue.StringKind:
		n.Tag = "!!str"
		n.Value, _ = v.String()
	case cue.BoolKind, cue.IntKind:
		n.Tag = map[cue.Kind]string{cue.BoolKind: "!!bool", cue.IntKind: "!!int"}[kind]
		text, _ := v.MarshalJSON()
		n.Value = string(text)
	case cue.FloatKind:
		n.Tag, n.Value = "!!float", fmt.Sprint(v)
	case cue.BytesKind:
		n.Tag, n.Value = "!!binary", fmt.Sprint(v)
	}
}

// place notes where the value was written: where its parent was, when it comes from
// a library.
func (e *exporter) place(n *yaml.Node, v cue.Value, parent *yaml.Node) {
	switch pos := v.Pos(); {
	case e.own[pos.Filename()]:
		n.Line, n.Column = pos.Line(), pos.Column()
		e.file(n, pos.Filename())
	case parent != nil:
		n.Line, n.Column = parent.Line, parent.Column
		e.file(n, e.src.position(parent).File)
	}
}

// file notes the file of a node that is not in the first one.
func (e *exporter) file(n *yaml.Node, name string) {
	if name != e.src.name {
		e.src.files[n] = name
	}
}

func (e *exporter) refuse(n *yaml.Node, p *path, format string, args ...any) *diag.Diagnostic {
	d := e.list.Errorf(NotCUE, p.String(), format, args...)
	d.Pos = e.src.position(n)
	return d
}

// report turns CUE's errors about a value into findings.
func (e *exporter) report(v cue.Value, err error) {
	for _, one := range errors.Errors(err) {
		var p *path
		for _, step := range one.Path() {
			if i, err := strconv.Atoi(step); err == nil {
				p = p.element(i)
			} else {
				p = p.field(unquote(step))
			}
		}
		format, args := one.Msg()
		d := e.list.Errorf(NotCUE, p.String(), "CUE cannot evaluate this: %s", oneLine(fmt.Sprintf(format, args...))).
			Fix("try it with: cue vet")
		d.Pos = e.position(append(errors.Positions(one), written(v, one.Path())...))
	}
}

// written is where the value at a path was written, and then what is above it: of a structural
// cycle CUE says the path alone.
func written(v cue.Value, path []string) []token.Pos {
	var all []token.Pos
	var selectors []cue.Selector
	for _, step := range path {
		p := cue.ParsePath(step)
		if i, err := strconv.Atoi(step); err == nil {
			p = cue.MakePath(cue.Index(i))
		}
		if p.Err() != nil {
			break
		}
		selectors = append(selectors, p.Selectors()...)
		at := v.LookupPath(cue.MakePath(selectors...))
		if at.Exists() || at.Pos().IsValid() {
			all = append(all, at.Pos())
		}
	}
	slices.Reverse(all)
	return all
}

// position is the first one in a file of the user's.
func (e *exporter) position(all []token.Pos) diag.Position {
	for _, pos := range all {
		if e.own[pos.Filename()] {
			return diag.Position{File: pos.Filename(), Line: pos.Line(), Column: pos.Column()}
		}
	}
	return diag.Position{File: e.src.name, Line: 1, Column: 1}
}
