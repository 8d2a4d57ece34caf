package readmit_test

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
)

// Nodes may reach the database, so gateways may, too.
func Example() {
	policy := yaml.MustParse(`apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: database
spec:
  endpointSelector: {}
  ingress:
  # backups
  - fromEntities: [remote-node]
    toPorts:
    - ports: [{port: "5432"}]
`)
	changes, list := readmit.Policies(plan.New(topology("known")), []*yaml.RNode{policy})
	fmt.Print(policy.MustString())
	fmt.Println(changes[0].Rule, changes[0].Effect, changes[0].Addresses)
	fmt.Println(len(list), "findings")
	// Output:
	// apiVersion: cilium.io/v2
	// kind: CiliumNetworkPolicy
	// metadata:
	//   name: database
	// spec:
	//   endpointSelector: {}
	//   ingress:
	//   # backups
	//   - fromEntities: [remote-node]
	//     toPorts:
	//     - ports: [{port: "5432"}]
	//   - fromCIDRSet:
	//     - cidrGroupRef: hybrid-gateways
	//     toPorts:
	//     - ports: [{port: "5432"}]
	// cilium-nodes admits [100.80.0.1/32 100.80.0.2/32 100.80.0.3/32]
	// 0 findings
}
