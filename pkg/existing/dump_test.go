package existing_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// home is the topology that most dumps are compared with.
const home = `apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: dump}
spec:
  cluster:
    kubernetesVersion: 1.33.1
    serviceCIDRs: [10.96.0.0/12]
    apiServer: {addresses: [10.0.0.5]}
  tailnet: {tailscaleVersion: 1.98.0, tag: tag:gw}
  regions:
    - name: cloud
      provider: bare-metal
      nodeCIDRs: [10.0.0.0/22]
      podCIDRs: [10.61.0.0/16]
      cni: {type: cilium, version: 1.18.0}
      gateways: {mode: daemonSet, nodeSelector: {tailscale: "true"}, nodes: [{name: cloud-1, internalIP: 10.0.0.11}]}
    - name: gpu
      provider: bare-metal
      nodeCIDRs: [10.143.0.0/24]
      podCIDRs: [10.142.0.0/20]
      cni: {type: cilium, version: 1.18.0}
      gateways: {mode: staticPod, nodes: [{name: gpu-1, internalIP: 10.143.0.11}]}
`

// variant is a dump that says something else than the topology, once, and the ways out that
// the finding offers: after each of them nothing is found, in the topology either.
type variant struct {
	name     string
	topology edits // what the topology has besides home
	object   string
	// write is the way out by the topology, do the one by the cluster; some have one alone.
	write, do edits
	// found is how many findings there are: 1 where it is 0, and none where it is negative.
	found int
}

// edits are pairs of old and new text.
type edits []string

func (e edits) apply(t *testing.T, text string) string {
	t.Helper()
	for i := 0; i < len(e); i += 2 {
		if !strings.Contains(text, e[i]) {
			t.Fatalf("%q is not there", e[i])
		}
		text = strings.ReplaceAll(text, e[i], e[i+1])
	}
	return text
}

// TestVariants: each dump is found by one finding, whose ways out are ways out. What is
// printed is in testdata/variants.txt.
func TestVariants(t *testing.T) {
	var golden strings.Builder
	for _, v := range variants() {
		topology := v.topology.apply(t, home)
		list := news(t, topology, topology, v.object)
		fmt.Fprintf(&golden, "# %s\n", v.name)
		if err := diag.WriteText(&golden, list); err != nil {
			t.Fatal(err)
		}
		if want := max(cmp.Or(v.found, 1), 0); len(list) != want {
			t.Errorf("%s: %d findings, not %d: %v", v.name, len(list), want, list)
		}
		if len(v.write)+len(v.do) == 0 && v.found >= 0 {
			t.Errorf("%s: no way out is tried", v.name)
		}
		for _, d := range list {
			if d.Remedy == "" || !d.Pos.IsValid() {
				t.Errorf("%s: no way out or no place: %+v", v.name, d)
			}
		}
		for _, out := range []struct{ topology, object string }{{v.write.apply(t, topology), v.object}, {topology, v.do.apply(t, v.object)}} {
			if out.topology == topology && out.object == v.object {
				continue
			}
			for _, d := range news(t, topology, out.topology, out.object) {
				t.Errorf("%s: the way out leads to: %v", v.name, d)
			}
		}
	}
	goldentest.Compare(t, "testdata/variants.txt", golden.String())
}

// news is what is said of a topology with a dump, and not of the first topology alone.
func news(t *testing.T, first, topology, dump string) diag.List {
	t.Helper()
	said := map[string]bool{}
	for _, d := range judge(t, first, "") {
		if d.Severity == diag.Error {
			t.Errorf("the topology alone: %v\n%s", d, first)
		}
		said[d.Message] = true
	}
	return slices.DeleteFunc(judge(t, topology, dump), func(d *diag.Diagnostic) bool { return said[d.Message] })
}

// judge is what validate says of a topology and objects, but for information.
func judge(t *testing.T, topology, dump string) diag.List {
	t.Helper()
	in, err := load.Bytes("topology.yaml", []byte(topology))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err == nil {
		err = doc.Findings.Err()
	}
	if err != nil {
		t.Fatalf("%v in\n%s", err, topology)
	}
	objects, err := existing.Read("dump.yaml", parse(dump)...)
	if err != nil {
		t.Fatal(err)
	}
	found, _ := existing.Compare(doc.Topology, objects)
	var list diag.List
	for _, d := range validate.Run(validate.Input{Topology: doc.Topology, Found: found}) {
		if d.Severity != diag.Info {
			list = append(list, d)
		}
	}
	doc.Locate(list)
	list.Sort()
	return list
}

// FuzzCompare: whatever a dump holds, it is compared.
func FuzzCompare(f *testing.F) {
	in, err := load.Bytes("topology.yaml", []byte(home))
	if err != nil {
		f.Fatal(err)
	}
	doc, err := in.One()
	if err != nil {
		f.Fatal(err)
	}
	for _, v := range variants() {
		f.Add([]byte(v.object))
	}
	f.Add([]byte("kind: Node\nmetadata: [{}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := existing.Read("f", parse(string(data))...)
		if err != nil {
			return
		}
		found, _ := existing.Compare(doc.Topology, objects)
		for _, d := range found {
			if d.Message == "" || d.Code == "" || d.Path == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}
