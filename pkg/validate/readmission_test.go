package validate_test

import (
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestReadmission(t *testing.T) {
	address := func(t *schema.Topology) {
		for i := range t.Spec.Regions {
			for j := range t.Spec.Regions[i].Gateways.Nodes {
				t.Spec.Regions[i].Gateways.Nodes[j].TailnetIP = netip.AddrFrom4([4]byte{100, 80, byte(i), byte(j + 1)})
			}
		}
	}
	for _, c := range []struct {
		name string
		edit func(*schema.Topology)
		want diag.Code
	}{
		{"nothing known", func(*schema.Topology) {}, validate.CodeGatewayUnknown},
		{"all known", address, ""},
		{"one missing", func(t *schema.Topology) {
			address(t)
			t.Spec.Regions[0].Gateways.Nodes[1].TailnetIP = netip.Addr{}
		}, validate.CodeGatewayUnknown},
		{"pool", func(t *schema.Topology) { t.Spec.Tailnet.IPPool = cidrs("100.80.0.0/16") }, ""},
		{"whole pool", func(t *schema.Topology) { t.Spec.Tailnet.ReadmitWholePool = true }, validate.CodeWholePool},
		{"source route", func(t *schema.Topology) { t.Spec.Tailnet.GatewaySource = schema.SourceInternalIP }, ""},
		{"dual stack", func(t *schema.Topology) {
			address(t)
			t.Spec.Regions[0].PodCIDRs = append(t.Spec.Regions[0].PodCIDRs, netip.MustParsePrefix("fd00:61::/56"))
		}, validate.CodeGatewayUnknown},
		{"no policies", func(t *schema.Topology) {
			t.Spec.Regions[0].CNI.Type, t.Spec.Regions[1].CNI.Type = schema.CNIFlannel, schema.CNIFlannel
		}, ""},
	} {
		topology := published()
		topology.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
		c.edit(topology)
		var got diag.Code
		for _, d := range validate.Topology(topology) {
			if d.Code == validate.CodeGatewayUnknown || d.Code == validate.CodeWholePool {
				got = d.Code
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
