package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// site is a region of the lab and the hosts in it.
type site struct {
	name             string
	node4, node6     string // prefixes of nodes
	pod4, pod6       string // prefixes of pods
	mode             schema.GatewayMode
	lan4, lan6       string // host number N has lan4 + N
	podNet4, podNet6 string // formats: the pods of host number N

	// What a shape changes.
	provider string
	network  schema.Network
	cni      schema.CNI
	fabric   fabric
	alias    bool   // the network routes pods' addresses to their host
	oneZone  bool   // its hosts stand in one subnet, which a zone has for itself
	nat      string // how its router translates what leaves; empty where gateways have public addresses
	firewall string // what that router drops, as rules of nft
}

func (s site) overlay() bool { return s.cni.Tunnel == schema.TunnelVXLAN }

// sites are the two regions: one runs a DaemonSet's pods, the other static pods. A shape
// may have a third.
func (p pass) sites() []site {
	cloud, dc := schema.ModeDaemonSet, schema.ModeStaticPod
	switch p.layout {
	case perNode:
		dc = schema.ModePerNode
	case supersets:
		cloud = schema.ModeStaticPod
	}
	sites := []site{{
		name: "cloud", mode: cloud,
		node4: "10.0.0.0/22", node6: "fd00:10::/64", lan4: "10.0.0.", lan6: "fd00:10::",
		pod4: "10.61.0.0/16", pod6: "fd00:61::/56", podNet4: "10.61.%d.", podNet6: "fd00:61:0:%d::",
	}, {
		name: "dc", mode: dc,
		node4: "10.143.0.0/24", node6: "fd00:143::/64", lan4: "10.143.0.", lan6: "fd00:143::",
		pod4: "10.142.0.0/20", pod6: "fd00:142::/56", podNet4: "10.142.%d.", podNet6: "fd00:142:0:%d::",
	}}
	for i := range sites {
		sites[i].provider, sites[i].cni, sites[i].fabric = "bare-metal", native(), switched
	}
	if p.shape != nil {
		// One family is enough to show which way packets take.
		sites[0].node6, sites[0].pod6, sites[1].node6, sites[1].pod6 = "", "", "", ""
		if p.shape.hub {
			sites = append(sites, site{
				name: "hub", mode: cloud, provider: "bare-metal", cni: native(), fabric: switched,
				node4: "10.144.0.0/24", lan4: "10.144.0.", lan6: "fd00:144::",
				pod4: "10.145.0.0/16", podNet4: "10.145.%d.", podNet6: "fd00:145:0:%d::",
			})
		}
		if p.shape.sites != nil {
			p.shape.sites(&sites[0], &sites[1])
		}
	}
	return sites
}

// machine is one host of a site. Numbers 1 and 2 are gateways, 3 is a plain node unless
// every node is a gateway.
type machine struct {
	site   site
	number int
}

func (m machine) name() string { return fmt.Sprintf("%s-%d", m.site.name, m.number) }
func (m machine) gateway() bool {
	return m.number < 3 || m.site.mode == schema.ModePerNode
}

// public reports whether the host has a cable to the internet.
func (m machine) public() bool { return m.gateway() && m.site.nat == "" }

// publicAddress is that of a host with a cable to the internet: the first site's hosts
// come first.
func (m machine) publicAddress() string {
	number := 9 + m.number
	switch m.site.name {
	case "dc":
		number += 3
	case "hub":
		number += 6
	}
	return fmt.Sprint(internet4, number)
}

func (m machine) lan(f int) string { return m.address(f, m.site.lan4, m.site.lan6, 10+m.number) }

func (m machine) address(family int, v4, v6 string, last int) string {
	if family == 6 {
		return fmt.Sprintf("%s%d", v6, last)
	}
	return fmt.Sprintf("%s%d", v4, last)
}

// pod is the address of the host's pod, podRouter its first hop.
func (m machine) pod(f int) string       { return m.inPodNet(f, 10) }
func (m machine) podRouter(f int) string { return m.inPodNet(f, 1) }

func (m machine) inPodNet(family, last int) string {
	if family == 6 {
		return fmt.Sprintf(m.site.podNet6, m.number) + fmt.Sprint(last)
	}
	return fmt.Sprintf(m.site.podNet4, m.number) + fmt.Sprint(last)
}

func (m machine) podNet(family int) string {
	if family == 6 {
		return fmt.Sprintf(m.site.podNet6, m.number) + "/64"
	}
	return fmt.Sprintf(m.site.podNet4, m.number) + "0/24"
}

func (p pass) machines() []machine {
	var all []machine
	for _, s := range p.sites() {
		for n := 1; n <= 3; n++ {
			all = append(all, machine{s, n})
		}
	}
	return all
}

// topology is what a user would write about these regions.
func topology(p pass) *schema.Topology {
	t := &schema.Topology{APIVersion: schema.APIVersion, Kind: schema.KindTopology}
	t.Metadata.Name = "lab"
	t.Spec.Cluster.KubernetesVersion = "1.33.1"
	t.Spec.Cluster.ServiceCIDRs = []netip.Prefix{netip.MustParsePrefix("10.96.0.0/16")}
	// The API server is in dc, so that cloud's gateways keep their state on the host:
	// the lab has no API server.
	t.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr(apiServer)}
	t.Spec.Tailnet = schema.Tailnet{
		TailscaleVersion: schema.Version(p.version), Tag: "tag:k8s",
		ControlURL: "https://" + controlIP, Control: schema.ControlTailscale, NetfilterMode: p.netfilter,
		FirewallMode: p.firewall,
	}
	for _, s := range p.sites() {
		t.Spec.Regions = append(t.Spec.Regions, region(s, p.layout))
	}
	if p.shape != nil && p.shape.topology != nil {
		p.shape.topology(t)
	}
	return t
}

func (s site) zone(number int) string {
	if s.oneZone {
		return "zone-1"
	}
	return fmt.Sprint("zone-", number)
}

func region(s site, l layout) schema.Region {
	r := schema.Region{
		Name: s.name, Provider: s.provider, Network: s.network,
		NodeCIDRs: prefixes(s.node4, s.node6), PodCIDRs: prefixes(s.pod4, s.pod6), CNI: s.cni,
		Gateways: schema.Gateways{Mode: s.mode, NodeSelector: map[string]string{"tailscale": "true"}},
	}
	if s.firewall != "" {
		r.Egress = schema.EgressHTTPS
	}
	if l == supersets {
		r.Gateways.HA.Strategy = schema.HASupersets
	}
	for n := 1; n <= 3; n++ {
		m := machine{s, n}
		if !m.gateway() {
			continue
		}
		r.Gateways.Nodes = append(r.Gateways.Nodes, schema.GatewayNode{
			Name: m.name(), InternalIP: netip.MustParseAddr(m.lan(4)), Zone: s.zone(n), UnderNAT: s.nat != "",
		})
		if s.network.OpenStack.Router != "" {
			r.Gateways.Nodes[len(r.Gateways.Nodes)-1].NetworkInterface = m.name() + "-port"
		}
		if last := &r.Gateways.Nodes[len(r.Gateways.Nodes)-1]; s.nat == "" {
			last.PublicIP = netip.MustParseAddr(m.publicAddress())
		} else if strings.Contains(s.nat, "random") {
			last.NATMapping = schema.NATEndpointDependent
		}
		if s.node6 != "" {
			r.Gateways.Nodes[len(r.Gateways.Nodes)-1].InternalIPv6 = netip.MustParseAddr(m.lan(6))
		}
		if s.mode == schema.ModePerNode {
			node := &r.Gateways.Nodes[n-1]
			node.PodCIDRs = prefixes(m.podNet(4))
			if s.pod6 != "" {
				node.PodCIDRs = prefixes(m.podNet(4), m.podNet(6))
			}
			node.NodeRouter = n < 3 && s.fabric != apart
		}
		if s.fabric == apart {
			r.HostAddress = schema.HostAddressMade
			r.Gateways.Nodes[n-1].PublicIP = netip.MustParseAddr(m.publicAddress())
		}
	}
	return r
}
