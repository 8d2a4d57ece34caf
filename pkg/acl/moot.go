package acl

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// moot reports rules that another rule makes superfluous: rules only add, so what is
// allowed twice is allowed once, and a narrow rule beside a wide one restricts
// nothing.
func (l *linter) moot() {
	e := NewEvaluator(l.policy)
	wider := map[string]string{} // path of a rule: a rule that covers all of it
	covered := map[string]bool{}
	for id, r := range e.rules {
		by, ok := e.coveredBy(id)
		if seen, known := covered[r.path]; known && !seen {
			continue
		}
		covered[r.path] = ok
		if ok {
			wider[r.path] = e.rules[by].path
		}
	}
	for _, r := range e.rules {
		by, ok := wider[r.path]
		if !ok || !covered[r.path] {
			continue
		}
		delete(wider, r.path)
		l.list.Warnf(codeMoot, r.path, "%s allows nothing that %s does not allow already", r.path, by).
			See(by, "the wider rule").Fix("drop the narrower rule; if it was to restrict something, narrow the wider one")
	}
}

// coveredBy finds another rule that allows everything the rule allows. Of two equal
// rules the later one is superfluous.
func (e *Evaluator) coveredBy(id int) (int, bool) {
	r := e.rules[id]
	if len(r.src) == 0 || len(r.dst) == 0 {
		return 0, false
	}
	candidates := e.sources(r.src[0])
	for _, s := range r.src[1:] {
		candidates = common(candidates, e.sources(s))
	}
	for _, s := range r.dst {
		candidates = common(candidates, e.destinations(s))
		if len(candidates) < 2 {
			return 0, false
		}
	}
	for _, other := range sortedSet(candidates) {
		if e.replaces(other, id) && (other < id || !e.mutual(other, id)) {
			return other, true
		}
	}
	return 0, false
}

// replaces reports whether the other rule's ports and routers allow what the rule's do.
func (e *Evaluator) replaces(other, id int) bool {
	o, r := e.rules[other], e.rules[id]
	if o.path == r.path || !slices.Equal(o.via, r.via) {
		return false
	}
	return includesAll(o.ports, r.ports)
}

// mutual reports whether the rule allows all that the other allows as well.
func (e *Evaluator) mutual(other, id int) bool {
	o := e.rules[other]
	for _, s := range o.src {
		if !slices.Contains(e.sources(s), id) {
			return false
		}
	}
	for _, s := range o.dst {
		if !slices.Contains(e.destinations(s), id) {
			return false
		}
	}
	return e.replaces(id, other)
}

// includesAll reports whether every part of inner lies in one part of outer.
func includesAll(outer, inner []PortSpec) bool {
	for _, in := range inner {
		if !slices.ContainsFunc(outer, func(out PortSpec) bool { return out.includes(in) }) {
			return false
		}
	}
	return true
}

// Unsupported returns what the topology asks of its tailnet policy that its control
// server, or the form it has chosen, cannot say. What is reported is left out of
// FromTopology's policy.
func Unsupported(t *schema.Topology) diag.List {
	t = t.WithDefaults()
	var list diag.List
	tailnet := &t.Spec.Tailnet
	if tailnet.Control == schema.ControlHeadscale && len(tailnet.IPPool) > 0 {
		list.Warnf(codeUnsupported, "spec.tailnet.ipPool", "Headscale's policy has no ipPool, so the pool %s is in no policy file", prefixStrings(tailnet.IPPool)).
			Fix("set prefixes.v4 in Headscale's own configuration")
	}
	unsupportedForm(&list, &tailnet.Policy)
	if tailnet.GatewaySource == schema.SourceTailnetIP && !tailnet.Policy.TagPerRegion && len(t.Spec.Regions) > 1 {
		list.Warnf(codeSelf, "spec.tailnet.policy.tagPerRegion",
			"gateways of every region carry %s and send from their tailnet addresses, so each region's gateways are granted their own region", tailnet.Tag).
			Fix("set tagPerRegion: true, or gatewaySource: internalIP")
	}
	return list
}

func unsupportedForm(list *diag.List, p *schema.Policy) {
	if p.Form == schema.FormGrants {
		return
	}
	for i, pin := range p.Pins {
		list.Errorf(codeUnsupported, diag.Index("spec.tailnet.policy.pins", i),
			"access rules have no via, so what %s sends to %s cannot be pinned to %s", pin.From, pin.To, pin.Via).
			Fix("set form: grants, or drop the pin")
	}
}
