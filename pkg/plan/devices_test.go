package plan_test

import (
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestDevices(t *testing.T) {
	tests := map[string]struct {
		mode            schema.GatewayMode
		nodes, maxNodes int
		want            int
		known           bool
	}{
		"each host":                {schema.ModeStaticPod, 2, 0, 2, true},
		"other nodes do not count": {schema.ModeDaemonSet, 2, 100, 2, true},
		"no host known":            {schema.ModeDaemonSet, 0, 100, 1, false},
		"every node":               {schema.ModePerNode, 3, 0, 3, true},
		"every node to come":       {schema.ModePerNode, 3, 100, 100, true},
		"more than room":           {schema.ModePerNode, 3, 2, 3, true},
		"only nodes to come":       {schema.ModePerNode, 0, 4, 4, true},
	}
	for name, test := range tests {
		r := schema.Region{MaxNodes: test.maxNodes}
		r.Gateways = schema.Gateways{Mode: test.mode, Nodes: make([]schema.GatewayNode, test.nodes)}
		topology := &schema.Topology{Spec: schema.Spec{Regions: []schema.Region{r}}}
		if n, known := plan.New(topology).Regions[0].Devices(); n != test.want || known != test.known {
			t.Errorf("%s: %d, %t", name, n, known)
		}
	}
}
