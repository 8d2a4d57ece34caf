package tree

import (
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
)

// Target finds the objects of a build that a patch changes.
type Target struct {
	// Kind is a regular expression for the whole of the kind.
	Kind          string
	LabelSelector string
}

// Patch is a file beside the Component's, or a text in it, and what it changes.
type Patch struct {
	Path   string
	Text   string
	Target Target
}

// Component is a kustomization that others take in under `components:`: it changes their
// resources and adds some.
func Component(resources []string, patches []Patch) any {
	k := &types.Kustomization{
		TypeMeta:  types.TypeMeta{APIVersion: types.ComponentVersion, Kind: types.ComponentKind},
		Resources: resources,
	}
	for _, p := range patches {
		k.Patches = append(k.Patches, types.Patch{Path: p.Path, Patch: p.Text, Target: &types.Selector{
			ResId:         resid.ResId{Gvk: resid.Gvk{Kind: p.Target.Kind}},
			LabelSelector: p.Target.LabelSelector,
		}})
	}
	return k
}
