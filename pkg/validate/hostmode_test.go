package validate_test

import (
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestDaemonSetBeyondTunnel: whose pods the API server names cannot be what leads to it, unless
// something else does.
func TestDaemonSetBeyondTunnel(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schema.Spec)
		found  bool
	}{
		"through its gateways alone":     {func(*schema.Spec) {}, true},
		"by a name that anybody reaches": {func(s *schema.Spec) { s.Cluster.APIServer.Endpoint = "api.example.com:443" }, false},
		"by a link":                      {func(s *schema.Spec) { s.Links = []schema.Link{{Regions: []string{"gcp-us", "gpu-dc"}}} }, false},
		"as a static pod":                {func(s *schema.Spec) { s.Regions[1].Gateways.Mode = schema.ModeStaticPod }, false},
	} {
		topology := published()
		topology.Spec.Regions[1].Gateways.Mode = schema.ModeDaemonSet
		c.change(&topology.Spec)
		got := slices.ContainsFunc(validate.Topology(topology), func(d *diag.Diagnostic) bool { return d.Code == validate.CodeNeverStarts })
		if got != c.found {
			t.Errorf("%s: found %t, want %t", name, got, c.found)
		}
	}
}
