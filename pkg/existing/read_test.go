package existing_test

import (
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
)

const stream = `kind: Topology
metadata: {name: t}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: {name: gpu-1}
  spec:
    podCIDRs: [10.1.0.0/24]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {a.b: c}
`

func Example() {
	_, rest := existing.Split([]byte(stream))
	objects, err := existing.Objects("dump.yaml", rest)
	for _, o := range objects {
		fmt.Println(o.ID(), o.Locate("spec.podCIDRs[0]"))
	}
	fmt.Println(err)
	// Output:
	// Node/gpu-1 dump.yaml:11:16
	// ConfigMap/kube-system/cilium-config dump.yaml:13:1
	// <nil>
}

func TestLocateQuoted(t *testing.T) {
	_, rest := existing.Split([]byte(stream))
	objects, err := existing.Objects("d", rest)
	if err != nil {
		t.Fatal(err)
	}
	if got := objects[1].Locate(`data["a.b"]`).String(); got != "d:16:13" {
		t.Error(got)
	}
}

func TestKubeadmConfigMap(t *testing.T) {
	const text = `apiVersion: v1
kind: ConfigMap
metadata: {name: kubeadm-config, namespace: kube-system}
data:
  ClusterConfiguration: |
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.0.0.0/16}
`
	objects, err := existing.Objects("d", []byte(text))
	if err != nil || len(objects) != 2 || objects[1].Kind != "ClusterConfiguration" {
		t.Fatalf("%+v, %v", objects, err)
	}
	if got := objects[1].Locate("networking.podSubnet").String(); got != "d:5:25" {
		t.Error(got)
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ in, topology, rest string }{
		{"kind: Topology\n", "kind: Topology\n", ""},
		{"# c\n---\nkind: Topology\n", "# c\n---\nkind: Topology\n", ""},
		{"kind: Node\n", "", "kind: Node\n"},
		{"kind: Node\n---\nkind: Topology\na: 1\n", "\n---\nkind: Topology\na: 1\n", "kind: Node\n\n\n\n"},
		{"kind: Topology\n---\nkind: Topology\n", "kind: Topology\n---\nkind: Topology\n", ""},
		{`{"kind": "List", "items": []}`, "", `{"kind": "List", "items": []}`},
		{`{"kind": "Topology"}`, `{"kind": "Topology"}`, ""},
		{"no yaml: [", "no yaml: [", ""},
		{"", "", ""},
	} {
		topology, rest := existing.Split([]byte(c.in))
		if string(topology) != c.topology || string(rest) != c.rest {
			t.Errorf("%q: %q and %q", c.in, topology, rest)
		}
	}
}

func TestObjectsRefusesWhatIsNoYAML(t *testing.T) {
	if _, err := existing.Objects("d", []byte("a: [")); err == nil {
		t.Error("accepted")
	}
	if objects, err := existing.Objects("d", []byte("# only a comment\n---\n- a list\n")); err != nil || len(objects) != 0 {
		t.Errorf("%v, %v", objects, err)
	}
}

func FuzzObjects(f *testing.F) {
	f.Add([]byte(stream))
	f.Add([]byte(`{"kind": "List", "items": [{"kind": "Node"}]}`))
	f.Add([]byte("kind: IPPoolList\nitems: {a: b}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		topology, rest := existing.Split(data)
		if len(topology) > len(data) || len(rest) > len(data) {
			t.Fatalf("%q grew", data)
		}
		objects, err := existing.Objects("f", rest)
		if err != nil {
			return
		}
		for _, o := range objects {
			o.Locate(`spec.podCIDRs[0]`)
		}
	})
}
