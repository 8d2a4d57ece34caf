package plan_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// What the plan decides for each cloud.
func TestCloudPlan(t *testing.T) {
	for name, topology := range sample.Clouds() {
		p := plan.New(topology).ByName()
		c := p.Regions[0].Cloud
		routes, rules := 4, 14
		if name == "hetzner" { // no IPv6 in the network, and no firewall
			routes, rules = 2, 10
		}
		if c == nil || c.Cloud != name || len(c.Routes()) != routes || len(c.Gateways) != 2 || len(c.Rules()) != rules {
			t.Fatalf("%s: %+v", name, c)
		}
		if c.Standbys != (name == "gcp") || c.Spread {
			t.Errorf("%s: standbys %v, spread %v", name, c.Standbys, c.Spread)
		}
		for _, r := range c.Rules() {
			for _, peer := range append(r.Peers, r.Hosts...) {
				if peer.Addr().Is6() != strings.HasSuffix(r.Name, "-6") {
					t.Errorf("%s: %s mixes families: %s", name, r.Name, peer)
				}
			}
		}
		if other := p.Regions[1].Cloud; other != nil {
			t.Errorf("%s: the data centre has a cloud: %+v", name, other)
		}
	}
}

func TestSpreadNeedsSupersets(t *testing.T) {
	topology := sample.Clouds()["gcp"]
	topology.Spec.Regions[1].Gateways.HA.Strategy = "supersets"
	if c := plan.New(topology).ByName().Regions[0].Cloud; !c.Spread {
		t.Error("every gateway sends by itself, and the routes lead to one")
	}
}
