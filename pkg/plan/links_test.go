package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// A link takes a pair out of the tunnel, at both ends, and nobody else.
func TestLinksTakeAPairOut(t *testing.T) {
	topology := sample.Topology(
		sample.Region("a", "10.0.0.0/24", "10.1.0.0/16", "10.0.0.11", "10.0.0.12"),
		sample.Region("b", "10.2.0.0/24", "10.3.0.0/16", "10.2.0.11"),
		sample.Region("c", "10.4.0.0/24", "10.5.0.0/16", "10.4.0.11"))
	topology.Spec.Links = []schema.Link{{Regions: []string{"b", "a"}}}
	p := plan.New(topology)
	for i, want := range []struct{ near, remote, arriving string }{
		{"[10.0.0.0/24 10.1.0.0/16 10.2.0.0/24 10.3.0.0/16]", "[10.4.0.0/24 10.5.0.0/16]", "[10.2.0.0/24 10.3.0.0/16 10.4.0.0/24 10.5.0.0/16]"},
		{"[10.0.0.0/24 10.1.0.0/16 10.2.0.0/24 10.3.0.0/16]", "[10.4.0.0/24 10.5.0.0/16]", "[10.0.0.0/24 10.1.0.0/16 10.4.0.0/24 10.5.0.0/16]"},
		{"[10.4.0.0/24 10.5.0.0/16]", "[10.0.0.0/24 10.1.0.0/16 10.2.0.0/24 10.3.0.0/16]", "[10.0.0.0/24 10.1.0.0/16 10.2.0.0/24 10.3.0.0/16]"},
	} {
		r := &p.Regions[i]
		if got := fmt.Sprint(r.Near()); got != want.near {
			t.Errorf("%s is near %s, want %s", r.Region.Name, got, want.near)
		}
		if got := fmt.Sprint(r.Remote()); got != want.remote {
			t.Errorf("%s has %s behind the tunnel, want %s", r.Region.Name, got, want.remote)
		}
		if got := fmt.Sprint(r.Arriving()); got != want.arriving {
			t.Errorf("%s gets packets from %s, want %s", r.Region.Name, got, want.arriving)
		}
		if !slices.Equal(r.Hosts[0].Own, r.Near()) || !slices.Equal(r.Hosts[0].Advertise, r.Region.Advertised()) {
			t.Errorf("gateways of %s have %v for their own, and advertise %v", r.Region.Name, r.Hosts[0].Own, r.Hosts[0].Advertise)
		}
	}
}
