package existing_test

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
)

const stream = `apiVersion: v1
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

// parse parses a stream; it stops at what is not YAML.
func parse(text string) []*yaml.RNode {
	var nodes []*yaml.RNode
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var n yaml.Node
		if decoder.Decode(&n) != nil {
			return nodes
		}
		nodes = append(nodes, yaml.NewRNode(&n))
	}
}

func Example() {
	objects, err := existing.Read("dump.yaml", parse(stream)...)
	for _, o := range objects {
		fmt.Println(o.ID(), o.Locate("spec.podCIDRs[0]"))
	}
	fmt.Println(err)
	// Output:
	// Node/gpu-1 dump.yaml:5:14
	// ConfigMap/kube-system/cilium-config dump.yaml:7:1
	// <nil>
}

func TestLocateQuoted(t *testing.T) {
	objects, err := existing.Read("d", parse(stream)...)
	if err != nil {
		t.Fatal(err)
	}
	if got := objects[1].Locate(`data["a.b"]`).String(); got != "d:10:13" {
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
	objects, err := existing.Read("d", parse(text)...)
	if err != nil || len(objects) != 2 || objects[1].Kind != "ClusterConfiguration" {
		t.Fatalf("%+v, %v", objects, err)
	}
	if got := objects[1].Locate("networking.podSubnet").String(); got != "d:8" {
		t.Error(got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(stream))
	f.Add([]byte(`{"kind": "List", "items": [{"kind": "Node"}]}`))
	f.Add([]byte("kind: IPPoolList\nitems: {a: b}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := existing.Read("f", parse(string(data))...)
		if err != nil {
			return
		}
		for _, o := range objects {
			o.Locate(`spec.podCIDRs[0]`)
		}
	})
}
