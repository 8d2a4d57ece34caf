// Package issues finds the known issues that a topology has: what versions and settings
// of Tailscale, Kubernetes, network plugins and providers do to each other.
//
// Start with Findings and Notes; the program's own list is one of the facts.
package issues

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Notes returns the known issues that the topology has and that need nothing done, most of them
// because of something we render: severity info, unsorted. Findings returns the
// others.
func Notes(p *plan.Plan) diag.List {
	return issues(p, func(s diag.Severity) bool { return s == diag.Info })
}

// Findings returns the known issues that somebody has to do something about, unsorted.
func Findings(p *plan.Plan) diag.List {
	return issues(p, func(s diag.Severity) bool { return s != diag.Info })
}

// issues finds every known issue of a wanted severity that the topology has, its own list
// included: one finding for each, at the first region that has it.
func issues(p *plan.Plan, wanted func(diag.Severity) bool) diag.List {
	var list diag.List
	full := p.Topology
	in := newSituations(full)
	for _, issue := range append(facts.KnownIssues(), full.Spec.KnownIssues...) {
		if !wanted(issueSeverity(issue.Severity)) {
			continue
		}
		if hits := in.occurrences(&issue); len(hits) > 0 {
			list = append(list, issueFinding(full, &issue, hits))
		}
	}
	return list
}

// occurrence is a region that has an issue, and the situation that applies.
type occurrence struct {
	region    int
	condition *schema.IssueCondition
}

// situations are those of a topology's regions, each once: an issue is decided for each of them,
// and not for each region.
type situations struct {
	t        *schema.Topology
	distinct []schema.Situation
	of       []int // of each region, as an index into distinct
}

// newSituations takes a topology with its defaults filled in.
func newSituations(t *schema.Topology) *situations {
	s := &situations{t: t, of: make([]int, len(t.Spec.Regions))}
	places := map[schema.Situation]int{}
	for i := range t.Spec.Regions {
		own := t.Spec.Regions[i].Situation()
		place, known := places[own]
		if !known {
			place = len(s.distinct)
			places[own], s.distinct = place, append(s.distinct, own)
		}
		s.of[i] = place
	}
	return s
}

// occurrences are the regions that have the issue, in order.
func (s *situations) occurrences(issue *schema.KnownIssue) []occurrence {
	var decided []*schema.IssueCondition // the first condition that each situation meets
	for j := range issue.When {
		c := &issue.When[j]
		if !c.HoldsOfTailnet(s.t) {
			continue
		}
		for k := range s.distinct {
			if (decided == nil || decided[k] == nil) && c.HoldsOfRegion(&s.distinct[k]) {
				if decided == nil {
					decided = make([]*schema.IssueCondition, len(s.distinct))
				}
				decided[k] = c
			}
		}
	}
	if decided == nil {
		return nil
	}
	var hits []occurrence
	for i, k := range s.of {
		if decided[k] != nil {
			hits = append(hits, occurrence{i, decided[k]})
		}
		if len(hits) > 0 && !hits[0].condition.OfRegion() {
			break // it is about the tailnet: saying it once is enough
		}
	}
	return hits
}

func issueFinding(t *schema.Topology, issue *schema.KnownIssue, hits []occurrence) *diag.Diagnostic {
	first := hits[0]
	d := &diag.Diagnostic{
		Severity: issueSeverity(issue.Severity),
		Code:     diag.Code(issue.Code),
		Path:     issuePath(first.condition, first.region),
		Message:  fmt.Sprintf("%s: %s; symptom: %s", parties(t, first), issue.Title, issue.Symptom),
		Remedy:   issue.Mitigation,
	}
	for _, h := range hits[1:] {
		d.See(issuePath(h.condition, h.region), "so does region %q", t.Spec.Regions[h.region].Name)
	}
	return d
}

// issueSeverity takes what the schema lets through; a word it does not know is as
// loud as an error.
func issueSeverity(word string) diag.Severity {
	if s, ok := diag.SeverityOf(word); ok {
		return s
	}
	return diag.Error
}

// issuePath is the field that the situation is most about.
func issuePath(c *schema.IssueCondition, region int) string {
	at := diag.Index("spec.regions", region)
	switch {
	case len(c.CNI) > 0 || c.CNIVersion != (schema.VersionRange{}):
		return at + ".cni"
	case len(c.Provider) > 0:
		return at + ".provider"
	case len(c.GatewayMode)+len(c.HAStrategy) > 0:
		return at + ".gateways"
	case c.OfRegion():
		return at + ".cni"
	case c.Kubernetes != (schema.VersionRange{}):
		return "spec.cluster.kubernetesVersion"
	}
	return "spec.tailnet"
}

// parties names the components that meet, with their versions.
func parties(t *schema.Topology, o occurrence) string {
	names := []string{"tailscale " + string(t.Spec.Tailnet.TailscaleVersion)}
	if o.condition.Kubernetes != (schema.VersionRange{}) {
		names = append(names, "kubernetes "+string(t.Spec.Cluster.KubernetesVersion))
	}
	if !o.condition.OfRegion() {
		return strings.Join(names, ", ")
	}
	r := &t.Spec.Regions[o.region]
	return fmt.Sprintf("%s, %s in region %q of %s", strings.Join(names, ", "), r.CNI.Release(), r.Name, r.Provider)
}
