package readmit

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

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
	if !isName(p.name) || p.namespace != "" && !isName(p.namespace) {
		list.Errorf(CodeUnnamed, p.path(), "%s has no name that a patch can select", p).
			Fix("give it metadata.name, or use the transformer")
		return Patch{}, false
	}
	ops, err := yaml.NewRNode(operations(r.edits)).String()
	if err != nil {
		list.Errorf(CodeMalformed, p.path(), "%s cannot be written: %v", p, err)
		return Patch{}, false
	}
	group, version, _ := strings.Cut(p.apiVersion, "/")
	return Patch{
		Target: Target{
			Group: group, Version: version, Kind: p.kind,
			Name: regexp.QuoteMeta(p.name), Namespace: regexp.QuoteMeta(p.namespace),
		},
		Operations: []byte(ops),
		namespace:  p.namespace, name: p.name,
	}, true
}

// isNew reports whether no earlier patch has p's target; a kustomization cannot hold
// two objects of one name either.
func isNew(p Patch, earlier []Patch, of policy, list *diag.List) bool {
	if slices.ContainsFunc(earlier, func(e Patch) bool { return e.Target == p.Target }) {
		list.Errorf(CodeUnnamed, of.path(), "%s appears twice, and a patch can select only one", of).
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

// operations adds each sibling behind its rule, after a test that the rule still is
// what it was: a patch that no longer fits fails instead of opening the wrong ports.
// Operations follow each other, so indexes count the siblings already added.
func operations(edits []edit) *yaml.Node {
	ops := sequence()
	for i, e := range edits {
		list := e.at.steps[:len(e.at.steps)-1]
		at := func(i int) string { return pointer(append(list[:len(list):len(list)], i)) }
		now, behind := e.index, 1
		for _, earlier := range edits[:i] {
			switch {
			case earlier.rules != e.rules:
			case earlier.index < e.index:
				now++
			default:
				behind++
			}
		}
		if behind == 1 {
			ops.Content = append(ops.Content, operation("test", at(now), clone(e.at.node)))
		}
		ops.Content = append(ops.Content, operation("add", at(now+behind), clone(e.sibling)))
	}
	return ops
}

func operation(op, path string, value *yaml.Node) *yaml.Node {
	return mapping(scalar("op"), scalar(op), scalar("path"), scalar(path), scalar("value"), value)
}
