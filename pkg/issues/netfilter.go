package issues

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// OfNetfilter lists the known issues, but for those of severity info, that t has
// with netfilterMode on and not with off, in the list's own order. It leaves t alone.
func OfNetfilter(t *schema.Topology) []schema.KnownIssue {
	on, off := newSituations(withNetfilter(t, schema.NetfilterOn)), newSituations(withNetfilter(t, schema.NetfilterOff))
	return slices.DeleteFunc(append(facts.KnownIssues(), t.Spec.KnownIssues...), func(k schema.KnownIssue) bool {
		return k.Severity == "info" || len(on.occurrences(&k)) == 0 || len(off.occurrences(&k)) > 0
	})
}

// withNetfilter is t in another mode. A firewallMode of auto is what the default makes
// of off, so it is chosen anew.
func withNetfilter(t *schema.Topology, m schema.NetfilterMode) *schema.Topology {
	c := *t
	n := &c.Spec.Tailnet
	if n.NetfilterMode != m && n.FirewallMode == schema.FirewallAuto {
		n.FirewallMode = ""
	}
	n.NetfilterMode = m
	return plan.New(&c).Topology
}
