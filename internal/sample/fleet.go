package sample

import (
	"fmt"
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// places name the regions of Fleet; one of them is long.
func places() []string {
	return []string{
		"frankfurt", "oslo", "virginia", "tokyo", "helsinki", "madrid", "oregon", "reykjavik", "singapore", "dublin",
		"warsaw", "zurich", "northern-saskatchewan-research-campus", "lisbon", "athens", "prague", "vienna", "milan", "paris", "london",
		"sydney", "osaka", "seoul", "mumbai", "pune", "jakarta", "santiago", "bogota", "quito", "lima",
		"montreal", "toronto", "denver", "dallas", "phoenix", "boston", "atlanta", "chicago", "seattle", "austin",
	}
}

// Fleet has n regions, 1 to 40, of every kind that pictures tell apart: providers, modes, one
// to three gateways, two families, public addresses, private links, what the user keeps.
func Fleet(n int) *schema.Topology {
	t := Topology()
	t.Metadata.Name = "fleet"
	t.Spec.Cluster = schema.Cluster{
		KubernetesVersion: "1.34.2", CloudController: "none",
		ServiceCIDRs: []netip.Prefix{netip.MustParsePrefix("10.200.0.0/16")},
		APIServer:    schema.APIServer{Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.5")}, Port: 6443},
	}
	t.Spec.Tailnet.TailscaleVersion, t.Spec.Tailnet.Tag = "1.102.3", "tag:fleet"
	t.Spec.Tailnet.Policy.TagPerRegion = true
	t.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.90.0.0/16")}
	t.Spec.ExternalCIDRs = []netip.Prefix{netip.MustParsePrefix("10.240.0.0/14")}
	t.Spec.ReservedCIDRs = []schema.ReservedCIDR{{Prefix: netip.MustParsePrefix("192.168.0.0/17"), Reason: "the offices <b>& their printers</b>"}}
	for i, name := range places()[:n] {
		t.Spec.Regions = append(t.Spec.Regions, place(i, name))
	}
	for i := 0; i+3 < n; i += 5 {
		t.Spec.Links = append(t.Spec.Links, schema.Link{Regions: []string{places()[i], places()[i+1+i%3]}, MTU: 9000 - 500*(i%2)})
	}
	return t
}

// place is the i-th region of Fleet.
func place(i int, name string) schema.Region {
	nodes := fmt.Sprintf("10.%d.0", 4*i)
	pods := fmt.Sprintf("10.%d.0.0/16", 4*i+1)
	if i%7 == 3 {
		pods = fmt.Sprintf("172.%d.%d.0/18", 21+i/4/7, 64*(i/7%4))
	}
	var gateways []string
	for j := range 1 + i%3 {
		gateways = append(gateways, fmt.Sprintf("%s.%d", nodes, 11+j))
	}
	r := Region(name, nodes+".0/22", pods, gateways...)
	r.CNI.Version, r.CNI.PodRoutes = "1.18.2", schema.PodRoutesNodes
	r.Provider = []string{"hetzner", "bare-metal", "on-premises", "rented-racks", "edge-site"}[i%5]
	r.Gateways.Mode = schema.ModeStaticPod
	if i == 0 {
		r.Gateways.Mode, r.Gateways.NodeSelector = schema.ModeDaemonSet, map[string]string{"role": "gateway"}
	}
	if i%4 == 1 {
		AddIPv6(&r, fmt.Sprintf("fd42:7a1e:%x:1::/64", i+1), fmt.Sprintf("fd42:7a1e:%x:100::/104", i+1))
	}
	for j := range r.Gateways.Nodes {
		g := &r.Gateways.Nodes[j]
		g.Zone = "room-" + string(rune('a'+j))
		if i%3 == 0 {
			g.PublicIP = netip.AddrFrom4([4]byte{5, 9, byte(i), byte(11 + j)})
		}
	}
	return r
}
