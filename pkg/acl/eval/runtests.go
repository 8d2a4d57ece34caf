package eval

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// RunTests runs the policy's own tests and returns what fails, as the control server
// would before it takes the file. Tests of a form that it refuses are for policyfile.Lint.
func (e *Evaluator) RunTests() diag.List {
	var list diag.List
	for i, t := range e.policy.Tests {
		path := diag.Index("tests", i)
		for j, dst := range t.Accept {
			e.runTest(&list, diag.Index(path+".accept", j), t, dst, true)
		}
		for j, dst := range t.Deny {
			e.runTest(&list, diag.Index(path+".deny", j), t, dst, false)
		}
	}
	return list
}

func (e *Evaluator) runTest(list *diag.List, path string, t acl.Test, dst string, want bool) {
	answer, err := e.Ask(t.Src, dst, t.Proto)
	if err != nil {
		return // policyfile.Lint says why the test cannot be run
	}
	switch {
	case want && !answer.Allowed:
		list.Errorf(CodeTestFailed, path, "%s must reach %s%s, and no rule allows it", e.scope.named(t.Src), e.scope.namedTarget(dst), over(t.Proto)).
			Fix("add the rule, or delete the assertion")
	case !want && answer.Allowed:
		d := list.Errorf(CodeTestFailed, path, "%s must not reach %s%s, and %s allows it", e.scope.named(t.Src), e.scope.namedTarget(dst), over(t.Proto), orDefault(answer.Rule)).
			Fix("narrow the rule, or delete the assertion")
		if answer.Rule != "" {
			d.See(answer.Rule, "this rule allows it")
		}
	}
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
