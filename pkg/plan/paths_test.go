package plan_test

import (
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestExpectedPath(t *testing.T) {
	want := map[[2]plan.Reach]plan.Path{
		{plan.ReachOpen, plan.ReachOpen}:       plan.PathDirect,
		{plan.ReachOpen, plan.ReachHard}:       plan.PathDirect,
		{plan.ReachOpen, plan.ReachUnknown}:    plan.PathDirect,
		{plan.ReachEasy, plan.ReachEasy}:       plan.PathDirect,
		{plan.ReachEasy, plan.ReachHard}:       plan.PathMaybe,
		{plan.ReachUnknown, plan.ReachUnknown}: plan.PathMaybe,
		{plan.ReachHard, plan.ReachHard}:       plan.PathRelayed,
		{plan.ReachOpen, plan.ReachHTTPS}:      plan.PathRelayed,
	}
	for pair, path := range want {
		if got := plan.ExpectedPath(pair[0], pair[1], false); got != path {
			t.Errorf("%v: %v, want %v", pair, got, path)
		}
		// A peer relay helps where both ends get UDP out and neither is open, and nowhere else.
		if pair == [2]plan.Reach{plan.ReachHard, plan.ReachHard} {
			path = plan.PathPeerRelay
		}
		if got := plan.ExpectedPath(pair[0], pair[1], true); got != path {
			t.Errorf("%v with a peer relay: %v, want %v", pair, got, path)
		}
	}
	for _, a := range plan.Reaches() {
		for _, b := range plan.Reaches() {
			for _, relay := range []bool{false, true} {
				if plan.ExpectedPath(a, b, relay) != plan.ExpectedPath(b, a, relay) {
					t.Errorf("%v and %v: the path depends on who asks", a, b)
				}
			}
		}
	}
}

func TestReachOf(t *testing.T) {
	public := netip.MustParseAddr("198.51.100.7")
	for _, c := range []struct {
		change func(*schema.Region, *schema.GatewayNode)
		want   plan.Reach
	}{
		{func(*schema.Region, *schema.GatewayNode) {}, plan.ReachUnknown},
		{func(_ *schema.Region, n *schema.GatewayNode) { n.PublicIP = public }, plan.ReachOpen},
		{func(_ *schema.Region, n *schema.GatewayNode) { n.PublicIP, n.UnderNAT = public, true }, plan.ReachUnknown},
		{func(_ *schema.Region, n *schema.GatewayNode) {
			n.UnderNAT, n.NATMapping = true, schema.NATEndpointIndependent
		}, plan.ReachEasy},
		{func(_ *schema.Region, n *schema.GatewayNode) {
			n.UnderNAT, n.NATMapping = true, schema.NATEndpointDependent
		}, plan.ReachHard},
		{func(r *schema.Region, n *schema.GatewayNode) { n.PublicIP, r.Egress = public, schema.EgressHTTPS }, plan.ReachHTTPS},
	} {
		topology := sample.Topology(sample.Region("a", "10.0.0.0/24", "10.1.0.0/16", "10.0.0.11"))
		r := &topology.Spec.Regions[0]
		c.change(r, &r.Gateways.Nodes[0])
		if got := plan.New(topology).Regions[0].ReachOf(0); got != c.want {
			t.Errorf("%+v: %v, want %v", r.Gateways.Nodes[0], got, c.want)
		}
	}
}
