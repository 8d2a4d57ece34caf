package cloud

import (
	"errors"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"
)

// hcloudState is a project with one network and one firewall.
type hcloudState struct {
	Labels map[string]string `json:"tags"`
	Routes map[string]string // gateway by destination
	Rules  []hcloudRule
}

type hcloudRule struct {
	Direction, Protocol, Port, Description string
	IPs                                    []string
}

// What a format is filled with has the fields of hcloud.Network and hcloud.Firewall
// (hcloud-go v2.40.0, hcloud/network.go and firewall.go), as far as we use them.
type (
	hcloudNetwork struct {
		Routes []hcloudNetworkRoute
		Labels map[string]string
	}
	hcloudNetworkRoute struct {
		Destination *net.IPNet
		Gateway     net.IP
	}
	hcloudFirewall     struct{ Rules []hcloudFirewallRule }
	hcloudFirewallRule struct {
		Direction, Protocol       string
		SourceIPs, DestinationIPs []net.IPNet
		Port, Description         *string
	}
)

// hcloudBefore is a network that somebody uses already, and a firewall with a rule that
// has neither port nor description.
func hcloudBefore() any {
	return hcloudState{
		Labels: map[string]string{"team": "network", "example.com/stage": ""},
		Routes: map[string]string{"192.168.7.0/24": "10.10.0.40"},
		Rules: []hcloudRule{
			{Direction: "in", Protocol: "icmp", IPs: []string{"0.0.0.0/0", "::/0"}},
			{Direction: "in", Protocol: "tcp", Port: "22", Description: "of the team, for now", IPs: []string{"192.0.2.0/24"}},
		},
	}
}

// hcloud answers for Hetzner's command line.
func hcloud(c *call) error {
	var s hcloudState
	load(&s)
	if len(c.words) < 3 || c.words[0] == "network" && c.words[2] != "k8s" || c.words[0] == "firewall" && c.words[2] != "gateways" {
		panic("unknown command")
	}
	command := c.words[0] + " " + c.words[1]
	if c.words[1] == "describe" {
		format, ok := strings.CutPrefix(c.one("output"), "format=")
		if !ok {
			panic("output")
		}
		// cli v1.9.1, internal/cmd/output/output.go: what follows a comma is lost.
		format, _, _ = strings.Cut(format, ",")
		return template.Must(template.New("").Parse(format+"\n")).Execute(os.Stdout, s.describe(command))
	}
	if err := c.change(); err != nil {
		return err
	}
	if err := s.change(c, command); err != nil {
		return err
	}
	return save(s)
}

func (s *hcloudState) describe(command string) any {
	if command == "network describe" {
		n := hcloudNetwork{Labels: s.Labels}
		for _, destination := range slices.Sorted(maps.Keys(s.Routes)) {
			n.Routes = append(n.Routes, hcloudNetworkRoute{ipNet(destination), net.ParseIP(s.Routes[destination])})
		}
		return &n
	}
	var f hcloudFirewall
	for _, r := range s.Rules {
		rule := hcloudFirewallRule{Direction: r.Direction, Protocol: r.Protocol}
		if r.Port != "" {
			rule.Port = &r.Port
		}
		if r.Description != "" {
			rule.Description = &r.Description
		}
		for _, ip := range r.IPs {
			if r.Direction == "in" {
				rule.SourceIPs = append(rule.SourceIPs, *ipNet(ip))
			} else {
				rule.DestinationIPs = append(rule.DestinationIPs, *ipNet(ip))
			}
		}
		f.Rules = append(f.Rules, rule)
	}
	return &f
}

func ipNet(prefix string) *net.IPNet {
	_, n, err := net.ParseCIDR(prefix)
	if err != nil {
		panic(err)
	}
	return n
}

func (s *hcloudState) change(c *call, command string) error {
	switch command {
	case "network add-route":
		to := ipNet(c.one("destination"))
		for destination := range s.Routes {
			if o := ipNet(destination); o.Contains(to.IP) || to.Contains(o.IP) {
				return errors.New("invalid_input: destination overlaps with another route")
			}
		}
		s.Routes[c.one("destination")] = c.one("gateway")
		return nil
	case "network remove-route":
		if s.Routes[c.one("destination")] != c.one("gateway") {
			return errors.New("not_found: route")
		}
		delete(s.Routes, c.one("destination"))
		return nil
	case "network add-label":
		key, value, ok := strings.Cut(c.words[3], "=")
		if _, there := s.Labels[key]; there || !ok {
			return errors.New("label exists already")
		}
		s.Labels[key] = value
		return nil
	case "network remove-label":
		if _, there := s.Labels[c.words[3]]; !there {
			return errors.New("label does not exist")
		}
		delete(s.Labels, c.words[3])
		return nil
	case "firewall add-rule":
		s.Rules = append(s.Rules, hcloudRuleOf(c))
		return nil
	case "firewall delete-rule":
		n := len(s.Rules)
		s.Rules = slices.DeleteFunc(s.Rules, func(r hcloudRule) bool {
			o := hcloudRuleOf(c)
			return r.Direction == o.Direction && r.Protocol == o.Protocol && r.Port == o.Port && r.Description == o.Description && slices.Equal(r.IPs, o.IPs)
		})
		return gone(n, len(s.Rules))
	}
	panic("unknown command " + command)
}

func hcloudRuleOf(c *call) hcloudRule {
	peers := map[string]string{"in": "source-ips", "out": "destination-ips"}[c.one("direction")]
	return hcloudRule{
		Direction: c.one("direction"), Protocol: c.one("protocol"), Port: c.one("port"), Description: c.one("description"),
		IPs: strings.Split(c.one(peers), ","),
	}
}

// No destination may overlap with that of another route: somebody else's is named, and
// nothing is changed.
func TestRouteOfSomebodyElse(t *testing.T) {
	b := ofProvider(t, "hetzner")
	s := hcloudBefore().(hcloudState)
	s.Routes["10.143.0.0/24"] = "10.10.0.40"
	b.setState(s)
	if o := b.run("apply"); o.code != 1 || len(o.changes()) > 0 || !strings.Contains(o.errors, "10.143.0.0/24 in network k8s leads to 10.10.0.40 already, by a route that is not ours") {
		t.Error(o)
	}
	s.Routes["10.143.0.0/24"] = "10.10.0.11"
	b.setState(s)
	if o := b.must("apply"); strings.Contains(strings.Join(o.changes(), "\n"), "add-route k8s --destination 10.143.0.0/24") {
		t.Errorf("a route by somebody else is as good: %s", o)
	}
	b.must("check")
	b.must("remove")
	if left := b.state().(map[string]any)["Routes"].(map[string]any); left["10.143.0.0/24"] != "10.10.0.11" || len(left) != 2 {
		t.Errorf("remove leaves %v", left)
	}
}
