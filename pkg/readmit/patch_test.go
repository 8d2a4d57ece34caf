package readmit_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
)

// TestPatchesGiveTheSame builds each policy with the real kustomize and the component
// of its patches, and compares with what Policies makes of it.
func TestPatchesGiveTheSame(t *testing.T) {
	all := 0
	for _, c := range policyCases(t) {
		t.Run(filepath.Base(c.name), func(t *testing.T) {
			patches, patched, list := readmit.Patches(plan.New(c.topology), read(t, c.before))
			edited := read(t, c.before)
			changes, found := readmit.Policies(plan.New(c.topology), edited)
			if diff := cmp.Diff(string(findings(t, found)), string(findings(t, list))); diff != "" {
				t.Errorf("findings differ (-Policies +Patches)\n%s", diff)
			}
			if diff := cmp.Diff(string(lines(changes)), string(lines(patched))); diff != "" {
				t.Errorf("changes differ (-Policies +Patches)\n%s", diff)
			}
			if len(patches) == 0 {
				return
			}
			all++
			if diff := cmp.Diff(values(t, edited), values(t, build(t, c.before, patches))); diff != "" {
				t.Errorf("results differ (-Policies +Patches)\n%s", diff)
			}
		})
	}
	if all < 20 {
		t.Errorf("only %d policies were patched", all)
	}
}

func build(t *testing.T, policies []byte, patches []readmit.Patch) []*yaml.RNode {
	fs := filesys.MakeFsInMemory()
	files, err := readmit.Component(patches)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		put(t, fs, "readmit/"+f.Path, f.Data)
	}
	put(t, fs, "policies.yaml", policies)
	put(t, fs, "kustomization.yaml", []byte("resources: [policies.yaml]\ncomponents: [readmit]\n"))
	m, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, ".")
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return read(t, data)
}

func put(t *testing.T, fs filesys.FileSystem, path string, data []byte) {
	if err := fs.WriteFile(path, data); err != nil {
		t.Fatal(err)
	}
}

func values(t *testing.T, items []*yaml.RNode) []any {
	var all []any
	for _, item := range items {
		var v any
		if err := item.YNode().Decode(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, opened(v)...)
	}
	return all
}

// opened is an object, or those in a List, as kustomize reads them.
func opened(v any) []any {
	m, _ := v.(map[string]any)
	items, ok := m["items"].([]any)
	if !ok {
		return []any{v}
	}
	var all []any
	for _, i := range items {
		all = append(all, opened(i)...)
	}
	return all
}

func TestComponent(t *testing.T) {
	items := read(t, []byte(`apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: b.example, namespace: shop}
spec:
  endpointSelector: {}
  ingress:
  - fromEntities: [remote-node]
  - fromEntities: [cluster]
    toPorts: [{ports: [{port: "443"}]}]
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: a}
specs:
- endpointSelector: {}
  egressDeny:
  - toEntities: [remote-node]
`))
	before := write(t, items)
	patches, _, list := readmit.Patches(plan.New(topology("known")), items)
	if len(list) > 0 {
		t.Errorf("findings: %s", findings(t, list))
	}
	if !bytes.Equal(before, write(t, items)) {
		t.Error("Patches changes its input")
	}
	files, err := readmit.Component(patches)
	if err != nil {
		t.Fatal(err)
	}
	got := &txtar.Archive{}
	for _, f := range files {
		got.Files = append(got.Files, txtar.File{Name: f.Path, Data: f.Data})
	}
	goldentest.Compare(t, "testdata/component.txtar", string(txtar.Format(got)))
}

// TestPatchThatNoLongerFits: the rule beside which a sibling belongs has changed.
func TestPatchThatNoLongerFits(t *testing.T) {
	policy := []byte(`apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {}
  ingress:
  - fromEntities: [remote-node]
    toPorts: [{ports: [{port: "443"}]}]
`)
	patches, _, _ := readmit.Patches(plan.New(topology("known")), read(t, policy))
	changed := bytes.Replace(policy, []byte("443"), []byte("80"), 1)
	files, err := readmit.Component(patches)
	if err != nil {
		t.Fatal(err)
	}
	fs := filesys.MakeFsInMemory()
	for _, f := range files {
		put(t, fs, "readmit/"+f.Path, f.Data)
	}
	put(t, fs, "policies.yaml", changed)
	put(t, fs, "kustomization.yaml", []byte("resources: [policies.yaml]\ncomponents: [readmit]\n"))
	if _, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, "."); err == nil {
		t.Error("kustomize applies a patch to a rule that is not the one it was made for")
	}
}

func TestPolicyThatNoPatchCanName(t *testing.T) {
	for _, name := range []string{"../../etc/passwd", "", "a..b", "-a", "Upper", "a b"} {
		items := read(t, []byte(`{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: "`+name+`"}, spec: {endpointSelector: {}, ingress: [{fromEntities: [remote-node]}]}}`))
		patches, _, list := readmit.Patches(plan.New(topology("known")), items)
		if len(patches) != 0 || len(list) != 1 || list[0].Code != readmit.CodeUnnamed {
			t.Errorf("%q: %v, %s", name, patches, findings(t, list))
		}
	}
}

func FuzzPolicies(f *testing.F) {
	for _, c := range policyCases(f) {
		f.Add(c.before)
	}
	for _, s := range []string{
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nspec: &a [*a]\n",
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nspec: {ingress: [{<<: {fromEntities: [cluster]}}]}\n",
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nspec: {ingress: [null, [], {fromEntities: {a: b}}]}\n",
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nspecs: [null, 1, {egress: [{toEntities: [remote-node], toPorts: x}]}]\n",
		"a: &a [x]\nb: &b [*a, *a]\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nspec: {ingress: *b}\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		items, err := (&kio.ByteReader{Reader: bytes.NewReader(data), OmitReaderAnnotations: true}).Read()
		if err != nil {
			return
		}
		before := rules(t, items)
		patches, _, _ := readmit.Patches(plan.New(topology("known")), items)
		if _, err := readmit.Component(patches); err != nil {
			t.Errorf("component: %v", err)
		}
		readmit.Policies(plan.New(topology("known")), items)
		after := rules(t, items)
		for _, rule := range before {
			if !contains(after, rule) {
				t.Errorf("rule %v is gone", rule)
			}
		}
		readmit.Policies(plan.New(topology("known")), items)
		if diff := cmp.Diff(after, rules(t, items)); diff != "" {
			t.Errorf("a second pass changes\n%s", diff)
		}
	})
}

func contains(all []map[string]any, rule map[string]any) bool {
	for _, r := range all {
		if cmp.Equal(r, rule) {
			return true
		}
	}
	return false
}

// TestPatchesOfTwins: a patch cannot tell two policies of one name apart.
func TestPatchesOfTwins(t *testing.T) {
	const twin = "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: n}, spec: {endpointSelector: {}, ingress: [{fromEntities: [remote-node]}]}}\n"
	patches, _, list := readmit.Patches(plan.New(topology("known")), read(t, []byte(twin+"---\n"+twin)))
	if len(patches) != 1 || len(list) != 1 || list[0].Code != readmit.CodeUnnamed {
		t.Errorf("%d patches, and %v", len(patches), list)
	}
}
