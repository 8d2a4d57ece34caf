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

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Evaluator answers what a policy allows. It knows grants, access rules, tags,
// hosts, groups, autogroup:member, autogroup:tagged, autogroup:internet and
// autogroup:danger-all, via, autoApprovers and tests. Other selectors match nothing;
// Unknown lists them. It is safe for concurrent use.
type Evaluator struct {
	scope   *Scope
	rules   []compiled
	find    *finder
	devices []Device
	policy  *acl.Policy
	unknown []string
}

// compiled is a rule whose names are resolved. A rule of the file becomes several
// where its destinations have different ports.
type compiled struct {
	path     string
	src, dst []Selector
	ports    []acl.PortSpec
	via      []string
}

// New compiles the policy. Names that the policy does not define, and ports that cannot
// be read, match nothing: see policyfile.Lint. Devices make questions about tags and
// users answerable by address; without them a tag stands for itself.
func New(p *acl.Policy, devices ...Device) *Evaluator {
	e := &Evaluator{scope: NewScope(p), devices: devices, policy: p}
	e.find = newFinder(p, e.scope, devices)
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

// addACL gives destinations with the same ports one compiled rule.
func (e *Evaluator) addACL(path string, a acl.ACL) {
	if a.Action != "accept" {
		return
	}
	for _, g := range a.Grants() {
		e.add(path, g.Src, g.Dst, g.IP, nil)
	}
}

func (e *Evaluator) add(path string, src, dst, ports, via []string) {
	r := compiled{path: path, via: via, src: e.selectors(src), dst: e.selectors(dst)}
	for _, spec := range ports {
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
}

func (e *Evaluator) selectors(list []string) []Selector {
	var out []Selector
	for _, name := range list {
		s, err := e.scope.Selector(name)
		if err != nil {
			continue
		}
		if s.Kind == KindOther {
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
	port, err := parsePort(portText)
	if err != nil {
		return Answer{}, err
	}
	return e.decide(from, to, protocols, port)
}

// parsePort reads a single port, or "*" for a protocol without ports.
func parsePort(s string) (uint16, error) {
	if s == "*" {
		return 0, nil
	}
	if p, ok := acl.ParsePort(s); ok {
		return p, nil
	}
	return 0, fmt.Errorf("%q is not a port from 1 to 65535", s)
}

func (e *Evaluator) decide(from, to Selector, protocols []int, port uint16) (Answer, error) {
	principals := e.scope.principals(from)
	if len(principals) == 0 {
		return Answer{}, fmt.Errorf("%s stands for nobody", cmp.Or(from.Name, "the source"))
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

// match finds the first rule that lets the source reach the destination.
func (e *Evaluator) match(from, to Selector, protocols []int, port uint16) (int, bool) {
	for _, id := range common(e.find.sources(from), e.find.destinations(to)) {
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
		key, err := acl.ParsePrefix(r.Key)
		return err == nil && cidr.Contains(key, prefix) && slices.ContainsFunc(r.Values, func(who string) bool {
			return slices.Contains(tags, who) || who == "autogroup:tagged" && len(tags) > 0
		})
	})
}
