package render

import (
	"sigs.k8s.io/kustomize/api/types"
)

// kustomization ties the objects together: `kustomize build` of the tree prints all
// that goes to the API server, in the order in which it can be applied.
func kustomization(concerns []string) *types.Kustomization {
	k := &types.Kustomization{
		TypeMeta: types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
		// kustomize's own order would move our objects about among the user's.
		SortOptions: &types.SortOptions{Order: types.FIFOSortOrder},
	}
	for _, c := range concerns {
		k.Resources = append(k.Resources, clusterPath(c))
	}
	return k
}

func clusterPath(concern string) string { return "cluster/" + concern + ".yaml" }
