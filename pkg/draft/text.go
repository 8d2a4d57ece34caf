package draft

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// SchemaPath is where Text says that the JSON Schema of a topology is, beside it.
const SchemaPath = "topology.schema.json"

// Modeline is what tells an editor's YAML language server where the schema is.
func Modeline(schema string) string { return "# yaml-language-server: $schema=" + schema + "\n" }

// Text is the topology as YAML, each note above its field, and below them what is found of the
// field.
func (d *Draft) Text(found diag.List) ([]byte, error) {
	plain, err := tree.YAML(d.Topology)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(plain, &doc); err != nil {
		return nil, err
	}
	root := doc.Content[0]
	for _, path := range d.noted(found) {
		key, value := yamlnode.Nearest(root, path)
		if key == nil {
			key = value // an element of a list, or the whole
		}
		var lines []string
		for _, n := range d.Notes[path] {
			lines = append(lines, wrapped(n)...)
		}
		for _, f := range found {
			if f.Path == path {
				lines = append(lines, wrapped(f.Severity.String()+": "+f.Message+" ["+string(f.Code)+"]")...)
				lines = append(lines, wrapped("way out: "+f.Remedy)...)
			}
		}
		if key.HeadComment != "" {
			lines = append([]string{key.HeadComment}, lines...)
		}
		key.HeadComment = strings.Join(lines, "\n")
	}
	unquote(root)
	compact(root, 0)
	var out bytes.Buffer
	out.WriteString(Modeline("./" + SchemaPath))
	enc := yaml.NewEncoderWithOptions(&out, &yaml.EncoderOptions{SeqIndent: yaml.WideSequenceStyle})
	if err := enc.Encode(root); err != nil {
		return nil, err
	}
	return out.Bytes(), enc.Close()
}

// numbers are versions, addresses and prefixes of IPv4, which no reader takes for anything but text.
var numbers = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9]+([.][0-9]+){2,3}(/[0-9]+|[-+][0-9A-Za-z.+-]+)?$`)
})

func unquote(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && numbers().MatchString(n.Value) {
		n.Style = 0
	}
	for _, c := range n.Content {
		unquote(c)
	}
}

// noted are the paths with something to say, in order.
func (d *Draft) noted(found diag.List) []string {
	var paths []string
	for path := range d.Notes {
		paths = append(paths, path)
	}
	for _, f := range found {
		paths = append(paths, f.Path)
	}
	slices.SortFunc(paths, diag.ComparePaths)
	return slices.Compact(paths)
}

// wrapped is a sentence as lines of a comment.
func wrapped(s string) []string {
	const width = 100
	var lines []string
	line := "#"
	for word := range strings.FieldsSeq(foreign.Line(s)) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width && line != "#" {
			lines, line = append(lines, line), "#"
		}
		line += " " + word
	}
	return append(lines, line)
}

// compact puts short lists and mappings on a line, as people write them, where no comment stands in
// them. It reports how long the value is then, and whether it is on a line.
func compact(n *yaml.Node, depth int) (length int, flow bool) {
	const most, blocks = 96, 3 // the levels above that are read as an outline
	flow = n.Kind == yaml.ScalarNode || depth >= blocks || n.Kind == yaml.SequenceNode
	length = utf8.RuneCountInString(n.Value) + 2
	for i, c := range n.Content {
		isKey := n.Kind == yaml.MappingNode && i%2 == 0
		l, ok := compact(c, depth+1)
		length += l
		flow = flow && ok && c.HeadComment == ""
		if !isKey && n.Kind == yaml.SequenceNode && c.Kind != yaml.ScalarNode && len(n.Content) > 1 {
			flow = false // a line each
		}
	}
	if flow = flow && length <= most; flow && n.Kind != yaml.ScalarNode {
		n.Style |= yaml.FlowStyle
	}
	return length, flow
}
