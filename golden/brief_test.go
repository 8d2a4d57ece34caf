package golden

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
)

// brief says less of what the main example shows in full: the others' golden has what differs, and a
// hash of what follows from it.
func brief(t *testing.T, tree []goldentest.File) {
	t.Helper()
	for i := range tree {
		f := &tree[i]
		switch f.Path {
		case fromPath:
			f.Known = "the example in normal form: it renders to this tree"
		case "tailnet/policy.json":
			f.Brief = withoutTests(t, f.Data)
		case "cluster/verify/verify.yaml":
			f.Brief = probes(t, f.Data)
		}
	}
}

// withoutTests is a policy up to its tests, which follow from what stands before them: pkg/acl has
// goldens of them, and package eval asks whether each policy passes its own.
func withoutTests(t *testing.T, policy []byte) []byte {
	t.Helper()
	head, tests, found := bytes.Cut(policy, []byte("\n\t\"tests\": ["))
	if !found {
		t.Fatalf("a policy without tests:\n%s", policy)
	}
	return fmt.Appendf(bytes.Clone(head), "\n\t\"tests\": %d, sha256 %.6x\n}\n", bytes.Count(tests, []byte("\n\t\t{")), sha256.Sum256(tests))
}

// probes has a line for each workload and Service of verify.yaml: how many pods, and on which nodes.
func probes(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, document := range bytes.SplitAfter(text, []byte("\n---\n")) {
		var object struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     struct {
				Replicas *int
				Template struct {
					Spec struct{ NodeSelector, Affinity, Tolerations json.RawMessage }
				}
			}
		}
		read(t, string(document), &object)
		if object.Kind != "Deployment" && object.Kind != "Service" {
			b.Write(document)
			continue
		}
		fmt.Fprintf(&b, "@ %s %s sha256 %.6x", object.Kind, object.Metadata.Name, sha256.Sum256(document))
		if n := object.Spec.Replicas; n != nil {
			pod := object.Spec.Template.Spec
			fmt.Fprintf(&b, " replicas %d nodeSelector %s affinity %s tolerations %s", *n, pod.NodeSelector, pod.Affinity, pod.Tolerations)
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// asWritten says of objects that a build prints as a Component's own files have them where that is,
// and of a file in a ConfigMap which it is.
func asWritten(t *testing.T, name, built string) string {
	t.Helper()
	written := map[string]string{} // an object's file by its JSON
	files, err := filepath.Glob(filepath.Join(components, name, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file) == ".json" {
			block := "  " + filepath.Base(file) + ": |\n    " + strings.TrimSuffix(strings.ReplaceAll(string(text), "\n", "\n    "), "    ")
			built = strings.Replace(built, block, "  "+filepath.Base(file)+": the file\n", 1)
			continue
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			written[canonical(t, document)] = filepath.Base(file)
		}
	}
	for document := range strings.SplitAfterSeq(built, "---\n") {
		if file := written[canonical(t, document)]; file != "" {
			document = "@ " + file + "\n"
		}
		lines = append(lines, document)
	}
	return strings.Join(lines, "")
}

// canonical is a document as JSON, which has one form.
func canonical(t *testing.T, document string) string {
	t.Helper()
	text, err := yaml.YAMLToJSON([]byte(document))
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return string(text)
}
