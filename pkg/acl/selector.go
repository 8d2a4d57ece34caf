package acl

import (
	"fmt"
	"net/netip"
	"strings"
)

// selectorKind says what a name in a rule stands for.
type selectorKind int

const (
	selectAny        selectorKind = iota + 1 // "*"
	selectPrefix                             // an address, a prefix, or an alias of one
	selectTag                                // the devices that carry a tag
	selectUser                               // the devices of a user
	selectGroup                              // the devices of a group's members
	selectMember                             // autogroup:member: devices of users
	selectTagged                             // autogroup:tagged: devices with any tag
	selectInternet                           // autogroup:internet: public addresses
	selectEverywhere                         // autogroup:danger-all: every address there is
	selectOther                              // known to the service, not evaluated here
)

// selector is a name in a rule, resolved as far as the file alone allows.
type selector struct {
	kind   selectorKind
	name   string       // the tag, user or group
	prefix netip.Prefix // selectPrefix
}

// names resolves selectors against a policy's hosts, groups and tags.
type scope struct {
	hosts  map[string]netip.Prefix
	groups map[string][]string
	tags   map[string]bool
}

func newScope(p *Policy) *scope {
	s := &scope{hosts: map[string]netip.Prefix{}, groups: map[string][]string{}, tags: map[string]bool{}}
	for _, h := range p.Hosts {
		if prefix, err := ParsePrefix(h.Address); err == nil {
			s.hosts[h.Name] = prefix
		}
	}
	for _, g := range p.Groups {
		s.groups[g.Key] = g.Values
	}
	for _, t := range p.TagOwners {
		s.tags[t.Key] = true
	}
	return s
}

// undefinedError is the error of a name that nothing in the file defines.
type undefinedError struct{ what, name, section string }

func (e *undefinedError) Error() string {
	return fmt.Sprintf("%s %q is not defined in %s", e.what, e.name, e.section)
}

// selector reads one name of a rule.
func (s *scope) selector(name string) (selector, error) {
	switch {
	case name == "*":
		return selector{kind: selectAny}, nil
	case strings.HasPrefix(name, "tag:"):
		if !s.tags[name] {
			return selector{}, &undefinedError{"tag", name, "tagOwners"}
		}
		return selector{kind: selectTag, name: name}, nil
	case strings.HasPrefix(name, "group:"):
		if _, ok := s.groups[name]; !ok {
			return selector{}, &undefinedError{"group", name, "groups"}
		}
		return selector{kind: selectGroup, name: name}, nil
	case strings.HasPrefix(name, "autogroup:"):
		return autogroup(name)
	case strings.HasPrefix(name, "ipset:"), strings.HasPrefix(name, "svc:"), strings.HasPrefix(name, "user:"):
		return selector{kind: selectOther, name: name}, nil
	case strings.Contains(name, "@"):
		return selector{kind: selectUser, name: name}, nil
	}
	return s.address(name)
}

// autogroup knows the groups that the service makes (Tailscale, "Targets and
// selectors").
func autogroup(name string) (selector, error) {
	switch name {
	case "autogroup:member", "autogroup:members":
		return selector{kind: selectMember}, nil
	case "autogroup:tagged":
		return selector{kind: selectTagged}, nil
	case "autogroup:internet":
		return selector{kind: selectInternet}, nil
	case "autogroup:danger-all":
		return selector{kind: selectEverywhere}, nil
	case "autogroup:self", "autogroup:shared", "autogroup:nonroot", "autogroup:owner", "autogroup:admin",
		"autogroup:it-admin", "autogroup:network-admin", "autogroup:billing-admin", "autogroup:auditor":
		return selector{kind: selectOther, name: name}, nil
	}
	return selector{}, &undefinedError{"autogroup", name, "the service"}
}

// address reads an alias, an address or a prefix. An alias may be called anything
// that is no address.
func (s *scope) address(name string) (selector, error) {
	if prefix, ok := s.hosts[name]; ok {
		return selector{kind: selectPrefix, prefix: prefix}, nil
	}
	prefix, err := ParsePrefix(name)
	if err != nil {
		return selector{}, &undefinedError{"host", name, "hosts"}
	}
	return selector{kind: selectPrefix, prefix: prefix}, nil
}

// ParsePrefix reads an address, or a prefix without host bits: what an alias, a rule
// and an approver may name.
func ParsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" || a.Is4In6() {
			return netip.Prefix{}, fmt.Errorf("%q is no plain address", s)
		}
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no address and no prefix", s)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has bits behind its length; %s is meant", s, p.Masked())
	}
	return p, nil
}

// splitTarget splits "host:443", "[fd7a::1]:443" and "tag:k8s:443" at the port.
func splitTarget(s string) (host, ports string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	host, ports = s[:i], s[i+1:]
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	return host, ports, true
}
