package policyfile

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Check returns everything that is wrong with a policy file: what Lint says of it, and
// what eval.Check says of the policy beside the topology. The findings are located in
// the file and sorted.
func Check(t *schema.Topology, f *File) diag.List {
	t = plan.New(t).Topology
	return check(t, f, eval.NewIn(eval.Known(t), f.Policy))
}

// check is Check with an evaluator of the file's policy that knows what the topology tells.
func check(t *schema.Topology, f *File, rules *eval.Evaluator) diag.List {
	list := append(lint(f.Policy, rules, &t.Spec.Tailnet), rules.Check(t)...)
	f.Locate(list)
	list.Sort()
	return list
}

// Lint returns what the control server would refuse in the policy or would take in
// silence although it means nothing: names that nothing defines, ports and prefixes
// that cannot be read, tests in a form that it does not run, rules that add nothing, and
// what this server does not support. Findings carry paths of the policy file;
// File.Locate finds their lines.
func Lint(p *acl.Policy, server schema.ControlServer) diag.List {
	return LintFor(p, &schema.Tailnet{Control: server})
}

// LintFor is Lint for the control server of a tailnet, in the version that it states.
func LintFor(p *acl.Policy, t *schema.Tailnet) diag.List { return lint(p, eval.New(p), t) }

// lint is LintFor with an evaluator of the policy, whatever that knows of the tailnet.
func lint(p *acl.Policy, rules *eval.Evaluator, t *schema.Tailnet) diag.List {
	l := &linter{policy: p, rules: rules, scope: rules.Scope(), server: facts.ControlOf(t)}
	l.tagOwners()
	l.groups()
	l.hosts()
	l.routes()
	l.grants()
	l.acls()
	l.nodeAttrs()
	l.tests()
	l.ssh()
	l.sshTests()
	l.moot()
	l.lacking()
	return l.list
}

type linter struct {
	policy *acl.Policy
	rules  *eval.Evaluator
	scope  *eval.Scope
	server facts.ControlServer
	list   diag.List
}

// name reads a selector and reports one that means nothing.
func (l *linter) name(path, name string) (eval.Selector, bool) {
	s, err := l.scope.Selector(name)
	if err == nil {
		if strings.IndexByte(name, '/') < 0 {
			return s, true
		}
		if _, hostBits, err := acl.MaskedPrefix(name); err == nil && hostBits {
			l.list.Warnf(CodePrefix, path, "%s has bits behind its length, and is read as %s", name, s.Prefix).
				Fix("write %s, or the address without a length", s.Prefix).Propose(s.Prefix.String())
		}
		return s, true
	}
	var undefined *eval.UndefinedError
	if errors.As(err, &undefined) {
		l.list.Errorf(acl.CodeUndefined, path, "%s", err).
			Fix("define it, or correct the name; known names: %s", known(l.policy, undefined.What))
		return s, false
	}
	l.list.Errorf(eval.CodeSelector, path, "%s", err).
		Fix("use \"*\", a tag, user, group, autogroup, an alias of hosts, an address or a prefix")
	return s, false
}

// known lists what the file defines of a kind.
func known(p *acl.Policy, what string) string {
	var list []string
	switch what {
	case "tag":
		list = keys(p.TagOwners)
		slices.Sort(list)
		list = slices.Compact(list)
	case "group":
		list = keys(p.Groups)
	case "host":
		for _, h := range p.Hosts {
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

func keys(list []acl.Assignment) []string {
	var names []string
	for _, a := range list {
		names = append(names, a.Key)
	}
	return names
}

func (l *linter) names(path string, list []string) []eval.Selector {
	var out []eval.Selector
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
			l.list.Errorf(eval.CodeSelector, path, "%q is not a tag", t.Key).
				Fix("a tag is \"tag:\" followed by a letter and then letters, digits and dashes")
		}
		l.principals(path, "tagOwners", t.Values)
	}
}

// principals are whom tags and routes may be given to: users, groups and tags.
func (l *linter) principals(path, section string, names []string) {
	for i, name := range names {
		sub := diag.Index(path, i)
		person := strings.Contains(name, "@") || strings.HasPrefix(name, "group:") || strings.HasPrefix(name, "tag:") || strings.HasPrefix(name, "autogroup:")
		if person {
			l.name(sub, name)
			continue
		}
		const what = "%s take users, groups and tags, and %q is none of them"
		switch _, err := l.scope.Selector(name); {
		case l.server.NamesWithAt.Value:
			l.list.Errorf(acl.CodeUnsupported, sub, l.server.Title+": "+what+": a user's name contains \"@\"", section, name).Fix("name users (%q), groups or tags", name+"@")
		case err != nil:
			l.name(sub, name)
		default:
			l.list.Warnf(eval.CodeSelector, sub, what, section, name).Fix("name users, groups or tags")
		}
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
			l.list.Errorf(eval.CodeSelector, path, "%q is not a group", g.Key).Fix("a group's name begins with \"group:\"")
		}
		for i, user := range g.Values {
			if strings.HasPrefix(user, "group:") || strings.HasPrefix(user, "tag:") {
				l.list.Errorf(eval.CodeSelector, diag.Index(path, i), "group %q holds %q, and groups hold users only", g.Key, user).
					Fix("name the users")
			} else if l.server.NamesWithAt.Value && !strings.Contains(user, "@") {
				l.list.Errorf(acl.CodeUnsupported, diag.Index(path, i), "%s: a user's name contains \"@\", and %q, a member of %s, does not", l.server.Title, user, g.Key).
					Fix("write %q, or the name that the identity provider has", user+"@")
			}
		}
	}
}

func (l *linter) hosts() {
	for _, h := range l.policy.Hosts {
		path := func() string { return diag.Field("hosts", h.Name) } // there may be thousands
		if p, hostBits, err := acl.MaskedPrefix(h.Address); err == nil && hostBits {
			l.list.Warnf(CodePrefix, path(), "host %q: %s has bits behind its length, and is read as %s", h.Name, h.Address, p).
				Fix("write %s, or the address without a length", p).Propose(p.String())
		} else if err != nil {
			l.list.Errorf(CodePrefix, path(), "host %q: %s", h.Name, err).Fix("write an address, or a prefix without host bits")
		}
		if strings.ContainsAny(h.Name, ":@*") {
			l.list.Errorf(eval.CodeSelector, path(), "%q is not a host name: rules would read it as something else", h.Name).
				Fix("use letters, digits, dots and dashes")
		}
	}
}

func (l *linter) routes() {
	for _, r := range l.policy.Routes {
		path := diag.Field("autoApprovers.routes", r.Key)
		if _, err := netip.ParsePrefix(r.Key); err != nil {
			l.list.Errorf(CodePrefix, path, "autoApprovers: %q is not a prefix", r.Key).Fix("write a prefix, such as 10.0.0.0/22")
		} else if p, hostBits, _ := acl.MaskedPrefix(r.Key); hostBits {
			l.list.Warnf(CodePrefix, path, "autoApprovers: %s has bits behind its length, and is read as %s", r.Key, p).Fix("write the prefix as gateways advertise it").Propose(p.String())
		}
		l.principals(path, "autoApprovers", r.Values)
	}
	l.principals("autoApprovers.exitNode", "autoApprovers", l.policy.ExitNode)
}

func (l *linter) grants() {
	for i, g := range l.policy.Grants {
		path := diag.Index("grants", i)
		src, dst := l.names(path+".src", g.Src), l.names(path+".dst", g.Dst)
		l.ends(path, g.Src, g.Dst, src)
		l.destinations(path+".dst", dst)
		for _, s := range dst {
			if s.Kind == eval.KindPrefix && s.Prefix.Bits() == 0 {
				l.list.Errorf(CodeRule, path+".dst", "the control server refuses %s as a destination", s.Prefix).Fix("use \"*\" or autogroup:internet")
			}
		}
		l.sides(path, g.Src, g.Dst)
		l.self(path, g.Src, g.Dst)
		l.capabilities(path, g)
		l.postures(path, g.SrcPosture)
		if len(g.IP) == 0 && len(g.App) == 0 {
			l.list.Errorf(CodeRule, path, "the grant has neither ip nor app").Fix("list the ports in ip; \"*\" is all of them")
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
		l.list.Errorf(CodeRule, path, "via names %q, which is not a tag", tag).Fix("give the routers a tag and name it")
		return
	}
	l.name(path, tag)
}

// ends reports rules that match nobody.
func (l *linter) ends(path string, srcNames, dstNames []string, src []eval.Selector) {
	if len(srcNames) == 0 || len(dstNames) == 0 {
		l.list.Warnf(CodeEmpty, path, "the rule has no source or no destination and allows nothing").Fix("name both, or delete the rule")
		return
	}
	empty := func(s eval.Selector) bool { return s.Kind == eval.KindGroup && len(l.scope.Members(s.Name)) == 0 }
	if len(src) > 0 && !slices.ContainsFunc(src, func(s eval.Selector) bool { return !empty(s) }) {
		l.list.Warnf(CodeEmpty, path+".src", "every source of the rule is an empty group").Fix("add members, or delete the rule")
	}
}

// destinations reports what the service refuses in a destination (headscale 0.29.2,
// testdata grant-v08 and grant-k7).
func (l *linter) destinations(path string, dst []eval.Selector) {
	for _, s := range dst {
		if s.Kind == eval.KindEverywhere {
			l.list.Errorf(CodeRule, path, "autogroup:danger-all cannot be a destination").Fix("use \"*\"")
		}
	}
}

// sides reports groups that mean nothing on their side of a rule. Headscale refuses them:
// see lacking.
func (l *linter) sides(path string, src, dst []string) {
	if l.server.Autogroups.IsKnown() {
		return
	}
	if i := slices.Index(src, "autogroup:internet"); i >= 0 {
		l.list.Warnf(CodeRule, diag.Index(path+".src", i), "autogroup:internet is a destination, and no source").Fix("use autogroup:danger-all for every address there is")
	}
	if i := slices.Index(dst, "autogroup:nonroot"); i >= 0 {
		l.list.Warnf(CodeRule, diag.Index(path+".dst", i), "autogroup:nonroot stands for users of a host, in ssh, and not for a destination").Fix("name devices")
	}
}

// capabilities reports what the service refuses in app (headscale 0.29.2, testdata grant-a2,
// grant-a5, grant-k9, grant-k10, grant-v01 and grant-v22).
func (l *linter) capabilities(path string, g acl.Grant) {
	const own = "tailscale.com/"
	for _, name := range g.App {
		sub := diag.Field(path+".app", name)
		domain, rest, ok := strings.Cut(name, "/")
		switch {
		case !ok || domain == "" || rest == "" || strings.Contains(name, "://"):
			l.list.Errorf(CodeRule, sub, "capability %q does not have the form DOMAIN/PATH", name).Fix("write it as its program documents it, such as tailscale.com/cap/kubernetes")
		case slices.Contains([]string{"tailscale.com/cap/relay-target", "tailscale.com/cap/ingress", "tailscale.com/cap/funnel"}, name):
			l.list.Errorf(CodeRule, sub, "capability %s is one that the control server alone gives", name).Fix("leave it out")
		case strings.HasPrefix(name, own) && l.server.Capabilities.IsKnown() && !slices.Contains(l.server.Capabilities.Value, name):
			l.unsupported(sub, "capability "+name)
		case strings.HasPrefix(name, own) && !slices.Contains(facts.Control(schema.ControlHeadscale).Capabilities.Value, name):
			l.list.Warnf(CodeRule, sub, "kustomize-hybrid does not know the capability %s, and the control server refuses those of its own domain that it does not know", name).
				Fix("correct the name if it is misspelt")
		}
	}
	if i := slices.Index(g.Dst, "autogroup:internet"); i >= 0 && len(g.App) > 0 {
		l.list.Errorf(CodeRule, diag.Index(path+".dst", i), "autogroup:internet takes no capabilities").Fix("grant them to devices, in a grant of their own")
	}
}

// postures reports conditions that the file does not define.
func (l *linter) postures(path string, names []string) {
	for i, name := range names {
		if !slices.ContainsFunc(l.policy.Postures, func(a acl.Assignment) bool { return a.Key == name }) {
			l.list.Warnf(acl.CodeUndefined, diag.Index(path+".srcPosture", i), "posture %q is not defined in postures", name).Fix("define it, or correct the name")
		}
	}
}

// self follows what the service says of autogroup:self (headscale 0.29.2, testdata
// grant-h10 and grant-e3).
func (l *linter) self(path string, src, dst []string) {
	const self = "autogroup:self"
	if slices.Contains(src, self) {
		l.list.Errorf(CodeRule, path+".src", "%s cannot be a source", self).Fix("use autogroup:member")
	}
	person := func(name string) bool {
		return strings.Contains(name, "@") || strings.HasPrefix(name, "group:") || name == "autogroup:member" || name == "autogroup:members" ||
			name == "autogroup:admin" || name == "autogroup:owner"
	}
	for _, name := range src {
		if slices.Contains(dst, self) && !person(name) {
			l.list.Errorf(CodeRule, path, "%s needs users or groups as sources, and %q is neither", self, name).Fix("use autogroup:member as the source")
		}
	}
}

func (l *linter) ports(path, spec string) {
	if _, err := acl.ParsePorts(spec); err != nil {
		l.list.Errorf(acl.CodePorts, path, "%q: %s", spec, err).
			Fix("write \"*\", \"443\", \"80-90\", \"tcp:443\", or \"icmp:*\"")
	}
}

func (l *linter) acls() {
	for i, a := range l.policy.ACLs {
		path := diag.Index("acls", i)
		src := l.names(path+".src", a.Src)
		l.ends(path, a.Src, a.Dst, src)
		if a.Action != "accept" {
			l.list.Errorf(CodeRule, path, "the action is %q, and rules can only accept", a.Action).
				Fix("write \"action\": \"accept\"; what no rule accepts is denied")
		}
		if _, err := acl.ParseProtocol(a.Proto); err != nil {
			l.list.Errorf(acl.CodePorts, path+".proto", "%s", err).Fix("write tcp, udp, icmp or the protocol's number")
		}
		// Access rules may say "*" here, grants may not (testdata acl-a04, grant-e3).
		anybody := func(name string) bool { return name == "*" }
		l.self(path, slices.DeleteFunc(slices.Clone(a.Src), anybody), acl.TargetHosts(a.Dst))
		l.sides(path, a.Src, acl.TargetHosts(a.Dst))
		l.postures(path, a.SrcPosture)
		for j, target := range a.Dst {
			l.target(diag.Index(path+".dst", j), target, a.Proto)
		}
	}
}

func (l *linter) target(path, target, proto string) {
	host, ports, ok := acl.SplitTarget(target)
	if !ok {
		l.list.Errorf(acl.CodePorts, path, "%q names no ports", target).Fix("write %q for all ports", target+":*")
		return
	}
	if s, ok := l.name(path, host); ok {
		l.destinations(path, []eval.Selector{s})
		if s.Kind == eval.KindPrefix && s.Prefix.Bits() == 0 {
			l.list.Warnf(CodeRule, path, "%s is every address there is, and the control server refuses it as a destination of grants", s.Prefix).Fix("use \"*\" or autogroup:internet")
		}
	}
	numbers, _ := acl.ParseProtocol(proto) // acls says what is wrong with it
	spec := ports
	if len(numbers) > 0 {
		spec = proto + ":" + ports
	}
	l.ports(path, spec)
	if len(numbers) > 0 && ports != "*" && !acl.HasPorts(numbers[0]) {
		l.portless(path, proto, ports)
	}
}

// portless reports ports with a protocol that has none: the packet filter takes such a
// protocol with all ports only (tailscale 1.84.3, wgengine/filter/filter.go), so the rule
// allows none of it.
func (l *linter) portless(path, proto, ports string) {
	if l.server.RefusesPorts.Value {
		l.list.Errorf(acl.CodeUnsupported, path, "%s refuses port %s with protocol %s, which has no ports", l.server.Title, ports, proto).Fix("write \"*\" as the port")
		return
	}
	l.list.Warnf(acl.CodePorts, path, "protocol %s has no ports, so a rule for port %s allows none of it", proto, ports).Fix("write \"*\" as the port")
}

func (l *linter) nodeAttrs() {
	for i, n := range l.policy.NodeAttrs {
		path := diag.Index("nodeAttrs", i)
		l.names(path+".target", n.Target)
		for j, attr := range n.Attr {
			if slices.Contains(l.server.Attributes.Value, attr) {
				l.unsupported(diag.Index(path+".attr", j), "node attribute "+attr)
			}
		}
		for j, pool := range n.IPPool {
			l.pool(diag.Index(path+".ipPool", j), pool)
		}
		if len(n.IPPool) > 0 && !l.server.Pools.Value {
			l.list.Errorf(acl.CodeUnsupported, path+".ipPool", "%s has no ipPool", l.server.Title).
				Fix("set prefixes.v4 in %s's own configuration instead", l.server.Title)
		}
	}
}

func (l *linter) pool(path, pool string) {
	p, err := acl.ParsePrefix(pool)
	switch {
	case err != nil:
		l.list.Errorf(CodePrefix, path, "ipPool: %s", err).Fix("write a prefix inside 100.64.0.0/10")
	case !cidr.Contains(schema.TailnetIPv4(), p):
		l.list.Errorf(CodePrefix, path, "ipPool %s is not inside 100.64.0.0/10", p).Fix("write a prefix inside 100.64.0.0/10")
	default:
		for _, r := range facts.ReservedPools() {
			if r.Overlaps(p) && cidr.Contains(r, p) {
				l.list.Errorf(CodePrefix, path, "ipPool %s lies in %s, which the service reserves", p, r).Fix("choose another part of 100.64.0.0/10")
			}
		}
	}
}
