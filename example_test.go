package hybrid_test

import (
	"fmt"
	"log"
	"os"
	"path"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

func Example() {
	in, err := hybrid.Load("examples/regional-gateway/topology.yaml")
	if err != nil {
		log.Fatal(err) // a failure: no such file
	}
	files, findings, err := hybrid.Render(in, hybrid.Options{})
	if err != nil {
		log.Fatal(err)
	}
	diag.WriteText(os.Stdout, findings) // what the command says
	if files == nil {
		log.Fatal(findings.Err()) // a finding is an error: there is nothing to render
	}
	for f, err := range files { // or emit.Write("out", files, emit.RefuseForeign)
		if err == nil && path.Ext(f.Path) == ".md" {
			fmt.Println(f.Path, len(f.Data) > 0)
		}
	}
	// Output:
	// report.md true
	// STEPS.md true
}

func ExampleValidate() {
	in, err := hybrid.Read("topology.yaml", []byte(`
apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: ai-cluster}
spec:
  cluster: {kubernetesVersion: 1.33.1, serviceCIDRs: [10.96.0.0/12], apiServer: {addresses: [10.0.0.5]}}
  tailnet: {tailscaleVersion: 1.84.3, tag: tag:k8s}
  regions:
    - {name: a, provider: bare-metal, nodeCIDRs: [10.0.0.0/24], podCIDRs: [10.1.0.0/16], cni: {type: cilium, version: 1.17.4},
       gateways: {mode: staticPod, nodes: [{name: a1, internalIP: 10.0.0.11}]}}
---
apiVersion: cilium.io/v2alpha1
kind: CiliumPodIPPool
metadata: {name: a}
spec: {ipv4: {cidrs: [10.7.0.0/16], maskSize: 24}}
`))
	if err != nil {
		log.Fatal(err)
	}
	diag.WriteText(os.Stdout, hybrid.Validate(in, hybrid.Options{}))
	// Output:
	// topology.yaml:15:23: error: pod CIDR 10.7.0.0/16 of CiliumPodIPPool/a lies outside the podCIDRs of the topology [object-outside]
	// 	hint: add it to the podCIDRs of its region, or change the object
}

func ExampleSuggest() {
	in, err := hybrid.Load("examples/regional-gateway/topology.yaml")
	if err != nil {
		log.Fatal(err)
	}
	found, _, err := hybrid.Suggest(in, hybrid.Wish{Role: "pod", Bits: 20, Count: 2})
	fmt.Println(found, err)
	// Output:
	// [10.0.16.0/20 10.142.16.0/20] <nil>
}

func ExampleACLAsk() {
	in, err := hybrid.Load("examples/regional-gateway/topology.yaml")
	if err != nil {
		log.Fatal(err)
	}
	policy, _, err := hybrid.ACLPrint(in, "json", hybrid.Options{})
	if err != nil {
		log.Fatal(err)
	}
	answers, _, err := hybrid.ACLAsk(in, hybrid.PolicyFile{Name: "policy.json", Data: policy},
		[]string{"10.143.0.11 -> 10.0.0.5:6443/tcp", "10.143.0.11 -> 10.0.0.11:22/tcp"}, hybrid.Options{})
	for _, a := range answers {
		fmt.Println(a.Allowed, a.Question)
	}
	fmt.Println(err)
	// Output:
	// true 10.143.0.11 -> 10.0.0.5:6443/tcp
	// false 10.143.0.11 -> 10.0.0.11:22/tcp
	// <nil>
}
