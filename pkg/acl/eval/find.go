package eval

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// finder finds the rules that have a source or a destination, and knows the devices
// behind tags, users and addresses.
type finder struct {
	scope    *Scope
	src, dst *index
	known    Tailnet
	routes   []netip.Prefix // what "*" stands for in a source beside tailnet addresses
}

// newFinder notes the approved routes, which "*" in a source includes (headscale 0.29.2,
// testdata routes-g8).
func newFinder(scope *Scope, known Tailnet) *finder {
	f := &finder{scope: scope, src: newIndex(), dst: newIndex()}
	return f.in(known)
}

// in is a finder of the same rules that knows another tailnet.
func (f *finder) in(known Tailnet) *finder {
	other := &finder{scope: f.scope, src: f.src, dst: f.dst, known: known}
	for _, d := range known.Devices {
		other.routes = append(other.routes, d.prefixes()...)
	}
	return other
}

// sources lists the rules that have the source for sure, in no order.
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
		return f.withAddresses(x, slices.Concat(x.users[s.Name], f.asMember(x, s), x.any, x.all), s)
	case KindMember:
		return slices.Concat(x.member, x.any, x.all)
	case KindTagged:
		return slices.Concat(x.tagged, x.any, x.all)
	case KindEverywhere:
		return x.all
	case KindInternet, KindGroup, KindSet:
		return nil
	case KindService, KindOther:
		return x.names[s.Name]
	}
	return slices.Concat(x.names[s.Name], x.any, x.all)
}

// destinations lists the rules that have the destination for sure, in no order.
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
		return f.withAddresses(x, slices.Concat(x.users[s.Name], f.asMember(x, s), x.any), s)
	case KindMember:
		return slices.Concat(x.member, x.any)
	case KindTagged:
		return slices.Concat(x.tagged, x.any)
	case KindInternet:
		return slices.Concat(x.internet, x.any)
	case KindEverywhere, KindGroup, KindSet:
		return nil
	case KindService, KindOther:
		return x.names[s.Name]
	}
	return slices.Concat(x.names[s.Name], x.any)
}

// asMember lists the rules for members, if the user is one for sure.
func (f *finder) asMember(x *index, user Selector) []int {
	if !f.known.isMember(user.Name) {
		return nil
	}
	return x.member
}

// byDevice lists the rules that name the device whose address it is by tag or user.
func (f *finder) byDevice(x *index, p netip.Prefix) []int {
	if !p.IsSingleIP() {
		return nil
	}
	var rules []int
	for _, d := range f.known.Devices {
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
	if !f.known.Complete {
		return rules // another device may have an address of which nobody knows
	}
	var shared []int
	first := true
	for _, d := range f.known.Devices {
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
