package load

import (
	"fmt"
	"reflect"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// reader turns a tree of nodes into a topology: the values are read first, and
// judged by the contract then. What could not be read is not judged, so that one fault does not
// hide another or appear twice.
type reader struct {
	src      *source
	findings diag.List
	// into is what is read, a struct of package schema, and kind what it is called.
	into reflect.Value
	kind string

	// bad are values with a finding.
	bad map[*yaml.Node]bool
	// ignored are the keys of fields that are unknown or stand twice.
	ignored map[*yaml.Node]bool
	// meant are fields of a mapping that are there, but misspelt or reported already.
	meant map[*yaml.Node][]string

	// unread are the paths of fields that are missing, or whose value is not known.
	unread map[string]bool
	// proposed are the values with a finding that proposes another one.
	proposed []proposal

	fields map[reflect.Type][]field // of the structs met so far

	// counts are the findings of each code, and rest those that stand for the ones beyond
	// maxFindings.
	counts map[diag.Code]int
	rest   map[diag.Code]*diag.Diagnostic
}

// proposal is a finding that proposes a value for the field at a path.
type proposal struct {
	finding *diag.Diagnostic
	at      *path
}

func newReader(src *source, found diag.List) *reader {
	return &reader{
		src:      src,
		findings: found,
		bad:      map[*yaml.Node]bool{},
		ignored:  map[*yaml.Node]bool{},
		meant:    map[*yaml.Node][]string{},
		unread:   map[string]bool{},
		fields:   map[reflect.Type][]field{},
		counts:   map[diag.Code]int{},
		rest:     map[diag.Code]*diag.Diagnostic{},
	}
}

// topology is nil when there is no mapping to read.
func (r *reader) topology() *schema.Topology {
	if r.src.root == nil {
		return nil
	}
	for n := range r.src.blank {
		r.bad[n] = true
	}
	if r.otherKind() {
		return nil
	}
	var t schema.Topology
	if !r.document(schema.KindTopology, &t) {
		return nil
	}
	return &t
}

// document reads what the source holds into a struct of package schema, which is a document of
// the kind; it reports whether there is a mapping to read.
func (r *reader) document(kind string, into any) bool {
	r.kind, r.into = kind, reflect.ValueOf(into).Elem()
	root := (&expander{reader: r, open: map[*yaml.Node]bool{}}).expand(r.src.root, nil, 0)
	r.src.root = root
	r.keys(root, nil)
	r.value(root, r.into, nil)
	if root.Kind != yaml.MappingNode || r.bad[root] {
		return false
	}
	judge{r}.check(root)
	return true
}

// otherKind reports a document whose kind is not a topology's. That is all there is to say
// of it: what it lacks, a document of its kind need not have.
func (r *reader) otherKind() bool {
	_, n := yamlnode.Child(r.src.root, "kind")
	if n == nil || n.Kind != yaml.ScalarNode || n.Value == schema.KindTopology || n.ShortTag() != "!!str" {
		return false
	}
	at := (*path)(nil).field("kind")
	if slices.Contains(kindsBeside(), n.Value) {
		// A tag or an anchor hid what it is.
		r.refuse(BadValue, n, at, "kind %s is not written plainly, or does not stand in a document of its own", n.Value).Fix("write kind: %s, without a tag or an anchor", n.Value)
		return true
	}
	d := r.refuse(BadValue, n, at, "kind %q is not one that this program knows", clip(n.Value)).
		Fix("write kind: %s for a topology", schema.KindTopology)
	if diag.Nearest(n.Value, []string{schema.KindTopology}) != "" {
		d.Message = fmt.Sprintf("kind %q: did you mean %s?", clip(n.Value), schema.KindTopology)
		r.propose(d, at, schema.KindTopology)
	}
	return true
}

// assign replaces what was read at p by the word that was meant, or by nothing.
func (r *reader) assign(p *path, word string) {
	v := r.at(p)
	switch {
	case !v.CanSet():
	case v.Kind() == reflect.String:
		v.SetString(word)
	default:
		v.SetZero()
	}
}

// at is the field of the result that p leads to; invalid in a map and where a list
// could not be read.
func (r *reader) at(p *path) reflect.Value {
	if p == nil {
		return r.into
	}
	up := r.at(p.up)
	switch {
	case up.Kind() == reflect.Slice && p.index >= 0 && p.index < up.Len():
		return up.Index(p.index)
	case up.Kind() == reflect.Struct && p.index < 0:
		for _, f := range r.fieldsOf(up.Type()) {
			if f.name == p.key {
				return up.Field(f.index)
			}
		}
	}
	return reflect.Value{}
}

// errorf reports an error at node n. Beyond maxFindings of a code errors are counted, at the
// place of the first one; what is returned is then in no list.
func (r *reader) errorf(code diag.Code, n *yaml.Node, p *path, format string, args ...any) *diag.Diagnostic {
	r.counts[code]++
	if r.counts[code] > maxFindings {
		rest, ok := r.rest[code]
		if !ok {
			rest = r.findings.Errorf(code, p.String(), "")
			rest.Pos = r.src.position(n)
			r.rest[code] = rest
		}
		rest.Findings++
		rest.Count()
		return &diag.Diagnostic{Path: rest.Path}
	}
	d := r.findings.Errorf(code, p.String(), format, args...)
	d.Pos = r.src.position(n)
	return d
}

// refuse reports an error about the value n, and keeps it from being judged.
func (r *reader) refuse(code diag.Code, n *yaml.Node, p *path, format string, args ...any) *diag.Diagnostic {
	r.bad[n] = true
	r.unread[p.String()] = true
	return r.errorf(code, n, p, format, args...)
}

// propose proposes the value that is clearly meant at p. It has been read in place of what
// stands there.
func (r *reader) propose(d *diag.Diagnostic, p *path, value string) {
	if d.Code == "" { // it is counted alone, and its path is another's
		return
	}
	d.Propose(value)
	delete(r.unread, d.Path)
	r.proposed = append(r.proposed, proposal{d, p})
}
