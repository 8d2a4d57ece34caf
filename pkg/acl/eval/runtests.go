package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// RunTests runs the policy's own tests and returns what fails, as the control server
// would before it takes the file, and for what cannot be decided here on what it depends.
// Tests of a form that it refuses are for policyfile.Lint.
func (e *Evaluator) RunTests() diag.List {
	r := runner{e: e}
	for i, t := range e.policy.Tests {
		path := diag.Index("tests", i)
		for j, dst := range t.Accept {
			r.run(diag.Index(path+".accept", j), t, dst, true)
		}
		for j, dst := range t.Deny {
			r.run(diag.Index(path+".deny", j), t, dst, false)
		}
	}
	return append(r.list, r.undecided()...)
}

type runner struct {
	e    *Evaluator
	list diag.List
	// open are the assertions that cannot be decided, by what they depend on.
	open []openAssertion
}

type openAssertion struct {
	on, path, what, rule string
	others               int
}

func (r *runner) run(path string, t acl.Test, dst string, want bool) {
	e := r.e
	answer, err := e.Ask(t.Src, dst, t.Proto)
	if err != nil {
		return // policyfile.Lint says why the test cannot be run
	}
	must := "must reach"
	if !want {
		must = "must not reach"
	}
	what := fmt.Sprintf("%s %s %s%s", e.scope.named(t.Src), must, e.scope.namedTarget(dst), over(t.Proto))
	switch {
	case answer.Undecided != "":
		r.depends(openAssertion{on: answer.Undecided, path: path, what: what, rule: answer.Rule})
	case want && !answer.Allowed:
		r.list.Errorf(CodeTestFailed, path, "%s, and no rule allows it", what).
			Fix("add the rule, or delete the assertion")
	case !want && answer.Allowed:
		d := r.list.Errorf(CodeTestFailed, path, "%s, and %s allows it", what, orDefault(answer.Rule)).
			Fix("narrow the rule, or delete the assertion")
		if answer.Rule != "" {
			d.See(answer.Rule, "this rule allows it")
		}
	}
}

// depends notes an assertion, once for each reason.
func (r *runner) depends(a openAssertion) {
	if i := slices.IndexFunc(r.open, func(o openAssertion) bool { return o.on == a.on }); i >= 0 {
		r.open[i].others++
		return
	}
	r.open = append(r.open, a)
}

func (r *runner) undecided() diag.List {
	var list diag.List
	for _, a := range r.open {
		others := ""
		switch {
		case a.others == 1:
			others = ", as does one more assertion"
		case a.others > 1:
			others = fmt.Sprintf(", as do %d more assertions", a.others)
		}
		d := list.Warnf(CodeUndecided, a.path, "%s: that depends on %s, which is not known here%s", a.what, a.on, others).
			Fix("nothing, if the control server takes the file: it knows, and runs the tests itself")
		if a.rule != "" {
			d.See(a.rule, "the rule that may allow it")
		}
	}
	return list
}

// orDefault names the rule, or the file where no rule is named.
func orDefault(rule string) string {
	if rule == "" {
		return "a file without rules"
	}
	return rule
}

func over(proto string) string {
	if proto == "" {
		return ""
	}
	return " by " + strings.ToUpper(proto)
}
