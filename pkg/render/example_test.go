package render_test

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// A topology can be built in Go as well as read from a file; either way it should
// pass package validate before it is planned.
func Example() {
	cloud := schema.Region{
		Name:      "cloud",
		NodeCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/22")},
		PodCIDRs:  []netip.Prefix{netip.MustParsePrefix("10.61.0.0/16")},
		Gateways: schema.Gateways{
			Mode:         schema.ModeDaemonSet,
			NodeSelector: map[string]string{"tailscale": "true"},
			Nodes:        []schema.GatewayNode{{Name: "edge-1", InternalIP: netip.MustParseAddr("10.0.0.11")}},
		},
	}
	topology := &schema.Topology{
		Metadata: schema.Metadata{Name: "ai-cluster"},
		Spec: schema.Spec{
			Cluster: schema.Cluster{APIServer: schema.APIServer{Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.5")}}},
			Tailnet: schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"},
			Regions: []schema.Region{cloud},
		},
	}
	files, err := render.Tree(plan.New(topology))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "host/") { // the programs, which are always the same
			fmt.Println(f.Path)
		}
	}
	// Output:
	// STEPS.md
	// capture.sh
	// cluster/fleet.yaml
	// cluster/gateway-cloud.yaml
	// cluster/namespace.yaml
	// cluster/programs.yaml
	// cluster/verify/kustomization.yaml
	// cluster/verify/verify.yaml
	// fleet.tables
	// kustomization.yaml
	// regions/cloud/cni/by-hand.txt
	// regions/cloud/gateway/edge-1.env
	// regions/cloud/gateway/tables
	// regions/cloud/node/tables
	// rendered-from.yaml
	// report.md
	// tailnet/policy.json
}
