package plan_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
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

// Routes follow the primary of the region's first node CIDR, where one gateway at a time is
// the primary and units are asked for.
func TestCloudFollows(t *testing.T) {
	watch := func(r *schema.Region) { r.Network.Failover = schema.FailoverWatch }
	for name, c := range map[string]struct {
		change  func(r *schema.Region)
		follows bool
		primary bool
	}{
		"not said":    {func(*schema.Region) {}, false, true},
		"manual":      {func(r *schema.Region) { r.Network.Failover = schema.FailoverManual }, false, true},
		"watch":       {watch, true, true},
		"one gateway": {func(r *schema.Region) { watch(r); r.Gateways.Nodes = r.Gateways.Nodes[:1] }, false, false},
		"supersets":   {func(r *schema.Region) { watch(r); r.Gateways.HA.Strategy = schema.HASupersets }, false, false},
	} {
		topology := sample.Clouds()["aws"]
		r := &topology.Spec.Regions[1]
		c.change(r)
		got := plan.New(topology).ByName().Regions[0].Cloud
		if got.Follows != c.follows || (got.PrimaryOf == r.NodeCIDRs[0]) != c.primary || got.PrimaryOf.IsValid() != c.primary {
			t.Errorf("%s: follows %v, the primary of %v", name, got.Follows, got.PrimaryOf)
		}
	}
}

// What ports of OpenStack are told depends on who sends what from them.
func TestCloudSources(t *testing.T) {
	spell := func(change func(r *schema.Region)) string {
		topology := sample.Clouds()["openstack"]
		change(&topology.Spec.Regions[1])
		c := plan.New(topology).ByName().Regions[0].Cloud
		var lines []string
		for _, s := range c.Sources() {
			if s.Prefix.Addr().Is4() {
				lines = append(lines, s.Card+" "+s.Prefix.String())
			}
		}
		return strings.Join(append(lines, c.Unguarded()...), ", ")
	}
	one := func(r *schema.Region) {
		r.Gateways.Nodes = r.Gateways.Nodes[:1]
		r.Gateways.Nodes[0].NetworkInterface = "gw"
	}
	for name, c := range map[string]struct {
		change func(r *schema.Region)
		want   string
	}{
		"nodes have routes to pods": {one, "gw 10.61.0.0/16, gw 10.142.0.0/20, gw 10.143.0.0/24, node-1 10.61.0.0/16, node-2 10.61.0.0/16"},
		"the network has":           {func(r *schema.Region) { one(r); r.CNI.PodRoutes = schema.PodRoutesNetwork }, "gw 10.142.0.0/20, gw 10.143.0.0/24"},
		"pods in a tunnel":          {func(r *schema.Region) { one(r); r.CNI.Tunnel = schema.TunnelVXLAN }, "gw 10.142.0.0/20, gw 10.143.0.0/24"},
		"a standby": {func(r *schema.Region) {
			r.CNI.Tunnel = schema.TunnelVXLAN
			r.Gateways.Nodes[0].NetworkInterface, r.Gateways.Nodes[1].NetworkInterface = "a", "b"
		}, "a 10.0.0.0/22, a 10.142.0.0/20, a 10.143.0.0/24, b 10.0.0.0/22, b 10.142.0.0/20, b 10.143.0.0/24"},
		"a standby that hands nothing over": {func(r *schema.Region) {
			r.CNI.Tunnel, r.Gateways.HA.Strategy = schema.TunnelVXLAN, schema.HASingle
			r.Gateways.Nodes[0].NetworkInterface, r.Gateways.Nodes[1].NetworkInterface = "a", ""
		}, "a 10.142.0.0/20, a 10.143.0.0/24"},
		"no guard": {func(r *schema.Region) { one(r); r.Network.OpenStack.PortSecurity = schema.PortSecurityDisabled }, "gw, node-1, node-2"},
	} {
		if got := spell(c.change); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, topology := range sample.Clouds() {
		if c := plan.New(topology).ByName().Regions[0].Cloud; name != "openstack" && len(c.Sources())+len(c.Unguarded()) > 0 {
			t.Errorf("%s: cards are told %v", name, c.Sources())
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

// A peer relay is reached at its port, and whoever may need it gets out to it.
func TestPeerRelayPorts(t *testing.T) {
	topology := sample.Clouds()["gcp"]
	for i := range topology.Spec.Regions {
		r := &topology.Spec.Regions[i]
		r.Network.EgressFiltered = true
		if r.Cloud() == "" {
			r.Gateways.PeerRelay, r.Gateways.Nodes[0].PublicIP = 40000, netip.MustParseAddr("203.0.113.7")
		}
	}
	ports := func(relay int) (names []string) {
		for i := range topology.Spec.Regions {
			if r := &topology.Spec.Regions[i]; r.Cloud() == "gcp" {
				r.Gateways.PeerRelay = relay
				c := plan.New(topology).Regions[i].Cloud
				for _, rule := range c.Rules() {
					if rule.Port == 40000 || rule.Port == 40001 {
						names = append(names, strings.TrimPrefix(rule.Name, c.Owner+"-"))
					}
				}
			}
		}
		return names
	}
	if got := strings.Join(ports(0), " "); got != "out-40000 out-40000-6" {
		t.Errorf("a client: %s", got)
	}
	if got := strings.Join(ports(40001), " "); got != "in-40001 out-40000 in-40001-6 out-40000-6" {
		t.Errorf("a relay without a public address: %s", got)
	}
}
