package validate

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/marks"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about the firewall mark.
const (
	CodeMarkCollision diag.Code = "mark-collision"        // two programs use the same bits of the mark
	CodeCalicoMask    diag.Code = "calico-mark-mask-bits" // a mask that Felix cannot work with
)

// markUses finds two components of a gateway that use the same bits of the mark and
// that nothing we render keeps apart. Of marks that the topology declares, each is compared with
// every component, and with the first other one on its bits.
func markUses(p *plan.Plan) diag.List {
	var list diag.List
	seen := map[string]bool{}
	t := p.Given
	apart := map[markUsers]bool{} // nobody there collides with anybody
	everywhere := !slices.ContainsFunc(t.Spec.Marks, func(m schema.Mark) bool { return len(m.Regions) > 0 })
	for i := range t.Spec.Regions {
		chosenMask(t, i, &list)
		users := markUsersOf(&p.Topology.Spec.Regions[i].CNI)
		if everywhere && apart[users] {
			continue
		}
		uses := marks.Of(p, i)
		found := collisions(uses)
		apart[users] = len(found) == 0
		for _, pair := range found {
			markCollision(&list, seen, t.Spec.Regions[i].Name, pair[0], pair[1])
		}
	}
	return list
}

// markUsers tells regions apart whose gateways have other users of the mark: those that marks.Of
// takes from a region, less the marks that the topology declares for some of them.
type markUsers struct {
	plugin    schema.CNIType
	version   schema.Version
	dataPlane schema.DataPlane
	mask      uint32
}

func markUsersOf(c *schema.CNI) markUsers {
	return markUsers{c.Type, c.Version, c.DataPlane, c.MarkMask}
}

// collisions are the pairs that share bits which nothing keeps apart.
func collisions(uses []marks.Use) [][2]*marks.Use {
	var found [][2]*marks.Use
	note := func(a, b *marks.Use) {
		if a.Mask&b.Mask == 0 {
			return
		}
		if _, ok := marks.Settled(a, b); !ok {
			found = append(found, [2]*marks.Use{a, b})
		}
	}
	own := slices.IndexFunc(uses, marks.Use.IsDeclared)
	if own < 0 {
		own = len(uses)
	}
	var declared [32]*marks.Use // the first of each bit
	for a := range uses {
		for b := range uses[:min(a, own)] {
			note(&uses[a], &uses[b])
		}
		if a >= own {
			if b := claimBits(&declared, &uses[a]); b != nil {
				note(&uses[a], b)
			}
		}
	}
	return found
}

// claimBits notes the bits that a declared use has, and returns the first one that has one of them
// already: of many on the same bits each is reported once, beside the first.
func claimBits(first *[32]*marks.Use, u *marks.Use) *marks.Use {
	var other *marks.Use
	for rest := u.Mask; rest != 0; rest &= rest - 1 {
		bit := bits.TrailingZeros32(rest)
		switch {
		case first[bit] == nil:
			first[bit] = u
		case other == nil:
			other = first[bit]
		}
	}
	return other
}

func markCollision(list *diag.List, seen map[string]bool, region string, a, b *marks.Use) {
	shared := a.Mask & b.Mask
	key := a.Path + b.Component + b.Purpose
	if seen[key] {
		return
	}
	seen[key] = true
	list.Errorf(CodeMarkCollision, a.Path, "%s and %s share bits %#x of the firewall mark on gateways of region %q", a, b, shared, region).
		Fix("move one of them, or leave it off gateways; free bits are %#x", marks.Free(a, b))
}

// chosenMask checks a mask that the user chose against what the plugin demands.
func chosenMask(t *schema.Topology, i int, list *diag.List) {
	c := &t.Spec.Regions[i].CNI
	can := facts.Plugin(c.Type).MarkMask
	if !can.IsKnown() || c.MarkMask == 0 {
		return
	}
	path := regionPath(i) + ".cni.markMask"
	mask, needs := can.Value.For(c.DataPlane), can.Value.EBPFNeeds
	proposal := fmt.Sprint(mask)
	if c.DataPlane == schema.DataPlaneEBPF && c.MarkMask&needs != needs {
		list.Errorf(CodeCalicoMask, path, "mark mask %#x of region %q lacks bits of %#x, without which Calico's eBPF data plane stops",
			c.MarkMask, t.Spec.Regions[i].Name, needs).Fix("leave markMask out, or set %d (%#x)", mask, mask).Propose(proposal)
	}
	if k := t.Spec.Cluster.KubernetesVersion; c.MarkMask > math.MaxInt32 && k.AtLeast(1, 36, 0) && !facts.Since(plugin.CalicoMaskInt64).Contains(c.Version) {
		list.Errorf(CodeCalicoMask, path, "mark mask %#x of region %q does not fit into an int32, the type in Calico's definition, and kubernetes %s refuses it",
			c.MarkMask, t.Spec.Regions[i].Name, k).Fix("leave markMask out, or set %d (%#x)", mask, mask).Propose(proposal)
	}
	if n := bits.OnesCount32(c.MarkMask); n < can.Value.Fewest {
		list.Errorf(CodeCalicoMask, path, "mark mask %#x of region %q has %d bits, and Felix needs %d",
			c.MarkMask, t.Spec.Regions[i].Name, n, can.Value.Fewest).Fix("leave markMask out, or set %d (%#x)", mask, mask).Propose(proposal)
	}
}
