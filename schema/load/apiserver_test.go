package load_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// A load balancer's name is not an address of a server, and the hint says where it goes.
func TestAPIServerByName(t *testing.T) {
	for name, hint := range map[string]string{
		"api.k8s.example.com": "a name goes into endpoint, such as api.k8s.example.com:6443",
		"edge-1":              "write an address such as 10.0.0.5",
	} {
		list := findings(t, "apiServer: {addresses: ["+name+"]}")
		if len(list) != 1 || list[0].Code != load.BadAddress || !strings.Contains(list[0].Remedy, hint) {
			t.Errorf("%s: %v, want a hint with %q", name, list, hint)
		}
	}
}

func TestEndpoints(t *testing.T) {
	for endpoint, good := range map[string]bool{
		"api.example.com:443": true, "10.0.0.100:6443": true, "[fd00:10::5]:6443": true, "localhost:7445": true, "a:65535": true,
		"api.example.com": false, "https://api.example.com": false, "api.example.com:0": false, "a:65536": false, "fd00:10::5:6443": false, ":6443": false, "-a:1": false,
	} {
		if list := findings(t, `apiServer: {endpoint: "`+endpoint+`"}`); (len(list) == 0) != good {
			t.Errorf("%s: %v", endpoint, list)
		}
	}
}

// findings is what reading a topology says whose apiServer is written so.
func findings(t *testing.T, apiServer string) diag.List {
	t.Helper()
	in, err := load.Bytes("topology.yaml", []byte(`apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: example}
spec:
  cluster: {kubernetesVersion: 1.33.1, `+apiServer+`}
  tailnet: {tailscaleVersion: 1.84.3, tag: tag:k8s}
  regions:
    - {name: a, provider: bare-metal, nodeCIDRs: [10.0.0.0/24], podCIDRs: [10.1.0.0/16], cni: {type: cilium, version: 1.18.1},
       gateways: {mode: staticPod, nodes: [{name: a1, internalIP: 10.0.0.11}]}}
    - {name: b, provider: bare-metal, nodeCIDRs: [10.2.0.0/24], podCIDRs: [10.3.0.0/16], cni: {type: cilium, version: 1.18.1},
       gateways: {mode: staticPod, nodes: [{name: b1, internalIP: 10.2.0.11}]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err != nil {
		t.Fatal(err)
	}
	return doc.Findings
}
