package mtu_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func region(name, provider string, tunnel schema.TunnelProtocol, podMTU int, cidrs ...string) schema.Region {
	r := schema.Region{Name: name, Provider: provider}
	r.CNI = schema.CNI{Type: schema.CNICilium, Tunnel: tunnel, MTU: podMTU}
	for i, c := range cidrs {
		if i == 0 {
			r.NodeCIDRs = []netip.Prefix{netip.MustParsePrefix(c)}
		} else {
			r.PodCIDRs = append(r.PodCIDRs, netip.MustParsePrefix(c))
		}
	}
	return r
}

func Example() {
	t := &schema.Topology{}
	t.Spec.Regions = []schema.Region{
		region("cloud", "gcp", schema.TunnelNone, 0, "10.0.0.0/22", "10.61.0.0/16"),
		region("gpu", "bare-metal", schema.TunnelNone, 0, "10.143.0.0/24", "10.142.0.0/20"),
	}
	for _, b := range mtu.Budgets(t) {
		fmt.Println(b.From, b.To, "pods", b.Pod, "fits", b.Fits, "MSS", b.MSSIPv4, b.Clamped)
	}
	// Output:
	// [cloud] [gpu] pods 1460 fits 1280 MSS 1240 true
	// [gpu] [cloud] pods 1500 fits 1280 MSS 1240 true
}

func TestOverhead(t *testing.T) {
	for _, c := range []struct {
		plugin schema.CNIType
		tunnel schema.TunnelProtocol
		nodes  string
		want   int
	}{
		{schema.CNICilium, "", "10.0.0.0/22", 0},
		{schema.CNICilium, schema.TunnelVXLAN, "10.0.0.0/22", 50},
		{schema.CNICilium, schema.TunnelGeneve, "10.0.0.0/22", 50},
		{schema.CNICilium, schema.TunnelVXLAN, "fd00:10::/64", 70},
		{schema.CNICilium, schema.TunnelWireGuard, "10.0.0.0/22", 80},
		{schema.CNICalico, schema.TunnelIPIP, "10.0.0.0/22", 20},
		{schema.CNICalico, schema.TunnelWireGuard, "10.0.0.0/22", 60},
		{schema.CNICalico, schema.TunnelWireGuard, "fd00:10::/64", 80},
	} {
		r := region("a", "bare-metal", c.tunnel, 0, c.nodes)
		r.CNI.Type = c.plugin
		if got := mtu.Overhead(&r); got != c.want || mtu.Fits(&r) != 1280-c.want {
			t.Errorf("%s %s over %s: %d, want %d", c.plugin, c.tunnel, c.nodes, got, c.want)
		}
	}
}

func TestLinkAndPod(t *testing.T) {
	for _, c := range []struct {
		provider     string
		stated, pods int
		link, pod    int
	}{
		{"gcp", 0, 0, 1460, 1410},
		{"aws", 0, 0, 9001, 8951},
		{"oracle", 0, 0, 9000, 8950},
		{"hetzner", 0, 0, 1450, 1400},
		{"azure", 0, 0, 1500, 1450},
		{"somebody", 0, 1230, 1500, 1230},
		{"aws", 1500, 0, 1500, 1450},
	} {
		r := region("a", c.provider, schema.TunnelVXLAN, c.pods, "10.0.0.0/22")
		r.MTU = c.stated
		if mtu.Link(&r) != c.link || mtu.Pod(&r) != c.pod {
			t.Errorf("%+v: link %d, pods %d", c, mtu.Link(&r), mtu.Pod(&r))
		}
	}
}

func TestBudgets(t *testing.T) {
	v4, v6 := "10.61.0.0/16", "fd00:61::/56"
	for name, c := range map[string]struct {
		a, b schema.Region
		want mtu.Budget // from a to b
		big  bool
	}{
		"clamped, one family on one side": {
			region("a", "aws", "", 0, "10.0.0.0/22", v4, v6), region("b", "azure", "", 0, "10.1.0.0/22", v4),
			mtu.Budget{Link: 9001, Pod: 9001, Fits: 1280, MSSIPv4: 1240, Clamped: true}, false,
		},
		"clamped, both families": {
			region("a", "gcp", "", 0, "10.0.0.0/22", v4, v6), region("b", "azure", "", 0, "10.1.0.0/22", v4, v6),
			mtu.Budget{Link: 1460, Pod: 1460, Fits: 1280, MSSIPv4: 1240, MSSIPv6: 1220, Clamped: true}, false,
		},
		"smaller pods than the tunnel": {
			region("a", "gcp", "", 1200, "10.0.0.0/22", v4), region("b", "azure", "", 0, "10.1.0.0/22", v4),
			mtu.Budget{Link: 1460, Pod: 1200, Fits: 1280, MSSIPv4: 1160, Clamped: true}, false,
		},
		"vxlan, left alone": {
			region("a", "azure", schema.TunnelVXLAN, 0, "10.0.0.0/22", v4), region("b", "gcp", schema.TunnelVXLAN, 0, "10.1.0.0/22", v4),
			mtu.Budget{Link: 1500, Pod: 1450, Fits: 1230, MSSIPv4: 1370}, true,
		},
		"vxlan, told": {
			region("a", "azure", schema.TunnelVXLAN, 1230, "10.0.0.0/22", v4), region("b", "gcp", schema.TunnelVXLAN, 1230, "10.1.0.0/22", v4),
			mtu.Budget{Link: 1500, Pod: 1230, Fits: 1230, MSSIPv4: 1190}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			topology := &schema.Topology{}
			topology.Spec.Regions = []schema.Region{c.a, c.b}
			budgets := mtu.Budgets(topology)
			if len(budgets) != 2 {
				t.Fatalf("%+v", budgets)
			}
			c.want.From, c.want.To = []string{"a"}, []string{"b"}
			if got := budgets[0]; fmt.Sprint(got) != fmt.Sprint(c.want) || got.TooLarge() != c.big {
				t.Errorf("%+v (too large: %v), want %+v", got, got.TooLarge(), c.want)
			}
		})
	}
}

// Every ordered pair stands in exactly one row, whatever the order of the regions, and
// what is clamped fits.
func TestBudgetsCoverEveryPairOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		topology := &schema.Topology{}
		n := 1 + random.IntN(8)
		for i := range n {
			tunnel := []schema.TunnelProtocol{"", schema.TunnelVXLAN}[random.IntN(2)]
			provider := []string{"gcp", "aws", "bare-metal"}[random.IntN(3)]
			topology.Spec.Regions = append(topology.Spec.Regions, region(fmt.Sprint("r", i), provider, tunnel, []int{0, 1230}[random.IntN(2)], "10.0.0.0/22", "10.61.0.0/16"))
		}
		budgets := mtu.Budgets(topology)
		seen := map[string]int{}
		for _, b := range budgets {
			if b.Clamped && b.MSSIPv4 > b.Fits-40 {
				t.Errorf("clamped to what does not fit: %+v", b)
			}
			for _, from := range b.From {
				for _, to := range b.To {
					if from != to {
						seen[from+to]++
					}
				}
			}
		}
		if len(seen) != n*(n-1) || slices.ContainsFunc(budgets, func(b mtu.Budget) bool { return len(b.From) == 0 }) {
			t.Fatalf("%d pairs of %d regions: %v", len(seen), n, seen)
		}
		for pair, times := range seen {
			if times != 1 {
				t.Errorf("%s stands in %d rows", pair, times)
			}
		}
		random.Shuffle(n, func(i, j int) {
			s := topology.Spec.Regions
			s[i], s[j] = s[j], s[i]
		})
		if again := mtu.Budgets(topology); fmt.Sprint(again) != fmt.Sprint(budgets) {
			t.Errorf("the order of regions matters:\n%v\n%v", budgets, again)
		}
	}
}
