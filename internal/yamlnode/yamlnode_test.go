package yamlnode_test

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

func Example() {
	root := yaml.MustParse("spec:\n  regions:\n  - {name: gpu, labels: {a.b: c}}\n").YNode()
	for _, path := range []string{`spec.regions[0].labels["a.b"]`, "spec.regions[0].name", "spec.regions[7].name", ""} {
		_, n := yamlnode.Nearest(root, path)
		fmt.Printf("%d:%d %s\n", n.Line, n.Column, n.ShortTag())
	}
	// Output:
	// 3:31 !!str
	// 3:12 !!str
	// 3:3 !!seq
	// 1:1 !!map
}

func TestChild(t *testing.T) {
	root := yaml.MustParse("a: [x, y]\n0: z\n").YNode()
	list := yamlnode.Field(root, "a")
	for _, c := range []struct {
		n                *yaml.Node
		step, key, value string
	}{
		{root, "0", "0", "z"}, {root, "b", "", ""}, {list, "1", "", "y"}, {list, "2", "", ""}, {list, "-1", "", ""},
		{list, "x", "", ""}, {list.Content[0], "x", "", ""}, {nil, "x", "", ""},
	} {
		key, value := yamlnode.Child(c.n, c.step)
		if text(key) != c.key || text(value) != c.value {
			t.Errorf("%s: %q, %q", c.step, text(key), text(value))
		}
	}
	if n := yamlnode.Field(list, "1"); n != nil {
		t.Errorf("a list has the field %q", n.Value)
	}
}

func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

// FuzzNearest: whatever a mapping's key is, the path that a finding has for it leads
// there.
func FuzzNearest(f *testing.F) {
	for _, key := range []string{"a", "a.b", "a]b", `"`, "[0]", "", "0", "ä"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		_, _ = yamlnode.Nearest(&yaml.Node{Kind: yaml.MappingNode}, key) // it ends
		if strings.ToValidUTF8(key, "") != key {
			return
		}
		leaf := &yaml.Node{Kind: yaml.ScalarNode, Value: "here"}
		list := &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode}, leaf}}
		root := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: key}, list}}
		if _, n := yamlnode.Nearest(root, diag.Index(diag.Field("", key), 1)); n != leaf {
			t.Errorf("%s leads elsewhere", diag.Index(diag.Field("", key), 1))
		}
	})
}
