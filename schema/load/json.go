package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// isJSON reports whether a file is one value of JSON (RFC 8259). JSON is not quite YAML: YAML 1.1
// has no escapes for half a character of UTF-16 or for a slash, refuses tabs between values, and
// takes U+2028 in a string for a line end.
func isJSON(f file) bool {
	text := bytes.TrimLeft(withoutMark(f.data), " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[') && json.Valid(text)
}

// withoutMark is text without a byte order mark.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// jsonReader turns JSON into the nodes that YAML of the same content would give, at the places
// where they stand.
type jsonReader struct {
	text    []byte
	decoder *json.Decoder
	// line and start are the line of the last place asked for, and its first byte; at is that
	// place.
	line, start, at int
	// half is the first escape that is half a character, nil where all are whole.
	half *diag.Position
	name string
}

// parseJSON reads a file of which isJSON is true.
func parseJSON(f file) (*yaml.Node, diag.List) {
	text := withoutMark(f.data)
	r := &jsonReader{text: text, decoder: json.NewDecoder(bytes.NewReader(text)), line: 1, name: f.name}
	r.decoder.UseNumber()
	n := r.node()
	var list diag.List
	if r.half != nil {
		list.Errorf(NotYAML, "", "this is not JSON: an escape stands for half a character").
			Fix("write both halves, such as \\ud83d\\ude00, or the character itself").Pos = *r.half
		return nil, list
	}
	return n, nil
}

// node reads the next value. The text is valid, so that there is one.
func (r *jsonReader) node() *yaml.Node {
	begin := r.next()
	token, err := r.decoder.Token()
	if err != nil {
		return nil // unreachable: it is valid
	}
	return r.value(token, begin)
}

func (r *jsonReader) value(token json.Token, begin int) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode}
	n.Line, n.Column = r.place(begin)
	switch token := token.(type) {
	case json.Delim:
		n.Kind, n.Tag, n.Style = yaml.MappingNode, "!!map", yaml.FlowStyle
		if token == '[' {
			n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		}
		for r.decoder.More() {
			n.Content = append(n.Content, r.node())
		}
		_, _ = r.decoder.Token() // its end
	case string:
		n.Tag, n.Style, n.Value = "!!str", yaml.DoubleQuotedStyle, token
		r.whole(token, begin)
	case json.Number:
		n.Tag, n.Value = "!!int", token.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(token)
	case nil:
		n.Tag, n.Value = "!!null", "null"
	}
	return n
}

// next is the offset of the next value's first byte.
func (r *jsonReader) next() int {
	i := int(r.decoder.InputOffset())
	for i < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[i]) >= 0 {
		i++
	}
	return i
}

// place is the line and the column of an offset that is not before the last one.
func (r *jsonReader) place(offset int) (line, column int) {
	passed := r.text[r.at:offset]
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		r.line += bytes.Count(passed, []byte{'\n'})
		r.start = r.at + i + 1
	}
	r.at = offset
	return r.line, 1 + utf8.RuneCount(r.text[r.start:offset])
}

// whole notes an escape that is half a character: what it means, nobody knows. The decoder
// makes U+FFFD of it.
func (r *jsonReader) whole(value string, begin int) {
	const replacement = "\ufffd"
	if r.half != nil || !strings.Contains(value, replacement) {
		return
	}
	raw := string(r.text[begin:r.decoder.InputOffset()])
	meant := strings.Count(raw, replacement) + strings.Count(strings.ToLower(raw), `\ufffd`)
	if strings.Count(value, replacement) > meant {
		line, column := r.place(begin)
		r.half = &diag.Position{File: r.name, Line: line, Column: column}
	}
}
