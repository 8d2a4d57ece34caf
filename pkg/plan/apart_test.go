package plan_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func parsePrefixes(list ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range list {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

// Each host is alone with its address and its pods; all else is remote, and the tailnet
// leads to it in the pieces that are advertised.
func TestApart(t *testing.T) {
	p := plan.New(sample.Apart())
	dc, cloud := &p.Regions[0], &p.Regions[1]
	if dc.Apart || !cloud.Apart || cloud.Relay || len(cloud.NodeRouters()) > 0 || cloud.HostRoutes() || cloud.Pods != plan.PodsByTailnet {
		t.Fatalf("%+v", cloud)
	}
	own := [][]netip.Prefix{
		parsePrefixes("10.0.1.1/32", "10.61.4.0/24", "fd00:10::1:1/128", "fd00:61:0:4::/64"),
		parsePrefixes("10.0.1.2/32", "10.61.5.0/24", "fd00:10::1:2/128", "fd00:61:0:5::/64"),
		parsePrefixes("10.0.1.3/32", "10.61.6.0/24", "fd00:10::1:3/128", "fd00:61:0:6::/64"),
	}
	var all []netip.Prefix
	for i, h := range cloud.Hosts {
		if !slices.Equal(h.Advertise, own[i]) || !slices.Equal(h.Own, own[i]) || !slices.Equal(cloud.Routes(i), own[i]) {
			t.Errorf("host %d: advertises %s, has %s", i, h.Advertise, h.Own)
		}
		var sources []netip.Prefix
		for _, s := range h.Sources {
			if s.Primary != s.Prefix || s.Nodes != s.Prefix.IsSingleIP() {
				t.Errorf("host %d: %+v", i, s)
			}
			sources = append(sources, s.Prefix)
		}
		n := &cloud.Region.Gateways.Nodes[i]
		if !slices.Equal(sources, own[i]) || !slices.Equal(h.Made, n.Addresses()) || len(h.Gateways) != 1 || h.Gateways[0].Name != n.Name {
			t.Errorf("host %d: %+v", i, h)
		}
		if h.NodeIP() != n.InternalIP.String()+","+n.InternalIPv6.String() || !slices.Equal(cloud.Names(&h), []string{n.Name}) {
			t.Errorf("host %d: %s", i, h.NodeIP())
		}
		all = append(all, own[i]...)
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	if !slices.Equal(cloud.Destinations(), all) || !slices.Equal(cloud.Advertise, all) {
		t.Errorf("destinations %s", cloud.Destinations())
	}
	advertised := parsePrefixes("10.0.0.0/22", "10.61.0.0/16", "fd00:10::/64", "fd00:61::/56")
	for _, p := range advertised {
		if !slices.Contains(cloud.Remote(), p) || !slices.Contains(cloud.Transit(), p) || !slices.Contains(cloud.Arriving(), p) {
			t.Errorf("%s is not remote to a host that has a part of it: %s", p, cloud.Remote())
		}
		if slices.Contains(second(sample.PerNode()).Remote(), p) {
			t.Errorf("%s is remote to its own region, which has a LAN", p)
		}
	}
	if h := dc.Hosts[0]; len(h.Made) > 0 || h.NodeIP() != "" || !slices.Equal(h.Own, dc.Region.Advertised()) {
		t.Errorf("a host with a LAN: %+v", h)
	}
}

// second is the plan of the topology's second region.
func second(t *schema.Topology) *plan.Region { return &plan.New(t).Regions[1] }

// Gateways that send from their tailnet addresses have them in their own region, too.
func TestApartTailnetSources(t *testing.T) {
	topology := sample.Apart()
	topology.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
	next := netip.MustParseAddr("100.80.0.0")
	for i := range topology.Spec.Regions {
		for j := range topology.Spec.Regions[i].Gateways.Nodes {
			next = next.Next()
			topology.Spec.Regions[i].Gateways.Nodes[j].TailnetIP = next
		}
	}
	p := plan.New(topology)
	if dc, cloud := len(p.Regions[0].GatewaySources()), len(p.Regions[1].GatewaySources()); dc != 3 || cloud != 4 {
		t.Errorf("%d and %d sources", dc, cloud)
	}
}

// TestHostAddressDefault goes through what a topology may say of one host that has two
// addresses.
func TestHostAddressDefault(t *testing.T) {
	const made, given = schema.HostAddressMade, schema.HostAddressGiven
	for name, c := range map[string]struct {
		change func(*schema.Topology, *schema.Region)
		want   schema.HostAddress
	}{
		"rented":      {func(*schema.Topology, *schema.Region) {}, made},
		"perNode":     {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Mode = schema.ModePerNode }, made},
		"a DaemonSet": {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Mode = schema.ModeDaemonSet }, given},
		"two hosts": {func(_ *schema.Topology, r *schema.Region) {
			r.Gateways.Nodes = append(r.Gateways.Nodes, r.Gateways.Nodes[0])
		}, given},
		"no host":           {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Nodes = nil }, given},
		"a LAN":             {func(_ *schema.Topology, r *schema.Region) { r.NodeCIDRs = parsePrefixes("10.77.0.0/24") }, given},
		"no public address": {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Nodes[0].PublicIP = netip.Addr{} }, given},
		"a NAT":             {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Nodes[0].UnderNAT = true }, given},
		"another private": {func(_ *schema.Topology, r *schema.Region) {
			r.Gateways.Nodes[0].PublicIP = netip.MustParseAddr("10.9.9.9")
		}, given},
		"a cloud":          {func(_ *schema.Topology, r *schema.Region) { r.Provider = schema.ProviderGCP }, given},
		"a LAN of its own": {func(_ *schema.Topology, r *schema.Region) { r.Provider = schema.ProviderBareMetal }, given},
		"Talos":            {func(t *schema.Topology, _ *schema.Region) { t.Spec.Cluster.Distribution = schema.DistributionTalos }, given},
		"k3s":              {func(t *schema.Topology, _ *schema.Region) { t.Spec.Cluster.Distribution = schema.DistributionK3s }, made},
		"public alone": {func(_ *schema.Topology, r *schema.Region) {
			r.NodeCIDRs, r.Gateways.Nodes[0].InternalIP = parsePrefixes("5.9.10.11/32"), netip.MustParseAddr("5.9.10.11")
		}, given},
		"given": {func(_ *schema.Topology, r *schema.Region) { r.HostAddress = given }, given},
		"stated": {func(_ *schema.Topology, r *schema.Region) {
			r.NodeCIDRs, r.HostAddress = parsePrefixes("10.77.0.0/24"), made
		}, made},
	} {
		topology := twoRegions(
			region("a", "10.77.0.1/32", "10.61.0.0/16", "10.77.0.1"),
			region("b", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"))
		r := &topology.Spec.Regions[0]
		r.Provider, r.Gateways.Mode = "runpod", schema.ModeStaticPod
		r.Gateways.Nodes[0].PublicIP = netip.MustParseAddr("5.9.10.11")
		c.change(topology, r)
		p := plan.New(topology)
		if got := p.Regions[0].Region.HostAddress; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
		if p.Regions[1].Region.HostAddress != given {
			t.Errorf("%s: the other region's is %s", name, p.Regions[1].Region.HostAddress)
		}
	}
}

// The card that is made is one of Cilium's, unless the topology names them.
func TestMadeDevice(t *testing.T) {
	topology := sample.Apart()
	topology.Spec.Regions[1].CNI.Type = schema.CNICilium
	if d := second(topology).Region.CNI.Devices; !slices.Contains(d, plan.AddressDevice) {
		t.Errorf("devices %s", d)
	}
	topology.Spec.Regions[1].CNI.Devices = []string{"ens3"}
	if d := second(topology).Region.CNI.Devices; !slices.Equal(d, []string{"ens3"}) {
		t.Errorf("devices %s", d)
	}
	if d := second(sample.PerNode()).Region.CNI.Devices; slices.Contains(d, plan.AddressDevice) {
		t.Errorf("a LAN's devices %s", d)
	}
}
