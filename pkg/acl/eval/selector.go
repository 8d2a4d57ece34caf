package eval

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// Kind tells what a name in a rule means.
type Kind int

const (
	KindAny        Kind = iota + 1 // "*"
	KindPrefix                     // an address, a prefix, or an alias of one
	KindTag                        // the devices that carry a tag
	KindUser                       // the devices of a user
	KindGroup                      // the devices of a group's members
	KindMember                     // autogroup:member: devices of users
	KindTagged                     // autogroup:tagged: devices with any tag
	KindInternet                   // autogroup:internet: public addresses
	KindEverywhere                 // autogroup:danger-all: every address there is
	KindSet                        // an IP set of the file
	KindSelf                       // autogroup:self: the source's own devices
	KindRole                       // autogroup:admin and the like: users who have a role
	KindShared                     // autogroup:shared: users whom a device is shared with
	KindSynced                     // group:NAME@DOMAIN: a group of the identity provider
	KindDomain                     // user:*@DOMAIN: the members whose names end so
	KindService                    // svc:NAME: a service, which has addresses of its own
	KindOther                      // what this program does not know
)

// Selector is a name in a rule, resolved as far as the file alone allows.
type Selector struct {
	Kind   Kind
	Name   string         // the tag, user, group, role, set or service
	Prefix netip.Prefix   // of KindPrefix
	Set    []netip.Prefix // of KindSet
}

// title is how a message calls a selector.
func (s Selector) title() string {
	switch s.Kind {
	case KindMember:
		return "autogroup:member"
	case KindTagged:
		return "autogroup:tagged"
	}
	return s.Name
}

// Scope resolves names in rules by a policy's hosts, groups and tags.
type Scope struct {
	hosts  map[string]netip.Prefix
	groups map[string][]string
	tags   map[string]bool
	sets   map[string]ipset
}

// NewScope reads the policy's definitions; a host whose address cannot be read is not
// defined.
func NewScope(p *acl.Policy) *Scope {
	s := &Scope{hosts: make(map[string]netip.Prefix, len(p.Hosts)), groups: make(map[string][]string, len(p.Groups)), tags: map[string]bool{}}
	for _, h := range p.Hosts {
		if prefix, _, err := acl.MaskedPrefix(h.Address); err == nil {
			s.hosts[h.Name] = prefix
		}
	}
	for _, g := range p.Groups {
		s.groups[g.Key] = g.Values
	}
	for _, t := range p.TagOwners {
		s.tags[t.Key] = true
	}
	s.readSets(p.IPSets)
	return s
}

// UndefinedError is the error of a name that nothing in the file defines.
type UndefinedError struct {
	// What is "tag", "group", "host" or "autogroup".
	What string
	// Name is the name in the rule; Section is where it should be defined.
	Name, Section string
}

// Error names both.
func (e *UndefinedError) Error() string {
	return fmt.Sprintf("%s %q is not defined in %s", e.What, e.Name, e.Section)
}

// Selector reads one name of a rule. Its error is an UndefinedError.
func (s *Scope) Selector(name string) (Selector, error) {
	switch {
	case name == "*":
		return Selector{Kind: KindAny}, nil
	case strings.HasPrefix(name, "tag:"):
		if !s.tags[name] {
			return Selector{}, &UndefinedError{"tag", name, "tagOwners"}
		}
		return Selector{Kind: KindTag, Name: name}, nil
	case strings.HasPrefix(name, "group:"):
		if _, ok := s.groups[name]; ok {
			return Selector{Kind: KindGroup, Name: name}, nil
		}
		if strings.Contains(name, "@") {
			return Selector{Kind: KindSynced, Name: name}, nil
		}
		return Selector{}, &UndefinedError{"group", name, "groups"}
	case strings.HasPrefix(name, "autogroup:"):
		return autogroup(name)
	case strings.HasPrefix(name, "ipset:"):
		return s.set(name), nil
	case strings.HasPrefix(name, "svc:"):
		return Selector{Kind: KindService, Name: name}, nil
	case strings.HasPrefix(name, "user:*@"):
		return Selector{Kind: KindDomain, Name: name}, nil
	case strings.Contains(name, "@"):
		return Selector{Kind: KindUser, Name: name}, nil
	}
	if kind, _, ok := strings.Cut(name, ":"); ok && isWord(kind) && !slices.Contains([]string{"tag", "autogroup"}, kind) {
		return Selector{Kind: KindOther, Name: name}, nil
	}
	return s.address(name)
}

// isWord reports whether a text consists of small letters, as kinds of selectors do.
func isWord(s string) bool {
	return len(s) > 1 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" && strings.Trim(s, "abcdef") != ""
}

// autogroup knows the groups that the service makes (Tailscale, "Targets and
// selectors").
func autogroup(name string) (Selector, error) {
	switch name {
	case "autogroup:member", "autogroup:members":
		return Selector{Kind: KindMember}, nil
	case "autogroup:tagged":
		return Selector{Kind: KindTagged}, nil
	case "autogroup:internet":
		return Selector{Kind: KindInternet}, nil
	case "autogroup:danger-all":
		return Selector{Kind: KindEverywhere}, nil
	case "autogroup:self":
		return Selector{Kind: KindSelf, Name: name}, nil
	case "autogroup:shared":
		return Selector{Kind: KindShared, Name: name}, nil
	case "autogroup:owner", "autogroup:admin", "autogroup:it-admin", "autogroup:network-admin", "autogroup:billing-admin", "autogroup:auditor":
		return Selector{Kind: KindRole, Name: name}, nil
	case "autogroup:nonroot": // users of a host, for SSH
		return Selector{Kind: KindOther, Name: name}, nil
	}
	return Selector{}, &UndefinedError{"autogroup", name, "the service"}
}

// address reads an alias, an address or a prefix. An alias may be called anything
// that is not an address.
func (s *Scope) address(name string) (Selector, error) {
	if prefix, ok := s.hosts[name]; ok {
		return Selector{Kind: KindPrefix, Prefix: prefix}, nil
	}
	prefix, _, err := acl.MaskedPrefix(name)
	if err != nil {
		return Selector{}, &UndefinedError{"host", name, "hosts"}
	}
	return Selector{Kind: KindPrefix, Prefix: prefix}, nil
}

// Members are the users of a group, empty where it is empty or not defined.
func (s *Scope) Members(group string) []string { return s.groups[group] }

// IsAlias reports whether the hosts define the name.
func (s *Scope) IsAlias(name string) bool {
	_, ok := s.hosts[name]
	return ok
}

// principals are everybody in a selector: the members of a group and the prefixes of an IP
// set one by one.
func (s *Scope) principals(of Selector) []Selector {
	var list []Selector
	switch of.Kind {
	case KindGroup:
		for _, user := range s.groups[of.Name] {
			list = append(list, Selector{Kind: KindUser, Name: user})
		}
	case KindSet:
		for _, p := range of.Set {
			list = append(list, Selector{Kind: KindPrefix, Prefix: p})
		}
	default:
		return []Selector{of}
	}
	return list
}

// is reports whether the selector, if it is not made of addresses, stands for the device itself.
func (s *Scope) is(d Device, sel Selector) bool {
	switch sel.Kind {
	case KindAny, KindEverywhere:
		return true
	case KindTag:
		return slices.Contains(d.Tags, sel.Name)
	case KindUser:
		return len(d.Tags) == 0 && d.User == sel.Name
	case KindGroup:
		return len(d.Tags) == 0 && slices.Contains(s.groups[sel.Name], d.User)
	case KindMember:
		return len(d.Tags) == 0
	case KindTagged:
		return len(d.Tags) > 0
	}
	return false
}

// named is the name, with the address of an alias.
func (s *Scope) named(name string) string {
	prefix, ok := s.hosts[name]
	if !ok {
		return name
	}
	return name + " (" + short(prefix) + ")"
}

// namedTarget is the destination, with the address of its alias.
func (s *Scope) namedTarget(target string) string {
	host, _, ok := acl.SplitTarget(target)
	if prefix, known := s.hosts[host]; ok && known {
		return target + " (" + short(prefix) + ")"
	}
	return target
}

// short is an address without the length that all of it has.
func short(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}
