package validate

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about the topology's own suppressions and known issues. Those of known issues are
// in their data: see issues.Known.
const (
	CodeSuppressed        diag.Code = "suppression-expired"   // its last day has passed
	CodeSuppressionUnused diag.Code = "suppression-unused"    // nothing to suppress
	CodeKnownIssue        diag.Code = "known-issue-redefined" // an issue of the user's with a code that is taken
)

// Suppress drops the findings that the topology accepts, and adds one for each
// suppression that has expired or suppresses nothing. The date asOf is YYYY-MM-DD;
// when it is empty nothing expires, for no clock is asked.
func Suppress(t *schema.Topology, list diag.List, asOf string) diag.List {
	var kept diag.List
	used := make([]bool, len(t.Spec.Suppressions))
	accepted := acceptedPlaces(t.Spec.Suppressions)
	for _, d := range list {
		if i := accepted.find(d); i == none {
			kept = append(kept, d)
		} else if used[i] = true; expired(&t.Spec.Suppressions[i], asOf) {
			kept = append(kept, d)
		}
	}
	for i := range t.Spec.Suppressions {
		judgeSuppression(&kept, &t.Spec.Suppressions[i], diag.Index("spec.suppressions", i), used[i], asOf)
	}
	return kept
}

// place is a code at a path, which holds for all that lies below it.
type place struct{ code, path string }

// places are the first suppressions of each place.
type places map[place]int

func acceptedPlaces(suppressions []schema.Suppression) places {
	p := places{}
	for i, s := range suppressions {
		if _, twice := p[place{s.Code, s.Path}]; !twice {
			p[place{s.Code, s.Path}] = i
		}
	}
	return p
}

// find returns the first suppression of the finding's code at its path or above.
func (p places) find(d *diag.Diagnostic) int {
	found := none
	for path := d.Path; ; path = path[:strings.LastIndexAny(path, ".[")] {
		if i, ok := p[place{string(d.Code), path}]; ok && (found == none || i < found) {
			found = i
		}
		if !strings.ContainsAny(path, ".[") {
			break
		}
	}
	if i, ok := p[place{string(d.Code), ""}]; ok && (found == none || i < found) {
		found = i
	}
	return found
}

// expired compares dates as text, which for YYYY-MM-DD is the order of days.
func expired(s *schema.Suppression, asOf string) bool {
	return s.Expires != "" && asOf != "" && s.Expires < asOf
}

func judgeSuppression(list *diag.List, s *schema.Suppression, path string, used bool, asOf string) {
	switch {
	case !used:
		list.Warnf(CodeSuppressionUnused, path, "the suppression of %s%s suppresses nothing (%s)", s.Code, at(s.Path), s.Reason).
			Fix("remove it, so that it does not hide the next finding of its kind")
	case expired(s, asOf):
		list.Warnf(CodeSuppressed, path+".expires", "the suppression of %s%s was valid until %s, and today is %s (%s)", s.Code, at(s.Path), s.Expires, asOf, s.Reason).
			Fix("fix the finding, or give the suppression a new date")
	}
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return " at " + path
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
