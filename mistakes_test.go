package hybrid_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// TestCauseComesAlone breaks every field of topologies that work, one at a time and in
// several ways: what is found is the fault itself, first, and nothing that the whole topology
// is not told as well.
func TestCauseComesAlone(t *testing.T) {
	broken := 0
	for _, file := range []string{
		"examples/cloud-routes/topology.yaml", "examples/eks-hybrid/topology.yaml", "examples/per-node/topology.yaml",
		"examples/rented-hosts/topology.yaml", "pkg/validate/testdata/base.yaml",
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		whole := kinds(validate(t, string(data)))
		for what, text := range breakages(t, string(data)) {
			list := validate(t, text)
			if !slices.ContainsFunc(list, func(d *diag.Diagnostic) bool { return d.Shape }) {
				continue // the field need not be there
			}
			broken++
			if !list[0].Shape {
				t.Errorf("%s: %s: this comes before the cause: %v", file, what, list[0])
			}
			for _, d := range list {
				if !d.Shape && !whole[kind(d)] {
					t.Errorf("%s: %s: this follows from the fault, or from nothing: %v", file, what, d)
				}
				if strings.Contains(d.Message, "invalid Prefix") || strings.Contains(d.Message, "invalid IP") {
					t.Errorf("%s: %s: a word of Go's: %v", file, what, d)
				}
			}
		}
	}
	if broken < 500 {
		t.Errorf("%d faults are not what this test was written for", broken)
	}
}

func validate(t *testing.T, text string) diag.List {
	t.Helper()
	in, err := hybrid.Read("topology.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return hybrid.Validate(in, hybrid.Options{})
}

func kind(d *diag.Diagnostic) string { return string(d.Code) + " " + d.Path }

func kinds(list diag.List) map[string]bool {
	all := map[string]bool{}
	for _, d := range list {
		all[kind(d)] = true
	}
	return all
}

// breakages yields the topology without each field, with its name misspelt, and with a value
// that nobody can read.
func breakages(t *testing.T, text string) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		root := yaml.MustParse(text)
		alive := true
		show := func(what string) {
			alive = alive && yield(what, root.MustString())
		}
		var walk func(n *yaml.Node, at string)
		walk = func(n *yaml.Node, at string) {
			for i := 0; i < len(n.Content) && alive; i++ {
				if n.Kind == yaml.SequenceNode {
					walk(n.Content[i], fmt.Sprintf("%s[%d]", at, i))
					spoil(n.Content[i], func(how string) { show(fmt.Sprintf("%s[%d] %s", at, i, how)) })
					continue
				}
				if i%2 == 1 {
					continue
				}
				key, value, content := n.Content[i], n.Content[i+1], n.Content
				field := at + "." + key.Value
				n.Content = slices.Concat(content[:i], content[i+2:])
				show(field + " left out")
				n.Content = content
				name := key.Value
				key.Value = name[:len(name)-1]
				show(field + " misspelt")
				key.Value = name
				spoil(value, func(how string) { show(field + " " + how) })
				walk(value, field)
			}
		}
		walk(root.YNode(), "")
	}
}

// spoil shows a value in states that nobody can read.
func spoil(n *yaml.Node, show func(how string)) {
	before := *n
	*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "???"}
	show("unreadable")
	*n = yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "a"}, {Kind: yaml.SequenceNode}}}
	show("a mapping")
	*n = before
}
