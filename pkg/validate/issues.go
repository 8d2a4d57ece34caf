package validate

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// knownIssues finds the issues that somebody has to do something about.
func knownIssues(p *plan.Plan) diag.List {
	list := issues.Findings(p)
	own := facts.KnownIssues()
	for i, issue := range p.Given.Spec.KnownIssues {
		if slices.ContainsFunc(own, func(o schema.KnownIssue) bool { return o.Code == issue.Code }) {
			list.Errorf(CodeKnownIssue, diag.Index("spec.knownIssues", i)+".code", "known issue %q of the topology has the code of one of the program's own", issue.Code).
				Fix("give it a code of its own; a finding that does not concern you is waived under spec.suppressions")
		}
	}
	return list
}
