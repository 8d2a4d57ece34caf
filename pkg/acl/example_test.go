package acl_test

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
)

func ExampleFromTopology() {
	topology := acltest.Published() // two regions
	p := acl.FromTopology(topology)
	for _, r := range p.Routes {
		fmt.Println(r.Key, r.Values)
	}
	g := p.Grants[0]
	fmt.Println(g.Src, "->", g.Dst, g.IP, "#", g.Comment)
	fmt.Println(len(acl.CheckTopology(topology)), "findings")
	// Output:
	// 10.0.0.0/22 [tag:k8s]
	// 10.61.0.0/16 [tag:k8s]
	// 10.142.0.0/20 [tag:k8s]
	// 10.143.0.0/24 [tag:k8s]
	// [k8s-gpu-dc-nodes k8s-gpu-dc-pods] -> [k8s-gcp-us-api] [tcp:6443] # api-server: nodes and pods reach the API server
	// 0 findings
}
