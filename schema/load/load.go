// Package load reads a topology from YAML, JSON or CUE, and remembers where every
// field was written.
//
// Files and Bytes read a source, Node takes what kustomize hands to a function. All
// three return a Document, which holds everything that could be read, and every
// fault in its shape: unknown, duplicate and missing fields, wrong types, malformed
// prefixes, values that the contract (schema/topology.cue) does not allow. Whether
// regions can stand together is not checked here.
//
// An error is one of two things. A failure (no such file, a file over SizeLimit) is
// a plain error and comes without a Document. Findings are a *multierror.Error of
// *diag.Diagnostic, the same as Document.Findings.Err(), and the Document comes
// with them, so that the caller can go on and report relational faults in the same
// run:
//
//	doc, err := load.Files("topology.yaml")
//	if doc == nil {
//		return err // a failure
//	}
//	list := doc.Findings
//	if doc.Topology != nil {
//		list = append(list, check(doc.Topology)...) // what else is wrong
//	}
//	doc.Locate(list) // from paths to file:line:column
package load

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// SizeLimit is the size in bytes of the largest source that is read. A topology of
// 10,000 regions takes 3 to 5 MB.
const SizeLimit = 8 << 20

// Document is what one source said.
type Document struct {
	// Topology is what could be read: a field with a finding holds what was clearly
	// meant (a prefix without its host bits, the word that is misspelt), or its zero
	// value. It is nil only when there is no mapping at all to read.
	Topology *schema.Topology
	// Findings are the faults in the source's shape, located and sorted.
	Findings diag.List

	src source
}

// Files reads one topology: a YAML or JSON file, or the .cue files of one package.
func Files(paths ...string) (*Document, error) {
	if len(paths) == 0 {
		return nil, errors.New("no file to read a topology from")
	}
	files := make([]file, len(paths))
	for i, p := range paths {
		if len(paths) > 1 && !isCUE(p) {
			return nil, fmt.Errorf("%s: one topology is one YAML or JSON file, or the .cue files of one package", p)
		}
		data, err := read(p)
		if err != nil {
			return nil, err
		}
		files[i] = file{name: p, data: data}
	}
	if isCUE(paths[0]) {
		return document(parseCUE(files))
	}
	return document(parseYAML(files[0]))
}

// Bytes reads one topology from data; name stands in positions and, by its
// extension, tells CUE (.cue) from YAML and JSON (everything else).
func Bytes(name string, data []byte) (*Document, error) {
	if len(data) > SizeLimit {
		return nil, tooLarge(name)
	}
	if isCUE(name) {
		return document(parseCUE([]file{{name: name, data: data}}))
	}
	return document(parseYAML(file{name: name, data: data}))
}

// Node reads one topology from a node as kustomize hands it over, and leaves the
// node alone. kustomize has rewritten it by then, so findings have paths and no
// positions.
func Node(n *yaml.RNode) (*Document, error) {
	if n.IsNil() {
		return nil, errors.New("no node to read a topology from")
	}
	return document(source{root: content(n.YNode())}, nil)
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
func document(src source, found diag.List) (*Document, error) {
	d := &Document{src: src}
	r := newReader(&d.src, found)
	d.Topology = r.topology()
	d.Findings = r.findings
	d.Findings.Sort()
	return d, d.Findings.Err()
}

// file is a source before it is parsed.
type file struct {
	name string
	data []byte
}

func isCUE(name string) bool { return strings.EqualFold(filepath.Ext(name), ".cue") }

// read asks for the size first, so that a file that is far too large costs nothing;
// the limited reader is for files that have no size, such as pipes.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() > SizeLimit {
		return nil, tooLarge(path)
	}
	data, err := io.ReadAll(io.LimitReader(f, SizeLimit+1))
	if err != nil {
		return nil, err
	}
	if len(data) > SizeLimit {
		return nil, tooLarge(path)
	}
	return data, nil
}

func tooLarge(name string) error {
	return fmt.Errorf("%s: larger than %d MiB, the limit for a topology", name, SizeLimit>>20)
}
