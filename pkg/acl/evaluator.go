package acl

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Evaluator answers what a policy allows. It knows grants, access rules, tags,
// hosts, groups, autogroup:member, autogroup:tagged, autogroup:internet and
// autogroup:danger-all, via, autoApprovers and tests. Other selectors match nothing;
// Unknown lists them. It is safe for concurrent use.
type Evaluator struct {
	scope   *scope
	rules   []compiled
	src     *index
	dst     *index
	devices []Device
	routes  []netip.Prefix // what "*" may stand for beside tailnet addresses
	policy  *Policy
	unknown []string
}

// compiled is a rule whose names are resolved. A rule of the file becomes several
// where its destinations have different ports.
type compiled struct {
	path     string
	src, dst []selector
	ports    []PortSpec
	via      []string
}

// NewEvaluator compiles the policy. Names that the policy does not define, and ports
// that cannot be read, match nothing: see Lint. Devices make questions about tags
// and users answerable by address; without them a tag stands for itself.
func NewEvaluator(p *Policy, devices ...Device) *Evaluator {
	e := &Evaluator{scope: newScope(p), src: newIndex(), dst: newIndex(), devices: devices, policy: p}
	e.routes = approvedRoutes(p, devices)
	if !p.HasRules {
		e.add("", []string{"*"}, []string{"*"}, []string{"*"}, nil)
	}
	for i, g := range p.Grants {
		e.add(diag.Index("grants", i), g.Src, g.Dst, g.IP, g.Via)
	}
	for i, a := range p.ACLs {
		e.addACL(diag.Index("acls", i), a)
	}
	return e
}

// approvedRoutes are the routes that "*" in a source stands for (headscale 0.29.2,
// testdata routes-g8): those of the devices, or, where nobody knows the devices, all
// that can be approved without asking.
func approvedRoutes(p *Policy, devices []Device) []netip.Prefix {
	var list []netip.Prefix
	for _, d := range devices {
		list = append(list, d.prefixes()...)
	}
	if len(devices) > 0 {
		return list
	}
	for _, r := range p.Routes {
		if prefix, err := ParsePrefix(r.Key); err == nil {
			list = append(list, prefix)
		}
	}
	return list
}

// addACL gives destinations with the same ports one compiled rule.
func (e *Evaluator) addACL(path string, a ACL) {
	if a.Action != "accept" {
		return
	}
	byPorts := map[string][]string{}
	var order []string
	for _, target := range a.Dst {
		host, ports, ok := splitTarget(target)
		if !ok {
			continue
		}
		if a.Proto != "" {
			ports = a.Proto + ":" + ports
		}
		if byPorts[ports] == nil {
			order = append(order, ports)
		}
		byPorts[ports] = append(byPorts[ports], host)
	}
	for _, ports := range order {
		e.add(path, a.Src, byPorts[ports], []string{ports}, nil)
	}
}

func (e *Evaluator) add(path string, src, dst, ports, via []string) {
	r := compiled{path: path, via: via, src: e.selectors(src), dst: e.selectors(dst)}
	for _, spec := range ports {
		if p, err := ParsePorts(spec); err == nil {
			r.ports = append(r.ports, p)
		}
	}
	if len(r.ports) == 0 {
		return
	}
	id := len(e.rules)
	e.rules = append(e.rules, r)
	for _, s := range r.src {
		e.src.add(s, id, e.scope.groups)
	}
	for _, s := range r.dst {
		e.dst.add(s, id, e.scope.groups)
	}
}

func (e *Evaluator) selectors(list []string) []selector {
	var out []selector
	for _, name := range list {
		s, err := e.scope.selector(name)
		if err != nil {
			continue
		}
		if s.kind == selectOther {
			e.unknown = append(e.unknown, name)
		}
		out = append(out, s)
	}
	return out
}

// Unknown lists the selectors that the evaluator does not understand, each once,
// sorted. What they allow is missing from its answers.
func (e *Evaluator) Unknown() []string {
	list := slices.Clone(e.unknown)
	slices.Sort(list)
	return slices.Compact(list)
}

// Answer is what an Evaluator says to a question.
type Answer struct {
	Allowed bool
	// Rule is the path of the first rule that allows it: "grants[3]". It is empty
	// where nothing does, and where a file without any rules allows everything.
	Rule string
	// Via are the tags of the routers that the rule prescribes.
	Via []string
}

// Ask answers whether src may reach a target such as "10.0.0.5:6443",
// "[fd00::1]:443" or "tag:k8s:22", by the protocol ("tcp", "udp", "icmp", a number,
// or "" for any of TCP, UDP and ICMP). A source that stands for several, such as a
// group, is allowed when each of them is. The error says which name is unknown.
func (e *Evaluator) Ask(src, target, proto string) (Answer, error) {
	host, portText, ok := splitTarget(target)
	if !ok {
		return Answer{}, fmt.Errorf("%q is no destination and port, such as 10.0.0.5:6443", target)
	}
	protocols, err := ParseProtocol(proto)
	if err != nil {
		return Answer{}, err
	}
	from, err := e.scope.selector(src)
	if err != nil {
		return Answer{}, err
	}
	to, err := e.scope.selector(host)
	if err != nil {
		return Answer{}, err
	}
	port, err := e.port(portText)
	if err != nil {
		return Answer{}, err
	}
	return e.decide(from, to, protocols, port)
}

// port reads a single port, or "*" for a protocol without ports.
func (e *Evaluator) port(s string) (uint16, error) {
	if s == "*" {
		return 0, nil
	}
	if p, ok := parsePort(s); ok {
		return p, nil
	}
	return 0, fmt.Errorf("%q is no port from 1 to 65535", s)
}

func (e *Evaluator) decide(from, to selector, protocols []int, port uint16) (Answer, error) {
	principals := e.principals(from)
	if len(principals) == 0 {
		return Answer{}, fmt.Errorf("%s stands for nobody", cmp.Or(from.name, "the source"))
	}
	var answer Answer
	for i, p := range principals {
		rule, ok := e.match(p, to, protocols, port)
		if !ok {
			return Answer{}, nil
		}
		if i == 0 {
			answer = Answer{Allowed: true, Rule: e.rules[rule].path, Via: e.rules[rule].via}
		}
	}
	return answer, nil
}

// principals are whom a source stands for: the members of a group one by one.
func (e *Evaluator) principals(s selector) []selector {
	if s.kind != selectGroup {
		return []selector{s}
	}
	var list []selector
	for _, user := range e.scope.groups[s.name] {
		list = append(list, selector{kind: selectUser, name: user})
	}
	return list
}

// match finds the first rule that lets the source reach the destination.
func (e *Evaluator) match(from, to selector, protocols []int, port uint16) (int, bool) {
	for _, id := range common(e.sources(from), e.destinations(to)) {
		if e.rules[id].covers(protocols, port) {
			return id, true
		}
	}
	return 0, false
}

// covers follows the packet filter: an ICMP echo passes wherever any rule covers the
// two addresses, whatever its ports (tailscale 1.84.3, wgengine/filter/filter.go).
// Without a protocol any of TCP, UDP and ICMP will do, if the port is right
// (headscale 0.29.2, testdata policytest-allpass-acls-and-grants-mixed).
func (r compiled) covers(protocols []int, port uint16) bool {
	if len(protocols) == 0 {
		return slices.ContainsFunc(r.ports, func(p PortSpec) bool { return p.coversAny(port) })
	}
	for _, protocol := range protocols {
		if protocol == icmp || protocol == icmpv6 {
			return true
		}
		if slices.ContainsFunc(r.ports, func(p PortSpec) bool { return p.Covers(protocol, port) }) {
			return true
		}
	}
	return false
}

// sources lists the rules that have the source, in no order.
func (e *Evaluator) sources(s selector) []int {
	x := e.src
	switch s.kind {
	case selectPrefix:
		rules := append(x.covering(s.prefix), x.all...)
		if e.inTailnet(s.prefix) {
			rules = append(rules, x.any...)
		}
		return append(rules, e.byDevice(x, s.prefix)...)
	case selectAny:
		return slices.Concat(x.any, x.all)
	case selectTag:
		return e.withAddresses(x, slices.Concat(x.tags[s.name], x.tagged, x.any, x.all), s)
	case selectUser:
		return e.withAddresses(x, slices.Concat(x.users[s.name], x.member, x.any, x.all), s)
	case selectMember:
		return slices.Concat(x.member, x.any, x.all)
	case selectTagged:
		return slices.Concat(x.tagged, x.any, x.all)
	case selectEverywhere:
		return x.all
	}
	return nil
}

// destinations lists the rules that have the destination, in no order.
func (e *Evaluator) destinations(s selector) []int {
	x := e.dst
	switch s.kind {
	case selectPrefix:
		rules := append(x.covering(s.prefix), x.any...)
		if isPublic(s.prefix) {
			rules = append(rules, x.internet...)
		}
		return append(rules, e.byDevice(x, s.prefix)...)
	case selectAny:
		return x.any
	case selectTag:
		return e.withAddresses(x, slices.Concat(x.tags[s.name], x.tagged, x.any), s)
	case selectUser:
		return e.withAddresses(x, slices.Concat(x.users[s.name], x.member, x.any), s)
	case selectMember:
		return slices.Concat(x.member, x.any)
	case selectTagged:
		return slices.Concat(x.tagged, x.any)
	case selectInternet:
		return slices.Concat(x.internet, x.any)
	}
	return nil
}

// byDevice lists the rules that name the device whose address it is by tag or user.
func (e *Evaluator) byDevice(x *index, p netip.Prefix) []int {
	if !p.IsSingleIP() {
		return nil
	}
	var rules []int
	for _, d := range e.devices {
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

// withAddresses adds the rules that hold the addresses of every device which the
// selector stands for.
func (e *Evaluator) withAddresses(x *index, rules []int, s selector) []int {
	var shared []int
	first := true
	for _, d := range e.devices {
		if !e.is(d, s) {
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

// inTailnet reports whether "*" in a source stands for the prefix: tailnet addresses
// without those of ChromeOS's containers (headscale 0.29.2, testdata routes-g8), and
// approved routes.
func (e *Evaluator) inTailnet(p netip.Prefix) bool {
	cgnat := netip.MustParsePrefix("100.64.0.0/10")      // tailscale 1.84.3, net/tsaddr/tsaddr.go
	ula := netip.MustParsePrefix("fd7a:115c:a1e0::/48")  // the same file
	chromeOS := netip.MustParsePrefix("100.115.92.0/23") // the same file
	if within(cgnat, p) && !chromeOS.Overlaps(p) || within(ula, p) {
		return true
	}
	return slices.ContainsFunc(e.routes, func(r netip.Prefix) bool { return within(r, p) })
}

// within reports whether all of inner lies in outer.
func within(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// isPublic is what autogroup:internet stands for.
func isPublic(p netip.Prefix) bool {
	a := p.Addr()
	cgnat := netip.MustParsePrefix("100.64.0.0/10")
	return a.IsGlobalUnicast() && !a.IsPrivate() && !cgnat.Contains(a) && p.Bits() > 0
}

// Approves reports whether a device with these tags has the prefix approved without
// anybody asking: a key approves what lies inside it (headscale 0.29.2, testdata
// routes-d2), never what is wider.
func (e *Evaluator) Approves(tags []string, prefix netip.Prefix) bool {
	return e.approver(tags, prefix) >= 0
}

// approver is the index of the autoApprovers route that approves it, or -1.
func (e *Evaluator) approver(tags []string, prefix netip.Prefix) int {
	return slices.IndexFunc(e.policy.Routes, func(r Assignment) bool {
		key, err := ParsePrefix(r.Key)
		return err == nil && within(key, prefix) && slices.ContainsFunc(r.Values, func(who string) bool {
			return slices.Contains(tags, who) || who == "autogroup:tagged" && len(tags) > 0
		})
	})
}
