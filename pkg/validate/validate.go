// Package validate finds what cannot work in a topology although every field has
// the right shape: addresses that two parties claim, ranges that somebody else
// keeps, pools that are too small, versions that do not get on.
//
// Start with Topology. It works on the types of package schema alone, touches
// neither files nor the clock, and reports everything in one run.
package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Topology runs every check on t and returns all findings, unsorted. Invalid
// prefixes and addresses (the zero value) are skipped: loading has reported them.
// It leaves t alone.
func Topology(t *schema.Topology) diag.List {
	var list diag.List
	for _, check := range checks() {
		list = append(list, check(t)...)
	}
	return list
}

// checks lists what Topology runs, in order.
func checks() []func(*schema.Topology) diag.List {
	return []func(*schema.Topology) diag.List{
		overlaps,
		reserved,
		readmission,
		masquerade,
		networkPlugins,
		nodeLabels,
		marks,
		knownIssues,
	}
}
