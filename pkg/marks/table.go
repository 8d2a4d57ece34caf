package marks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// Table draws the firewall mark of the gateways bit by bit, as Markdown: a table
// for each set of regions in which the same components meet, in the order of the
// topology. An x is a bit the component uses, a 1 one that is set in the value it
// sets or looks for.
func Table(p *plan.Plan) string {
	var b strings.Builder
	for _, g := range Groups(p) {
		fmt.Fprintf(&b, "Gateways of %s:\n\n", strings.Join(g.Regions, ", "))
		b.WriteString("| component | use | 31 ... 24 | 23 ... 16 | 15 ... 8 | 7 ... 0 | who shares its bits, and why that is safe or which known issue it is |\n|---|---|---|---|---|---|---|\n")
		for i := range g.Uses {
			u := &g.Uses[i]
			fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", foreign.Markdown(foreign.Clip(u.Component)), u.Purpose, strings.Join(u.Octets(), "` | `"), g.shared(i))
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Group is a number of regions whose gateways look alike.
type Group struct {
	Regions []string
	Uses    []Use
}

// Groups are all of them, in the order of the topology.
func Groups(p *plan.Plan) []Group {
	var groups []Group
	for i := range p.Regions {
		uses := Of(p, i)
		alike := slices.IndexFunc(groups, func(g Group) bool { return slices.EqualFunc(g.Uses, uses, Use.same) })
		if alike < 0 {
			alike = len(groups)
			groups = append(groups, Group{Uses: uses})
		}
		groups[alike].Regions = append(groups[alike].Regions, p.Regions[i].Region.Name)
	}
	return groups
}

func (m Use) same(o Use) bool {
	m.Path, o.Path = "", ""
	return m == o
}

// Octets spells the mark's four bytes, the high one first: an x is a bit the component uses, a
// 1 one that is set in the value it sets or looks for.
func (m *Use) Octets() []string {
	all := make([]byte, 32)
	for i := range all {
		bit := uint32(1) << (31 - i)
		switch {
		case m.Mask&bit == 0:
			all[i] = '.'
		case m.Value&bit != 0:
			all[i] = '1'
		default:
			all[i] = 'x'
		}
	}
	return []string{string(all[:8]), string(all[8:16]), string(all[16:24]), string(all[24:])}
}

// Sharing is a component whose bits a use has, too.
type Sharing struct {
	With string
	// Why that is safe, or which known issue it is; empty for a collision.
	Why string
}

// Shares says with whom use i shares bits.
func (g *Group) Shares(i int) []Sharing {
	uses := g.Uses
	var with []Sharing
	for j := range uses {
		if j == i || uses[i].Mask&uses[j].Mask == 0 || uses[i].Component == uses[j].Component {
			continue
		}
		why, ok := Settled(&uses[i], &uses[j])
		if !ok {
			why = ""
		}
		with = append(with, Sharing{uses[j].Component, why})
	}
	return slices.Compact(with)
}

// shared is what a use shares, as Markdown.
func (g *Group) shared(i int) string {
	var all []string
	for _, s := range g.Shares(i) {
		why := s.Why
		if why == "" {
			why = "**collision**"
		}
		all = append(all, foreign.Markdown(foreign.Clip(s.With))+": "+why)
	}
	return strings.Join(all, "; ")
}
