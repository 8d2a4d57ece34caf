package load_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

func TestCUEPackage(t *testing.T) {
	files := []string{"testdata/cue/network.cue", "testdata/cue/defaults.cue"}
	doc := one(t, files...)
	if len(doc.Findings) > 0 {
		t.Fatal(text(doc.Findings))
	}
	r := doc.Topology.Spec.Regions
	if len(r) != 2 || r[1].Provider != "gcp" || r[1].NodeCIDRs[0].String() != "10.1.0.0/22" || r[0].Gateways.Nodes[0].Name != "gcp-us-gw" {
		t.Errorf("regions: %+v", r)
	}
	list := diag.List{{Path: "spec.regions[1].podCIDRs[0]"}, {Path: "spec.tailnet.tag"}}
	doc.Locate(list)
	if got, want := places(list), "testdata/cue/defaults.cue:10:13 ,testdata/cue/network.cue:15:41 "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What the contract refuses is said in the same words as of YAML, at the place in
// CUE that it comes from.
func TestCUEFaults(t *testing.T) {
	dir := t.TempDir()
	network, defaults := filepath.Join(dir, "network.cue"), filepath.Join(dir, "defaults.cue")
	for name, source := range map[string]string{
		network:  edit(t, readFile(t, "testdata/cue/network.cue"), "tag: \"tag:k8s\"", "tagg: \"tag:k8s\"", "\"1.33.1\"", "1.33"),
		defaults: edit(t, readFile(t, "testdata/cue/defaults.cue"), "staticPod", "staticpod", ".0.0/22", ".0.1/22"),
	} {
		if err := os.WriteFile(name, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	doc := one(t, network, defaults)
	want := defaults + `:9:14: error: nodeCIDRs[0] "10.0.0.1/22" has bits set beyond its length: it names an address, not a network [host-bits]
	hint: write 10.0.0.0/22
` + defaults + `:9:14: error: nodeCIDRs[0] "10.1.0.1/22" has bits set beyond its length: it names an address, not a network [host-bits]
	hint: write 10.1.0.0/22
` + defaults + `:13:3: error: mode "staticpod" must be "daemonSet", "staticPod", "perNode" or "host" [bad-value]
	hint: did you mean staticPod?
` + defaults + `:13:3: error: mode "staticpod" must be "daemonSet", "staticPod", "perNode" or "host" [bad-value]
	hint: did you mean staticPod?
` + network + `:12:4: error: kubernetesVersion is the number 1.33, and must be text [wrong-type]
	hint: write all three numbers, in quotes: "1.33.0", for example
` + network + `:15:41: error: tailnet has no field "tagg" [unknown-field]
	hint: did you mean tag?
`
	if got := text(doc.Findings); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
