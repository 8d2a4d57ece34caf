package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// resourceList is what kustomize and kpt hand to a function and take back, read and written
// by kustomize's own reader and writer. kustomize's framework for functions would do so in a
// line, and compile the formats of OpenAPI at each start.
type resourceList struct {
	config  *yaml.RNode
	items   []item
	results []result

	io kio.ByteReadWriter
	// annotations are what the items said of their files, in the old names and the new.
	annotations map[string]map[string]string
}

// item is one object of the list: a node, or the bytes of an object of ours, which nobody
// need parse to print them.
type item struct {
	node     *yaml.RNode
	rendered []byte
}

func readResourceList(r io.Reader) (*resourceList, error) {
	rl := &resourceList{io: kio.ByteReadWriter{Reader: r, KeepReaderAnnotations: true}}
	nodes, err := rl.io.Read()
	if err != nil {
		return nil, fmt.Errorf("failed to read ResourceList input: %w", err)
	}
	rl.config = rl.io.FunctionConfig
	rl.annotations, err = kio.PreprocessResourcesForInternalAnnotationMigration(nodes)
	rl.items = itemsOf(nodes)
	return rl, err
}

func itemsOf(nodes []*yaml.RNode) []item {
	items := make([]item, len(nodes))
	for i, n := range nodes {
		items[i].node = n
	}
	return items
}

// nodes are the items but those of ours.
func (rl *resourceList) nodes() []*yaml.RNode {
	var nodes []*yaml.RNode
	for _, i := range rl.items {
		if i.node != nil {
			nodes = append(nodes, i.node)
		}
	}
	return nodes
}

// standIn stands in the list for objects of ours, that follow each other, until the others are
// written.
const (
	standIn     = schema.Group + "/rendered"
	standInLine = "- " + standIn + ": here\n"
)

// bytes is the list as it is printed.
func (rl *resourceList) bytes() ([]byte, error) {
	if err := kio.ReconcileInternalAnnotations(rl.nodes(), rl.annotations); err != nil {
		return nil, err
	}
	if len(rl.results) > 0 {
		text, err := yaml.Marshal(rl.results)
		if err != nil {
			return nil, err
		}
		if rl.io.Results, err = yaml.Parse(string(text)); err != nil {
			return nil, err
		}
	}
	var nodes []*yaml.RNode
	size := 0
	for i, it := range rl.items {
		switch {
		case it.node != nil:
			nodes = append(nodes, it.node)
		case i == 0 || rl.items[i-1].node != nil:
			nodes = append(nodes, yaml.NewMapRNode(&map[string]string{standIn: "here"}))
		}
		size += len(it.rendered)
	}
	var written bytes.Buffer
	rl.io.Writer = &written
	if err := rl.io.Write(nodes); err != nil {
		return nil, err
	}
	return rl.filled(make([]byte, 0, size+size/8+written.Len()), written.Bytes()), nil
}

// filled appends what was written, with the objects of ours in their places.
func (rl *resourceList) filled(out, written []byte) []byte {
	items := rl.items
	isOurs := func(i item) bool { return i.node == nil }
	for line := range bytes.Lines(written) {
		first := -1
		if string(line) == standInLine {
			first = slices.IndexFunc(items, isOurs)
		}
		if first < 0 {
			out = append(out, line...)
			continue
		}
		for items = items[first:]; len(items) > 0 && isOurs(items[0]); items = items[1:] {
			out = appendItem(out, items[0].rendered)
		}
	}
	return out
}

// appendItem appends a document as an element of the list.
func appendItem(out, document []byte) []byte {
	start := "- "
	for line := range bytes.Lines(document) {
		if len(line) > 1 {
			out = append(out, start...)
		}
		out = append(out, line...)
		start = "  "
	}
	return out
}

// identity is the top of a document of ours, by which it is found among others.
func identity(rendered []byte) (*yaml.RNode, error) {
	top, inMetadata := 0, false
	for line := range bytes.Lines(rendered) {
		if inMetadata && line[0] != ' ' {
			break
		}
		inMetadata = inMetadata || string(line) == "metadata:\n"
		top += len(line)
	}
	return yaml.Parse(string(rendered[:top]))
}

// result is a finding, or a change, in the form that kpt shows (kyaml v0.21.2,
// fn/framework/result.go: Result).
type result struct {
	Message     string                   `yaml:"message,omitempty"`
	Severity    string                   `yaml:"severity,omitempty"`
	ResourceRef *yaml.ResourceIdentifier `yaml:"resourceRef,omitempty"`
	Field       *resultField             `yaml:"field,omitempty"`
	Tags        map[string]string        `yaml:"tags,omitempty"`
}

type resultField struct {
	Path          string `yaml:"path,omitempty"`
	ProposedValue any    `yaml:"proposedValue,omitempty"`
}
