package validate

import (
	"fmt"
	"net/netip"

	"github.com/gaissmai/bart"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Range is a prefix that somebody else keeps, and how we know.
type Range struct {
	Prefix   netip.Prefix
	Severity diag.Severity
	// Reason completes "the pod CIDR lies inside the range, which …".
	Reason string
	// Source says where that is written: project and file, page, RFC.
	Source string
	// Since is the version or date from which it holds, or when it was read.
	Since string
	// Scope says whose prefixes it concerns.
	Scope Scope
}

// Scope says which claims a Range concerns.
type Scope uint8

const (
	// ScopeAll: everybody's, since all regions route to each other.
	ScopeAll Scope = iota
	// ScopeOwn: those of the provider's own regions.
	ScopeOwn
	// ScopeOther: those of all other regions, to which the provider's must route.
	ScopeOther
)

// Pack is the ranges that one provider, distribution or component keeps.
type Pack struct {
	// Name is the provider's or component's as messages write it.
	Name   string
	Code   diag.Code
	Ranges []Range
}

// activePack is a pack and the regions that brought it in.
type activePack struct {
	Pack
	regions []int32 // nil: the whole topology
}

// concerns reports whether the range is about the claim.
func (p *activePack) concerns(r *Range, c *Claim) bool {
	switch r.Scope {
	case ScopeOwn:
		return c.region < 0 || p.has(c.region)
	case ScopeOther:
		return c.region < 0 || len(p.regions) > 1 || !p.has(c.region)
	}
	return true
}

func (p *activePack) has(region int32) bool {
	for _, r := range p.regions {
		if r == region {
			return true
		}
	}
	return false
}

// packs selects what concerns the topology.
func packs(t *schema.Topology) []activePack {
	return []activePack{
		{Pack: specialUse()},
		{Pack: tailscaleRanges()},
	}
}

// reservedTable answers which ranges a prefix overlaps.
type reservedTable struct {
	packs []activePack
	hits  []hit
	next  []int32 // chains ranges with equal prefixes
	table bart.Table[int32]
}

// hit is one range of one pack.
type hit struct{ pack, index int }

func newReservedTable(packs []activePack) *reservedTable {
	t := &reservedTable{packs: packs}
	for p := range packs {
		for i := range packs[p].Ranges {
			t.add(hit{p, i})
		}
	}
	return t
}

func (t *reservedTable) add(h hit) {
	prefix := t.rangeOf(h).Prefix
	previous, ok := t.table.Get(prefix)
	if !ok {
		previous = none
	}
	t.table.Insert(prefix, int32(len(t.hits)))
	t.hits = append(t.hits, h)
	t.next = append(t.next, previous)
}

func (t *reservedTable) rangeOf(h hit) *Range { return &t.packs[h.pack].Ranges[h.index] }

// find returns the ranges that overlap the claim and concern it: first those it
// lies inside, the most specific reason first, then those it swallows.
func (t *reservedTable) find(c *Claim) []hit {
	if !t.table.OverlapsPrefix(c.Prefix) {
		return nil
	}
	var found []hit
	collect := func(i int32) {
		for ; i != none; i = t.next[i] {
			if h := t.hits[i]; t.packs[h.pack].concerns(t.rangeOf(h), c) {
				found = append(found, h)
			}
		}
	}
	for _, i := range t.table.Supernets(c.Prefix) {
		collect(i)
	}
	for p, i := range t.table.Subnets(c.Prefix) {
		if p != c.Prefix {
			collect(i)
		}
	}
	return found
}

// reserved compares the prefixes that are routed or translated with the ranges that
// somebody else keeps.
func reserved(t *schema.Topology) diag.List {
	var list diag.List
	table := newReservedTable(packs(t))
	claims := Claims(t)
	for i := range claims {
		if c := &claims[i]; c.Role.Advertised() || c.Role == RoleService {
			list = append(list, table.judge(c)...)
		}
	}
	return list
}

// judge reports one finding for each pack the claim collides with.
func (t *reservedTable) judge(c *Claim) diag.List {
	if c.Prefix.Bits() == 0 {
		return nil // it collides with everything: prefix-default-route says so once
	}
	var list diag.List
	byPack := map[int]int{} // how many ranges of the pack
	hits := t.find(c)
	for _, h := range hits {
		byPack[h.pack]++
	}
	for _, h := range hits {
		if n := byPack[h.pack]; n > 0 {
			list = append(list, t.finding(c, h, n))
			byPack[h.pack] = 0
		}
	}
	return list
}

func (t *reservedTable) finding(c *Claim, h hit, count int) *diag.Diagnostic {
	pack, r := &t.packs[h.pack], t.rangeOf(h)
	more := ""
	if count > 1 {
		more = fmt.Sprintf(" (and %s of its ranges)", others(count-1))
	}
	d := &diag.Diagnostic{
		Severity: r.Severity, Code: pack.Code, Path: c.Path(),
		Message: fmt.Sprintf("%s %s %s%s, which %s", c, relation(c, &Claim{Prefix: r.Prefix}), show(r.Prefix), more, r.Reason),
	}
	return d.Fix("choose a prefix outside it (%s: %s, %s)", pack.Name, r.Source, r.Since)
}
