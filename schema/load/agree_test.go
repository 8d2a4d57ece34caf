package load_test

import (
	"slices"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	cueyaml "cuelang.org/go/encoding/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// The reader and the contract by itself accept the same documents: a topology with
// every field there is, and each of its neighbours that has one thing wrong.
func TestReaderAgreesWithContract(t *testing.T) {
	maximal := readFile(t, "testdata/maximal.yaml")
	contract := newJudge(t)
	if list := read(t, "maximal.yaml", maximal).Findings; len(list) > 0 {
		t.Fatal(text(list))
	}
	if err := contract.verdict(t, maximal); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, m := range mutations(yaml.MustParse(maximal)) {
		doc := read(t, "t.yaml", m.text)
		verdict := contract.verdict(t, m.text)
		if (len(doc.Findings) == 0) != (verdict == nil) && !onlyGoKnows(doc.Findings) {
			t.Errorf("%s\n%s: the reader says\n%sthe contract %v", m.text, m.what, text(doc.Findings), verdict)
		}
		if len(doc.Findings) > 1 {
			t.Errorf("%s: one fault became\n%s", m.what, text(doc.Findings))
		}
		if len(doc.Findings) > 0 {
			refused++
		}
	}
	if refused < 400 {
		t.Errorf("%d faults are not what this test was written for", refused)
	}
}

// onlyGoKnows recognises what CUE has no words for: the canonical text of addresses.
func onlyGoKnows(list diag.List) bool {
	return !slices.ContainsFunc(list, func(d *diag.Diagnostic) bool {
		return d.Code != load.HostBits && d.Code != load.BadPrefix && d.Code != load.BadAddress
	})
}

// judge is the contract by itself, as `cue vet -c -d '#Topology'` would use it.
type judge struct {
	ctx  *cue.Context
	rule cue.Value
}

func newJudge(t *testing.T) judge {
	ctx := cuecontext.New()
	rule := ctx.CompileBytes(schema.CUE()).LookupPath(cue.ParsePath("#Topology"))
	if err := rule.Err(); err != nil {
		t.Fatal(err)
	}
	return judge{ctx, rule}
}

func (j judge) verdict(t *testing.T, text string) error {
	t.Helper()
	f, err := cueyaml.Extract("t.yaml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return j.ctx.BuildFile(f).Unify(j.rule).Validate(cue.Concrete(true))
}

// mutation is a document with one thing changed.
type mutation struct{ what, text string }

// mutations replaces each value by one of another type and by one that hardly
// anything allows, and removes and adds a field of each mapping.
func mutations(doc *yaml.RNode) []mutation {
	var all []mutation
	root := doc.YNode()
	add := func(what string) { all = append(all, mutation{what, doc.MustString()}) }
	var visit func(n *yaml.Node, at string)
	visit = func(n *yaml.Node, at string) {
		before := *n
		for what, instead := range map[string]yaml.Node{
			"a list":   {Kind: yaml.SequenceNode, Tag: "!!seq"},
			"a number": {Kind: yaml.ScalarNode, Tag: "!!int", Value: "7777777777"},
			"odd text": {Kind: yaml.ScalarNode, Tag: "!!str", Value: "§ \" x"},
			"no value": {Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"},
		} {
			*n = instead
			add(at + " is " + what)
			*n = before
		}
		for i, c := range n.Content {
			switch {
			case n.Kind == yaml.SequenceNode:
				visit(c, diag.Index(at, i))
			case n.Kind == yaml.MappingNode && i%2 == 1:
				name := n.Content[i-1].Value
				n.Content = slices.Concat(before.Content[:i-1:i-1], before.Content[i+1:])
				add(diag.Field(at, name) + " is missing")
				n.Content = before.Content
				visit(c, diag.Field(at, name))
			}
		}
		if n.Kind == yaml.MappingNode {
			n.Content = append(before.Content[:len(before.Content):len(before.Content)], yaml.NewStringRNode("zzz").YNode(), yaml.NewStringRNode("x").YNode())
			add(at + " has a field too many")
			n.Content = before.Content
		}
	}
	visit(root, "")
	return all
}
