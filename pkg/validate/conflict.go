package validate

import (
	"fmt"
	"iter"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// few is how many other parties a finding names; it counts the rest.
const few = 3

// group gathers the conflicts that one claim answers for.
type group struct {
	owner  int32
	others []int32 // the first few, in order of address
	count  int     // of all of them
}

// judge says whether two overlapping claims are at odds.
type judge func(a, b *Claim) bool

// conflicts finds the overlaps that are at odds, as one group for each claim that
// has to change, in the order in which they are met. Each pair is in one group.
func (t *tree) conflicts(odds judge) []group {
	degree := t.degrees(odds)
	if degree == nil {
		return nil
	}
	byOwner := make([]int32, len(t.claims)) // index into groups, plus one
	var groups []group
	for inner, cover := range t.at(odds) {
		owner, other := t.blame(inner, cover, degree)
		if byOwner[owner] == 0 {
			groups = append(groups, group{owner: owner})
			byOwner[owner] = int32(len(groups))
		}
		g := &groups[byOwner[owner]-1]
		g.count++
		if len(g.others) < few {
			g.others = append(g.others, other)
		}
	}
	return groups
}

// at yields the pairs that are at odds.
func (t *tree) at(odds judge) iter.Seq2[int32, int32] {
	return func(yield func(inner, cover int32) bool) {
		for inner, cover := range t.pairs() {
			if odds(&t.claims[inner], &t.claims[cover]) && !yield(inner, cover) {
				return
			}
		}
	}
}

// degrees counts the conflicts of each claim; nil when there are none at all, which
// is the usual case and costs no memory.
func (t *tree) degrees(odds judge) []int32 {
	var degree []int32
	for inner, cover := range t.at(odds) {
		if degree == nil {
			degree = make([]int32, len(t.claims))
		}
		degree[inner]++
		degree[cover]++
	}
	return degree
}

// blame picks which of two claims the finding is about: a default the user did not
// choose; the one that collides with many others, so that it is one finding and not
// many; the one that can move; the one that was written later.
func (t *tree) blame(a, b int32, degree []int32) (owner, other int32) {
	if a < b {
		a, b = b, a // a was written later
	}
	ca, cb := &t.claims[a], &t.claims[b]
	switch {
	case (ca.Default == "") != (cb.Default == ""):
		if ca.Default == "" {
			return b, a
		}
	case degree[a] > few && degree[a] > degree[b]:
	case degree[b] > few && degree[b] > degree[a]:
		return b, a
	case ca.Role.fixed() && !cb.Role.fixed():
		return b, a
	}
	return a, b
}

// relation says how a lies to b: both overlap.
func relation(a, b *Claim) string {
	switch {
	case a.Prefix == b.Prefix:
		return "is also"
	case a.Prefix.Bits() < b.Prefix.Bits():
		return "contains"
	}
	return "lies inside"
}

// narrower returns the claim with the longer prefix, and the other one.
func narrower(a, b *Claim) (*Claim, *Claim) {
	if a.Prefix.Bits() < b.Prefix.Bits() {
		return b, a
	}
	return a, b
}

// finding words a group: who, with whom, over what, and what follows.
func (t *tree) finding(g group) *diag.Diagnostic {
	owner, first := &t.claims[g.owner], &t.claims[g.others[0]]
	d := &diag.Diagnostic{Severity: diag.Error, Code: CodeOverlap, Path: owner.Path()}
	d.Message = fmt.Sprintf("%s %s %s%s", owner, relation(owner, first), first, t.sharing(g))
	for _, o := range g.others {
		d.See(t.claims[o].Path(), "%s is claimed here", &t.claims[o])
	}
	return d
}

// sharing says how many more pairs there are, and what becomes of the first.
func (t *tree) sharing(g group) string {
	s := "; " + consequence(&t.claims[g.owner], &t.claims[g.others[0]])
	if g.count > 1 {
		s = fmt.Sprintf(" and collides with %s%s", others(g.count-1), s)
	}
	return s
}

func others(n int) string {
	if n == 1 {
		return "1 other"
	}
	return fmt.Sprintf("%d others", n)
}

// overlaps compares every claim with every other one. A prefix that is everything is
// a fault of its own, and said as such.
func overlaps(t *schema.Topology) diag.List {
	var list diag.List
	nest := newNesting()
	tree := newTree(keepIf(withDefaults(t), func(c Claim) bool { return c.Prefix.Bits() > 0 && !spokenFor(t, &c) }))
	collide := func(a, b *Claim) bool { return !nest.allows(a, b) && !redundant(a, b) }
	for _, g := range tree.conflicts(collide) {
		list = append(list, tree.overlap(g))
	}
	for _, g := range tree.conflicts(redundant) {
		list = append(list, tree.twice(g))
	}
	return list
}

func (t *tree) overlap(g group) *diag.Diagnostic {
	d := t.finding(g)
	owner := &t.claims[g.owner]
	if owner.Default != "" {
		d.Code = CodeDefault
		if owner.guess {
			d.Severity = diag.Warning
		}
		return d.Fix("set it to a prefix of its own")
	}
	if owner.Role.fixed() {
		return d.Fix("move what collides with it: the %s has to stay where it is", owner.brief())
	}
	return d.Fix("give the %s a prefix of its own", owner.brief())
}

// spokenFor reports whether the claim is one address inside node CIDRs that it may be
// in: what collides with it collides with them, and is said once.
func spokenFor(t *schema.Topology, c *Claim) bool {
	switch c.Role {
	case RoleGateway:
		return inAny(c.Prefix, t.Spec.Regions[c.region].NodeCIDRs)
	case RoleAPIServer:
		return slices.ContainsFunc(t.Spec.Regions, func(r schema.Region) bool { return inAny(c.Prefix, r.NodeCIDRs) })
	}
	return false
}

// twice words a prefix that its own list already contains.
func (t *tree) twice(g group) *diag.Diagnostic {
	owner, first := &t.claims[g.owner], &t.claims[g.others[0]]
	d := t.finding(g)
	d.Severity, d.Code = diag.Warning, CodeRedundant
	d.Message = fmt.Sprintf("%s %s %s, so the list says the same addresses twice", owner, relation(owner, first), first)
	if owner.Role.Advertised() && owner.Prefix != first.Prefix {
		d.Message += ", and gateways fail over for each prefix length on its own"
	}
	return d.Fix("drop the narrower one of the two")
}
