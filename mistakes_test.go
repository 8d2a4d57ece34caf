package hybrid_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
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
		for what, text := range breakages(string(data)) {
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
func breakages(text string) func(yield func(string, string) bool) {
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

// TestProposalsCure puts every value that is proposed for an example of docs/checks.md, for a
// topology of package validate's and for misspelt ones into its place: the finding is gone.
func TestProposalsCure(t *testing.T) {
	corpus := map[string]string{}
	for _, e := range docs.Examples() {
		corpus["docs/checks.md "+e.Code] = e.Input
	}
	for _, file := range goldentest.Inputs(t, "pkg/validate/testdata", ".yaml") {
		corpus[file] = string(goldentest.Input(t, file))
	}
	example, err := os.ReadFile("examples/per-node/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, whole := range map[string]string{"base.yaml": corpus["pkg/validate/testdata/base.yaml"], "examples/per-node": string(example)} {
		for what, text := range slips(whole) {
			corpus[name+", "+what] = text
		}
	}
	proposals := 0
	for name, text := range corpus {
		in, err := hybrid.Read("topology.yaml", []byte(text))
		if err != nil {
			continue // an example of a file that is not one
		}
		for _, d := range hybrid.Validate(in, hybrid.Options{Today: "2026-11-24"}) {
			if d.ProposedValue == "" {
				continue
			}
			proposals++
			cured := apply(t, text, d.Path, d.ProposedValue)
			for _, left := range validate(t, cured) {
				if kind(left) == kind(d) || left.Shape && left.Path == d.Path {
					t.Errorf("%s: %v\nis not cured by %s:\n%v", name, d, d.ProposedValue, left)
				}
			}
		}
	}
	if proposals < 100 {
		t.Errorf("%d proposals are not what this test was written for", proposals)
	}
}

// apply replaces the value at a path by what is proposed, which is YAML.
func apply(t *testing.T, text, path, value string) string {
	t.Helper()
	head, rest, _ := strings.Cut(text, "\n---\n")
	root := yaml.MustParse(head)
	_, n := yamlnode.Nearest(root.YNode(), path)
	*n = *yaml.MustParse(value).YNode()
	if rest != "" {
		rest = "\n---\n" + rest
	}
	return root.MustString() + rest
}

// slips yields the topology with each value as somebody in a hurry writes it.
func slips(text string) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		root := yaml.MustParse(text)
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			for i, c := range n.Content {
				walk(c)
				if c.Kind != yaml.ScalarNode || n.Kind == yaml.MappingNode && i%2 == 0 {
					continue
				}
				before := *c
				for how, value := range map[string]string{
					"in capitals": strings.ToUpper(c.Value), "without its end": c.Value[:len(c.Value)-1], "with a space": c.Value + " ",
					"with host bits": strings.Replace(c.Value, ".0/", ".1/", 1), "a short number": "1.5", "a switch": "yes", "no length": strings.SplitN(c.Value, "/", 2)[0],
				} {
					*c = yaml.Node{Kind: yaml.ScalarNode, Value: value}
					if strings.HasSuffix(value, " ") {
						c.Style = yaml.DoubleQuotedStyle
					}
					if !yield(fmt.Sprintf("%s %s", before.Value, how), root.MustString()) {
						return
					}
					*c = before
				}
			}
		}
		walk(root.YNode())
	}
}
