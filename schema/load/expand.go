package load

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

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

// expander replaces aliases and merge keys by what they stand for.
type expander struct {
	*reader
	// open are the anchors we are in, from is the outermost alias, and expanded is how
	// many nodes have come out so far.
	open     map[*yaml.Node]bool
	from     *yaml.Node
	expanded int
}

// expand replaces aliases and merge keys by what they stand for, and everything
// that is nested too deeply by nothing. It leaves n alone, and returns n itself
// when there is nothing to replace, which is nearly always.
func (e *expander) expand(n *yaml.Node, p *path, depth int) *yaml.Node {
	if depth > maxDepth {
		return e.blank(n, e.errorf(TooDeep, n, p, "nothing in a topology is nested %d levels deep", maxDepth).
			Fix("look for a bracket or an indentation that does not end"))
	}
	switch n.Kind {
	case yaml.AliasNode:
		return e.alias(n, p, depth)
	case yaml.MappingNode:
		return e.merged(e.children(n, p, depth), p)
	case yaml.SequenceNode:
		return e.children(n, p, depth)
	}
	return e.counted(n, p)
}

// children expands what is in a mapping or a sequence.
func (e *expander) children(n *yaml.Node, p *path, depth int) *yaml.Node {
	out := e.counted(n, p)
	if e.bad[out] {
		return out
	}
	if n.Anchor != "" {
		e.open[n] = true
		defer delete(e.open, n)
	}
	for i, c := range n.Content {
		at := p.element(i)
		if n.Kind == yaml.MappingNode {
			at = p.field(n.Content[i&^1].Value)
		}
		expanded := e.expand(c, at, depth+1)
		if expanded == c {
			continue
		}
		if out == n {
			out = shallowCopy(n)
		}
		out.Content[i] = expanded
	}
	return out
}

// alias expands what an alias stands for into nodes of its own.
func (e *expander) alias(n *yaml.Node, p *path, depth int) *yaml.Node {
	if e.open[n.Alias] || n.Alias == nil {
		return e.blank(n, e.errorf(AliasExpansion, n, p, "anchor %q stands for something that contains itself", clip(n.Value)).
			Fix("write the value out"))
	}
	if e.from == nil {
		e.from = n
		defer func() { e.from = nil }()
	}
	return e.expand(n.Alias, p, depth)
}

// counted copies a node that is reached through an alias, so that each place has
// its own, as long as there are not too many.
func (e *expander) counted(n *yaml.Node, p *path) *yaml.Node {
	if e.from == nil {
		return n
	}
	e.expanded++
	if e.expanded > maxExpanded {
		b := e.blank(n, nil)
		if e.expanded == maxExpanded+1 {
			e.errorf(AliasExpansion, e.from, p, "aliases stand for more than %d values", maxExpanded).
				Fix("write the values out")
		}
		return b
	}
	return shallowCopy(n)
}

// merged puts the fields of merge keys ("<<") into the mapping: its own fields win,
// then those of the earlier source.
func (e *expander) merged(n *yaml.Node, p *path) *yaml.Node {
	var own, from []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key, value := n.Content[i], n.Content[i+1]; key.ShortTag() == "!!merge" {
			from = append(from, e.mergeSources(value, p)...)
		} else {
			own = append(own, key, value)
		}
	}
	if len(own) == len(n.Content) {
		return n
	}
	out := shallowCopy(n)
	out.Content = own
	taken := map[string]bool{}
	for i := 0; i+1 < len(own); i += 2 {
		taken[own[i].Value] = true
	}
	for _, m := range from {
		for i := 0; i+1 < len(m.Content); i += 2 {
			if name := m.Content[i].Value; !taken[name] {
				taken[name] = true
				out.Content = append(out.Content, m.Content[i], m.Content[i+1])
			}
		}
	}
	return out
}

// mergeSources are the mappings that a merge key names: one, or a list.
func (e *expander) mergeSources(n *yaml.Node, p *path) []*yaml.Node {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for _, m := range list {
		if m.Kind != yaml.MappingNode && !e.bad[m] {
			e.errorf(WrongType, n, p, "<< merges %s, and can only merge mappings", describe(m)).
				Fix("write the fields out")
			return nil
		}
	}
	return list
}

// blank is an empty node in place of one that cannot be read; the finding says why.
func (e *expander) blank(n *yaml.Node, _ *diag.Diagnostic) *yaml.Node {
	b := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
	e.bad[b] = true
	return b
}

func shallowCopy(n *yaml.Node) *yaml.Node {
	c := *n
	c.Anchor, c.Alias = "", nil
	c.Content = append([]*yaml.Node(nil), n.Content...)
	return &c
}
