package readmit

import (
	"cmp"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// File is one file of the component, its path relative to the component's directory.
type File struct {
	Path string
	Data []byte
}

// Component returns the patches as a kustomize Component, for builds that run no
// functions: kustomization.yaml first, then one file for each patch. The patched
// policies come from the kustomization that lists the component.
func Component(patches []Patch) ([]File, error) {
	k := component{
		APIVersion: "kustomize.config.k8s.io/v1alpha1",
		Kind:       "Component",
	}
	files := []File{{Path: "kustomization.yaml"}}
	for _, p := range slices.SortedFunc(slices.Values(patches), func(a, b Patch) int { return cmp.Compare(a.file(), b.file()) }) {
		k.Patches = append(k.Patches, componentPatch{p.file(), p.Target})
		files = append(files, File{p.file(), p.Operations})
	}
	data, err := yaml.Marshal(k)
	files[0].Data = data
	return files, err
}

type component struct {
	APIVersion string           `yaml:"apiVersion"`
	Kind       string           `yaml:"kind"`
	Patches    []componentPatch `yaml:"patches"`
}

type componentPatch struct {
	Path   string `yaml:"path"`
	Target Target `yaml:"target"`
}

// file names the patch's file. An underscore is in no name of Kubernetes, so two
// policies never share one.
func (p Patch) file() string {
	return p.Target.Kind + "_" + p.namespace + "_" + p.name + ".yaml"
}
