// Package eval answers what a tailnet policy allows, without asking the control server.
//
// Start with New, and Evaluator.Ask for the question whether SRC may reach DST:PORT.
// RunTests runs the policy's own tests, and Check compares a policy with what a topology
// needs. Policies are read from a file by package policyfile, or made by
// acl.FromTopology.
package eval

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Evaluator answers what a policy allows: yes, no, or that it cannot be decided here, and
// on what it depends then. Tags, users, groups, hosts and IP sets stand in the file; who
// is a member, has a role or is in a group of the identity provider, which addresses a
// service has, and whether a device meets a posture, the control server alone knows. It
// is safe for concurrent use.
type Evaluator struct {
	scope  *Scope
	rules  []compiled
	find   *finder
	policy *acl.Policy
	// loose are the rules of which an address behind a gateway may need more than the index.
	loose   []int
	unknown []Selector
}

// compiled is a rule whose names are resolved. A rule of the file becomes several
// where its destinations have different ports.
type compiled struct {
	path     string
	src, dst []Selector
	ports    []acl.PortSpec
	via      []string
	// posture are the conditions on the source device.
	posture []string
}

// New compiles the policy. Names that the policy does not define, and ports that cannot
// be read, match nothing: see policyfile.Lint. Devices are those that are known, and there
// may be others: NewIn says what else is known of the tailnet.
func New(p *acl.Policy, devices ...Device) *Evaluator { return NewIn(Tailnet{Devices: devices}, p) }

// NewIn is New for a tailnet of which more is known than some devices.
func NewIn(known Tailnet, p *acl.Policy) *Evaluator {
	e := &Evaluator{scope: NewScope(p), policy: p}
	e.find = newFinder(e.scope, known)
	if !p.HasRules {
		e.add(compiled{}, acl.Grant{Src: []string{"*"}, Dst: []string{"*"}, IP: []string{"*"}})
	}
	for i, g := range p.Grants {
		e.add(compiled{path: diag.Index("grants", i), via: g.Via, posture: e.posture(g.SrcPosture)}, g)
	}
	for i, a := range p.ACLs {
		e.addACL(diag.Index("acls", i), a)
	}
	return e
}

// In is the evaluator of the same policy in another tailnet. The two share what they have
// compiled.
func (e *Evaluator) In(known Tailnet) *Evaluator {
	other := *e
	other.find = e.find.in(known)
	return &other
}

// Scope resolves names as the policy does.
func (e *Evaluator) Scope() *Scope { return e.scope }

// posture are the conditions of a rule: its own, or those that hold for all others.
func (e *Evaluator) posture(own []string) []string {
	if len(own) > 0 {
		return own
	}
	return e.policy.DefaultSrcPosture
}

// addACL gives destinations with the same ports one compiled rule.
func (e *Evaluator) addACL(path string, a acl.ACL) {
	if a.Action != "accept" {
		return
	}
	for _, g := range a.Grants() {
		e.add(compiled{path: path, posture: e.posture(a.SrcPosture)}, g)
	}
}

// add completes a rule with what the grant says.
func (e *Evaluator) add(r compiled, g acl.Grant) {
	r.src, r.dst = e.selectors(g.Src), e.selectors(g.Dst)
	for _, spec := range g.IP {
		if p, err := acl.ParsePorts(spec); err == nil {
			r.ports = append(r.ports, p)
		}
	}
	if len(r.ports) == 0 {
		return
	}
	id := len(e.rules)
	e.rules = append(e.rules, r)
	for _, s := range r.src {
		e.find.src.add(s, id, e.scope.groups)
	}
	for _, s := range r.dst {
		e.find.dst.add(s, id, e.scope.groups)
	}
	if r.loose() {
		e.loose = append(e.loose, id)
	}
}

// loose reports whether the rule may allow something to addresses that no device has,
// although the index does not have them.
func (r compiled) loose() bool {
	open := func(s Selector) bool { return s.Kind == KindOther }
	return slices.ContainsFunc(r.src, func(s Selector) bool { return open(s) || s.Kind == KindAny }) || slices.ContainsFunc(r.dst, open)
}

func (e *Evaluator) selectors(list []string) []Selector {
	var out []Selector
	for _, name := range list {
		s, err := e.scope.Selector(name)
		if err != nil {
			continue
		}
		if s.Kind >= KindSelf {
			e.unknown = append(e.unknown, s)
		}
		out = append(out, s)
	}
	return out
}

// Unknown lists the selectors that stand for what the file does not tell, each once,
// sorted. Answers that depend on them are undecided.
func (e *Evaluator) Unknown() []string {
	var list []string
	for _, s := range e.unknown {
		list = append(list, s.Name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Answer is what an Evaluator says to a question.
type Answer struct {
	Allowed bool
	// Undecided says on what it depends whether it is allowed, where that is not known
	// here: "whether ana@example.com has the role admin". It is empty where it is known.
	Undecided string
	// Rule is the path of the first rule that allows it, or may allow it: "grants[3]". It
	// is empty where nothing does, and where a file without any rules allows everything.
	Rule string
	// Via are the tags of the routers that the rule prescribes.
	Via []string
}

// Ask answers whether src may reach a target such as "10.0.0.5:6443",
// "[fd00::1]:443" or "tag:k8s:22", by the protocol ("tcp", "udp", "icmp", a number,
// or "" for any of TCP, UDP and ICMP). A source or a destination that stands for several,
// such as a group, is allowed when each of them is. The error says which name is unknown.
func (e *Evaluator) Ask(src, target, proto string) (Answer, error) {
	host, portText, ok := acl.SplitTarget(target)
	if !ok {
		return Answer{}, fmt.Errorf("%q is not a destination and a port, such as 10.0.0.5:6443", target)
	}
	protocols, err := acl.ParseProtocol(proto)
	if err != nil {
		return Answer{}, err
	}
	from, err := e.scope.Selector(src)
	if err != nil {
		return Answer{}, err
	}
	to, err := e.scope.Selector(host)
	if err != nil {
		return Answer{}, err
	}
	port, err := parsePort(portText, protocols)
	if err != nil {
		return Answer{}, err
	}
	return e.decide(from, to, protocols, port)
}

// parsePort reads a single port, or "*" or 0 for a protocol without ports.
func parsePort(s string, protocols []int) (uint16, error) {
	if s == "*" || s == "0" && len(protocols) > 0 && !acl.HasPorts(protocols[0]) {
		return 0, nil
	}
	if p, ok := acl.ParsePort(s); ok {
		return p, nil
	}
	return 0, fmt.Errorf("%q is not a port from 1 to 65535", s)
}

func (e *Evaluator) decide(from, to Selector, protocols []int, port uint16) (Answer, error) {
	sources, targets := e.scope.principals(from), e.scope.principals(to)
	if len(sources) == 0 {
		return Answer{}, fmt.Errorf("%s stands for nobody", cmp.Or(from.Name, "the source"))
	}
	if len(targets) == 0 {
		return Answer{}, fmt.Errorf("%s stands for nothing", to.Name)
	}
	answer := Answer{Allowed: true}
	for i, s := range sources {
		for j, d := range targets {
			rule, t := e.match(s, d, protocols, port)
			if t.verdict == no {
				return Answer{}, nil
			}
			// The first that is undecided tells, and the first of all otherwise.
			if first := i+j == 0; first || t.verdict == maybe && answer.Allowed {
				answer = Answer{Allowed: t.verdict == yes, Undecided: t.on, Rule: e.rules[rule].path, Via: e.rules[rule].via}
			}
		}
	}
	return answer, nil
}

// match finds the first rule that lets the source reach the destination, or the first that
// may.
func (e *Evaluator) match(from, to Selector, protocols []int, port uint16) (int, truth) {
	best, at := truth{}, 0
	consider := func(id int, t truth) {
		if t.verdict > best.verdict {
			best, at = t, id
		}
	}
	for _, id := range common(e.find.sources(from), e.find.destinations(to)) {
		if e.rules[id].covers(protocols, port) {
			if consider(id, e.conditions(e.rules[id], to)); best.verdict == yes {
				return at, best
			}
		}
	}
	for _, id := range e.candidates(from, to) {
		if e.rules[id].covers(protocols, port) {
			if consider(id, e.joins(e.rules[id], from, to).and(e.conditions(e.rules[id], to))); best.verdict == yes {
				break
			}
		}
	}
	return at, best
}

// candidates are the rules that may connect the two although the index does not say so.
func (e *Evaluator) candidates(from, to Selector) []int {
	behind := func(s Selector) bool { return s.Kind == KindPrefix && !inPool(s.Prefix) }
	if behind(from) && behind(to) {
		return e.loose
	}
	all := make([]int, len(e.rules))
	for id := range all {
		all[id] = id
	}
	return all
}

// joins answers whether a rule has both the source and the destination.
func (e *Evaluator) joins(r compiled, from, to Selector) truth {
	src, dst := truth{}, truth{}
	for _, s := range r.src {
		src = src.or(e.find.holds(s, from, source))
	}
	if src.verdict == no {
		return src
	}
	for _, s := range r.dst {
		if s.Kind == KindSelf {
			dst = dst.or(e.find.self(from, to))
		} else {
			dst = dst.or(e.find.holds(s, to, destination))
		}
	}
	return src.and(dst)
}

// conditions answers whether a rule that has both ends applies: the source device has to
// meet its postures, and a router that it names has to lead there.
func (e *Evaluator) conditions(r compiled, to Selector) truth {
	t := e.meets(r)
	if len(r.via) > 0 {
		t = t.and(e.find.routed(r.via, to))
	}
	return t
}

// meets answers whether the source device meets the rule's postures.
func (e *Evaluator) meets(r compiled) truth {
	if len(r.posture) == 0 {
		return sure(true)
	}
	return depends("whether the source device meets " + strings.Join(r.posture, " or "))
}

// covers follows the packet filter: an ICMP echo passes wherever any rule covers the
// two addresses, whatever its ports (tailscale 1.84.3, wgengine/filter/filter.go).
// Without a protocol any of TCP, UDP and ICMP will do, if the port is right
// (headscale 0.29.2, testdata policytest-allpass-acls-and-grants-mixed).
func (r compiled) covers(protocols []int, port uint16) bool {
	if len(protocols) == 0 {
		return slices.ContainsFunc(r.ports, func(p acl.PortSpec) bool { return p.CoversAny(port) })
	}
	for _, protocol := range protocols {
		if acl.IsICMP(protocol) {
			return true
		}
		if slices.ContainsFunc(r.ports, func(p acl.PortSpec) bool { return p.Covers(protocol, port) }) {
			return true
		}
	}
	return false
}

// Approves reports whether a device with these tags has the prefix approved without
// anybody asking: a key approves what lies inside it (headscale 0.29.2, testdata
// routes-d2), never what is wider.
func (e *Evaluator) Approves(tags []string, prefix netip.Prefix) bool {
	return slices.ContainsFunc(e.policy.Routes, func(r acl.Assignment) bool {
		key, _, err := acl.MaskedPrefix(r.Key)
		return err == nil && cidr.Contains(key, prefix) && slices.ContainsFunc(r.Values, func(who string) bool {
			return slices.Contains(tags, who) || who == "autogroup:tagged" && len(tags) > 0
		})
	})
}
