// Package load reads topologies from YAML, JSON or CUE, with or without objects beside
// them, and remembers where every field was written. Every command, the KRM function
// and package hybrid read through it.
//
// Files and Bytes read sources, Node takes what kustomize hands to a function. A
// Document holds everything that could be read of one topology, and as Findings every
// fault in its shape: unknown, duplicate and missing fields, wrong types, malformed
// prefixes, values that the contract (schema/topology.cue) does not allow. Whether
// regions can stand together is not checked here.
//
// Findings are data and stand in the Document alone. An error is a failure: no such
// file, a source over its limit, an object that is not YAML:
//
//	in, err := load.Files("topology.yaml")
//	if err != nil {
//		return err
//	}
//	doc, err := in.One()
//	if err != nil {
//		return err
//	}
//	list := doc.Findings
//	if doc.Topology != nil {
//		list = append(list, check(doc.Topology)...) // what else is wrong
//	}
//	doc.Locate(list) // from paths to file:line:column
package load

import (
	"errors"
	"maps"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Document is what one source said.
type Document struct {
	// Topology is what could be read: a field with a finding holds what was clearly
	// meant (a prefix without its host bits, the word that is misspelt), or its zero
	// value. It is nil only when there is no mapping at all to read.
	Topology *schema.Topology
	// Findings are the faults in the source's shape, located and sorted.
	Findings diag.List
	// Unread are the paths of fields that are missing, or of which nobody can say what was
	// meant, sorted: what follows from their values is not known.
	Unread []string

	src source
}

// Node reads one topology from a node as kustomize hands it over, and leaves the
// node alone. kustomize has rewritten it by then, so findings have paths and no
// positions.
func Node(n *yaml.RNode) (*Document, error) {
	if n.IsNil() {
		return nil, errors.New("no node was given to read")
	}
	return document(source{root: content(n.YNode())}, nil), nil
}

// Locate fills in the positions of a list's findings and of their related places
// from their paths. A path that is not in the source gets the position of its
// nearest ancestor that is; positions that are known already stay.
func (d *Document) Locate(list diag.List) {
	for _, f := range list {
		f.Pos = d.locate(f.Pos, f.Path)
		for i := range f.Related {
			f.Related[i].Pos = d.locate(f.Related[i].Pos, f.Related[i].Path)
		}
	}
}

func (d *Document) locate(known diag.Position, path string) diag.Position {
	if known.IsValid() {
		return known
	}
	return d.src.find(path)
}

// document reads what was parsed. Findings of the parser come first: they say why
// something is not there.
func document(src source, found diag.List) *Document {
	d := &Document{src: src}
	r := newReader(&d.src, found)
	d.Topology = r.topology()
	d.Findings = r.findings
	d.Unread = slices.Sorted(maps.Keys(r.unread))
	for _, f := range d.Findings {
		f.Shape = true
	}
	d.Findings.Sort()
	return d
}
