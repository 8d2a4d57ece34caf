package validate

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// CodeLeavingServer is the code of a leaving region that has the API server.
const CodeLeavingServer diag.Code = "leaving-api-server"

// leaving compares regions that are leaving with those that stay: until they are taken back,
// their hosts have their names and addresses. What else would be wrong with them no longer
// matters.
func leaving(t *schema.Topology) diag.List {
	if len(t.Spec.Leaving) == 0 {
		return nil
	}
	before := plan.BeforeLeaving(t)
	var list diag.List
	for _, d := range append(names(before), overlaps(newIndex(before))...) {
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
	return append(list, leavingServers(t)...)
}

// leavingServers: nothing is left of a cluster whose API server goes.
func leavingServers(t *schema.Topology) diag.List {
	var list diag.List
	for i := range t.Spec.Leaving {
		r := &t.Spec.Leaving[i]
		if servers := t.Spec.Cluster.APIServer.In(r.NodeCIDRs); len(servers) > 0 {
			list.Errorf(CodeLeavingServer, diag.Index("spec.leaving", i), "region %q is leaving, and API server %s lies in its node CIDRs (%s): its steps delete the nodes that the API server runs on", r.Name, claim.Show(servers[0]), claim.Join(r.NodeCIDRs)).
				See(apiServerPath, "the API server is stated here").
				Fix("move the API server first and state its new address, or keep the region")
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
