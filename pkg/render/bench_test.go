package render_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// One gateway DaemonSet, the largest object there is, through the gate, through
// encoding/json alone, and through the usual library.
func BenchmarkObject(b *testing.B) {
	p := plan.New(sample.Published(b, nil))
	r := &p.Regions[0]
	gateways := cluster.Gateways(p, r, host.NewFleet(p).Gateway(r, &r.Hosts[0]))
	i := slices.IndexFunc(gateways.Objects, func(o any) bool { _, ok := o.(*kube.DaemonSet); return ok })
	object := gateways.Objects[i].(*kube.DaemonSet)
	for name, marshal := range map[string]func(any) ([]byte, error){
		"gate": tree.YAML, "json": json.Marshal, "sigs.k8s.io-yaml": yaml.Marshal,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				data, err := marshal(object)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(data)))
			}
		})
	}
}

func BenchmarkRender(b *testing.B) {
	for _, regions := range []int{2, 100, 1000} {
		topology := sample.Published(b, func(t *schema.Topology) { grow(t, regions) })
		b.Run(fmt.Sprintf("regions=%d", regions), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range render.Files(plan.New(topology), nil) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// grow repeats the two regions with prefixes of their own.
func grow(t *schema.Topology, regions int) {
	kinds := t.Spec.Regions
	t.Spec.Regions = nil
	for i := range regions {
		r := kinds[i%len(kinds)]
		r.Name = fmt.Sprintf("region-%04d", i)
		r.NodeCIDRs = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24)}
		r.PodCIDRs = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 16 + byte(i>>8), byte(i), 0}), 24)}
		t.Spec.Regions = append(t.Spec.Regions, r)
	}
}
