package load

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Own is a document of this program's that stands beside a topology: a RangePack, a Transform,
// a Validate. It is read as strictly as a topology.
type Own struct {
	// ID is how messages call it, as in "RangePack/acme".
	ID string
	// Document is what could be read: a *schema.RangePack, *schema.Transform or
	// *schema.Validate; nil where nobody can say what it is.
	Document any
	// Findings are the faults in its shape, located and sorted.
	Findings diag.List
}

// kindsBeside are the kinds of an Own.
func kindsBeside() []string {
	return []string{schema.KindRangePack, schema.KindTransform, schema.KindValidate}
}

// ReadOwn reads an object whose group is this program's, or nearly so, or whose kind is and that
// has no group; ok is false for any other, and for a Topology as a function finds it among its items.
func ReadOwn(o Object) (own Own, ok bool) {
	root := content(o.Node.YNode())
	group, _, _ := strings.Cut(scalar(root, "apiVersion"), "/")
	kind := scalar(root, "kind")
	ours := diag.Nearest(group, []string{schema.Group}) != "" || group == "" && slices.Contains(kindsBeside(), kind)
	if !ours || kind == schema.KindTopology && o.File == "" {
		return Own{}, false
	}
	r := newReader(&source{name: o.File, root: root}, nil)
	switch kind {
	case schema.KindRangePack:
		own.Document = ownAs[schema.RangePack](r, kind)
	case schema.KindTransform:
		own.Document = ownAs[schema.Transform](r, kind)
	case schema.KindValidate:
		own.Document = ownAs[schema.Validate](r, kind)
	default:
		r.notBeside(root, kind)
	}
	for _, d := range r.findings {
		d.Shape = true
	}
	own.ID = clip(kind) + "/" + clip(scalar(root, "metadata", "name"))
	own.Findings = r.findings
	own.Findings.Sort()
	return own, true
}

// ownAs reads a document into a struct of package schema.
func ownAs[T any](r *reader, kind string) *T {
	var into T
	r.document(kind, &into)
	return &into
}

// notBeside reports a document of a kind that cannot stand there: a topology inside a List, which
// nobody would look for, or a kind that does not exist.
func (r *reader) notBeside(root *yaml.Node, kind string) {
	at := (*path)(nil).field("kind")
	_, n := yamlnode.Child(root, "kind")
	if n == nil {
		n = root
	}
	known := append(kindsBeside(), schema.KindTopology)
	near := diag.Nearest(kind, known)
	switch {
	case kind == schema.KindTopology:
		r.errorf(BadValue, n, at, "a Topology stands in a List, where it is not read").Fix("write it as a document of its own")
	case near != "":
		r.errorf(BadValue, n, at, "kind %q: did you mean %s?", clip(kind), near).Fix("write kind: %s", near)
	default:
		r.errorf(BadValue, n, at, "kind %q is not one that this program knows", clip(kind)).Fix("use one of %s", strings.Join(slices.Sorted(slices.Values(known)), ", "))
	}
}

// scalar is the text of a field; empty where there is none.
func scalar(n *yaml.Node, keys ...string) string {
	for _, key := range keys {
		if _, n = yamlnode.Child(n, key); n == nil {
			return ""
		}
	}
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}
