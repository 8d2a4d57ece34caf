package plan

import (
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestOneOverlay: only a tunnel that all regions share, and whose routes stand in the main
// table, takes pods away from the tailnet.
func TestOneOverlay(t *testing.T) {
	cni := func(c schema.CNIType, tunnel schema.TunnelProtocol) schema.Region {
		return schema.Region{CNI: schema.CNI{Type: c, Tunnel: tunnel}}
	}
	vxlan := cni(schema.CNICilium, schema.TunnelVXLAN)
	for name, c := range map[string]struct {
		regions           []schema.Region
		overlay, asTheirs bool
	}{
		"nobody":                    {nil, false, false},
		"the same tunnel":           {[]schema.Region{vxlan, vxlan}, true, true},
		"Geneve":                    {[]schema.Region{cni(schema.CNICilium, schema.TunnelGeneve)}, true, true},
		"two tunnels":               {[]schema.Region{vxlan, cni(schema.CNICilium, schema.TunnelGeneve)}, false, false},
		"two plugins":               {[]schema.Region{vxlan, cni(schema.CNICalico, schema.TunnelVXLAN)}, false, false},
		"one region without":        {[]schema.Region{vxlan, cni(schema.CNICilium, schema.TunnelNone)}, false, false},
		"native":                    {[]schema.Region{cni(schema.CNICilium, schema.TunnelNone)}, false, false},
		"WireGuard":                 {[]schema.Region{cni(schema.CNICilium, schema.TunnelWireGuard)}, false, false},
		"Calico keeps its own":      {[]schema.Region{cni(schema.CNICalico, schema.TunnelVXLAN)}, true, false},
		"Calico's IP in IP as well": {[]schema.Region{cni(schema.CNICalico, schema.TunnelIPIP)}, true, false},
	} {
		if got := OneOverlay(c.regions); got != c.overlay {
			t.Errorf("%s: OneOverlay is %t", name, got)
		}
		if got := MasqueradesToNodes(c.regions); got != c.asTheirs {
			t.Errorf("%s: MasqueradesToNodes is %t", name, got)
		}
	}
}

// TestOverlayLeavesPodsAlone: hosts have routes to nodes of other regions only, gateways
// advertise pods all the same, and firewalls let them in.
func TestOverlayLeavesPodsAlone(t *testing.T) {
	p := New(sample.Published(t, func(s *schema.Topology) {
		for i := range s.Spec.Regions {
			s.Spec.Regions[i].CNI.Tunnel = schema.TunnelVXLAN
		}
	}))
	here, there := &p.Regions[0], p.Regions[1].Region
	pods, nodes := there.PodCIDRs[0], there.NodeCIDRs[0]
	for _, p := range p.Fleet() {
		if p.Overlaps(pods) {
			t.Errorf("the fleet has %s, and hosts would route to pods %s", p, pods)
		}
	}
	if got := here.Transit(); slices.Contains(got, pods) || !slices.Contains(got, nodes) {
		t.Errorf("Transit is %v, want nodes %s and not pods %s", got, nodes, pods)
	}
	if got := here.Arriving(); !slices.Contains(got, pods) || !slices.Contains(got, nodes) {
		t.Errorf("Arriving is %v, want nodes %s and pods %s", got, nodes, pods)
	}
	if got := p.Regions[1].Routes(0); !slices.Contains(got, pods) {
		t.Errorf("gateways advertise %v, want pods %s among it", got, pods)
	}
	if slices.Contains(p.KeepsSource(), nodes) || !slices.Contains(p.KeepsSource(), pods) {
		t.Errorf("pods keep their addresses towards %v, want %s and not %s", p.KeepsSource(), pods, nodes)
	}
}
