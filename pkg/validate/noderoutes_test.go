package validate_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The API server is in region 0, which has two gateways; region 1 has one.
func TestNodeRoutes(t *testing.T) {
	for name, c := range map[string]struct {
		region int
		forms  []schema.RouteForm
		change func(*schema.Topology)
		want   []diag.Code
	}{
		"far from the API server":      {1, []schema.RouteForm{schema.RouteFormDaemonSet}, nil, []diag.Code{validate.CodeRoutesBootstrap}},
		"beside the API server":        {0, []schema.RouteForm{schema.RouteFormDaemonSet}, nil, nil},
		"two that bring each other up": {1, []schema.RouteForm{schema.RouteFormDaemonSet, schema.RouteFormCloudInit}, nil, nil},
		"a public API server": {1, []schema.RouteForm{schema.RouteFormDaemonSet}, func(t *schema.Topology) {
			t.Spec.Cluster.APIServer.Addresses = append(t.Spec.Cluster.APIServer.Addresses, netip.MustParseAddr("198.51.100.7"))
		}, nil},
		"no API server":       {1, []schema.RouteForm{schema.RouteFormDaemonSet}, func(t *schema.Topology) { t.Spec.Cluster.APIServer.Addresses = nil }, nil},
		"netplan, no device":  {1, []schema.RouteForm{schema.RouteFormNetplan}, nil, []diag.Code{validate.CodeRoutesDevice}},
		"netplan, a device":   {1, []schema.RouteForm{schema.RouteFormNetplan}, func(t *schema.Topology) { t.Spec.Regions[1].NodeRoutes.Device = "eth0" }, nil},
		"static, one gateway": {1, []schema.RouteForm{schema.RouteFormNetworkd}, nil, nil},
		"static, two":         {0, []schema.RouteForm{schema.RouteFormNetworkd, schema.RouteFormNetworkManager}, nil, []diag.Code{validate.CodeRoutesUnwatched}},
		"static and watched":  {0, []schema.RouteForm{schema.RouteFormNetworkd, schema.RouteFormSystemd}, nil, nil},
		"a fabric":            {0, []schema.RouteForm{schema.RouteFormSystemd}, func(t *schema.Topology) { t.Spec.Regions[0].Provider = "gcp" }, []diag.Code{validate.CodeRoutesFabric}},
	} {
		t.Run(name, func(t *testing.T) {
			topology := published()
			topology.Spec.Regions[0].Provider = "bare-metal"
			topology.Spec.Regions[c.region].NodeRoutes.Forms = c.forms
			if c.change != nil {
				c.change(topology)
			}
			var got []diag.Code
			for _, d := range validate.Topology(topology) {
				if slices.Contains([]diag.Code{validate.CodeRoutesBootstrap, validate.CodeRoutesDevice, validate.CodeRoutesFabric, validate.CodeRoutesUnwatched}, d.Code) {
					got = append(got, d.Code)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
