package validate_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestLinkMTU: what pods of either end send fits the link, whoever says how large it is.
func TestLinkMTU(t *testing.T) {
	for name, c := range map[string]struct {
		link, pods int
		provider   string
		tunnel     schema.TunnelProtocol
		remedy     string // "" where there is nothing to say
	}{
		"Ethernet at both ends":        {provider: "bare-metal"},
		"a cloud's jumbo frames":       {provider: "aws", remedy: "to 1500 or less; or say what the link carries"},
		"a link that is told":          {provider: "aws", link: 8500, remedy: "to 8500 or less; or suppress"},
		"a link that carries them":     {provider: "aws", link: 9001},
		"pods that fit":                {provider: "aws", pods: 1500},
		"pods that fit in their VXLAN": {provider: "aws", pods: 1230, tunnel: schema.TunnelVXLAN},
		"VXLAN around them":            {provider: "bare-metal", link: 1400, pods: 1351, tunnel: schema.TunnelVXLAN, remedy: "to 1350 or less"},
		"IP in IP around them":         {provider: "bare-metal", link: 1400, pods: 1380, tunnel: schema.TunnelIPIP},
	} {
		t.Run(name, func(t *testing.T) {
			topology := published()
			topology.Spec.Links = []schema.Link{{Regions: []string{"gcp-us", "gpu-dc"}, MTU: c.link}}
			r := &topology.Spec.Regions[0]
			r.Provider, r.CNI = c.provider, schema.CNI{Type: schema.CNICalico, Tunnel: c.tunnel, MTU: c.pods}
			topology.Spec.Regions[1].CNI = schema.CNI{Type: schema.CNICalico, Tunnel: c.tunnel, MTU: 1230}
			got := ""
			for _, d := range validate.Topology(topology) {
				if d.Code == validate.CodeLinkMTU {
					got += d.Remedy
				}
			}
			if (got == "") != (c.remedy == "") || !strings.Contains(got, c.remedy) {
				t.Errorf("%q, want %q", got, c.remedy)
			}
		})
	}
}
