// Package existing reads what a cluster or a build already has, and compares it with a
// topology: a cluster dump (kubectl get -o yaml or json), the output of a
// kustomize build, the items of a ResourceList.
//
// Start with Split, which takes a topology out of a stream, Objects or Items, and
// Compare.
package existing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Split separates a topology from the objects that stand in the same file. Both keep
// their line numbers: what belongs to the other is blank. Without an object rest is
// nil and topology is data itself; without a topology it is the other way round.
func Split(data []byte) (topology, rest []byte) {
	documents := split(data)
	var others int
	for _, d := range documents {
		if !d.topology {
			others++
		}
	}
	switch {
	case others == 0:
		return data, nil
	case others == len(documents):
		return nil, data
	}
	for _, d := range documents {
		if d.topology {
			topology, rest = append(topology, d.text...), append(rest, blank(d.text)...)
		} else {
			topology, rest = append(topology, blank(d.text)...), append(rest, d.text...)
		}
	}
	return topology, rest
}

type document struct {
	text     []byte
	topology bool
}

// split cuts at the lines that start a document. Text without a kind (comments, a
// fragment, what is no YAML at all) counts as a topology: loading says what is wrong
// with it.
func split(data []byte) []document {
	var documents []document
	for len(data) > 0 {
		end := len(data)
		if i := bytes.Index(data, []byte("\n---")); i >= 0 {
			end = i + 1
			if i == 0 {
				end = 1
			}
		}
		text := data[:end]
		data = data[end:]
		k := kindOf(text)
		documents = append(documents, document{text, k == "" || k == schema.KindTopology})
	}
	return documents
}

// kindOf reads the kind of a document without parsing it: a topology of ten thousand
// regions is parsed once.
func kindOf(text []byte) string {
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte("{")) {
		return jsonKind(trimmed)
	}
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte("kind:")); ok {
			word, _, _ := strings.Cut(string(value), "#")
			return strings.Trim(strings.TrimSpace(word), `"'`)
		}
	}
	return ""
}

func jsonKind(text []byte) string {
	var head struct {
		Kind string `yaml:"kind"`
	}
	if yaml.Unmarshal(text, &head) != nil {
		return ""
	}
	return head.Kind
}

func blank(text []byte) []byte { return bytes.Repeat([]byte("\n"), bytes.Count(text, []byte("\n"))) }

// Objects reads every object of a YAML or JSON stream; a List counts as its items.
// The name is the file's, for positions.
func Objects(name string, data []byte) ([]Object, error) {
	var objects []Object
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, n := range unlist(yaml.NewRNode(&n)) {
			o, err := object(n)
			if err != nil {
				return nil, fmt.Errorf("%s: line %d: %w", name, n.YNode().Line, err)
			}
			o.Locate = func(path string) diag.Position { return locate(name, n.YNode(), path) }
			objects = append(objects, o)
			objects = append(objects, inside(&o)...)
		}
	}
}

// Items reads the items of a ResourceList, which have no positions.
func Items(items []*yaml.RNode) ([]Object, error) {
	var objects []Object
	for _, n := range items {
		o, err := object(n)
		if err != nil {
			return nil, err
		}
		o.Locate = func(string) diag.Position { return diag.Position{} }
		objects = append(objects, o)
		objects = append(objects, inside(&o)...)
	}
	return objects, nil
}

// unlist returns the items of a List, and any other object as it is; nothing for a
// document without content.
func unlist(n *yaml.RNode) []*yaml.RNode {
	if n.YNode() == nil || n.YNode().Kind != yaml.MappingNode {
		return nil
	}
	if items := n.Field("items"); strings.HasSuffix(n.GetKind(), "List") && items != nil {
		elements, err := items.Value.Elements()
		if err == nil {
			return elements
		}
	}
	return []*yaml.RNode{n}
}

// inside reads the object that kubeadm keeps as text in its ConfigMap (kubernetes
// 1.33.1, cmd/kubeadm/app/constants: KubeadmConfigConfigMap). What is no object there
// is kubeadm's business.
func inside(o *Object) []Object {
	data, _ := o.Content["data"].(map[string]any)
	text, _ := data["ClusterConfiguration"].(string)
	if o.Kind != "ConfigMap" || o.Name != "kubeadm-config" || text == "" {
		return nil
	}
	objects, err := Objects("", []byte(text))
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
	_, n = yamlnode.Nearest(n, path)
	return diag.Position{File: file, Line: n.Line, Column: n.Column}
}
