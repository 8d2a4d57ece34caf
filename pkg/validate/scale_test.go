//go:build unix

package validate_test

import (
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// BenchmarkTopology validates topologies that grow in one direction. What a region, a
// host or an object costs must not depend on how many there are:
//
//	go test ./pkg/validate -run '^$' -bench Topology -benchtime 3x
func BenchmarkTopology(b *testing.B) {
	for _, shape := range scaleShapes() {
		for _, n := range []int{100, 1000, 5000} {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				t := shape.make(n)
				each(b, n, func() { validate.Topology(t) })
			})
		}
	}
}

// TestAllocationsAreLinear: ten times as many regions, hosts or findings allocate about
// ten times as often. Unlike time, that is the same on any machine.
func TestAllocationsAreLinear(t *testing.T) {
	for _, shape := range scaleShapes() {
		few, many := allocations(shape.make(100)), allocations(shape.make(1000))
		if many > 13*few {
			t.Errorf("%s: %.0f allocations for 100 and %.0f for 1000", shape.name, few, many)
		}
	}
}

// TestSoundRegionsAreNotSpelled: of a region about which there is nothing to say, no check makes a
// path or a list of its own. What is left is its plan.
func TestSoundRegionsAreNotSpelled(t *testing.T) {
	const most = 10 // objects a region
	if few, many := allocations(fleet(100)), allocations(fleet(1100)); many-few > 1000*most {
		t.Errorf("%.1f allocations for each further region, and %d are enough", (many-few)/1000, most)
	}
}

func allocations(t *schema.Topology) float64 {
	return testing.AllocsPerRun(1, func() { validate.Topology(t) })
}

// BenchmarkObjects compares the Nodes of a dump with a fleet of as many regions.
func BenchmarkObjects(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			t, objects := fleet(n), nodeObjects(n)
			each(b, n, func() { existing.Compare(t, objects) })
		})
	}
}

// each reports what one of n costs, in processor time: the clock misleads on a busy
// machine.
func each(b *testing.B, n int, run func()) {
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		run()
	}
	spent := processorTime(b) - before
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N)/float64(n), "cpu-us/each")
}

// processorTime is what the process has used, collecting garbage included.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func scaleShapes() []struct {
	name string
	make func(n int) *schema.Topology
} {
	return []struct {
		name string
		make func(n int) *schema.Topology
	}{
		{"regions", fleet},
		{"perNode", perNodeHosts},
		{"clouds", with(fleet, func(r *schema.Region) {
			r.Provider, r.Network.AWS = schema.ProviderAWS, schema.AWSNetwork{Region: "eu-central-1", RouteTables: []string{"rtb-1"}}
		})},
		{"nodeRoutes", with(fleet, func(r *schema.Region) { r.NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormDaemonSet} })},
		{"secrets", with(fleet, func(r *schema.Region) { r.Gateways.Mode, r.Gateways.State = schema.ModeDaemonSet, schema.KeepSecret })},
		{"everybodyCollides", with(fleet, func(r *schema.Region) { r.PodCIDRs = cidrs("10.200.0.0/24") })},
		{"IPv6Collides", with(fleet, func(r *schema.Region) { r.PodCIDRs = append(r.PodCIDRs, cidrs("fd00:1::/64")...) })},
		{"pairsCollide", pairsCollide},
		{"suppressed", suppressed},
		{"clusterCIDRs", stated},
		{"blocksCollide", with(perNodeHosts, func(r *schema.Region) {
			for j := range r.Gateways.Nodes {
				r.Gateways.Nodes[j].PodCIDRs = r.Gateways.Nodes[j&^1].PodCIDRs
			}
		})},
	}
}

func with(shape func(int) *schema.Topology, edit func(*schema.Region)) func(int) *schema.Topology {
	return func(n int) *schema.Topology {
		t := shape(n)
		for i := range t.Spec.Regions {
			edit(&t.Spec.Regions[i])
		}
		return t
	}
}

// block is the i-th prefix of the length in 10.0.0.0/8.
func block(i, bits int) netip.Prefix {
	a := uint32(10)<<24 + uint32(i)<<(32-bits)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}), bits)
}

// fleet is n regions of two gateways each.
func fleet(n int) *schema.Topology {
	t := published()
	t.Spec.Cluster.ServiceCIDRs = cidrs("172.16.0.0/16")
	t.Spec.Regions = make([]schema.Region, n)
	for i := range t.Spec.Regions {
		nodes := block(2*i, 24)
		first := nodes.Addr().Next()
		t.Spec.Regions[i] = schema.Region{
			Name: fmt.Sprintf("region-%d", i), Provider: schema.ProviderBareMetal,
			NodeCIDRs: []netip.Prefix{nodes}, PodCIDRs: []netip.Prefix{block(2*i+1, 24)},
			CNI: schema.CNI{Type: schema.CNICalico, Version: "3.30.7"},
			Gateways: schema.Gateways{Mode: schema.ModeStaticPod, Nodes: []schema.GatewayNode{
				{Name: fmt.Sprintf("gw-%d-a", i), InternalIP: first}, {Name: fmt.Sprintf("gw-%d-b", i), InternalIP: first.Next()},
			}},
		}
	}
	return t
}

// perNodeHosts is one region of n hosts with mode perNode, beside another one.
func perNodeHosts(n int) *schema.Topology {
	t := fleet(2)
	r := &t.Spec.Regions[0]
	r.NodeCIDRs, r.PodCIDRs = cidrs("192.168.0.0/16"), cidrs("10.128.0.0/9")
	r.CNI, r.Gateways.Mode = schema.CNI{Type: schema.CNIFlannel, Version: "0.26.0"}, schema.ModePerNode
	r.Gateways.Nodes = make([]schema.GatewayNode, n)
	for j := range r.Gateways.Nodes {
		r.Gateways.Nodes[j] = schema.GatewayNode{
			Name:       fmt.Sprintf("node-%d", j),
			InternalIP: netip.AddrFrom4([4]byte{192, 168, byte((j + 1) >> 8), byte(j + 1)}),
			PodCIDRs:   []netip.Prefix{block(1<<15+j, 24)},
		}
	}
	return t
}

// pairsCollide gives each two neighbours the same pod CIDR: n/2 findings.
func pairsCollide(n int) *schema.Topology {
	t := fleet(n)
	for i := range t.Spec.Regions {
		t.Spec.Regions[i].PodCIDRs = t.Spec.Regions[i&^1].PodCIDRs
	}
	return t
}

// suppressed accepts each of those findings by itself.
func suppressed(n int) *schema.Topology {
	t := pairsCollide(n)
	for i := 1; i < n; i += 2 {
		t.Spec.Suppressions = append(t.Spec.Suppressions, schema.Suppression{
			Code: string(validate.CodeOverlap), Path: fmt.Sprintf("spec.regions[%d].podCIDRs[0]", i), Reason: "test",
		})
	}
	return t
}

// stated says each region's pod CIDR once more, as a cluster CIDR.
func stated(n int) *schema.Topology {
	t := fleet(n)
	for _, r := range t.Spec.Regions {
		t.Spec.Cluster.ClusterCIDRs = append(t.Spec.Cluster.ClusterCIDRs, r.PodCIDRs...)
	}
	return t
}

// nodeObjects is a Node of each of n regions.
func nodeObjects(n int) []existing.Object {
	objects := make([]existing.Object, n)
	for i := range objects {
		address := map[string]any{"type": "InternalIP", "address": block(2*i, 24).Addr().Next().String()}
		objects[i] = existing.Object{APIVersion: "v1", Kind: "Node", Name: fmt.Sprintf("node-%d", i), Content: map[string]any{
			"spec":   map[string]any{"podCIDRs": []any{block(2*i+1, 24).String()}},
			"status": map[string]any{"addresses": []any{address}},
		}}
	}
	return objects
}
