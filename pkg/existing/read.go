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

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Read decodes objects, but for what RangePacks say, which load.ReadOwn reads; file is where
// they were written, for positions, and empty where they have none, as in a ResourceList.
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
		objects = append(objects, inside(&o, file, n.YNode())...)
	}
	return objects, nil
}

// nested are the ConfigMaps that hold an object as text, and the key that has it (kubernetes
// 1.33.1, cmd/kubeadm/app/constants: KubeadmConfigConfigMap, KubeProxyConfigMap,
// KubeProxyConfigMapKey).
func nested() map[string]string {
	return map[string]string{"kubeadm-config": "ClusterConfiguration", "kube-proxy": "config.conf"}
}

// inside reads the object that a ConfigMap holds as text. What is not an object there is the
// business of whoever wrote it.
func inside(o *Object, file string, outer *yaml.Node) []Object {
	data, _ := o.Content["data"].(map[string]any)
	key := nested()[o.Name]
	text, _ := data[key].(string)
	if o.Kind != "ConfigMap" || key == "" || text == "" {
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
	at := o.Locate(diag.Field("data", key))
	_, block := yamlnode.Nearest(outer, diag.Field("data", key))
	for i := range objects {
		objects[i].Locate = func(path string) diag.Position {
			// The lines of a literal block are lines of the file. How far they are indented
			// nobody says.
			if _, field := yamlnode.Nearest(n.YNode(), path); file != "" && block.Style&yaml.LiteralStyle != 0 {
				return diag.Position{File: file, Line: block.Line + field.Line}
			}
			return at
		}
	}
	return objects
}

func object(n *yaml.RNode) (Object, error) {
	content := map[string]any{}
	if err := n.YNode().Decode(&content); err != nil {
		return Object{}, err
	}
	return Object{
		APIVersion: decoded.Word(content, "apiVersion"), Kind: decoded.Word(content, "kind"),
		Namespace: decoded.Word(content, "metadata", "namespace"), Name: decoded.Word(content, "metadata", "name"), Content: content,
	}, nil
}

// locate finds where a field was written, or the nearest thing above it.
func locate(file string, n *yaml.Node, path string) diag.Position {
	if file == "" {
		return diag.Position{}
	}
	_, n = yamlnode.Nearest(n, path)
	return diag.Position{File: file, Line: n.Line, Column: n.Column}
}
