package acl_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
)

func TestOrderOfRegionsDoesNotMatter(t *testing.T) {
	want := acl.FromTopology(acltest.Published()).JSON()
	turned := acltest.Published()
	slices.Reverse(turned.Spec.Regions)
	if got := acl.FromTopology(turned).JSON(); !bytes.Equal(got, want) {
		t.Errorf("regions in another order give another policy:\n%s", got)
	}
}

// Without "grants" and "acls" both control servers allow everything.
func TestOneRegionGrantsNothing(t *testing.T) {
	topology := acltest.Published()
	topology.Spec.Regions = topology.Spec.Regions[1:]
	got := acl.FromTopology(topology).JSON()
	if !bytes.Contains(got, []byte(`"grants": []`)) {
		t.Errorf("no empty list of grants:\n%s", got)
	}
}

// Whatever the number of regions: every ordered pair is covered once, none by itself,
// and Check asks for nothing else.
func TestEveryNumberOfRegions(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 32, 33, 34, 50} {
		topology := acltest.Regions(n)
		p := acl.FromTopology(topology)
		covered := map[[2]string]int{}
		for _, g := range p.Grants {
			if !strings.HasPrefix(g.Comment, "pods:") {
				continue
			}
			for _, src := range g.Src {
				for _, dst := range g.Dst {
					covered[[2]string{src, dst}]++
				}
			}
		}
		for pair, times := range covered {
			if times != 1 || pair[0] == pair[1] {
				t.Errorf("%d regions: %s to %s is granted %d times", n, pair[0], pair[1], times)
			}
		}
		if len(covered) != n*(n-1) {
			t.Errorf("%d regions: %d pairs", n, len(covered))
		}
		f, list := policyfile.Parse("p", p.JSON())
		if list = append(list, policyfile.Check(topology, f)...); len(list) > 0 {
			t.Errorf("%d regions:\n%s", n, acltest.Text(list))
		}
	}
}
