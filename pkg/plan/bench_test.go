package plan_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// fleet has n regions of two gateways that are static pods, with room for supersets.
func fleet(n int) *schema.Topology {
	var regions []schema.Region
	for i := range n {
		block := fmt.Sprintf("10.%d.%d", i>>4, i<<4&255)
		r := region(fmt.Sprintf("region-%04d", i), block+".0/24", fmt.Sprintf("172.%d.%d.0/24", 16+i>>8, i&255), block+".11", block+".12")
		r.Gateways.Mode = schema.ModeStaticPod
		regions = append(regions, r)
	}
	t := twoRegions(regions...)
	t.Spec.Tailnet.TailscaleVersion = "1.98.0"
	return t
}

// nodes is one region with mode perNode and n hosts, beside another one.
func nodes(n int) *schema.Topology {
	r := region("a", "10.0.0.0/16", "10.64.0.0/10")
	r.Gateways.Mode = schema.ModePerNode
	for i := range n {
		r.Gateways.Nodes = append(r.Gateways.Nodes, schema.GatewayNode{
			Name: fmt.Sprintf("node-%05d", i), InternalIP: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}),
			PodCIDRs: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 64 + byte(i>>8), byte(i), 0}), 24)},
		})
	}
	return twoRegions(r, region("b", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"))
}

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{100, 1000, 4000} {
		topology := fleet(n)
		b.Run(fmt.Sprintf("regions=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plan.New(topology)
			}
		})
	}
	for _, n := range []int{500, 5000} {
		topology := nodes(n)
		b.Run(fmt.Sprintf("perNode=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plan.New(topology)
			}
		})
	}
}

// BenchmarkAdvice is the advice of every region, which looks for supersets.
func BenchmarkAdvice(b *testing.B) {
	for _, n := range []int{100, 1000, 4000} {
		topology := fleet(n)
		b.Run(fmt.Sprintf("regions=%d", n), func(b *testing.B) {
			for b.Loop() {
				p := plan.New(topology)
				for i := range p.Regions {
					p.Regions[i].Advice()
				}
			}
		})
	}
}
