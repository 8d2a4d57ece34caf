package draft_test

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Two regions, of which little is known.
func ExampleNew() {
	d, err := draft.New(draft.Answers{Regions: []draft.Region{
		{Name: "gcp-us", Provider: "gcp", Gateways: []schema.GatewayNode{{Name: "edge-1", InternalIP: netip.MustParseAddr("10.0.0.11")}}},
		{Name: "gpu-dc"},
	}})
	if err != nil {
		panic(err)
	}
	for _, r := range d.Topology.Spec.Regions {
		fmt.Println(r.Name, r.Provider, r.NodeCIDRs, r.PodCIDRs, r.Gateways.Mode)
	}
	text, err := d.Text(nil)
	fmt.Println(strings.Count(string(text), "# A proposal"), err)
	// Output:
	// gcp-us gcp [10.0.0.0/24] [10.4.0.0/16] daemonSet
	// gpu-dc bare-metal [10.0.1.0/24] [10.5.0.0/16] staticPod
	// 13 <nil>
}
