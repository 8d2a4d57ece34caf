package load

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

const (
	// maxDepth is far beyond the eight levels a topology has.
	maxDepth = 64
	// maxExpanded is how many nodes all aliases together may stand for. Kustomize
	// expands aliases before a function sees them, so the command must accept them,
	// too; nine lines of aliases of aliases stand for a billion nodes.
	maxExpanded = 100_000
)

// expand replaces aliases and merge keys by what they stand for, and everything
// that is nested too deeply by nothing. It leaves n alone, and returns n itself
// when there is nothing to replace, which is nearly always.
func (r *reader) expand(n *yaml.Node, p *path, depth int) *yaml.Node {
	if depth > maxDepth {
		return r.blank(n, r.errorf(TooDeep, n, p, "nothing in a topology is nested %d levels deep", maxDepth).
			Fix("look for a bracket or an indentation that does not end"))
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.alias(n, p, depth)
	case yaml.MappingNode:
		return r.merged(r.children(n, p, depth), p)
	case yaml.SequenceNode:
		return r.children(n, p, depth)
	}
	return r.counted(n, p)
}

// children expands what is in a mapping or a sequence.
func (r *reader) children(n *yaml.Node, p *path, depth int) *yaml.Node {
	out := r.counted(n, p)
	if r.bad[out] {
		return out
	}
	if n.Anchor != "" {
		r.open[n] = true
		defer delete(r.open, n)
	}
	for i, c := range n.Content {
		at := p.element(i)
		if n.Kind == yaml.MappingNode {
			at = p.field(n.Content[i&^1].Value)
		}
		e := r.expand(c, at, depth+1)
		if e == c {
			continue
		}
		if out == n {
			out = shallowCopy(n)
		}
		out.Content[i] = e
	}
	return out
}

// alias expands what an alias stands for into nodes of its own.
func (r *reader) alias(n *yaml.Node, p *path, depth int) *yaml.Node {
	if r.open[n.Alias] || n.Alias == nil {
		return r.blank(n, r.errorf(AliasExpansion, n, p, "anchor %q stands for something that contains itself", n.Value).
			Fix("write the value out"))
	}
	if r.from == nil {
		r.from = n
		defer func() { r.from = nil }()
	}
	return r.expand(n.Alias, p, depth)
}

// counted copies a node that is reached through an alias, so that each place has
// its own, as long as there are not too many.
func (r *reader) counted(n *yaml.Node, p *path) *yaml.Node {
	if r.from == nil {
		return n
	}
	r.expanded++
	if r.expanded > maxExpanded {
		b := r.blank(n, nil)
		if r.expanded == maxExpanded+1 {
			r.errorf(AliasExpansion, r.from, p, "aliases stand for more than %d values", maxExpanded).
				Fix("write the values out")
		}
		return b
	}
	return shallowCopy(n)
}

// merged puts the fields of merge keys ("<<") into the mapping: its own fields win,
// then those of the earlier source.
func (r *reader) merged(n *yaml.Node, p *path) *yaml.Node {
	var own, from []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key, value := n.Content[i], n.Content[i+1]; key.ShortTag() == "!!merge" {
			from = append(from, r.mergeSources(value, p)...)
		} else {
			own = append(own, key, value)
		}
	}
	if len(own) == len(n.Content) {
		return n
	}
	out := shallowCopy(n)
	out.Content = own
	for _, m := range from {
		for i := 0; i+1 < len(m.Content); i += 2 {
			if _, taken := yamlnode.Child(out, m.Content[i].Value); taken == nil {
				out.Content = append(out.Content, m.Content[i], m.Content[i+1])
			}
		}
	}
	return out
}

// mergeSources are the mappings that a merge key names: one, or a list.
func (r *reader) mergeSources(n *yaml.Node, p *path) []*yaml.Node {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for _, m := range list {
		if m.Kind != yaml.MappingNode && !r.bad[m] {
			r.errorf(WrongType, n, p, "<< merges %s, and can only merge mappings", describe(m)).
				Fix("write the fields out")
			return nil
		}
	}
	return list
}

// blank is an empty node in place of one that cannot be read; the finding says why.
func (r *reader) blank(n *yaml.Node, _ *diag.Diagnostic) *yaml.Node {
	b := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
	r.bad[b] = true
	return b
}

func shallowCopy(n *yaml.Node) *yaml.Node {
	c := *n
	c.Anchor, c.Alias = "", nil
	c.Content = append([]*yaml.Node(nil), n.Content...)
	return &c
}
