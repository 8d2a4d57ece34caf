package eval

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// FilterRule is traffic that the packet filter of one device accepts.
type FilterRule struct {
	// Rule is the path of the rule in the policy: "grants[3]".
	Rule string
	// Src and Dst are prefixes; Dst holds only what overlaps the device's own addresses
	// and approved routes.
	Src, Dst []netip.Prefix
	// Ports are the protocols and ports, at least one.
	Ports []acl.PortSpec
}

// FilterRules returns the rules that apply at the device, one of those that
// New got: the filter runs where packets arrive, on the gateway of
// their destination (tailscale 1.84.3, wgengine/filter/filter.go). A rule with via
// applies at the routers that carry the tag only.
func (e *Evaluator) FilterRules(at Device) []FilterRule {
	var list []FilterRule
	for _, r := range e.rules {
		if len(r.via) > 0 && !sharesTag(at.Tags, r.via) {
			continue
		}
		dst := e.reached(r, at)
		if len(dst) == 0 {
			continue
		}
		list = append(list, FilterRule{Rule: r.path, Src: e.sourcePrefixes(r), Dst: dst, Ports: r.ports})
	}
	return list
}

func sharesTag(a, b []string) bool {
	return slices.ContainsFunc(a, func(tag string) bool { return slices.Contains(b, tag) })
}

// reached is which of the device's prefixes the rule's destinations overlap, as wide
// as the narrower of the two. A rule with via does not mean the device's own addresses.
func (e *Evaluator) reached(r compiled, at Device) []netip.Prefix {
	own := at.prefixes()
	if len(r.via) > 0 {
		own = at.Routes
	}
	var list []netip.Prefix
	for _, s := range r.dst {
		switch {
		case s.Kind == KindPrefix:
			list = append(list, overlap(own, s.Prefix)...)
		case s.Kind == KindSet:
			for _, p := range s.Set {
				list = append(list, overlap(own, p)...)
			}
		case s.Kind == KindAny:
			list = append(list, own...)
		case len(r.via) == 0 && e.scope.is(at, s):
			list = append(list, at.own()...)
		}
	}
	return cidr.Sorted(list)
}

func overlap(own []netip.Prefix, p netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, o := range own {
		switch {
		case cidr.Contains(o, p):
			list = append(list, p)
		case cidr.Contains(p, o):
			list = append(list, o)
		}
	}
	return list
}

// sourcePrefixes are the addresses of the rule's sources.
func (e *Evaluator) sourcePrefixes(r compiled) []netip.Prefix {
	var list []netip.Prefix
	for _, s := range r.src {
		switch s.Kind {
		case KindPrefix:
			list = append(list, s.Prefix)
		case KindSet:
			list = append(list, s.Set...)
		case KindAny:
			for _, d := range e.find.known.Devices {
				list = append(list, d.prefixes()...)
			}
		case KindEverywhere:
			list = append(list, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
		default:
			for _, d := range e.find.known.Devices {
				if e.scope.is(d, s) {
					list = append(list, d.own()...)
				}
			}
		}
	}
	return cidr.Sorted(list)
}

// Sees reports whether the control server tells two devices about each other: where
// any rule connects them, or what is behind them, in either direction (headscale
// 0.29.2, testdata routes-f10).
func (e *Evaluator) Sees(a, b Device) bool {
	return e.connects(a, b) || e.connects(b, a)
}

func (e *Evaluator) connects(from, to Device) bool {
	return slices.ContainsFunc(e.rules, func(r compiled) bool {
		return e.sends(r, from) && len(e.reached(r, to)) > 0 && (len(r.via) == 0 || sharesTag(to.Tags, r.via))
	})
}

// sends reports whether the device, or something behind it, is a source of the rule.
func (e *Evaluator) sends(r compiled, d Device) bool {
	return slices.ContainsFunc(r.src, func(s Selector) bool {
		return e.scope.is(d, s) || slices.ContainsFunc(d.prefixes(), s.overlaps)
	})
}

// overlaps reports whether the selector is made of addresses some of which lie in the prefix.
func (s Selector) overlaps(p netip.Prefix) bool {
	return s.Kind == KindPrefix && s.Prefix.Overlaps(p) || s.Kind == KindSet && slices.ContainsFunc(s.Set, p.Overlaps)
}

// Routes lists which of the peer's approved routes the viewer gets, if the peer is their
// primary: those that a rule connects, in either direction, with the
// viewer or with what is behind it (headscale 0.29.2, testdata routes-f10), and those
// that the viewer routes itself (routes-e3).
func (e *Evaluator) Routes(viewer, peer Device) []netip.Prefix {
	if !e.Sees(viewer, peer) {
		return nil
	}
	var list []netip.Prefix
	for _, route := range peer.Routes {
		alone := Device{Tags: peer.Tags, Routes: []netip.Prefix{route}}
		if slices.Contains(viewer.Routes, route) || e.connects(viewer, alone) || e.answers(alone, viewer) {
			list = append(list, route)
		}
	}
	return list
}

// answers reports whether what is behind the router, not the router itself, may
// reach the viewer.
func (e *Evaluator) answers(router, viewer Device) bool {
	return slices.ContainsFunc(e.rules, func(r compiled) bool {
		source := slices.ContainsFunc(r.src, func(s Selector) bool {
			return s.overlaps(router.Routes[0]) || s.Kind == KindAny || s.Kind == KindEverywhere
		})
		return source && len(e.reached(r, viewer)) > 0
	})
}
