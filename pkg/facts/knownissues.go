package facts

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// KnownIssues returns the program's own list of known issues, in the order in which it was
// written: known.json, from which a test of this package makes the table. To read JSON
// takes a tenth of the time of a whole run.
func KnownIssues() []schema.KnownIssue { return slices.Clone(knownIssues) }
