package report

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestPacketSizesSayWhatStalls(t *testing.T) {
	topology := &schema.Topology{}
	for _, name := range []string{"a", "b"} {
		topology.Spec.Regions = append(topology.Spec.Regions, schema.Region{
			Name: name, CNI: schema.CNI{Tunnel: schema.TunnelVXLAN},
			PodCIDRs: []netip.Prefix{netip.MustParsePrefix("10.61.0.0/16")},
		})
	}
	if got := packetSizes(topology); !strings.Contains(got, "| a, b | a, b | 1500 | 1450 | 1230 | 1410 | – | **too large") {
		t.Error(got)
	}
	for i := range topology.Spec.Regions {
		topology.Spec.Regions[i].CNI.MTU = 1230
	}
	if got := packetSizes(topology); !strings.Contains(got, "| a, b | a, b | 1500 | 1230 | 1230 | 1190 | – | by pods' MTU |") {
		t.Error(got)
	}
	topology.Spec.Regions = topology.Spec.Regions[:1]
	if got := packetSizes(topology); got != "There is one region.\n" {
		t.Error(got)
	}
}
