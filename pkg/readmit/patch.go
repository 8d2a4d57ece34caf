package readmit

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Patch is a JSON 6902 patch for one policy and, as kustomize's `patches` wants it,
// the policy it is for.
type Patch struct {
	Target Target
	// Operations are the patch itself, as a YAML list.
	Operations []byte
	// namespace and name are the policy's, without the expression around them.
	namespace, name string
}

// Target selects one object. Kustomize takes every field for a regular expression.
type Target struct {
	Group     string `yaml:"group"`
	Version   string `yaml:"version"`
	Kind      string `yaml:"kind"`
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace,omitempty"`
}

// newPatch spells a review as a patch. It reports false for a policy that no target
// can name, which is a finding.
func newPatch(r review, list *diag.List) (Patch, bool) {
	p := r.policy
	if !isName(p.Name) || p.Namespace != "" && !isName(p.Namespace) {
		list.Errorf(CodeUnnamed, p.Path(), "%s has no name that a patch can select", p).
			Fix("give it metadata.name, or use the transformer")
		return Patch{}, false
	}
	ops, err := yaml.NewRNode(operations(p.doc, r.edits)).String()
	if err != nil {
		list.Errorf(CodeMalformed, p.Path(), "%s cannot be written: %v", p, err)
		return Patch{}, false
	}
	group, version, _ := strings.Cut(p.APIVersion, "/")
	return Patch{
		Target: Target{
			Group: group, Version: version, Kind: p.Kind,
			Name: regexp.QuoteMeta(p.Name), Namespace: regexp.QuoteMeta(p.Namespace),
		},
		Operations: []byte(ops),
		namespace:  p.Namespace, name: p.Name,
	}, true
}

// isNew reports whether no earlier patch has p's target; a kustomization cannot hold
// two objects of one name either.
func isNew(p Patch, earlier []Patch, of policy, list *diag.List) bool {
	if slices.ContainsFunc(earlier, func(e Patch) bool { return e.Target == p.Target }) {
		list.Errorf(CodeUnnamed, of.Path(), "%s appears twice, and a patch can select only one", of).
			Fix("give each policy a name of its own")
		return false
	}
	return true
}

// isName reports whether s can name an object, and so a file of ours: letters, digits,
// dashes and dots only (kubernetes v1.33.1, apimachinery pkg/util/validation: DNS
// subdomain).
func isName(s string) bool {
	ok := s != "" && len(s) <= 253 && !strings.Contains(s, "..") && strings.Trim(s, "-.") == s
	for _, c := range s {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.')
	}
	return ok
}

// operations carries the edits out one after the other, each after a test that what it is
// about still is what it was: a patch that no longer fits fails instead of opening the
// wrong ports. Indexes count what earlier operations have added.
func operations(doc *yaml.Node, edits []edit) *yaml.Node {
	ops := sequence()
	for i, e := range edits {
		at := moved(doc, e.at.steps, edits[:i])
		if e.key != "" {
			ops.Content = append(ops.Content,
				operation("test", pointer(at), clone(e.at.node)),
				operation("add", pointer(append(at, e.key)), clone(e.value)))
			continue
		}
		behind := 1
		for _, earlier := range edits[:i] {
			if earlier.in == e.in && earlier.index == e.index {
				behind++
			}
		}
		if behind == 1 {
			ops.Content = append(ops.Content, operation("test", pointer(at), clone(e.at.node)))
		}
		at[len(at)-1] = at[len(at)-1].(int) + behind
		ops.Content = append(ops.Content, operation("add", pointer(at), clone(e.value)))
	}
	return ops
}

// moved is where the steps lead after the earlier edits.
func moved(n *yaml.Node, steps []any, earlier []edit) []any {
	var now []any
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			now, n = append(now, s), yamlnode.Field(n, s)
		case int:
			i := s
			for _, e := range earlier {
				if e.in == n && e.key == "" && e.index < s {
					i++
				}
			}
			now, n = append(now, i), n.Content[s]
		}
	}
	return now
}

func operation(op, path string, value *yaml.Node) *yaml.Node {
	return mapping(scalar("op"), scalar(op), scalar("path"), scalar(path), scalar("value"), value)
}
