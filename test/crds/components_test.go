package crds_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// The objects of the Components that are of other operators' kinds pass their definitions, and
// each of the definitions is asked.
func TestComponents(t *testing.T) {
	set := load(t, "components")
	asked := map[string]bool{}
	files, err := filepath.Glob("../../overlays/components/*/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
			var object struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal(document, &object); err != nil {
				t.Fatal(err)
			}
			group, _, _ := strings.Cut(object.APIVersion, "/")
			switch {
			case !strings.Contains(group, "."), strings.HasSuffix(group, "kustomize.config.k8s.io"):
				continue // Kubernetes' own kinds: golden/components decodes those
			}
			asked[object.Kind] = true
			if err := set.CheckYAML(document); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	for name := range set {
		if _, kind, _ := strings.Cut(name, " "); !asked[kind] {
			t.Errorf("no Component has a %s", kind)
		}
	}
}

// A field that an operator does not know is refused: the test above can fail.
func TestComponentsAreHeldAgainstTheirDefinitions(t *testing.T) {
	text, err := os.ReadFile("../../overlays/components/external-secrets/auth-key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	wrong := bytes.Replace(text, []byte("refreshInterval:"), []byte("refreshEvery:"), 1)
	if err := load(t, "components").CheckYAML(wrong); err == nil || !strings.Contains(err.Error(), "refreshEvery") {
		t.Errorf("%v", err)
	}
}
