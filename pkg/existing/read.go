// Package existing compares what a cluster or a build already has with a topology: a
// cluster dump (kubectl get -o yaml or json), the output of a kustomize build, the items
// of a ResourceList.
//
// Start with Read, which decodes objects that are parsed (package load parses them, beside
// a topology or alone), and Compare.
package existing

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Read decodes objects; file is where they were written, for positions, and empty where
// they have none, as in a ResourceList.
func Read(file string, nodes ...*yaml.RNode) ([]Object, error) {
	var objects []Object
	for _, n := range nodes {
		o, err := object(n)
		if err != nil && file != "" {
			err = fmt.Errorf("%s: line %d: %w", file, n.YNode().Line, err)
		}
		if err != nil {
			return nil, err
		}
		o.Locate = func(path string) diag.Position { return locate(file, n.YNode(), path) }
		objects = append(objects, o)
		objects = append(objects, inside(&o)...)
	}
	return objects, nil
}

// inside reads the object that kubeadm keeps as text in its ConfigMap (kubernetes
// 1.33.1, cmd/kubeadm/app/constants: KubeadmConfigConfigMap). What is not an object there
// is kubeadm's business.
func inside(o *Object) []Object {
	data, _ := o.Content["data"].(map[string]any)
	text, _ := data["ClusterConfiguration"].(string)
	if o.Kind != "ConfigMap" || o.Name != "kubeadm-config" || text == "" {
		return nil
	}
	n, err := yaml.Parse(text)
	if err != nil {
		return nil
	}
	objects, err := Read("", n)
	if err != nil {
		return nil
	}
	at := o.Locate
	for i := range objects {
		objects[i].Locate = func(string) diag.Position { return at("data.ClusterConfiguration") }
	}
	return objects
}

func object(n *yaml.RNode) (Object, error) {
	content := map[string]any{}
	if err := n.YNode().Decode(&content); err != nil {
		return Object{}, err
	}
	return Object{APIVersion: n.GetApiVersion(), Kind: n.GetKind(), Namespace: n.GetNamespace(), Name: n.GetName(), Content: content}, nil
}

// locate finds where a field was written, or the nearest thing above it.
func locate(file string, n *yaml.Node, path string) diag.Position {
	if file == "" {
		return diag.Position{}
	}
	_, n = yamlnode.Nearest(n, path)
	return diag.Position{File: file, Line: n.Line, Column: n.Column}
}
