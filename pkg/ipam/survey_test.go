package ipam_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func ExampleSurvey() {
	for _, b := range ipam.Survey(topologytest.Published()) {
		fmt.Printf("%s: owners %d, %.0f %% free\n", b.Prefix, len(b.Owners), 100*b.FreeShare())
	}
	// Output:
	// 10.0.0.0/8: owners 5, 93 % free
	// 172.16.0.0/12: owners 6, 94 % free
	// 192.168.0.0/16: owners 1, 100 % free
	// 100.64.0.0/10: owners 5, 100 % free
}

// What is free overlaps nobody's, and together with what somebody has it is the whole block:
// each address is looked up in the slowest way.
func TestSurveyIsExact(t *testing.T) {
	topology := sample.Fleet(40)
	topology.Spec.Regions[0].NodeCIDRs = append(topology.Spec.Regions[0].NodeCIDRs, netip.MustParsePrefix("5.9.10.0/24"))
	topology.Spec.ExternalCIDRs = append(topology.Spec.ExternalCIDRs, netip.MustParsePrefix("2a01:4f8::/32"))
	blocks := ipam.Survey(topology)
	for _, b := range blocks {
		step := max(b.Prefix.Bits(), 24)
		if b.Prefix.Addr().Is6() {
			step = max(b.Prefix.Bits(), 60)
		}
		for a, n := b.Prefix.Addr(), 0; b.Prefix.Contains(a) && n < 1<<17; n++ {
			p := netip.PrefixFrom(a, step)
			free := slices.ContainsFunc(b.Free, func(f netip.Prefix) bool { return f.Overlaps(p) })
			owned := slices.ContainsFunc(b.Owners, func(o ipam.Owner) bool {
				pool := o.Prefix == schema.TailnetIPv4() // who asks for a pool may have some of it
				return o.Prefix.Overlaps(p) && o.Severity != diag.Info && !pool
			})
			if !free && !owned {
				t.Fatalf("%s of %s is nobody's, and not free", p, b.Prefix)
			}
			whole := slices.ContainsFunc(b.Free, func(f netip.Prefix) bool { return f.Bits() <= step && f.Contains(a) })
			if whole && owned {
				t.Fatalf("%s of %s is free, and somebody's: %v", p, b.Prefix, b.Owners)
			}
			a = claim.Last(p).Next()
		}
	}
	var names []string
	for _, b := range blocks {
		names = append(names, b.Prefix.String())
	}
	for _, want := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "5.9.0.0/16", "2a01:4f8::/32", "fd42:7a1e:2::/48"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no block %s: %v", want, names)
		}
	}
}

// Whatever the user keeps is said in their words.
func TestSurveyReasons(t *testing.T) {
	blocks := ipam.Survey(sample.Fleet(2))
	i := slices.IndexFunc(blocks[2].Owners, func(o ipam.Owner) bool { return o.Claim.Role == claim.RoleReserved })
	if i < 0 || blocks[2].Owners[i].Reason != "the offices <b>& their printers</b>" {
		t.Errorf("%+v", blocks[2].Owners)
	}
}
