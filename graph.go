package hybrid

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/graph"
)

// GraphFormats are what Graph writes: SVG to look at, and the languages of Mermaid and of
// Graphviz.
func GraphFormats() []string { return []string{"svg", "mermaid", "dot"} }

// Graph draws the regions of the one topology, their gateways and what joins them, in one of
// GraphFormats. It is nil where a finding is an error.
func Graph(in Input, format string, o Options) ([]byte, diag.List, error) {
	write := map[string]func(graph.Picture) []byte{"svg": graph.SVG, "mermaid": graph.Mermaid, "dot": graph.Dot}[format]
	if write == nil {
		return nil, nil, fmt.Errorf("there is no picture in the form %q", format)
	}
	p, list, err := newPlan(in, o)
	if p == nil {
		return nil, list, err
	}
	return write(graph.New(p)), list, nil
}
