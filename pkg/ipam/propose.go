package ipam

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Propose adds to each finding that is curable, which is one that another prefix would
// cure, the next free one of the same size. Two findings about one field get the same
// one.
func Propose(t *schema.Topology, list diag.List, curable func(*diag.Diagnostic) bool) {
	if !slices.ContainsFunc(list, func(d *diag.Diagnostic) bool { return d.ProposedValue == "" && curable(d) }) {
		return
	}
	claims := map[string]*claim.Claim{}
	all := claim.WithDefaults(t)
	for i := range all {
		claims[all[i].Path()] = &all[i]
	}
	p, done := newProposer(t), map[string]string{}
	for _, d := range list {
		c, ok := claims[d.Path]
		if !ok || d.ProposedValue != "" || !curable(d) { // who knows the value has written it
			continue
		}
		if _, ok := done[d.Path]; !ok {
			done[d.Path] = p.next(c)
		}
		if v := done[d.Path]; v != "" {
			offer(d, c, v)
		}
	}
}

func offer(d *diag.Diagnostic, c *claim.Claim, free string) {
	if c.Default != "" { // there is no value to replace yet
		d.Remedy += "; " + free + " is free"
		return
	}
	d.Propose(free).Remedy += "; " + free + " is free"
}

// proposer finds a free prefix for each finding that needs one, never the same one
// twice. It looks at the topology only once somebody asks.
type proposer struct {
	t        *schema.Topology
	occupied []netip.Prefix
	sites    func() []netip.Prefix // see localSites
	spaces   map[netip.Prefix]*space
}

func newProposer(t *schema.Topology) *proposer {
	return &proposer{
		t: t, spaces: map[netip.Prefix]*space{},
		sites: sync.OnceValue(func() []netip.Prefix { return localSites(claim.Of(t)) }),
	}
}

// next returns a free prefix of the claim's size, as text, from the private block it
// lies in if there is room; "" when there is none, or when the claim is one address
// that somebody has.
func (p *proposer) next(c *claim.Claim) string {
	if c.Role == claim.RoleGateway || c.Role.Fixed() || c.Prefix.Bits() == 0 {
		return ""
	}
	for _, root := range p.roots(c) {
		if root.Bits() > c.Prefix.Bits() {
			continue
		}
		if free, ok := p.space(root).take(c.Prefix.Bits()); ok {
			return free.String()
		}
	}
	return ""
}

// roots puts the block that the claim lies in first.
func (p *proposer) roots(c *claim.Claim) []netip.Prefix {
	var all, first []netip.Prefix
	switch {
	case c.Role == claim.RolePool:
		return []netip.Prefix{schema.TailnetIPv4()}
	case c.Prefix.Addr().Is4():
		all = schema.PrivateBlocks()[:3]
	default:
		all = p.sites()
	}
	for _, root := range all {
		if root.Contains(c.Prefix.Addr()) {
			first = []netip.Prefix{root}
		}
	}
	return append(first, all...)
}

func (p *proposer) space(root netip.Prefix) *space {
	if s, ok := p.spaces[root]; ok {
		return s
	}
	if p.occupied == nil {
		p.occupied = (&Request{}).occupied(p.t)
	}
	s := newSpace(root, p.occupied)
	p.spaces[root] = s
	return s
}
