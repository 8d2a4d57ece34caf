package load_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Which files hold a topology depends on what stands in them.
func TestTopologies(t *testing.T) {
	const head = "apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: Topology\n"
	dir := t.TempDir()
	files := map[string]struct {
		text  string
		picks string // files, relative, space-separated
	}{
		"cluster.yaml":         {head + "metadata: {name: x}\n", "cluster.yaml"},
		"comment.yml":          {"# a comment\n---\n# and more\n" + head, "comment.yml"},
		"beside.yaml":          {"apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\n" + head, "beside.yaml"},
		"one.json":             {`{"$schema": "./s.json", "apiVersion": "kustomize-hybrid.dev/v1alpha1", "kind": "Topology"}`, "one.json"},
		"slip.yaml":            {"apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: topology\n", "slip.yaml"},
		"group.yaml":           {"apiVersion: kustomise-hybrid.dev/v1alpha1\nkind: Topology\n", "group.yaml"},
		"bare.yaml":            {"kind: Topology\nmetadata: {name: x}\n", "bare.yaml"},
		"topology.yaml":        {"apiVersion: kueue.x-k8s.io/v1beta1\nkind: Topology\n", ""},
		"transform.yaml":       {"apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: Transform\n", ""},
		"node.yaml":            {"apiVersion: v1\nkind: Node\n", ""},
		"values.yaml":          {"image: x\n", ""},
		"template.yaml":        {"{{- if .Values.x }}\nkind: {{ .Kind }}\n{{ end }}\n", ""},
		"tsconfig.json":        {"{\n  // comments\n  \"compilerOptions\": {}\n}\n", ""},
		"broken.yaml":          {"a: [b\n", ""},
		"binary.yaml":          {"\x00\x01\xff", ""},
		"empty.yaml":           {"", ""},
		"large.yaml":           {head + strings.Repeat("#\n", 5<<20), "large.yaml"},
		"large-values.yaml":    {strings.Repeat("a: b\n", 2<<20), ""},
		"utf16.yaml":           {"\xff\xfe" + utf16of(head), "utf16.yaml"},
		"unmarked.yaml":        {utf16of(head), "unmarked.yaml"},
		"big.yaml":             {"\xfe\xff" + swapped(utf16of(head)), "big.yaml"},
		"utf16-values.yaml":    {"\xff\xfe" + utf16of("image: x\n"), ""},
		"cue/a.cue":            {"package p\n\nimport \"github.com/kustomize-hybrid/kustomize-hybrid/schema\"\n\nschema.#Topology & {}\n", "cue/a.cue cue/b.cue"},
		"cue/b.cue":            {"package p\n\nspec: {}\n", "cue/a.cue cue/b.cue"},
		"cue/other.cue":        {"package q\n\nx: 1\n", ""},
		"alone[1]/t.cue":       {"apiVersion: \"kustomize-hybrid.dev/v1alpha1\"\nkind: \"Topology\"\n", "alone[1]/t.cue"},
		"contract/t.cue":       {"package schema\n\n#Topology: {\n\tkind!: \"Topology\"\n}\n", ""},
		"cue.mod/pkg/x/t.cue":  {"kind: \"Topology\"\n", ""},
		"list/of/objects.json": {`{"kind": "List", "items": []}`, ""},
	}
	for name, f := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range files {
		got, err := load.Topologies(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i := range got {
			got[i], _ = filepath.Rel(dir, got[i])
		}
		if s := strings.Join(got, " "); s != f.picks {
			t.Errorf("%s: picks %q, want %q", name, s, f.picks)
		}
	}
	twice := filepath.Join(dir, "cluster.yaml")
	if got, err := load.Topologies(twice, twice, filepath.Join(dir, "missing.yaml")); len(got) != 1 || err == nil {
		t.Errorf("%q, %v", got, err)
	}
}

// utf16of is ASCII as UTF-16, the lower byte first.
func utf16of(ascii string) string {
	var b strings.Builder
	for _, c := range []byte(ascii) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

func swapped(pairs string) string {
	b := []byte(pairs)
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}
