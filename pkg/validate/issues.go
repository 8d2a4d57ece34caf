package validate

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// knownIssues finds the issues that somebody has to do something about.
func knownIssues(t *schema.Topology) diag.List {
	list := issues.Findings(t)
	own := issues.Known()
	for i, issue := range t.Spec.KnownIssues {
		if slices.ContainsFunc(own, func(o schema.KnownIssue) bool { return o.Code == issue.Code }) {
			list.Errorf(CodeKnownIssue, diag.Index("spec.knownIssues", i)+".code", "known issue %q of the topology has the code of one of the program's own", issue.Code).
				Fix("give it a code of its own; a finding that does not concern you is waived under spec.suppressions")
		}
	}
	return list
}
