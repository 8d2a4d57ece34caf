package validate_test

import (
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestPacketSizes(t *testing.T) {
	type found struct {
		code     diag.Code
		severity diag.Severity
		proposed string
	}
	vxlan := func(mtu int) func(*schema.Topology) {
		return func(t *schema.Topology) {
			for i := range t.Spec.Regions {
				t.Spec.Regions[i].CNI.Tunnel, t.Spec.Regions[i].CNI.MTU = schema.TunnelVXLAN, mtu
			}
		}
	}
	flannel := func(mtu int) func(*schema.Topology) {
		return func(t *schema.Topology) {
			for i := range t.Spec.Regions {
				t.Spec.Regions[i].CNI = schema.CNI{Type: schema.CNIFlannel, MTU: mtu}
			}
		}
	}
	ipv6 := func(t *schema.Topology) {
		for i := range t.Spec.Regions {
			t.Spec.Regions[i].PodCIDRs = append(t.Spec.Regions[i].PodCIDRs, cidrs([]string{"fd00:1::/56", "fd00:2::/56"}[i])...)
		}
	}
	for name, c := range map[string]struct {
		changes []func(*schema.Topology)
		want    []found // of the first region
	}{
		"nothing said":            {nil, nil},
		"a jumbo network":         {[]func(*schema.Topology){func(t *schema.Topology) { t.Spec.Regions[0].MTU = 9000 }}, nil},
		"hardly any network":      {[]func(*schema.Topology){func(t *schema.Topology) { t.Spec.Regions[0].MTU = 1339 }}, []found{{validate.CodeMTULink, diag.Error, ""}}},
		"a network for IPv4":      {[]func(*schema.Topology){func(t *schema.Topology) { t.Spec.Regions[0].MTU = 1340 }}, []found{{validate.CodeMTULink, diag.Warning, ""}}},
		"just enough":             {[]func(*schema.Topology){func(t *schema.Topology) { t.Spec.Regions[0].MTU = 1360 }}, nil},
		"pods above the network":  {[]func(*schema.Topology){func(t *schema.Topology) { t.Spec.Regions[0].CNI.MTU = 1461 }}, []found{{validate.CodeMTUPod, diag.Error, "1460"}}},
		"vxlan left alone":        {[]func(*schema.Topology){vxlan(0)}, []found{{validate.CodeMTUTunnel, diag.Warning, ""}}},
		"vxlan too large":         {[]func(*schema.Topology){vxlan(1231)}, []found{{validate.CodeMTUTunnel, diag.Error, "1230"}}},
		"vxlan that fits":         {[]func(*schema.Topology){vxlan(1230)}, nil},
		"vxlan above the network": {[]func(*schema.Topology){vxlan(1411)}, []found{{validate.CodeMTUPod, diag.Error, "1410"}, {validate.CodeMTUTunnel, diag.Error, "1230"}}},
		"vxlan in one region":     {[]func(*schema.Topology){vxlan(0), func(t *schema.Topology) { t.Spec.Regions = t.Spec.Regions[:1] }}, nil},
		"a plugin's own tunnel":   {[]func(*schema.Topology){flannel(0)}, []found{{validate.CodeMTUTunnel, diag.Warning, ""}}},
		"and what it leaves":      {[]func(*schema.Topology){flannel(1411)}, []found{{validate.CodeMTUPod, diag.Error, "1410"}, {validate.CodeMTUTunnel, diag.Error, "1230"}}},
		"IPv6":                    {[]func(*schema.Topology){ipv6}, nil},
		"IPv6 in vxlan":           {[]func(*schema.Topology){ipv6, vxlan(0)}, []found{{validate.CodeMTUIPv6, diag.Warning, ""}}}, // without it nobody would know the way
		"IPv6 in vxlan on a LAN":  {[]func(*schema.Topology){ipv6, vxlan(0), func(t *schema.Topology) { t.Spec.Regions[0].Provider = "bare-metal" }}, []found{{validate.CodeMTUIPv6, diag.Warning, "none"}}},
		"no IPv6 at that":         {[]func(*schema.Topology){ipv6, vxlan(1230)}, []found{{validate.CodeMTUIPv6, diag.Error, "1280"}}},
	} {
		t.Run(name, func(t *testing.T) {
			topology := published()
			topology.Spec.Regions[0].Provider = "gcp" // 1460 bytes
			for _, change := range c.changes {
				change(topology)
			}
			var got []found
			for _, d := range validate.Topology(topology) {
				if slices.Contains([]diag.Code{validate.CodeMTUIPv6, validate.CodeMTULink, validate.CodeMTUPod, validate.CodeMTUTunnel}, d.Code) && d.Path < "spec.regions[1]" {
					got = append(got, found{d.Code, d.Severity, d.ProposedValue})
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
