package acl

import (
	"fmt"
	"slices"
	"strings"
)

// moot reports rules that another rule makes superfluous: rules only add, so what is
// allowed twice is allowed once, and a narrow rule beside a wide one restricts
// nothing. Each wide rule is reported once, with the narrower ones.
func (l *linter) moot() {
	e := NewEvaluator(l.policy)
	wider := e.wider()
	var order []string
	narrower := map[string][]string{}
	for _, r := range e.rules {
		by, ok := wider[r.path]
		if !ok {
			continue
		}
		delete(wider, r.path)
		if narrower[by] == nil {
			order = append(order, by)
		}
		narrower[by] = append(narrower[by], r.path)
	}
	for _, by := range order {
		l.reportMoot(by, narrower[by])
	}
}

// wider is a wider rule for each path all of whose rules have one.
func (e *Evaluator) wider() map[string]string {
	wider, alone := map[string]string{}, map[string]bool{}
	for id, r := range e.rules {
		if by, ok := e.coveredBy(id); ok {
			wider[r.path] = e.rules[by].path
		} else {
			alone[r.path] = true
		}
	}
	for path := range alone {
		delete(wider, path)
	}
	return wider
}

func (l *linter) reportMoot(by string, narrower []string) {
	const few = 3
	more := ""
	if n := len(narrower) - few; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	shown := narrower[:min(few, len(narrower))]
	d := l.list.Warnf(codeMoot, by, "%s allows everything that %s%s allow", by, strings.Join(shown, ", "), more).
		Fix("drop the narrower ones; if they are to restrict something, narrow %s", by)
	for _, path := range shown {
		d.See(path, "%s adds nothing", path)
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
