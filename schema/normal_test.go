package schema_test

import (
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Suppressions keep to the region that they were written for, wherever it goes.
func TestNormal(t *testing.T) {
	given := &schema.Topology{Schema: "x.json"}
	given.Spec.Regions = []schema.Region{{Name: "oslo"}, {Name: "bergen"}}
	given.Spec.Leaving = []schema.Region{{Name: "voss"}, {Name: "alta"}}
	for _, path := range []string{"spec.regions[0].podCIDRs[1]", "spec.leaving[0]", "spec.tailnet", "", "spec.regions[7]"} {
		given.Spec.Suppressions = append(given.Spec.Suppressions, schema.Suppression{Code: "a", Path: path})
	}
	paths := func(list []schema.Suppression) (all []string) {
		for _, s := range list {
			all = append(all, s.Path)
		}
		return all
	}
	n := given.Normal()
	if got, want := paths(n.Spec.Suppressions), []string{"spec.regions[1].podCIDRs[1]", "spec.leaving[1]", "spec.tailnet", "", "spec.regions[7]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n.Spec.Regions[0].Name != "bergen" || n.Spec.Leaving[0].Name != "alta" || n.Schema != "" || given.Spec.Regions[0].Name != "oslo" {
		t.Errorf("got %+v of %+v", n.Spec, given.Spec)
	}
	left := schema.Spec{Regions: []schema.Region{{Name: "bergen"}}, Leaving: []schema.Region{{Name: "oslo"}}}
	if got, want := paths(schema.Follow(given.Spec.Suppressions[:2], &given.Spec, &left)), []string{"spec.leaving[0].podCIDRs[1]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
