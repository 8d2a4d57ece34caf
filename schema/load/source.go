package load

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// source is a parsed source: a tree of nodes, and where each was written.
type source struct {
	// root is nil when there was nothing to parse.
	root *yaml.Node
	// name is the file, "" when there is none.
	name string
	// files are the files of single nodes, where a package has several.
	files map[*yaml.Node]string
	// blank are nodes with a finding already.
	blank map[*yaml.Node]bool
	// renamed are the paths by which fields are known whose names are misspelt, and where
	// they stand.
	renamed map[string]string
}

// position is where n was written.
func (s *source) position(n *yaml.Node) diag.Position {
	name := s.name
	if f, ok := s.files[n]; ok {
		name = f
	}
	if name == "" || n == nil {
		return diag.Position{}
	}
	return diag.Position{File: name, Line: n.Line, Column: n.Column}
}

// find is where path was written, or its nearest ancestor.
func (s *source) find(path string) diag.Position {
	if s.root == nil {
		return diag.Position{File: s.name}
	}
	for known, written := range s.renamed {
		if rest, ok := strings.CutPrefix(path, known); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			path = written + rest
			break
		}
	}
	return s.position(shown(yamlnode.Nearest(s.root, path)))
}

// shown is the node that stands for a field: its value, but its key where the value
// begins on a later line.
func shown(key, value *yaml.Node) *yaml.Node {
	if key != nil && (value.Line > key.Line || value.Line == 0) {
		return key
	}
	return value
}

// path is where the reader stands, written out only when there is something to say.
type path struct {
	up    *path
	key   string
	index int // of an element; -1 for a field
}

func (p *path) field(key string) *path { return &path{up: p, key: key, index: -1} }
func (p *path) element(i int) *path    { return &path{up: p, index: i} }

// String writes the path as diag does. The root is "".
func (p *path) String() string {
	switch {
	case p == nil:
		return ""
	case p.index >= 0:
		return diag.Index(p.up.String(), p.index)
	}
	return diag.Field(p.up.String(), p.key)
}

// name is the end of the path, as messages call it: "podCIDRs[0]".
func (p *path) name() string {
	switch {
	case p == nil:
		return "the document"
	case p.index >= 0:
		return diag.Index(p.up.name(), p.index)
	}
	return diag.Field("", clip(p.key))
}

// steps is the path from the root, a name or an index each.
func (p *path) steps() []string {
	switch {
	case p == nil:
		return nil
	case p.index >= 0:
		return append(p.up.steps(), strconv.Itoa(p.index))
	}
	return append(p.up.steps(), p.key)
}
