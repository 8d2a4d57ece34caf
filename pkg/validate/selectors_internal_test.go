package validate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The index finds the first of the related selectors that comparing all pairs finds.
func TestSelectorIndexEqualsPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 2_000 {
		topology := &schema.Topology{}
		for range 1 + r.IntN(8) {
			var region schema.Region
			region.Gateways.Mode = []schema.GatewayMode{schema.ModeDaemonSet, schema.ModeDaemonSet, schema.ModeStaticPod}[r.IntN(3)]
			region.Gateways.NodeSelector = map[string]string{}
			for range r.IntN(4) {
				region.Gateways.NodeSelector[string(rune('a'+r.IntN(3)))] = fmt.Sprint(r.IntN(3))
			}
			topology.Spec.Regions = append(topology.Spec.Regions, region)
		}
		index := newSelectorIndex(topology)
		for _, j := range index.regions {
			want := slowFirst(topology.Spec.Regions, j)
			if got := index.first(j); got != want {
				t.Fatalf("region %d is related to %d, not %d: %+v", j, want, got, topology.Spec.Regions)
			}
			if want >= 0 {
				found++
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d selectors were related", found)
	}
}

func slowFirst(regions []schema.Region, j int) int {
	for i := range regions[:j] {
		a, b := regions[i].Gateways, regions[j].Gateways
		if a.Mode == schema.ModeDaemonSet && (includes(a.NodeSelector, b.NodeSelector) || includes(b.NodeSelector, a.NodeSelector)) {
			return i
		}
	}
	return -1
}
