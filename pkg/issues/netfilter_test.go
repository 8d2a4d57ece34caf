package issues

import (
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestOfNetfilter(t *testing.T) {
	tests := map[string]struct {
		version  schema.Version
		cni      schema.CNI
		provider string
		want     []string
	}{
		"nothing known":         {"1.84.3", schema.CNI{Type: schema.CNIFlannel}, "aws", nil},
		"plugin":                {"1.84.3", schema.CNI{Type: schema.CNIKubeRouter}, "aws", []string{"kube-router-mark"}},
		"plugin and version":    {"1.98.0", schema.CNI{Type: schema.CNICilium, L7Proxy: true}, "aws", []string{"cilium-src-valid-mark", "tailscale-connmark"}},
		"before that version":   {"1.84.3", schema.CNI{Type: schema.CNICilium, L7Proxy: true}, "aws", nil},
		"provider":              {"1.84.3", schema.CNI{Type: schema.CNIFlannel}, "alibaba", []string{"cgnat-drop-rule"}},
		"provider, version too": {"1.98.0", schema.CNI{Type: schema.CNIFlannel}, "alibaba", nil},
	}
	for name, test := range tests {
		var topology schema.Topology
		topology.Spec.Tailnet.TailscaleVersion = test.version
		topology.Spec.Regions = []schema.Region{{Name: "a", Provider: test.provider, CNI: test.cni}}
		for _, given := range []*schema.Topology{&topology, plan.New(&topology).Topology, withNetfilter(&topology, schema.NetfilterOn)} {
			var got []string
			for _, k := range OfNetfilter(given) {
				got = append(got, k.Code)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: %q, want %q", name, got, test.want)
			}
		}
	}
}
