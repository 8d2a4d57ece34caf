package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// readmitDir holds the kustomize Component that readmits the gateways in the user's
// own policies, for builds that run no functions.
const readmitDir = "cluster/readmit/"

// readmit adds to the bundle the patches for the policies in the files; what is wrong
// with the policies is reported.
func (c cli) readmit(t *schema.Topology, bundle *render.Bundle, paths []string) error {
	policies, err := readObjects(paths)
	if err != nil {
		return err
	}
	patches, list := readmit.Patches(t, policies)
	if err := c.report(visible(list)); err != nil {
		return err
	}
	if len(patches) == 0 {
		return nil
	}
	files, err := readmit.Component(patches)
	if err != nil {
		return err
	}
	for _, f := range files {
		bundle.Files = append(bundle.Files, render.File{Path: readmitDir + f.Path, Data: f.Data})
	}
	return nil
}

// readObjects reads the Kubernetes objects of YAML files.
func readObjects(paths []string) ([]*yaml.RNode, error) {
	var all []*yaml.RNode
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		nodes, err := (&kio.ByteReader{Reader: file, OmitReaderAnnotations: true}).Read()
		if err := file.Close(); err != nil {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, nodes...)
	}
	return all, nil
}
