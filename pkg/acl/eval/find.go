package eval

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// finder finds the rules that have a source or a destination, and knows the devices
// behind tags, users and addresses.
type finder struct {
	scope    *Scope
	src, dst *index
	devices  []Device
	routes   []netip.Prefix // what "*" may stand for beside tailnet addresses
}

func newFinder(p *acl.Policy, scope *Scope, devices []Device) *finder {
	return &finder{scope: scope, src: newIndex(), dst: newIndex(), devices: devices, routes: approvedRoutes(p, devices)}
}

// approvedRoutes are the routes that "*" in a source includes (headscale 0.29.2,
// testdata routes-g8): those of the devices, or, where nobody knows the devices, all
// that can be approved without asking.
func approvedRoutes(p *acl.Policy, devices []Device) []netip.Prefix {
	var list []netip.Prefix
	for _, d := range devices {
		list = append(list, d.prefixes()...)
	}
	if len(devices) > 0 {
		return list
	}
	for _, r := range p.Routes {
		if prefix, err := acl.ParsePrefix(r.Key); err == nil {
			list = append(list, prefix)
		}
	}
	return list
}

// sources lists the rules that have the source, in no order.
func (f *finder) sources(s Selector) []int {
	x := f.src
	switch s.Kind {
	case KindPrefix:
		rules := append(x.covering(s.Prefix), x.all...)
		if f.inTailnet(s.Prefix) {
			rules = append(rules, x.any...)
		}
		return append(rules, f.byDevice(x, s.Prefix)...)
	case KindAny:
		return slices.Concat(x.any, x.all)
	case KindTag:
		return f.withAddresses(x, slices.Concat(x.tags[s.Name], x.tagged, x.any, x.all), s)
	case KindUser:
		return f.withAddresses(x, slices.Concat(x.users[s.Name], x.member, x.any, x.all), s)
	case KindMember:
		return slices.Concat(x.member, x.any, x.all)
	case KindTagged:
		return slices.Concat(x.tagged, x.any, x.all)
	case KindEverywhere:
		return x.all
	}
	return nil
}

// destinations lists the rules that have the destination, in no order.
func (f *finder) destinations(s Selector) []int {
	x := f.dst
	switch s.Kind {
	case KindPrefix:
		rules := append(x.covering(s.Prefix), x.any...)
		if isPublic(s.Prefix) {
			rules = append(rules, x.internet...)
		}
		return append(rules, f.byDevice(x, s.Prefix)...)
	case KindAny:
		return x.any
	case KindTag:
		return f.withAddresses(x, slices.Concat(x.tags[s.Name], x.tagged, x.any), s)
	case KindUser:
		return f.withAddresses(x, slices.Concat(x.users[s.Name], x.member, x.any), s)
	case KindMember:
		return slices.Concat(x.member, x.any)
	case KindTagged:
		return slices.Concat(x.tagged, x.any)
	case KindInternet:
		return slices.Concat(x.internet, x.any)
	}
	return nil
}

// byDevice lists the rules that name the device whose address it is by tag or user.
func (f *finder) byDevice(x *index, p netip.Prefix) []int {
	if !p.IsSingleIP() {
		return nil
	}
	var rules []int
	for _, d := range f.devices {
		if !slices.Contains(d.Addrs, p.Addr()) {
			continue
		}
		for _, tag := range d.Tags {
			rules = append(rules, x.tags[tag]...)
		}
		if len(d.Tags) > 0 {
			rules = append(rules, x.tagged...)
		} else {
			rules = slices.Concat(rules, x.users[d.User], x.member)
		}
	}
	return rules
}

// withAddresses adds the rules that hold the addresses of all the selector's devices.
func (f *finder) withAddresses(x *index, rules []int, s Selector) []int {
	var shared []int
	first := true
	for _, d := range f.devices {
		if !f.scope.is(d, s) {
			continue
		}
		var held []int
		for _, p := range d.own() {
			held = append(held, x.covering(p)...)
		}
		if first {
			shared, first = held, false
		} else {
			shared = common(shared, held)
		}
	}
	return append(rules, shared...)
}

// inTailnet reports whether "*" in a source includes the prefix: tailnet addresses
// without those of ChromeOS's containers (headscale 0.29.2, testdata routes-g8), and
// approved routes.
func (f *finder) inTailnet(p netip.Prefix) bool {
	if cidr.Contains(schema.TailnetIPv4(), p) && !facts.ChromeOS().Overlaps(p) || cidr.Contains(schema.TailnetIPv6(), p) {
		return true
	}
	return slices.ContainsFunc(f.routes, func(r netip.Prefix) bool { return cidr.Contains(r, p) })
}

// isPublic reports whether autogroup:internet holds the prefix.
func isPublic(p netip.Prefix) bool {
	a := p.Addr()
	return a.IsGlobalUnicast() && !a.IsPrivate() && !schema.TailnetIPv4().Contains(a) && p.Bits() > 0
}
