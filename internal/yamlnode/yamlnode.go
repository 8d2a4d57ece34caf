// Package yamlnode walks trees of YAML nodes by the paths that findings name: the one
// way in which reading, comparing, editing and readmitting find a field.
//
// Start with Child for one step, or with Nearest for a whole path.
package yamlnode

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Field returns the value of a mapping's key, nil where m is not a mapping or has no
// such key.
func Field(m *yaml.Node, name string) *yaml.Node {
	_, value := pair(m, name)
	return value
}

// Child returns the field of a mapping or the element of a list that the step names,
// such as "spec" or "0", and the field's key; nil where there is none. Elements have no
// key.
func Child(n *yaml.Node, step string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.SequenceNode {
		return pair(n, step)
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
		return nil, n.Content[i]
	}
	return nil, nil
}

func pair(m *yaml.Node, name string) (key, value *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// Nearest follows a path as diag.Field and diag.Index write it, such as
// `spec.regions[0].labels["a.b"]`, as far as the tree goes. It returns the last node that
// it reached and that node's key, which is nil for an element and for the root.
func Nearest(root *yaml.Node, path string) (key, value *yaml.Node) {
	value = root
	for path != "" {
		var step string
		step, path = cutStep(path)
		k, v := Child(value, step)
		if v == nil {
			break
		}
		key, value = k, v
	}
	return key, value
}

// cutStep cuts the first step off a path.
func cutStep(path string) (step, rest string) {
	path = strings.TrimPrefix(path, ".")
	if quoted, err := strconv.QuotedPrefix(strings.TrimPrefix(path, "[")); err == nil && path[0] == '[' {
		step, _ = strconv.Unquote(quoted)
		return step, strings.TrimPrefix(path[1+len(quoted):], "]")
	}
	if strings.HasPrefix(path, "[") {
		step, rest, _ = strings.Cut(path[1:], "]")
		return step, rest
	}
	if i := strings.IndexAny(path, ".["); i > 0 {
		return path[:i], path[i:]
	}
	return path, ""
}
