package validate_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// rented makes the first region one of n hosts that make their addresses.
func rented(n int) *schema.Topology {
	t := published()
	r := &t.Spec.Regions[1]
	r.NodeCIDRs = []netip.Prefix{netip.MustParsePrefix("10.77.0.0/24")}
	r.PodCIDRs = []netip.Prefix{netip.MustParsePrefix("10.142.0.0/20")}
	r.HostAddress = schema.HostAddressMade
	r.Gateways = schema.Gateways{Mode: schema.ModePerNode}
	for i := range n {
		r.Gateways.Nodes = append(r.Gateways.Nodes, schema.GatewayNode{
			Name:       fmt.Sprintf("vps-%d", i+1),
			InternalIP: netip.AddrFrom4([4]byte{10, 77, 0, byte(i + 1)}),
			PublicIP:   netip.AddrFrom4([4]byte{5, 9, byte(i), 11}),
			Zone:       "zone-1",
			PodCIDRs:   []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 142, byte(i), 0}), 24)},
		})
	}
	t.Spec.Regions[0], t.Spec.Regions[1] = t.Spec.Regions[1], t.Spec.Regions[0]
	return t
}

// TestNoLANIsAskedOfRentedHosts: whoever rents the hosts out, and whatever network that
// provider has, no rule is about it: these hosts have none of its addresses.
func TestNoLANIsAskedOfRentedHosts(t *testing.T) {
	lan := []diag.Code{
		validate.CodePodsUnrouted, validate.CodeHostRoutes, validate.CodeCloudUntold, validate.CodeSourceCheck,
		validate.CodeRoutesFabric, validate.CodeZone, validate.CodeEqualCost, validate.CodeGatewayFamily, validate.CodeKnownIssue,
		validate.CodeHostAddress, validate.CodeHostsNoLAN, validate.CodeFieldUnused,
		"relay-needs-lan",
	}
	providers := []string{"acme"}
	for _, p := range facts.Providers() {
		providers = append(providers, p.Name)
	}
	if len(providers) < 10 {
		t.Fatalf("%d providers", len(providers))
	}
	for _, provider := range providers {
		for _, p := range facts.Plugins() {
			for _, strategy := range []schema.HAStrategy{"", schema.HASingle} {
				topology := rented(3)
				r := &topology.Spec.Regions[0]
				r.Provider, r.CNI = provider, schema.CNI{Type: p.Type, IPAM: "", Tunnel: schema.TunnelNone}
				r.Gateways.HA.Strategy = strategy
				r.NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd, schema.RouteFormCloudInit}
				if got := ofFirst(topology, lan...); len(got) > 0 {
					t.Errorf("%s, %s, strategy %q: %v", provider, p.Type, strategy, got)
				}
			}
		}
	}
}

// TestRentedHostsAreRefused goes through what needs a LAN, and what makes no addresses.
func TestRentedHostsAreRefused(t *testing.T) {
	made, none := []string{"host-address-made error"}, []string(nil)
	for name, c := range map[string]struct {
		change func(*schema.Topology, *schema.Region)
		want   []string
	}{
		"as it is":        {func(*schema.Topology, *schema.Region) {}, none},
		"a single host":   {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Nodes = r.Gateways.Nodes[:1] }, none},
		"a daemonSet":     {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Mode = schema.ModeDaemonSet }, made},
		"static pods":     {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Mode = schema.ModeStaticPod }, made},
		"supersets":       {func(_ *schema.Topology, r *schema.Region) { r.Gateways.HA.Strategy = schema.HASupersets }, made},
		"a relay":         {func(_ *schema.Topology, r *schema.Region) { r.Gateways.HA.Strategy = schema.HARelay }, made},
		"a node router":   {func(_ *schema.Topology, r *schema.Region) { r.Gateways.Nodes[1].NodeRouter = true }, made},
		"routes of nodes": {func(_ *schema.Topology, r *schema.Region) { r.CNI.PodRoutes = schema.PodRoutesNodes }, made},
		"route tables": {func(_ *schema.Topology, r *schema.Region) {
			r.Provider, r.Network.GCP = "gcp", schema.GCPNetwork{Project: "p", Name: "n"}
		}, made},
		"Talos": {func(t *schema.Topology, _ *schema.Region) { t.Spec.Cluster.Distribution = schema.DistributionTalos }, made},
		"one static pod with its own node CIDR": {func(_ *schema.Topology, r *schema.Region) {
			r.Gateways.Mode, r.Gateways.Nodes = schema.ModeStaticPod, r.Gateways.Nodes[:1]
			r.NodeCIDRs = []netip.Prefix{netip.MustParsePrefix("10.77.0.1/32")}
		}, none},
		"one static pod with a wider one": {func(_ *schema.Topology, r *schema.Region) {
			r.Gateways.Mode, r.Gateways.Nodes = schema.ModeStaticPod, r.Gateways.Nodes[:1]
		}, made},
		"addresses each by itself, and nobody says whose": {func(_ *schema.Topology, r *schema.Region) {
			r.HostAddress, r.NodeCIDRs = "", nil
			for _, n := range r.Gateways.Nodes {
				r.NodeCIDRs = append(r.NodeCIDRs, netip.PrefixFrom(n.InternalIP, 32))
			}
		}, []string{"hosts-no-lan error"}},
		"the same, given": {func(_ *schema.Topology, r *schema.Region) {
			r.HostAddress, r.NodeCIDRs = schema.HostAddressGiven, nil
			for _, n := range r.Gateways.Nodes {
				r.NodeCIDRs = append(r.NodeCIDRs, netip.PrefixFrom(n.InternalIP, 32))
			}
		}, none},
		"a LAN": {func(_ *schema.Topology, r *schema.Region) { r.HostAddress = "" }, none},
		"a family that a host does not make": {func(_ *schema.Topology, r *schema.Region) {
			r.NodeCIDRs = append(r.NodeCIDRs, netip.MustParsePrefix("fd00:77::/64"))
			r.Gateways.Nodes[0].InternalIPv6 = netip.MustParseAddr("fd00:77::1")
		}, []string{"gateway-family error", "gateway-family error"}},
	} {
		topology := rented(3)
		c.change(topology, &topology.Spec.Regions[0])
		if got := ofFirst(topology, validate.CodeHostAddress, validate.CodeHostsNoLAN, validate.CodeGatewayFamily); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
