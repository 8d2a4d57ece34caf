package validate

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// finding words a group: who, with whom, over what, and what follows.
func finding(t *claim.Tree, g claim.Group) *diag.Diagnostic {
	owner, first := &t.Claims[g.Owner], &t.Claims[g.Others[0]]
	d := &diag.Diagnostic{Severity: diag.Error, Code: CodeOverlap, Path: owner.Path()}
	d.Message = fmt.Sprintf("%s %s %s%s", owner, claim.Relation(owner.Prefix, first.Prefix), first, sharing(t, g))
	for _, o := range g.Others {
		d.See(t.Claims[o].Path(), "%s is claimed here", &t.Claims[o])
	}
	return d
}

// sharing says how many more pairs there are, and what becomes of the first.
func sharing(t *claim.Tree, g claim.Group) string {
	s := "; " + consequence(&t.Claims[g.Owner], &t.Claims[g.Others[0]])
	if g.Count > 1 {
		s = fmt.Sprintf(" and collides with %s%s", claim.CountOthers(g.Count-1), s)
	}
	return s
}

// overlaps compares every claim with every other one. A prefix that is everything is
// a fault of its own, and said as such.
func overlaps(t *schema.Topology) diag.List {
	var list diag.List
	nest := claim.NewNesting()
	tree := claim.NewTree(slices.DeleteFunc(claim.WithDefaults(t), func(c claim.Claim) bool { return c.Prefix.Bits() == 0 || spokenFor(t, &c) }))
	collide := func(a, b *claim.Claim) bool { return !nest.Allows(a, b) && !redundant(a, b) }
	for _, g := range tree.Conflicts(collide) {
		list = append(list, overlap(tree, g))
	}
	for _, g := range tree.Conflicts(redundant) {
		list = append(list, twice(tree, g))
	}
	return list
}

func overlap(t *claim.Tree, g claim.Group) *diag.Diagnostic {
	d := finding(t, g)
	owner := &t.Claims[g.Owner]
	if owner.Default != "" {
		d.Code = CodeDefault
		if owner.Guess {
			d.Severity = diag.Warning
		}
		return d.Fix("set it to a prefix of its own")
	}
	if owner.Role.Fixed() {
		return d.Fix("move what collides with it: the %s has to stay where it is", brief(owner))
	}
	return d.Fix("give the %s a prefix of its own", brief(owner))
}

// spokenFor reports whether the claim is one address inside node CIDRs that it may be
// in: what collides with it collides with them, and is said once.
func spokenFor(t *schema.Topology, c *claim.Claim) bool {
	switch c.Role {
	case claim.RoleGateway:
		return claim.InAny(c.Prefix, t.Spec.Regions[c.Region].NodeCIDRs)
	case claim.RoleAPIServer:
		return slices.ContainsFunc(t.Spec.Regions, func(r schema.Region) bool { return claim.InAny(c.Prefix, r.NodeCIDRs) })
	}
	return false
}

// twice words a prefix that its own list already contains.
func twice(t *claim.Tree, g claim.Group) *diag.Diagnostic {
	owner, first := &t.Claims[g.Owner], &t.Claims[g.Others[0]]
	d := finding(t, g)
	d.Severity, d.Code = diag.Warning, CodeRedundant
	d.Message = fmt.Sprintf("%s %s %s, so the list says the same addresses twice", owner, claim.Relation(owner.Prefix, first.Prefix), first)
	if owner.Role.Advertised() && owner.Prefix != first.Prefix {
		d.Message += ", and gateways fail over for each prefix length on its own"
	}
	return d.Fix("drop the narrower one of the two")
}

// defaultsUnknown warns where a field is left out and no pack says what fills it.
func defaultsUnknown(t *schema.Topology) diag.List {
	var list diag.List
	if len(t.Spec.Cluster.ServiceCIDRs) == 0 && !slices.ContainsFunc(claim.WithDefaults(t), func(c claim.Claim) bool { return c.Role == claim.RoleService }) {
		list.Warnf(CodeDefaultUnknown, "spec.cluster",
			"serviceCIDRs is left out and the default of distribution %q is not known, so nothing is compared with the service addresses",
			claim.Distribution(t)).Fix("set serviceCIDRs to what the API server runs with (--service-cluster-ip-range)")
	}
	return list
}

// redundant reports whether two overlapping claims are entries of one list, which
// says something twice but contradicts nothing.
func redundant(a, b *claim.Claim) bool {
	return a.Role == b.Role && a.Region == b.Region && a.Owner == b.Owner &&
		a.Role != claim.RoleGateway && !a.Role.Fixed()
}
