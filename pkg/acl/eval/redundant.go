package eval

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// Redundancy is a rule that allows everything that other rules allow: rules only add,
// so those restrict nothing and add nothing. Rules are paths: "grants[3]".
type Redundancy struct {
	Wide   string
	Narrow []string
}

// Redundant lists the rules that another one makes superfluous, by the wider rule, in
// the order of the narrower ones.
func (e *Evaluator) Redundant() []Redundancy {
	wider := e.wider()
	var list []Redundancy
	at := map[string]int{}
	for _, r := range e.rules {
		by, ok := wider[r.path]
		if !ok {
			continue
		}
		delete(wider, r.path)
		i, seen := at[by]
		if !seen {
			i = len(list)
			at[by] = i
			list = append(list, Redundancy{Wide: by})
		}
		list[i].Narrow = append(list[i].Narrow, r.path)
	}
	return list
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

// coveredBy finds another rule that allows everything the rule allows. Of two equal
// rules the later one is superfluous.
func (e *Evaluator) coveredBy(id int) (int, bool) {
	r := e.rules[id]
	if len(r.src) == 0 || len(r.dst) == 0 {
		return 0, false
	}
	candidates := e.find.sources(r.src[0])
	for _, s := range r.src[1:] {
		candidates = common(candidates, e.find.sources(s))
	}
	for _, s := range r.dst {
		candidates = common(candidates, e.find.destinations(s))
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
	if o.path == r.path || !slices.Equal(o.via, r.via) || len(o.posture) > 0 && !slices.Equal(o.posture, r.posture) {
		return false
	}
	return includesAll(o.ports, r.ports)
}

// mutual reports whether the rule allows all that the other allows as well.
func (e *Evaluator) mutual(other, id int) bool {
	o := e.rules[other]
	for _, s := range o.src {
		if !slices.Contains(e.find.sources(s), id) {
			return false
		}
	}
	for _, s := range o.dst {
		if !slices.Contains(e.find.destinations(s), id) {
			return false
		}
	}
	return e.replaces(id, other)
}

// includesAll reports whether every part of inner lies in one part of outer.
func includesAll(outer, inner []acl.PortSpec) bool {
	for _, in := range inner {
		if !slices.ContainsFunc(outer, func(out acl.PortSpec) bool { return out.Includes(in) }) {
			return false
		}
	}
	return true
}
