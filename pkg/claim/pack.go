package claim

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Range is a prefix that somebody else keeps or fills in, and how we know.
type Range struct {
	Prefix netip.Prefix
	// Severity of a collision.
	Severity diag.Severity
	// Scope says whose prefixes it concerns.
	Scope Scope
	// Fills is set where the range is a default: what a component uses for that role
	// when the user leaves the field out. Until then it is in nobody's way.
	Fills Role
	// Reason completes "… lies inside the range, which …".
	Reason string
	// Source says where that is written: project and file, page, RFC.
	Source string
	// Since is the version or date from which it holds, or when it was read.
	Since string
}

// Scope says which claims a Range concerns.
type Scope uint8

const (
	// Everybody: all regions route to each other, so what one cannot reach, none may use.
	Everybody Scope = iota
	// Own: the provider's own regions.
	Own
	// Others: all other regions, to which the provider's network must route.
	Others
)

// The codes of the findings about what lies in a range.
const (
	CodeReservedRange diag.Code = "reserved-range" // a provider, distribution or component keeps it
	CodeSpecialRange  diag.Code = "special-range"  // special use, RFC 6890
	CodeTailnetRange  diag.Code = "tailnet-range"  // inside Tailscale's own addresses
)

// Pack is the ranges that one provider, distribution or component keeps.
type Pack struct {
	// Name is how messages call the keeper.
	Name string
	// Key is what brings the pack in: "provider/gcp", "distribution/k3s",
	// "cni/cilium"; empty for what is always there.
	Key string
	// Code is the code of its findings.
	Code   diag.Code
	Ranges []Range
}

// Packs returns every pack that the program knows, as facts have them; a user's own
// ranges stand in the topology (reservedCIDRs) or in a RangePack document.
func Packs() []Pack { return slices.Clone(packs()) }

// packs are made once, and only where somebody asks for them.
var packs = sync.OnceValue(func() []Pack {
	list := []Pack{
		{facts.Tailscale().Title, "", CodeTailnetRange, kept(facts.Tailscale().Ranges)},
		{facts.IANA().Title, "", CodeSpecialRange, kept(facts.IANA().Ranges)},
		{facts.Docker().Title, "", CodeReservedRange, kept(facts.Docker().Ranges)},
	}
	for _, p := range facts.Providers() {
		list = append(list,
			Pack{p.Title, "provider/" + p.Name, CodeReservedRange, kept(p.Ranges)},
			Pack{p.Title + ", VPC in auto mode", autoKey(p.Name), CodeReservedRange, kept(p.AutoRanges)})
	}
	for _, d := range facts.Distributions() {
		ranges := slices.Concat(kept(d.Ranges), filled(RolePod, d.Pods), filled(RoleService, d.Services))
		list = append(list, Pack{d.Title, distributionKey(d.Name), CodeReservedRange, ranges})
	}
	for _, p := range facts.Plugins() {
		list = append(list, Pack{p.Title, pluginKey(p.Type), CodeReservedRange, filled(RolePod, p.Pods)})
	}
	return slices.DeleteFunc(list, func(p Pack) bool { return len(p.Ranges) == 0 })
})

// kept are ranges that collide with what lies in them.
func kept(ranges fact.Datum[[]fact.Range]) []Range {
	scopes := map[fact.Scope]Scope{fact.Everybody: Everybody, fact.Own: Own, fact.Others: Others}
	var list []Range
	for _, r := range ranges.Value {
		severity, _ := diag.SeverityOf(string(r.Severity))
		list = append(list, Range{
			Prefix: r.Prefix, Severity: severity, Scope: scopes[r.Scope], Reason: r.Reason, Source: r.Source, Since: r.Since,
		})
	}
	return list
}

// filled are defaults for a role.
func filled(role Role, ranges fact.Datum[[]fact.Range]) []Range {
	list := kept(ranges)
	for i := range list {
		list[i].Fills = role
	}
	return list
}

// Special reports whether the prefix overlaps a range for special use or one of
// Tailscale's own.
func Special(p netip.Prefix) bool {
	return slices.ContainsFunc(packs(), func(k Pack) bool {
		return k.Code != CodeReservedRange && slices.ContainsFunc(k.Ranges, func(r Range) bool { return r.Prefix.Overlaps(p) })
	})
}

// Hostless is the range for special use that the prefix lies in or contains, the narrowest;
// ok is false where there is none in which no host can be, and for what contains everything.
func Hostless(p netip.Prefix) (r Range, ok bool) {
	if !p.IsValid() || p.Bits() == 0 || schema.IsPrivate(p) { // none of them is private, as a test sees
		return r, false
	}
	for _, kept := range hostless() {
		if kept.Prefix.Overlaps(p) && (!ok || kept.Prefix.Bits() > r.Prefix.Bits()) {
			r, ok = kept, true
		}
	}
	return r, ok
}

// hostless are the ranges in which no host can be.
var hostless = sync.OnceValue(func() []Range {
	var list []Range
	for _, pack := range packs() {
		for _, r := range pack.Ranges {
			if pack.Code == CodeSpecialRange && r.Severity == diag.Error {
				list = append(list, r)
			}
		}
	}
	return list
})

// Meets says what a prefix that overlaps the range is: "lies inside 127.0.0.0/8, which is
// loopback and never leaves the host", or the reason alone where the two are one.
func (r *Range) Meets(p netip.Prefix) string {
	if p == r.Prefix {
		return r.Reason
	}
	return Relation(p, r.Prefix) + " " + Show(r.Prefix) + ", which " + r.Reason
}
