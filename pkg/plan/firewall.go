package plan

import (
	"net/netip"
	"strconv"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// FirewallRule lets traffic through in one direction and one address family.
type FirewallRule struct {
	// Name is unique in the region.
	Name string
	// Egress is out of a host, otherwise into it.
	Egress bool
	// Protocol is udp or tcp, or all.
	Protocol string
	// Port is a destination port; 0 is every port.
	Port int
	// Peers are the prefixes at the other end.
	Peers []netip.Prefix
	// Hosts are the prefixes at this end; empty is every host of the network.
	Hosts []netip.Prefix
}

// Rules are what a firewall has to let through, for each family that the nodes have.
// Which ports other regions reach is decided once, by the tailnet policy, on the
// region's own gateway: what comes out of it is let through.
func (c *Cloud) Rules() []FirewallRule {
	r := c.region
	var remote []netip.Prefix // none where no rule is asked about them
	if c.network().FirewallInside.Value {
		remote = r.Arriving()
	}
	var rules []FirewallRule
	for _, f := range []family{{"", netip.MustParsePrefix("0.0.0.0/0")}, {"-6", netip.MustParsePrefix("::/0")}} {
		gateways := f.of(gatewayAddresses(r.Region))
		if len(gateways) == 0 {
			continue
		}
		anybody := []netip.Prefix{f.all}
		add := func(name string, rule FirewallRule) {
			if rule.Name = c.Owner + "-" + name + f.suffix; len(rule.Peers) > 0 {
				rules = append(rules, rule)
			}
		}
		add("in-"+strconv.Itoa(facts.TailscalePort), FirewallRule{Protocol: "udp", Port: facts.TailscalePort, Peers: anybody, Hosts: gateways})
		if port := r.Region.Gateways.PeerRelay; port != 0 {
			add("in-"+strconv.Itoa(port), FirewallRule{Protocol: "udp", Port: port, Peers: anybody, Hosts: gateways})
		}
		add("in-regions", FirewallRule{Protocol: "all", Peers: f.of(remote), Hosts: f.of(r.Region.Advertised())})
		if !r.Region.Network.EgressFiltered {
			continue
		}
		outs := []FirewallRule{
			{Protocol: "udp", Port: facts.TailscalePort}, {Protocol: "udp", Port: facts.STUNPort},
			{Protocol: "tcp", Port: facts.HTTPSPort}, {Protocol: "tcp", Port: facts.HTTPPort},
		}
		for _, port := range r.RelaysFor() {
			outs = append(outs, FirewallRule{Protocol: "udp", Port: port})
		}
		for _, out := range outs {
			out.Egress, out.Peers, out.Hosts = true, anybody, gateways
			add("out-"+strconv.Itoa(out.Port), out)
		}
		add("out-regions", FirewallRule{Egress: true, Protocol: "all", Peers: f.of(remote), Hosts: f.of(r.Region.Advertised())})
	}
	return rules
}

// gatewayAddresses are the gateways' own addresses.
func gatewayAddresses(r *schema.Region) []netip.Prefix {
	var own []netip.Prefix
	for _, n := range r.Gateways.Nodes {
		for _, a := range n.Addresses() {
			own = append(own, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return own
}

// family is an address family: what its rules' names end with, and all of it.
type family struct {
	suffix string
	all    netip.Prefix
}

func (f family) of(prefixes []netip.Prefix) []netip.Prefix {
	var own []netip.Prefix
	for _, p := range prefixes {
		if p.Addr().Is4() == f.all.Addr().Is4() {
			own = append(own, p)
		}
	}
	return own
}
