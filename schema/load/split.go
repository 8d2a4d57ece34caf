package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// parts are a topology and the objects that stand in the same file. Each keeps its line
// numbers: what belongs to the other is blank. What is not there is nil.
type parts struct {
	topology, objects []byte
	// size is how many bytes of the topology are not blank for that reason.
	size int
}

// split parts a topology from objects. Text that has no kind (comments, a fragment,
// what is not YAML at all) goes with the topology, so that reading it says what is
// wrong; only where nothing but comments stands beside objects there is no topology.
func split(data []byte) parts {
	documents := cut(data)
	p := parts{size: len(data)}
	var mixed, some bool
	for _, d := range documents {
		mixed = mixed || d.object
		some = some || !d.object && !d.empty
	}
	switch {
	case !mixed:
		p.topology = data
		return p
	case !some:
		return parts{objects: data}
	}
	p.size = 0
	for _, d := range documents {
		if d.object {
			p.topology, p.objects = append(p.topology, blank(d.text)...), append(p.objects, d.text...)
			continue
		}
		p.topology, p.objects = append(p.topology, d.text...), append(p.objects, blank(d.text)...)
		p.size += len(d.text)
	}
	return p
}

// piece is one document of a stream, before it is parsed.
type piece struct {
	text   []byte
	object bool // it is certainly not a topology
	empty  bool // there is nothing in it but comments
}

// cut cuts at the lines that start a document.
func cut(data []byte) []piece {
	var documents []piece
	for len(data) > 0 {
		end := len(data)
		if i := bytes.Index(data, []byte("\n---")); i >= 0 {
			end = i + 1
		}
		h := headOf(data[:end])
		documents = append(documents, piece{data[:end], h.isObject(), h.empty})
		data = data[end:]
	}
	return documents
}

// head is what the first fields of a document say about it.
type head struct {
	APIVersion string `json:"apiVersion" yaml:"apiVersion"`
	Kind       string `json:"kind" yaml:"kind"`
	empty      bool
}

// isObject reports whether the document is certainly not a topology. A kind or a group
// that is nearly ours is a slip, and reading the topology says so. The group counts,
// since others have a Topology, too: Kueue, for one (apis/kueue/v1alpha1/tas_types.go).
func (h head) isObject() bool {
	group, _, qualified := strings.Cut(h.APIVersion, "/")
	switch {
	case h.Kind == "" || strings.ContainsFunc(h.Kind, isNotAlphanumeric):
		return false
	case diag.Nearest(group, []string{schema.Group}) != "":
		return slices.Contains([]string{schema.KindTransform, schema.KindValidate, schema.KindRangePack}, h.Kind)
	}
	return qualified || diag.Nearest(h.Kind, []string{schema.KindTopology}) == ""
}

func isNotAlphanumeric(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// headOf reads the fields of a document that say what it is without parsing it: a
// topology of ten thousand regions is parsed once.
func headOf(text []byte) head {
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte("{")) {
		return flowHead(trimmed)
	}
	h := head{empty: true}
	for line := range bytes.Lines(text) {
		h.empty = h.empty && isBlank(line)
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch string(bytes.Trim(name, `"'`)) {
		case "apiVersion":
			h.APIVersion = word(value)
		case "kind":
			h.Kind = word(value)
		case "items":
			h.Kind = "List" // kubectl writes the kind of a list behind its items
		}
		if h.Kind != "" && h.APIVersion != "" {
			break
		}
	}
	return h
}

// isBlank reports whether a line holds nothing but a comment, a directive or the start of a
// document.
func isBlank(line []byte) bool {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("---")))
	return len(line) == 0 || line[0] == '#' || line[0] == '%'
}

// word is the value behind a colon.
func word(value []byte) string {
	text, _, _ := strings.Cut(string(value), "#")
	return strings.Trim(strings.TrimSpace(text), `"'`)
}

// flowHead reads the head of JSON, and of YAML that looks like it.
func flowHead(text []byte) head {
	var h head
	if json.Valid(text) {
		_ = json.Unmarshal(text, &h)
		return h
	}
	if bytes.Contains(text, []byte("\"items\": [")) {
		return head{Kind: "List"} // as kubectl prints it, cut off
	}
	_ = yaml.Unmarshal(text, &h)
	return h
}

func blank(text []byte) []byte { return bytes.Repeat([]byte("\n"), bytes.Count(text, []byte("\n"))) }

// objects reads every object of a YAML or JSON stream.
func objects(f file) ([]Object, error) {
	if d := tooManyValues(f, maxObjectValues); d != nil {
		return nil, errors.New(d.Pos.File + ": " + d.Message)
	}
	if isJSON(f) {
		n, list := parseJSON(f)
		if len(list) > 0 {
			return nil, errors.New(list[0].Pos.String() + ": " + list[0].Message)
		}
		return numbered(f, nil, n)
	}
	var found []Object
	for decoder := yaml.NewDecoder(bytes.NewReader(undirected(f.data))); ; {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			said, line := parserSaid(err)
			if at, _, _ := faultPlace(f.data); at > 0 {
				line = at
			}
			return nil, fmt.Errorf("%s:%d: this is not YAML: %s", f.name, line, said)
		}
		if found, err = numbered(f, found, &n); err != nil {
			return nil, err
		}
	}
}

// numbered adds the objects of one document, as long as there are not too many.
func numbered(f file, found []Object, n *yaml.Node) ([]Object, error) {
	for _, n := range unlist(yaml.NewRNode(n)) {
		found = append(found, Object{f.name, n})
	}
	if len(found) > maxObjects {
		return nil, fmt.Errorf("%s: more than %d objects, the limit for a file", f.name, maxObjects)
	}
	return found, nil
}

// unlist returns the items of a List, those of Lists in it, and any other object as it is;
// nothing for a document without content. Items of a typed list need not say what they are.
func unlist(n *yaml.RNode) []*yaml.RNode {
	if n.YNode() == nil || n.YNode().Kind != yaml.MappingNode {
		return nil
	}
	if items := n.Field("items"); strings.HasSuffix(n.GetKind(), "List") && items != nil {
		elements, err := items.Value.Elements()
		if err == nil {
			var all []*yaml.RNode
			for _, e := range elements {
				all = append(all, unlist(typed(e, n))...)
			}
			if slices.ContainsFunc(elements, func(e *yaml.RNode) bool { return e.YNode().Kind != yaml.MappingNode }) {
				all = append(all, n) // who compares objects says what is wrong with it
			}
			return all
		}
	}
	return []*yaml.RNode{n}
}

// typed is the item of a list, with the kind that a list of one kind implies.
func typed(item, list *yaml.RNode) *yaml.RNode {
	kind := strings.TrimSuffix(list.GetKind(), "List")
	if kind == "" || item.YNode().Kind != yaml.MappingNode || item.GetKind() != "" || item.GetApiVersion() != "" {
		return item
	}
	item.SetApiVersion(list.GetApiVersion())
	item.SetKind(kind)
	return item
}
