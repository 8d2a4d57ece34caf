package claim_test

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
)

func Example() {
	t := topologytest.Published()
	t.Spec.Regions[1].PodCIDRs = topologytest.CIDRs("10.0.2.0/24")
	tree := claim.NewTree(claim.Of(t))
	for _, i := range slices.Sorted(tree.Covering(t.Spec.Regions[1].PodCIDRs[0])) {
		c := &tree.Claims[i]
		fmt.Println(c.Path(), c)
	}
	// Output:
	// spec.regions[0].nodeCIDRs[0] node CIDR 10.0.0.0/22 of region "gcp-us"
	// spec.regions[1].podCIDRs[0] pod CIDR 10.0.2.0/24 of region "gpu-dc"
}
