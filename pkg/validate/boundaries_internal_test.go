package validate

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// How many hosts a subnet holds: all but what the provider keeps, and all where each is named.
func TestUsableAddresses(t *testing.T) {
	for _, c := range []struct {
		provider, prefix string
		want             int
	}{
		{"bare-metal", "10.0.0.0/24", 254}, {"aws", "10.0.0.0/24", 251}, {"azure", "10.0.0.0/24", 251}, {"gcp", "10.0.0.0/24", 252}, {"nobody-knows", "10.0.0.0/24", 254},
		{"bare-metal", "10.0.0.0/30", 2}, {"bare-metal", "10.0.0.0/31", 2}, {"bare-metal", "10.0.0.1/32", 1}, {"aws", "10.0.0.0/30", 0},
		{"aws", "fd00::/124", 16}, {"aws", "fd00::1/128", 1}, {"aws", "fd00::/64", 1 << 30}, {"bare-metal", "10.0.0.0/8", 1<<24 - 2},
	} {
		if got := usable(c.provider, netip.MustParsePrefix(c.prefix)); got != c.want {
			t.Errorf("%s at %s holds %d hosts, want %d", c.prefix, c.provider, got, c.want)
		}
	}
}

// The first prefix that shares its family with an earlier one; what could not be read is of none.
func TestSecondOfAFamily(t *testing.T) {
	for text, want := range map[string]int{
		"": none, "10.0.0.0/8": none, "10.0.0.0/8 fd00::/8": none, "10.0.0.0/8 11.0.0.0/8": 1, "10.0.0.0/8 fd00::/8 fd01::/16 11.0.0.0/8": 2,
		"- -": none, "- fd00::/8": none, "fd00::/8 -": none, "- 10.0.0.0/8 - 11.0.0.0/8": 3,
	} {
		var prefixes []netip.Prefix
		for _, s := range strings.Fields(text) {
			p, _ := netip.ParsePrefix(s)
			prefixes = append(prefixes, p)
		}
		if got := secondOfFamily(prefixes); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// A pool is full where it has fewer blocks or addresses than nodes, and nearly full above four
// fifths.
func TestCapacityBoundaries(t *testing.T) {
	for _, c := range []struct {
		nodes, pods string
		size, most  int
		want        string
	}{
		{"10.0.0.0/24", "10.1.0.0/16", 24, 203, ""},                  // 254 addresses, 256 blocks
		{"10.0.0.0/24", "10.1.0.0/16", 24, 204, "capacity-headroom"}, // of addresses
		{"10.0.0.0/16", "10.1.0.0/16", 24, 204, ""},
		{"10.0.0.0/16", "10.1.0.0/16", 24, 205, "capacity-headroom"},
		{"10.0.0.0/16", "10.1.0.0/16", 24, 256, "capacity-headroom"},
		{"10.0.0.0/16", "10.1.0.0/16", 24, 257, "capacity-exceeded"},
		{"10.0.0.0/30", "10.1.0.0/16", 24, 3, "capacity-exceeded"},
		{"10.0.0.0/16", "10.1.0.0/24", 24, 1, "capacity-headroom"},
		{"10.0.0.0/16", "10.1.0.0/25", 24, 1, "node-block-size"},
		{"10.0.0.0/16", "10.0.0.0/8", 24, 1, ""},
		{"10.0.0.0/16", "10.0.0.0/8", 25, 1, "node-block-size"}, // 17 bits, and kube-controller-manager takes 16
	} {
		topology := &schema.Topology{}
		topology.Spec.Regions = []schema.Region{{
			Name: "a", Provider: "bare-metal", MaxNodes: c.most,
			NodeCIDRs: []netip.Prefix{netip.MustParsePrefix(c.nodes)}, PodCIDRs: []netip.Prefix{netip.MustParsePrefix(c.pods)},
			CNI: schema.CNI{Type: schema.CNICilium, IPAM: schema.IPAMKubernetes, NodeBlockSizeIPv4: c.size},
		}}
		got := ""
		for _, d := range capacity(topology) {
			got = strings.TrimSpace(got + " " + string(d.Code))
		}
		if got != c.want {
			t.Errorf("%d nodes in %s, pods in %s by /%d: %q, want %q", c.most, c.nodes, c.pods, c.size, got, c.want)
		}
	}
}
