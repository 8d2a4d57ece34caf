package readmit

import (
	"reflect"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// text returns a scalar's value, "" for everything else.
func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == yaml.NodeTagNull
}

// elements returns the elements of a sequence, nil for everything else.
func elements(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// texts returns the scalars among the elements of a sequence.
func texts(n *yaml.Node) []string {
	var all []string
	for _, e := range elements(n) {
		if e.Kind == yaml.ScalarNode {
			all = append(all, e.Value)
		}
	}
	return all
}

// value decodes a node to maps, slices and scalars.
func value(n *yaml.Node) (any, error) {
	var v any
	err := n.Decode(&v)
	return v, err
}

// same reports whether two nodes mean the same, whatever their comments, styles and
// the order of their keys.
func same(a, b *yaml.Node) bool {
	x, errX := value(a)
	y, errY := value(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// withoutAliases returns n itself where it has no alias, else a copy in which every
// alias and merge key is written out: a sibling made from an anchor must not depend
// on where the anchor stands. Decoding first refuses duplicate keys, anchors that
// contain themselves, and alias bombs.
func withoutAliases(n *yaml.Node) (*yaml.Node, error) {
	if _, err := value(n); err != nil {
		return nil, err
	}
	if !hasAlias(n) {
		return n, nil
	}
	flat := yaml.NewRNode(copyGraph(n, map[*yaml.Node]*yaml.Node{}))
	if err := flat.DeAnchor(); err != nil {
		return nil, err
	}
	return flat.YNode(), nil
}

// copyGraph copies a node and all below it, comments too, so that aliases point into
// the copy: kyaml's own copy leaves them in the original, which expanding them edits.
func copyGraph(n *yaml.Node, copies map[*yaml.Node]*yaml.Node) *yaml.Node {
	if n == nil || copies[n] != nil {
		return copies[n]
	}
	c := *n
	copies[n] = &c
	c.Content = nil
	for _, child := range n.Content {
		c.Content = append(c.Content, copyGraph(child, copies))
	}
	c.Alias = copyGraph(n.Alias, copies)
	return &c
}

func hasAlias(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		return true
	}
	for _, c := range n.Content {
		if hasAlias(c) {
			return true
		}
	}
	return false
}

// clone copies a node and all below it, but not comments, which speak of the
// original, nor anchors, which must stay unique.
func clone(n *yaml.Node) *yaml.Node {
	c := &yaml.Node{Kind: n.Kind, Style: n.Style, Tag: n.Tag, Value: n.Value}
	if isNull(n) {
		c.Value = "null" // left empty in a flow mapping, the encoder would write ''
	}
	for _, child := range n.Content {
		c.Content = append(c.Content, clone(child))
	}
	return c
}

func scalar(s string) *yaml.Node { return yaml.NewStringRNode(s).YNode() }

func sequence(elements ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: elements}
}

// mapping builds a mapping from alternating keys and values.
func mapping(pairs ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: pairs}
}
