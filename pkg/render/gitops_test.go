package render_test

import (
	"bytes"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// What holds a dollar sign is closed to Flux's substitution, and tables are not: there it may
// be what somebody wants.
func TestDollarsAreLiteral(t *testing.T) {
	closed := 0
	for _, o := range allObjects(t) {
		dollar := bytes.ContainsRune(o.YAML, '$')
		got := annotations(t, o.YAML)[facts.FluxSubstitute] == facts.Disabled
		if dollar && !got || got && bytes.Contains(o.YAML, []byte("\n  tables: ")) && !dollar {
			t.Errorf("closed to substitution: %v, holds a dollar sign: %v\n%.400s", got, dollar, o.YAML)
		}
		if dollar {
			closed++
		}
	}
	if closed < 2 {
		t.Errorf("%d objects hold a dollar sign; the programs and the gateways should", closed)
	}
}

// No controller deletes a gateway's state, nor the namespace that it is in.
func TestStatesAreKept(t *testing.T) {
	kept := 0
	for _, o := range allObjects(t) {
		state := bytes.Contains(o.YAML, []byte("\nkind: Secret\n")) || bytes.Contains(o.YAML, []byte("kind: Namespace\nmetadata:\n  name: tailscale\n"))
		a := annotations(t, o.YAML)
		if got := a[facts.FluxPrune] == facts.Disabled && a[facts.ArgoSyncOptions] == facts.ArgoKeep; got != state {
			t.Errorf("kept: %v\n%.400s", got, o.YAML)
		}
		if state {
			kept++
		}
	}
	if kept < 2 {
		t.Errorf("%d objects are kept; a namespace and the states should be", kept)
	}
}

// allObjects are those of every topology that tests have, and of docs/verify.md's.
func allObjects(t *testing.T) []tree.Object {
	t.Helper()
	var all []tree.Object
	for _, topology := range sample.Cases() {
		out := rendered(t, topology)
		all = append(all, out.objects...)
		for _, f := range out.files {
			if f.Path == "cluster/verify/verify.yaml" {
				for d := range bytes.SplitSeq(f.Data, []byte("\n---\n")) {
					all = append(all, tree.Object{YAML: d})
				}
			}
		}
	}
	return all
}

func annotations(t *testing.T, object []byte) map[string]string {
	t.Helper()
	var o struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if err := yaml.Unmarshal(object, &o); err != nil {
		t.Fatal(err)
	}
	return o.Metadata.Annotations
}
