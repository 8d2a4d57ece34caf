package tree

import (
	"path"

	"sigs.k8s.io/kustomize/api/types"
)

// Kustomization ties the objects together: `kustomize build` of the tree prints all
// that goes to the API server, in the order in which it can be applied, which is that of
// the concerns.
func Kustomization(header string, concerns []string) (File, error) {
	var resources []string
	for _, c := range concerns {
		resources = append(resources, ClusterPath(c))
	}
	return KustomizationOf(header, ".", resources...)
}

// KustomizationOf is the one of a directory of the tree, with files below it.
func KustomizationOf(header, dir string, resources ...string) (File, error) {
	k := &types.Kustomization{
		TypeMeta: types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
		// kustomize's own order would move our objects about among the user's.
		SortOptions: &types.SortOptions{Order: types.FIFOSortOrder},
		Resources:   resources,
	}
	data, err := Documents(header, k)
	return File{Path: path.Join(dir, "kustomization.yaml"), Data: data}, err
}

// ClusterPath is where the objects of a concern stand in the tree.
func ClusterPath(concern string) string { return "cluster/" + concern + ".yaml" }
