package load_test

import (
	"fmt"
	"os"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

func Example() {
	in, err := load.Bytes("topology.yaml", []byte(`
apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: ai-cluster}
spec:
  cluster: {kubernetesVersion: 1.33.1, apiServer: {addresses: [10.0.0.5]}}
  tailnet: {tailscaleVersion: 1.84.3, tag: tag:k8s}
  regions:
    - name: gcp-us
      provider: gcp
      nodeCIDRs: [10.0.0.1/22]
      podCIDRs: [10.61.0.0/16]
      cni: {type: cilium}
      gateways:
        mode: staticpod
        nodes: [{name: edge-1, internalIP: 10.0.0.11}]
`))
	if err != nil {
		fmt.Println(err) // a failure
		return
	}
	doc := in.Documents[0]
	list := doc.Findings
	if r := doc.Topology.Spec.Regions[0]; r.PodCIDRs[0].Contains(r.Gateways.Nodes[0].InternalIP) {
		list.Warnf("gateway-in-pods", "spec.regions[0].gateways", "the gateway stands among the pods")
	}
	doc.Locate(list)
	_ = diag.WriteText(os.Stdout, list)
	// Output:
	// topology.yaml:11:19: error: nodeCIDRs[0] "10.0.0.1/22" has bits set beyond its length: it names an address, not a network [host-bits]
	// 	hint: write 10.0.0.0/22
	// topology.yaml:15:15: error: mode "staticpod" must be "daemonSet", "staticPod", "perNode" or "host" [bad-value]
	// 	hint: did you mean staticPod?
}
