package policyfile

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Merged is the text that Merge makes before it decides whether to return it: the
// findings of a merge that is refused name lines of it.
func Merged(t *schema.Topology, f *File) []byte {
	m := newMerger(plan.New(t).Topology, f)
	m.sections()
	return m.src
}
