package validate

import (
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestDeviceBudget(t *testing.T) {
	region := func(name string, mode schema.GatewayMode, nodes, maxNodes int) schema.Region {
		return schema.Region{Name: name, MaxNodes: maxNodes, Gateways: schema.Gateways{Mode: mode, Nodes: make([]schema.GatewayNode, nodes)}}
	}
	var topology schema.Topology
	topology.Spec.Regions = []schema.Region{
		region("cloud", schema.ModeDaemonSet, 2, 50),
		region("gpu", schema.ModePerNode, 3, 10),
		region("new", schema.ModeDaemonSet, 0, 0),
	}
	for limit, want := range map[int]int{-1: 0, 0: 0, 12: 1, 13: 0, 14: 0} {
		topology.Spec.Tailnet.MaxDevices = limit
		list := deviceBudget(plan.New(&topology))
		if len(list) != want {
			t.Errorf("limit %d: %v", limit, list)
		}
		for _, d := range list {
			const message = `the gateways are 13 devices of the tailnet, and maxDevices is 12: region "cloud" 2, "gpu" 10 (3 listed, maxNodes 10), "new" at least 1 (no host is listed)`
			if d.Message != message || len(d.Related) != 3 {
				t.Errorf("%s\n%v", d.Message, d.Related)
			}
		}
	}
}
