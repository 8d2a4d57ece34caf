package eval

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// verdict is one of three answers.
type verdict int

const (
	no    verdict = iota // whatever else is learnt of the tailnet
	maybe                // it depends on what is not known here
	yes                  // whatever else is learnt of the tailnet
)

// truth is an answer, and on what it depends where it is maybe.
type truth struct {
	verdict verdict
	on      string // "whether ana@example.com has the role admin"
}

func depends(on string) truth { return truth{maybe, on} }

func sure(is bool) truth {
	if is {
		return truth{verdict: yes}
	}
	return truth{}
}

// and is no where one of the two is, and yes where both are.
func (t truth) and(o truth) truth {
	if o.verdict < t.verdict {
		return o
	}
	return t
}

// or is yes where one of the two is, and no where both are.
func (t truth) or(o truth) truth {
	if o.verdict > t.verdict {
		return o
	}
	return t
}

func (t truth) not() truth {
	return truth{yes - t.verdict, t.on}
}

// side tells sources from destinations: "*" is not the same in both.
type side int

const (
	source side = iota
	destination
)

// holds answers whether a rule's selector stands for all that another one stands for.
func (f *finder) holds(rule, asked Selector, at side) truth {
	switch {
	case rule.Kind == KindAny && at == destination:
		return f.anyDestination(asked)
	case rule.Kind == KindAny:
		return f.anySource(asked)
	case rule.Kind == KindEverywhere:
		return sure(at == source)
	case rule.Kind == asked.Kind && rule.Name == asked.Name && rule.Prefix == asked.Prefix:
		return sure(true)
	case rule.Kind == KindOther, asked.Kind == KindOther:
		return depends("what " + either(rule, asked, KindOther) + " stands for")
	case rule.Kind == KindService, asked.Kind == KindService:
		return f.service(rule, asked)
	case rule.Kind == KindSet:
		t := truth{}
		for _, p := range rule.Set {
			t = t.or(f.holds(Selector{Kind: KindPrefix, Prefix: p}, asked, at))
		}
		return t
	case rule.Kind == KindInternet:
		return sure(at == destination && asked.Kind == KindPrefix && isPublic(asked.Prefix))
	case rule.Kind == KindPrefix:
		return f.address(rule.Prefix, asked)
	case asked.Kind == KindPrefix:
		return f.device(rule, asked.Prefix)
	}
	return f.people(rule, asked)
}

// either is the name of the selector of the kind.
func either(a, b Selector, kind Kind) string {
	if a.Kind == kind {
		return a.Name
	}
	return b.Name
}

// anySource: "*" is every device, and what is behind them as far as it is advertised.
func (f *finder) anySource(asked Selector) truth {
	switch asked.Kind {
	case KindPrefix:
		if f.inTailnet(asked.Prefix) {
			return sure(true)
		}
		if f.known.Complete || asked.Prefix.Bits() == 0 {
			return truth{}
		}
		return depends("whether a device advertises " + short(asked.Prefix) + " and has it approved")
	case KindInternet, KindEverywhere, KindService:
		return truth{}
	case KindOther:
		return depends("what " + asked.Name + " stands for")
	}
	return sure(true)
}

func (f *finder) anyDestination(asked Selector) truth {
	if asked.Kind == KindOther || asked.Kind == KindService {
		return depends("whether \"*\" holds " + asked.Name)
	}
	return sure(asked.Kind != KindEverywhere)
}

// service: a service has addresses of its own, which nothing in the file tells.
func (f *finder) service(rule, asked Selector) truth {
	name, other := either(rule, asked, KindService), asked
	if rule.Kind != KindService {
		other = rule
	}
	switch other.Kind {
	case KindPrefix:
		if !inPool(other.Prefix) {
			return truth{}
		}
		if _, known := f.known.owner(other.Prefix.Addr()); known && other.Prefix.IsSingleIP() {
			return truth{}
		}
	case KindSet:
	default:
		return truth{}
	}
	return depends("which addresses " + name + " has")
}

// inPool reports whether the prefix has addresses that devices and services may have.
func inPool(p netip.Prefix) bool {
	return schema.TailnetIPv4().Overlaps(p) || schema.TailnetIPv6().Overlaps(p)
}

// address answers whether a prefix of a rule holds what was asked for: another prefix, or
// the addresses of devices.
func (f *finder) address(rule netip.Prefix, asked Selector) truth {
	switch asked.Kind {
	case KindPrefix:
		return sure(cidr.Contains(rule, asked.Prefix))
	case KindAny, KindInternet, KindEverywhere, KindSet:
		return truth{}
	}
	known := 0
	for _, d := range f.known.Devices {
		if !f.scope.is(d, asked) || len(d.Addrs) == 0 {
			continue
		}
		if known++; !slices.ContainsFunc(d.Addrs, rule.Contains) {
			return truth{}
		}
	}
	switch {
	case f.known.Complete:
		return sure(known > 0)
	case known == 0 && !inPool(rule):
		return truth{}
	}
	return depends("which addresses the devices of " + asked.title() + " have")
}

// device answers whether a rule's tag, user or group holds an address.
func (f *finder) device(rule Selector, asked netip.Prefix) truth {
	if !asked.IsSingleIP() {
		return truth{}
	}
	if d, known := f.known.owner(asked.Addr()); known {
		return f.owned(rule, d)
	}
	if f.known.Complete || !inPool(asked) {
		return truth{}
	}
	return depends("which device has " + short(asked))
}

// owned answers whether a rule's tag, user or group holds a device.
func (f *finder) owned(rule Selector, d Device) truth {
	if len(d.Tags) == 0 {
		return f.people(rule, Selector{Kind: KindUser, Name: d.User})
	}
	t := truth{}
	for _, tag := range d.Tags {
		t = t.or(f.people(rule, Selector{Kind: KindTag, Name: tag}))
	}
	return t
}

// people compares tags, users and groups. A tag in a question is a device that has no
// other one.
func (f *finder) people(rule, asked Selector) truth {
	if rule.Kind == asked.Kind && rule.Name == asked.Name {
		return sure(true)
	}
	if asked.Kind == KindTag || asked.Kind == KindTagged {
		return sure(rule.Kind == KindTagged && asked.Kind == KindTag)
	}
	switch rule.Kind {
	case KindTag, KindTagged, KindSelf:
		return truth{}
	}
	switch asked.Kind {
	case KindUser:
		return f.person(rule, asked.Name)
	case KindRole, KindSynced:
		if rule.Kind == KindMember && asked.Kind == KindRole {
			return sure(true)
		}
		return depends("who is in " + asked.Name)
	case KindDomain, KindMember:
		switch rule.Kind {
		case KindMember:
			return sure(true)
		case KindRole, KindSynced, KindDomain:
			return depends("who is in " + rule.Name)
		}
	}
	return truth{}
}

// person answers whether a user is among those that a rule's selector stands for.
func (f *finder) person(rule Selector, name string) truth {
	user, _ := f.known.user(name)
	switch rule.Kind {
	case KindGroup:
		return sure(slices.Contains(f.scope.groups[rule.Name], name))
	case KindMember:
		return f.membership(name)
	case KindDomain:
		_, domain, _ := strings.Cut(rule.Name, "@")
		if !strings.HasSuffix(strings.ToLower(name), "@"+strings.ToLower(domain)) {
			return truth{}
		}
		return f.membership(name)
	case KindShared:
		if f.known.isMember(name) {
			return truth{}
		}
		return depends("whether " + name + " has been given a share of a device")
	case KindSynced:
		if slices.Contains(user.Groups, rule.Name) {
			return sure(true)
		}
		return depends("whether the identity provider has " + name + " in " + rule.Name)
	case KindRole:
		role := strings.TrimPrefix(rule.Name, "autogroup:")
		if user.Role != "" && user.Role != "owner" {
			return sure(user.Role == role)
		}
		if user.Role == role {
			return sure(true)
		}
		return depends("whether " + name + " has the role " + role)
	}
	return truth{}
}

func (f *finder) membership(name string) truth {
	if name == "" || f.known.isMember(name) {
		return sure(true)
	}
	return depends("whether " + name + " is a member of the tailnet")
}

// self answers whether autogroup:self, of the source, holds the destination.
func (f *finder) self(from, to Selector) truth {
	if to.Kind == KindSelf {
		return sure(true)
	}
	owner, isUser, t := f.user(from)
	if t.verdict != yes {
		return t
	}
	target, targetIsUser, t := f.user(to)
	if t.verdict != yes {
		return t
	}
	return sure(isUser && targetIsUser && owner == target)
}

// user is whose devices a selector stands for: one user's, or nobody's; no where nobody's
// can be meant.
func (f *finder) user(s Selector) (name string, isUser bool, t truth) {
	switch s.Kind {
	case KindUser:
		return s.Name, true, sure(true)
	case KindPrefix:
		if d, known := f.known.owner(s.Prefix.Addr()); known && s.Prefix.IsSingleIP() {
			return d.User, len(d.Tags) == 0, sure(true)
		}
		if f.known.Complete || !s.Prefix.IsSingleIP() || !inPool(s.Prefix) {
			return "", false, truth{}
		}
		return "", false, depends("whose device has " + short(s.Prefix))
	case KindMember, KindRole, KindSynced, KindDomain, KindShared:
		return "", false, depends("who is in " + s.title())
	case KindOther:
		return "", false, depends("what " + s.Name + " stands for")
	}
	return "", false, truth{}
}

// routed answers whether a router with one of the tags leads to the destination: a route of
// its own has to hold it, and its own address is none (headscale 0.29.2, testdata
// via-grant-v47 and via-grant-v49).
func (f *finder) routed(via []string, to Selector) truth {
	routers := strings.Join(via, " or ")
	if to.Kind != KindPrefix && to.Kind != KindInternet && to.Kind != KindAny {
		return depends("whether a router with " + routers + " leads to " + to.title())
	}
	for _, d := range f.known.Devices {
		if to.Kind == KindPrefix && sharesTag(d.Tags, via) && slices.ContainsFunc(d.prefixes()[len(d.own()):], func(p netip.Prefix) bool { return cidr.Contains(p, to.Prefix) }) {
			return sure(true)
		}
	}
	if f.known.Complete && to.Kind == KindPrefix {
		return truth{}
	}
	return depends("whether a router with " + routers + " has a route to " + to.where())
}

// where is how a message calls a destination.
func (s Selector) where() string {
	switch s.Kind {
	case KindPrefix:
		return short(s.Prefix)
	case KindInternet:
		return "the internet"
	case KindAny:
		return "everything"
	}
	return s.title()
}
