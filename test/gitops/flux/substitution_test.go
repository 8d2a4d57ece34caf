package flux_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const (
	root    = "../../.."
	program = root + "/bin/kustomize-hybrid"
)

// builds are the kustomizations of a rendered tree that are for the API server.
func builds(t *testing.T, tree string) []string {
	t.Helper()
	found := []string{tree}
	for _, below := range []string{"cluster/verify"} {
		if _, err := os.Stat(filepath.Join(tree, below, "kustomization.yaml")); err == nil {
			found = append(found, filepath.Join(tree, below))
		}
	}
	return found
}

func objects(t *testing.T, dir string) []*resource.Resource {
	t.Helper()
	m, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return m.Resources()
}

// substituted is the object after Flux's postBuild with a variable of the user's, or after one
// that is on for shell expressions with defaults alone.
func substituted(t *testing.T, r *resource.Resource, options ...kustomize.SubstituteOption) []byte {
	t.Helper()
	owner := unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"postBuild": map[string]any{"substitute": map[string]any{"cluster_env": "prod", "VERB": "x", "HOST_IP": "192.0.2.1"}},
	}}}
	after, err := kustomize.SubstituteVariables(context.Background(), nil, owner, r,
		append(options, kustomize.SubstituteWithDryRun(true))...)
	if err != nil {
		t.Fatalf("%s: %v", r.CurId(), err)
	}
	if after == nil { // an object that is closed to it
		after = r
	}
	return text(t, after)
}

func text(t *testing.T, r *resource.Resource) []byte {
	t.Helper()
	data, err := r.AsYAML()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Nothing that is rendered changes under Flux's own substitution, in any example's tree.
func TestNothingChanges(t *testing.T) {
	examples, err := filepath.Glob(root + "/examples/*/topology.yaml")
	if err != nil || len(examples) < 5 {
		t.Fatal(examples, err)
	}
	dollars := 0
	for _, example := range examples {
		tree := filepath.Join(t.TempDir(), "tree")
		if out, err := exec.Command(program, "render", example, "-o", tree).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", example, err, out)
		}
		for _, dir := range builds(t, tree) {
			for _, r := range objects(t, dir) {
				before := text(t, r)
				if bytes.ContainsRune(before, '$') {
					dollars++
				}
				for _, strict := range []bool{false, true} {
					after := substituted(t, r.DeepCopy(), kustomize.SubstituteWithAlways(true), kustomize.SubstituteWithStrict(strict))
					if !bytes.Equal(before, after) {
						t.Errorf("%s: %s changes", example, r.CurId())
					}
				}
			}
		}
	}
	if dollars < len(examples) {
		t.Errorf("%d objects hold a dollar sign in %d examples: there is nothing to see", dollars, len(examples))
	}
}

// Without the annotation the programs would be destroyed: the test above can fail.
func TestItIsTheAnnotationThatKeepsThem(t *testing.T) {
	tree := filepath.Join(t.TempDir(), "tree")
	if out, err := exec.Command(program, "render", root+"/examples/regional-gateway/topology.yaml", "-o", tree).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	changed := 0
	for _, r := range objects(t, tree) {
		if err := r.SetAnnotations(nil); err != nil {
			t.Fatal(err)
		}
		if before := text(t, r); !bytes.Equal(before, substituted(t, r.DeepCopy())) {
			changed++
		}
	}
	if changed == 0 {
		t.Error("Flux's substitution changes nothing: the annotation is not needed any more")
	}
}
