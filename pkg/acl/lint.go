package acl

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Lint returns what the control server would refuse in the policy or would take in
// silence although it means nothing: names that nothing defines, ports and prefixes
// that cannot be read, tests of a form it does not run, rules that add nothing, and
// what this server does not support. Findings carry paths of the policy file;
// File.Locate finds their lines.
func Lint(p *Policy, server schema.ControlServer) diag.List {
	l := &linter{policy: p, scope: newScope(p), server: server}
	l.tagOwners()
	l.groups()
	l.hosts()
	l.routes()
	l.grants()
	l.acls()
	l.nodeAttrs()
	l.tests()
	l.moot()
	l.headscale()
	return l.list
}

type linter struct {
	policy *Policy
	scope  *scope
	server schema.ControlServer
	list   diag.List
}

// name reads a selector and reports one that means nothing.
func (l *linter) name(path, name string) (selector, bool) {
	s, err := l.scope.selector(name)
	if err == nil {
		return s, true
	}
	var undefined *undefinedError
	if errors.As(err, &undefined) {
		l.list.Errorf(codeUndefined, path, "%s", err).
			Fix("define it, or correct the name; known are %s", l.known(undefined.what))
		return s, false
	}
	l.list.Errorf(codeSelector, path, "%s", err).
		Fix("use \"*\", a tag, user, group, autogroup, an alias of hosts, an address or a prefix")
	return s, false
}

// known lists what the file defines of a kind.
func (l *linter) known(what string) string {
	var list []string
	switch what {
	case "tag":
		list = sortedKeys(l.scope.tags)
	case "group":
		for _, g := range l.policy.Groups {
			list = append(list, g.Key)
		}
	case "host":
		for _, h := range l.policy.Hosts {
			list = append(list, h.Name)
		}
	default:
		return "autogroup:member, autogroup:tagged, autogroup:internet and autogroup:self"
	}
	if len(list) == 0 {
		return "none"
	}
	const few = 5
	if len(list) > few {
		return strings.Join(list[:few], ", ") + fmt.Sprintf(" and %d more", len(list)-few)
	}
	return strings.Join(list, ", ")
}

func (l *linter) names(path string, list []string) []selector {
	var out []selector
	for i, name := range list {
		if s, ok := l.name(diag.Index(path, i), name); ok {
			out = append(out, s)
		}
	}
	return out
}

func (l *linter) tagOwners() {
	for _, t := range l.policy.TagOwners {
		path := diag.Field("tagOwners", t.Key)
		if !isTag(t.Key) {
			l.list.Errorf(codeSelector, path, "%q is no tag", t.Key).
				Fix("a tag is \"tag:\" followed by a letter and then letters, digits and dashes")
		}
		l.names(path, t.Values)
	}
}

// isTag follows tailscale 1.84.3, tailcfg.CheckTag.
func isTag(s string) bool {
	name, ok := strings.CutPrefix(s, "tag:")
	if !ok || name == "" {
		return false
	}
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

func (l *linter) groups() {
	for _, g := range l.policy.Groups {
		path := diag.Field("groups", g.Key)
		if !strings.HasPrefix(g.Key, "group:") {
			l.list.Errorf(codeSelector, path, "%q is no group", g.Key).Fix("a group's name begins with \"group:\"")
		}
		for i, user := range g.Values {
			if strings.HasPrefix(user, "group:") || strings.HasPrefix(user, "tag:") {
				l.list.Errorf(codeSelector, diag.Index(path, i), "group %q holds %q, and groups hold users only", g.Key, user).
					Fix("name the users")
			}
		}
	}
}

func (l *linter) hosts() {
	for _, h := range l.policy.Hosts {
		path := diag.Field("hosts", h.Name)
		if _, err := ParsePrefix(h.Address); err != nil {
			l.list.Errorf(codePrefix, path, "host %q: %s", h.Name, err).Fix("write an address, or a prefix without bits behind its length")
		}
		if strings.ContainsAny(h.Name, ":@*") {
			l.list.Errorf(codeSelector, path, "%q is no name of a host: rules would read it as something else", h.Name).
				Fix("use letters, digits, dots and dashes")
		}
	}
}

func (l *linter) routes() {
	for _, r := range l.policy.Routes {
		path := diag.Field("autoApprovers.routes", r.Key)
		if _, err := netip.ParsePrefix(r.Key); err != nil {
			l.list.Errorf(codePrefix, path, "autoApprovers: %q is no prefix", r.Key).Fix("write a prefix, such as 10.0.0.0/22")
		} else if _, err := ParsePrefix(r.Key); err != nil {
			l.list.Errorf(codePrefix, path, "autoApprovers: %s", err).Fix("write the prefix as gateways advertise it")
		}
		l.names(path, r.Values)
	}
	l.names("autoApprovers.exitNode", l.policy.ExitNode)
}

func (l *linter) grants() {
	for i, g := range l.policy.Grants {
		path := diag.Index("grants", i)
		src, dst := l.names(path+".src", g.Src), l.names(path+".dst", g.Dst)
		l.ends(path, g.Src, g.Dst, src)
		l.destinations(path+".dst", dst)
		l.self(path, g.Src, g.Dst)
		if len(g.IP) == 0 && len(g.App) == 0 {
			l.list.Errorf(codeRule, path, "the grant has neither ip nor app").Fix("say which ports it allows, or \"*\" for all")
		}
		for j, spec := range g.IP {
			l.ports(diag.Index(path+".ip", j), spec)
		}
		for j, tag := range g.Via {
			l.via(diag.Index(path+".via", j), tag)
		}
	}
}

func (l *linter) via(path, tag string) {
	if !strings.HasPrefix(tag, "tag:") {
		l.list.Errorf(codeRule, path, "via names %q, and only a tag can be via", tag).Fix("give the routers a tag and name it")
		return
	}
	l.name(path, tag)
}

// ends reports rules that match nobody.
func (l *linter) ends(path string, srcNames, dstNames []string, src []selector) {
	if len(srcNames) == 0 || len(dstNames) == 0 {
		l.list.Warnf(codeEmpty, path, "the rule has no source or no destination and allows nothing").Fix("name both, or drop it")
		return
	}
	empty := func(s selector) bool { return s.kind == selectGroup && len(l.scope.groups[s.name]) == 0 }
	if len(src) > 0 && !slices.ContainsFunc(src, func(s selector) bool { return !empty(s) }) {
		l.list.Warnf(codeEmpty, path+".src", "every source of the rule is an empty group").Fix("add members, or drop the rule")
	}
}

// destinations reports what the service refuses in a destination (headscale 0.29.2,
// testdata grant-v08 and grant-k7).
func (l *linter) destinations(path string, dst []selector) {
	for _, s := range dst {
		switch {
		case s.kind == selectPrefix && s.prefix.Bits() == 0:
			l.list.Errorf(codeRule, path, "%s as a destination is refused", s.prefix).Fix("use \"*\" or autogroup:internet")
		case s.kind == selectEverywhere:
			l.list.Errorf(codeRule, path, "autogroup:danger-all cannot be a destination").Fix("use \"*\"")
		}
	}
}

// self follows what the service says of autogroup:self (headscale 0.29.2, testdata
// grant-h10 and grant-e3).
func (l *linter) self(path string, src, dst []string) {
	const self = "autogroup:self"
	if slices.Contains(src, self) {
		l.list.Errorf(codeRule, path+".src", "%s cannot be a source", self).Fix("use autogroup:member")
	}
	person := func(name string) bool {
		return strings.Contains(name, "@") || strings.HasPrefix(name, "group:") || name == "autogroup:member" || name == "autogroup:members" ||
			name == "autogroup:admin" || name == "autogroup:owner"
	}
	for _, name := range src {
		if slices.Contains(dst, self) && !person(name) {
			l.list.Errorf(codeRule, path, "%s needs users or groups as sources, and %q is neither", self, name).Fix("use autogroup:member as the source")
		}
	}
}

func (l *linter) ports(path, spec string) {
	if _, err := ParsePorts(spec); err != nil {
		l.list.Errorf(codePorts, path, "%q: %s", spec, err).
			Fix("write \"*\", \"443\", \"80-90\", \"tcp:443\", or \"icmp:*\"")
	}
}

func (l *linter) acls() {
	for i, a := range l.policy.ACLs {
		path := diag.Index("acls", i)
		src := l.names(path+".src", a.Src)
		l.ends(path, a.Src, a.Dst, src)
		if a.Action != "accept" {
			l.list.Errorf(codeRule, path, "the action is %q, and rules can only accept", a.Action).
				Fix("write \"action\": \"accept\"; what no rule accepts is denied")
		}
		if _, err := ParseProtocol(a.Proto); err != nil {
			l.list.Errorf(codePorts, path+".proto", "%s", err).Fix("write tcp, udp, icmp or the protocol's number")
		}
		// Access rules may say "*" here, grants may not (testdata acl-a04, grant-e3).
		anybody := func(name string) bool { return name == "*" }
		l.self(path, slices.DeleteFunc(slices.Clone(a.Src), anybody), targetHosts(a.Dst))
		for j, target := range a.Dst {
			l.target(diag.Index(path+".dst", j), target, a.Proto)
		}
	}
}

func targetHosts(targets []string) []string {
	var list []string
	for _, t := range targets {
		host, _, _ := splitTarget(t)
		list = append(list, host)
	}
	return list
}

func (l *linter) target(path, target, proto string) {
	host, ports, ok := splitTarget(target)
	if !ok {
		l.list.Errorf(codePorts, path, "%q names no ports", target).Fix("write %q for all ports", target+":*")
		return
	}
	if s, ok := l.name(path, host); ok {
		l.destinations(path, []selector{s})
	}
	if proto != "" {
		ports = proto + ":" + ports
	}
	l.ports(path, ports)
}

// reservedPools are the ranges that the service hands out to nobody (headscale
// 0.29.2, testdata nodeattrs-error-e4; Tailscale, "IP pool").
func reservedPools() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("100.100.0.0/24"),
		netip.MustParsePrefix("100.100.100.0/24"),
		netip.MustParsePrefix("100.115.92.0/23"),
	}
}

func (l *linter) nodeAttrs() {
	for i, n := range l.policy.NodeAttrs {
		path := diag.Index("nodeAttrs", i)
		l.names(path+".target", n.Target)
		for j, pool := range n.IPPool {
			l.pool(diag.Index(path+".ipPool", j), pool)
		}
		if len(n.IPPool) > 0 && l.server == schema.ControlHeadscale {
			l.list.Errorf(codeUnsupported, path+".ipPool", "Headscale has no ipPool").
				Fix("set prefixes.v4 in Headscale's own configuration instead")
		}
	}
}

func (l *linter) pool(path, pool string) {
	p, err := ParsePrefix(pool)
	cgnat := netip.MustParsePrefix("100.64.0.0/10")
	switch {
	case err != nil:
		l.list.Errorf(codePrefix, path, "ipPool: %s", err).Fix("write a prefix inside 100.64.0.0/10")
	case !within(cgnat, p):
		l.list.Errorf(codePrefix, path, "ipPool %s is not inside 100.64.0.0/10", p).Fix("write a prefix inside 100.64.0.0/10")
	default:
		for _, r := range reservedPools() {
			if r.Overlaps(p) && within(r, p) {
				l.list.Errorf(codePrefix, path, "ipPool %s lies in %s, which the service keeps", p, r).Fix("choose another part of 100.64.0.0/10")
			}
		}
	}
}
