package validate

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/suppress"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about the topology's own suppressions and known issues. Those of known issues are
// in their data: see issues.Known.
const (
	CodeSuppressed                  = suppress.CodeExpired
	CodeSuppressionUnused           = suppress.CodeUnused
	CodeKnownIssue        diag.Code = "known-issue-redefined" // an issue of the user's with a code that is taken
)

// Suppress drops the findings that the topology accepts, and adds one for each suppression
// that has expired or suppresses nothing, but for codes that other runs find.
func Suppress(t *schema.Topology, list diag.List, day string, others []diag.Code) diag.List {
	kept, used := suppress.Accept(t.Spec.Suppressions, list, day)
	unused := suppress.Judge(t.Spec.Suppressions, used, day, func(code string) bool { return !slices.Contains(others, diag.Code(code)) })
	useless := map[string]*diag.Diagnostic{}
	for _, d := range unused {
		if d.Code == CodeSuppressionUnused {
			useless[d.Path] = d
		}
	}
	if len(useless) == 0 {
		return append(kept, unused...)
	}
	codes := codeNames(t, others)
	for i, s := range t.Spec.Suppressions {
		d := useless[diag.Index("spec.suppressions", i)]
		if d == nil {
			continue
		}
		if near := diag.Nearest(s.Code, codes); near != "" && near != s.Code {
			d.Fix("did you mean %s?", near)
		}
	}
	return append(kept, unused...)
}

// codeNames are the codes that a suppression may name.
func codeNames(t *schema.Topology, others []diag.Code) []string {
	var names []string
	for _, c := range append(Codes(), others...) {
		names = append(names, string(c))
	}
	for _, issue := range append(slices.Clone(facts.KnownIssues()), t.Spec.KnownIssues...) {
		names = append(names, issue.Code)
	}
	return names
}

// knownIssues finds the issues that somebody has to do something about.
func knownIssues(p *plan.Plan) diag.List {
	list := issues.Findings(p)
	own := facts.KnownIssues()
	for i, issue := range p.Given.Spec.KnownIssues {
		if slices.ContainsFunc(own, func(o schema.KnownIssue) bool { return o.Code == issue.Code }) {
			list.Errorf(CodeKnownIssue, diag.Index("spec.knownIssues", i)+".code", "known issue %q of the topology has the code of one of the program's own", issue.Code).
				Fix("give it a code of its own; suppress a finding that does not concern you under spec.suppressions")
		}
	}
	return list
}
