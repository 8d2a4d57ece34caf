package validate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about supersets.
const (
	CodeSupersetVersion  diag.Code = "supersets-version"  // receivers that do not take supersets
	CodeSupersetMode     diag.Code = "supersets-mode"     // gateways that cannot differ
	CodeSupersetNone     diag.Code = "supersets-none"     // no wider prefix to be had
	CodeSupersetShared   diag.Code = "supersets-shared"   // one that is not the own
	CodeSupersetSwallows diag.Code = "supersets-swallows" // one that holds what is not the own
)

// supersets checks the wider prefixes by which every gateway of a region may send, and
// where there are none says why.
func supersets(p *plan.Plan, x *index) diag.List {
	var list diag.List
	var packs *reservedTable
	var claims *claim.Tree
	t, full := p.Given, p.Topology
	for i := range full.Spec.Regions {
		r := &full.Spec.Regions[i]
		if r.Gateways.HA.Strategy != schema.HASupersets {
			continue
		}
		if packs == nil {
			packs, claims = newReservedTable(x.packs()), claim.NewTree(x.defaulted())
		}
		w := wider{region: r, index: i, given: &t.Spec.Regions[i], claims: claims, packs: packs}
		w.possible(&list, full)
		for j := range r.Gateways.Nodes {
			w.covered(&list, j)
			for k := range r.Gateways.Nodes[j].Supersets {
				w.own(&list, j, k)
				w.free(&list, j, k)
			}
		}
	}
	return list
}

// wider is the supersets of one region.
type wider struct {
	region *schema.Region // with its supersets chosen
	given  *schema.Region // as the user wrote it
	index  int
	claims *claim.Tree
	packs  *reservedTable
}

func (w *wider) strategy() string { return regionPath(w.index) + ".gateways.ha.strategy" }

// at is where the k-th superset of a gateway was written, or asked for.
func (w *wider) at(j, k int) string {
	if k < len(w.given.Gateways.Nodes[j].Supersets) {
		return diag.Index(diag.Index(regionPath(w.index)+".gateways.nodes", j)+".supersets", k)
	}
	return w.strategy()
}

// possible: receivers before 1.98.0 take a packet only from the owner of the longest
// prefix that its source lies in (wireguard-go device/receive.go), and the pods of a
// DaemonSet advertise all the same.
func (w *wider) possible(list *diag.List, t *schema.Topology) {
	if v := t.Spec.Tailnet.TailscaleVersion; facts.Before(facts.TailscaleSupersets).Contains(v) {
		list.Errorf(CodeSupersetVersion, w.strategy(), "region %q has strategy supersets, and gateways run tailscale %s: receivers before 1.98.0 take packets only from the owner of the longest prefix, and drop what every gateway but the primary sends",
			w.region.Name, v).See("spec.tailnet.tailscaleVersion", "%s is stated here, for the gateways of every region", v).
			Fix("use strategy relay, which works with any version, or run 1.98.0 or newer everywhere")
	}
	if m := w.region.Gateways.Mode; m != schema.ModeStaticPod && m != schema.ModeHost {
		list.Errorf(CodeSupersetMode, regionPath(w.index)+".gateways.mode", "region %q has strategy supersets, where each gateway advertises prefixes of its own, and mode %s, %s",
			w.region.Name, m, whyNoSupersets(m)).See(w.strategy(), "strategy supersets is chosen here").Fix("use mode staticPod or host, or strategy relay")
	}
}

func whyNoSupersets(m schema.GatewayMode) string {
	if m == schema.ModePerNode {
		return "where nodes do not share a prefix"
	}
	return "whose pods all advertise the same (one TS_ROUTES in one template)"
}

// covered: what a gateway sends from a prefix that none of its supersets contains is
// dropped unless it happens to be the primary.
func (w *wider) covered(list *diag.List, j int) {
	n := &w.region.Gateways.Nodes[j]
	for _, p := range w.region.Advertised() {
		if n.Covers(p) {
			continue
		}
		if given := w.given.Gateways.Nodes[j].Supersets; len(given) > 0 {
			list.Errorf(CodeSupersetNone, diag.Index(regionPath(w.index)+".gateways.nodes", j)+".supersets", "none of the supersets of gateway %q (%s) contains %s of region %q and is wider, so peers drop what it sends from there while it is not the primary",
				n.Name, claim.Join(given), p, w.region.Name).Fix("add a wider prefix that contains %s and belongs to nobody else", p)
			continue
		}
		list.Errorf(CodeSupersetNone, w.strategy(), "gateway %q of region %q can have no prefix of its own that contains %s: %s", n.Name, w.region.Name, p, w.obstacle(p)).
			Fix("move what is in the way, leave more room around the region's prefixes, or use strategy relay")
	}
}

// obstacle says what the narrowest prefix that cannot be had runs into.
func (w *wider) obstacle(p netip.Prefix) string {
	for bits := p.Bits() - 1; bits > 0; bits-- {
		wide := netip.PrefixFrom(p.Addr(), bits).Masked()
		if !schema.IsPrivate(wide) {
			return fmt.Sprintf("%s reaches beyond private addresses", wide)
		}
		var widest *claim.Claim
		for _, i := range slices.Sorted(w.claims.Overlapping(wide)) {
			c := &w.claims.Claims[i]
			if w.foreign(c) && (widest == nil || c.Prefix.Bits() < widest.Prefix.Bits()) {
				widest = c
			}
		}
		if widest != nil {
			return fmt.Sprintf("%s overlaps the %s", wide, widest)
		}
	}
	return "a gateway's public address is in the way"
}

// foreign reports whether a superset must not take the claim in.
func (w *wider) foreign(c *claim.Claim) bool {
	switch {
	case int(c.Region) == w.index && (c.Role.Advertised() || c.Role == claim.RoleGateway):
		return false
	case c.Role == claim.RoleAPIServer:
		return !claim.InAny(c.Prefix, w.region.Advertised())
	}
	return true
}

// own: a superset that two gateways advertise has a primary of its own, and the other
// one's packets are dropped.
func (w *wider) own(list *diag.List, j, k int) {
	p := w.region.Gateways.Nodes[j].Supersets[k]
	if !p.IsValid() {
		return
	}
	if slices.Contains(w.region.Advertised(), p) {
		list.Errorf(CodeSupersetShared, w.at(j, k), "superset %s of gateway %q is what every gateway of region %q advertises", p, w.region.Gateways.Nodes[j].Name, w.region.Name).
			Fix("write a wider prefix")
	}
	for other := range j {
		if i := slices.Index(w.region.Gateways.Nodes[other].Supersets, p); i >= 0 {
			list.Errorf(CodeSupersetShared, w.at(j, k), "superset %s of gateway %q is also that of gateway %q, so peers take packets from one of them only", p, w.region.Gateways.Nodes[j].Name, w.region.Gateways.Nodes[other].Name).
				See(w.at(other, i), "%s appears here first", p).Fix("give each gateway a superset of its own: another length is enough")
		}
	}
}

// free: remote gateways send into the tunnel whatever lies in a superset, before they
// look at their own routes.
func (w *wider) free(list *diag.List, j, k int) {
	n := &w.region.Gateways.Nodes[j]
	c := claim.Claim{Prefix: n.Supersets[k], Role: claim.RoleSuperset, Owner: w.region.Name, Region: int32(w.index), Where: w.at(j, k)}
	if !c.Prefix.IsValid() {
		return
	}
	if other := w.claims.First(w.claims.Overlapping(c.Prefix), w.foreign); other != nil {
		list.Errorf(CodeSupersetSwallows, c.Path(), "%s, of gateway %q, overlaps the %s, and other gateways would send packets for it into the tunnel", &c, n.Name, other).
			See(other.Path(), "%s is claimed here", other).Fix("choose a prefix without it, or use strategy relay")
		return
	}
	if !schema.IsPrivate(c.Prefix) {
		list.Errorf(CodeSupersetSwallows, c.Path(), "%s, of gateway %q, reaches beyond private addresses, and other gateways would send packets for its other owners into the tunnel", &c, n.Name).
			Fix("choose a prefix inside %s, or use strategy relay", claim.Join(schema.PrivateBlocks()))
		return
	}
	*list = append(*list, w.packs.judge(&c)...)
}
