package validate

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// leaving compares regions that are leaving with those that stay: until they are taken back,
// their hosts have their names and addresses. What else would be wrong with them no longer
// matters.
func leaving(t *schema.Topology) diag.List {
	if len(t.Spec.Leaving) == 0 {
		return nil
	}
	before := plan.BeforeLeaving(t)
	var list diag.List
	for _, d := range append(names(before), overlaps(before)...) {
		places := []*string{&d.Path}
		for i := range d.Related {
			places = append(places, &d.Related[i].Path)
		}
		concerns := false
		for _, place := range places {
			if moved, ok := amongLeaving(t, *place); ok {
				*place, concerns = moved, true
			}
		}
		if concerns {
			list = append(list, d)
		}
	}
	return list
}

// amongLeaving is where a path of the topology before stands in t; false where it is not in
// a region that leaves.
func amongLeaving(t *schema.Topology, path string) (string, bool) {
	for i := range t.Spec.Leaving {
		at := regionPath(len(t.Spec.Regions) + i)
		if rest, ok := strings.CutPrefix(path, at); ok {
			return diag.Index("spec.leaving", i) + rest, true
		}
	}
	return path, false
}
