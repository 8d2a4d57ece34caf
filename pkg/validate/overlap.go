package validate

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about addresses that two parties claim.
const (
	CodeOverlap        diag.Code = "cidr-overlap"    // two parties claim the same addresses
	CodeDefault        diag.Code = "default-overlap" // a field left out, filled with a default that collides
	CodeRedundant      diag.Code = "cidr-redundant"  // one list says the same addresses twice
	CodeDefaultUnknown diag.Code = "default-unknown" // a field left out, and nobody knows what fills it
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
func overlaps(x *index) diag.List {
	var list diag.List
	t := x.t
	nest := claim.NewNesting()
	tree := claim.NewTreeOf(x.defaulted(), func(c *claim.Claim) bool { return c.Prefix.Bits() != 0 && !spokenFor(t, c) })
	collide := func(a, b *claim.Claim) bool { return !nest.Allows(a, b) && !redundant(a, b) && !shared(t, a, b) }
	for _, g := range tree.Conflicts(collide) {
		list = append(list, overlap(t, tree, g))
	}
	for _, g := range tree.Conflicts(redundant) {
		list = append(list, twice(tree, g))
	}
	return list
}

func overlap(top *schema.Topology, t *claim.Tree, g claim.Group) *diag.Diagnostic {
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
	if first := &t.Claims[g.Others[0]]; inNetwork(top, owner, first) {
		_, cover := narrower(owner, first)
		return d.Fix("write the wider of the two in both lists: pods get their addresses from the nodes' subnets, and all gateways advertise one prefix").Propose(cover.Prefix.String())
	}
	return d.Fix("give the %s a prefix of its own", brief(owner))
}

// inNetwork reports whether the claims are of nodes and of pods whose plugin takes pods'
// addresses from the provider's network, so from the nodes' own subnets.
func inNetwork(t *schema.Topology, a, b *claim.Claim) bool {
	if a.Region != b.Region || a.Region < 0 || !has(claim.RoleNode, a, b) || !has(claim.RolePod, a, b) {
		return false
	}
	return plan.PodsInNetwork(&t.Spec.Regions[a.Region])
}

// shared reports whether such claims are the same prefix: then it has one route, one
// primary and one table on each gateway.
func shared(t *schema.Topology, a, b *claim.Claim) bool {
	return a.Prefix == b.Prefix && inNetwork(t, a, b)
}

// spokenFor reports whether the claim is one address inside node CIDRs that it may be
// in: what collides with it collides with them, and is said once.
func spokenFor(t *schema.Topology, c *claim.Claim) bool {
	switch c.Role {
	case claim.RoleGateway:
		return claim.InAny(c.Prefix, t.Spec.Regions[c.Region].NodeCIDRs)
	case claim.RoleAPIServer:
		for i := range t.Spec.Regions {
			if claim.InAny(c.Prefix, t.Spec.Regions[i].NodeCIDRs) {
				return true
			}
		}
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
func defaultsUnknown(x *index) diag.List {
	var list diag.List
	t := x.t
	if len(t.Spec.Cluster.ServiceCIDRs) == 0 && !slices.ContainsFunc(x.defaulted(), func(c claim.Claim) bool { return c.Role == claim.RoleService }) {
		list.Warnf(CodeDefaultUnknown, "spec.cluster",
			"serviceCIDRs is left out and the default of distribution %q is not known, so nothing is compared with the service addresses",
			claim.Distribution(t)).Fix("set serviceCIDRs to the API server's --service-cluster-ip-range")
	}
	return list
}

// redundant reports whether two overlapping claims are entries of one list, which
// says something twice but contradicts nothing.
func redundant(a, b *claim.Claim) bool {
	return a.Role == b.Role && a.Region == b.Region && a.Owner == b.Owner &&
		a.Role != claim.RoleGateway && !a.Role.Fixed()
}

// consequence says what becomes of packets for the addresses that two claims share:
// who gets them, by longest-prefix match or by what comes before routing.
func consequence(a, b *claim.Claim) string {
	inner, cover := narrower(a, b)
	shared := claim.Show(inner.Prefix)
	switch {
	case has(claim.RoleReserved, a, b):
		return fmt.Sprintf("%s must stay free", shared)
	case has(claim.RoleService, a, b):
		return serviceWins(a, b, shared)
	case has(claim.RolePool, a, b):
		_, other := pick(claim.RolePool, a, b)
		// tailscaled routes each device's address with a /32, which no route beats.
		return fmt.Sprintf("each tailnet device has a route of its own there, which wins over %s", holder(other))
	case a.Role.Local() || b.Role.Local():
		return localWins(a, b, shared)
	case has(claim.RoleExternal, a, b):
		return tunnelWins(a, b, shared)
	case inner.Prefix == cover.Prefix && a.Region != b.Region:
		return fmt.Sprintf("both regions advertise it, and the tailnet sends packets for %s to only one of them", shared)
	case inner.Prefix == cover.Prefix:
		return "a packet for it may be meant for either"
	}
	return fmt.Sprintf("packets for %s go to %s, whose prefix is the longer one, and never to %s",
		shared, holder(inner), holder(cover))
}

// serviceWins: kube-proxy and its replacements translate a service address before
// the packet is routed, whatever the prefix lengths.
func serviceWins(a, b *claim.Claim, shared string) string {
	_, other := pick(claim.RoleService, a, b)
	if other.Role == claim.RoleService {
		return fmt.Sprintf("a Service address of %s may be given out twice", shared)
	}
	return fmt.Sprintf("every node takes packets for %s for a Service, and %s never get them", shared, holder(other))
}

// localWins: a connected network is in the host's own table, and a host that has one
// never asks a gateway.
func localWins(a, b *claim.Claim, shared string) string {
	local, other := a, b
	if !a.Role.Local() {
		local, other = b, a
	}
	if local.Region == other.Region {
		return fmt.Sprintf("hosts that are on both cannot tell where packets for %s go", shared)
	}
	return fmt.Sprintf("hosts of region %q send packets for %s to their own %s, and never to %s",
		local.Owner, shared, holder(local), holder(other))
}

// tunnelWins: table 52 is looked up before the main table (tailscale 1.84.3,
// wgengine/router/router_linux.go: rule 5270), so on a gateway the advertised prefix
// wins over the way out, whatever their lengths.
func tunnelWins(a, b *claim.Claim, shared string) string {
	_, other := pick(claim.RoleExternal, a, b)
	return fmt.Sprintf("gateways send packets for %s to %s, and cut the external network off", shared, holder(other))
}

func has(r claim.Role, a, b *claim.Claim) bool { return a.Role == r || b.Role == r }

// pick returns the claim with the role first.
func pick(r claim.Role, a, b *claim.Claim) (*claim.Claim, *claim.Claim) {
	if a.Role == r {
		return a, b
	}
	return b, a
}

// holder names who gets the packets: `the pods of region "gpu"`.
func holder(c *claim.Claim) string {
	who := [...]string{
		claim.RoleNode: "nodes", claim.RolePod: "pods", claim.RoleService: "Services", claim.RoleTransit: "link network", claim.RoleFabric: "fabric",
		claim.RoleExternal: "external network", claim.RoleReserved: "reserved range", claim.RolePool: "tailnet devices",
		claim.RoleGateway: "gateway", claim.RoleAPIServer: "API server", claim.RoleSuperset: "gateways",
	}[c.Role]
	switch {
	case c.Role.Local():
		return who
	case c.Region >= 0:
		return fmt.Sprintf("the %s of region %q", who, c.Owner)
	}
	return "the " + who
}

// brief names the claim without its prefix: `pod CIDR of region "gpu"`.
func brief(c *claim.Claim) string {
	if c.Region >= 0 {
		return fmt.Sprintf("%s of region %q", c.Role, c.Owner)
	}
	return c.Role.String()
}

// narrower returns the claim with the longer prefix, and the other one.
func narrower(a, b *claim.Claim) (*claim.Claim, *claim.Claim) {
	if a.Prefix.Bits() < b.Prefix.Bits() {
		return b, a
	}
	return a, b
}
