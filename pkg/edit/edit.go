// Package edit changes a user's YAML where it must and nowhere else: comments,
// quotes, indentation and line ends stay as they are, byte for byte.
package edit

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
)

// Append adds the values to the list that keys lead to, such as "spec", "regions",
// "1", "podCIDRs", and returns the new text. A list that is not there is made, in a
// mapping written in block style. The values are inserted as they are, with quotes if
// they need any.
//
// Both texts are read, with what anchors, aliases and merge keys stand for: the new one
// means what the old one meant plus the values, or Append fails.
func Append(text []byte, keys []string, values ...string) ([]byte, error) {
	edited, err := splicedIn(text, keys, values)
	if err != nil {
		return nil, err
	}
	var before, after any
	if yaml.Unmarshal(text, &before) != nil || yaml.Unmarshal(edited, &after) != nil {
		return nil, fmt.Errorf("%s is written in a way that cannot be added to", strings.Join(keys, "."))
	}
	if want, ok := grown(before, keys, values); !ok || !reflect.DeepEqual(want, after) {
		return nil, fmt.Errorf("%s cannot be added to alone: something else would change with it, by an anchor, an alias or a merge key; write it out where it stands", strings.Join(keys, "."))
	}
	return edited, nil
}

func splicedIn(text []byte, keys, values []string) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || len(keys) == 0 {
		return nil, fmt.Errorf("there is no %s", strings.Join(keys, "."))
	}
	parent, err := descend(doc.Content[0], keys[:len(keys)-1])
	if err != nil {
		return nil, err
	}
	last := keys[len(keys)-1]
	_, list := yamlnode.Child(parent, last)
	if err := written(parent, list, last); err != nil {
		return nil, err
	}
	switch {
	case list == nil:
		return insertKey(text, parent, last, values)
	case list.Kind != yaml.SequenceNode:
		return nil, fmt.Errorf("%s is no list", strings.Join(keys, "."))
	case list.Style&yaml.FlowStyle != 0:
		return appendFlow(text, list, values)
	}
	return appendBlock(text, list, values)
}

// grown is what v, a document without its spelling, is to mean: the values at the end of
// the list that keys lead to. ok is false where there is no place for one.
func grown(v any, keys, values []string) (want any, ok bool) {
	if len(keys) == 0 {
		list, ok := v.([]any)
		if v != nil && !ok {
			return nil, false
		}
		for _, value := range values {
			list = append(list, strings.Trim(value, `"`))
		}
		return list, true
	}
	switch c := v.(type) {
	case map[string]any:
		c[keys[0]], ok = grown(c[keys[0]], keys[1:], values)
	case []any:
		i, err := strconv.Atoi(keys[0])
		if err != nil || i < 0 || i >= len(c) {
			return nil, false
		}
		c[i], ok = grown(c[i], keys[1:], values)
	}
	return v, ok
}

// written refuses a list that stands somewhere else: whoever adds to it there adds to
// others, too, and a new one here would hide it.
func written(parent, list *yaml.Node, key string) error {
	if list != nil && list.Kind == yaml.AliasNode {
		return aliasError(list, key)
	}
	if list != nil || parent.Kind != yaml.MappingNode {
		return nil
	}
	var fields map[string]any
	if err := parent.Decode(&fields); err != nil {
		return fmt.Errorf("line %d: %w", parent.Line, err)
	}
	if _, merged := fields[key]; merged {
		line := parent.Line
		if merge, _ := yamlnode.Child(parent, "<<"); merge != nil {
			line = merge.Line
		}
		return fmt.Errorf("line %d: %s comes by a merge key, and a list of its own would hide it: write the list out", line, key)
	}
	return nil
}

func aliasError(n *yaml.Node, what string) error {
	return fmt.Errorf("line %d: %s is the alias *%s, and adding to it would change what it stands for elsewhere: write it out", n.Line, what, n.Value)
}

func descend(n *yaml.Node, keys []string) (*yaml.Node, error) {
	for i, k := range keys {
		if n.Kind == yaml.AliasNode {
			return nil, aliasError(n, strings.Join(keys[:i], "."))
		}
		_, next := yamlnode.Child(n, k)
		if next == nil {
			return nil, fmt.Errorf("there is no %s", strings.Join(keys[:i+1], "."))
		}
		n = next
	}
	if n.Kind == yaml.AliasNode {
		return nil, aliasError(n, strings.Join(keys, "."))
	}
	return n, nil
}

// appendFlow inserts after the last element: [a, b] becomes [a, b, c].
func appendFlow(text []byte, list *yaml.Node, values []string) ([]byte, error) {
	added := strings.Join(values, ", ")
	if len(list.Content) == 0 {
		at := offset(text, list.Line, list.Column)
		return splice(text, at+1, added)
	}
	last := list.Content[len(list.Content)-1]
	at := offset(text, last.Line, last.Column)
	end, err := scalarEnd(text, at, last)
	if err != nil {
		return nil, err
	}
	return splice(text, end, ", "+added)
}

// scalarEnd is the offset behind a scalar that stands on one line, as it is written.
func scalarEnd(text []byte, at int, n *yaml.Node) (int, error) {
	written := n.Value
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		quote := text[at : at+1]
		written = string(quote) + n.Value + string(quote)
	}
	if n.Kind != yaml.ScalarNode || !bytes.HasPrefix(text[at:], []byte(written)) {
		return 0, fmt.Errorf("line %d: the last element is written in a way that cannot be followed", n.Line)
	}
	return at + len(written), nil
}

// appendBlock inserts lines after the line of the last element, with its dash and
// indentation.
func appendBlock(text []byte, list *yaml.Node, values []string) ([]byte, error) {
	last := list.Content[len(list.Content)-1]
	if last.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("line %d: the last element is no single value", last.Line)
	}
	start := lineStart(text, last.Line)
	line := text[start:lineEnd(text, start)]
	dash := bytes.IndexByte(line, '-')
	if dash < 0 || len(bytes.TrimLeft(line[:dash], " ")) > 0 {
		return nil, fmt.Errorf("line %d: the last element does not start its line", last.Line)
	}
	indent := string(line[:offset(text, last.Line, last.Column)-start])
	return insertLines(text, start, indent, values)
}

// insertKey adds a list below the first field of a block mapping.
func insertKey(text []byte, parent *yaml.Node, key string, values []string) ([]byte, error) {
	if parent.Kind != yaml.MappingNode || parent.Style&yaml.FlowStyle != 0 || len(parent.Content) == 0 {
		return nil, fmt.Errorf("line %d: there is no %s, and it can only be added to a mapping in block style", parent.Line, key)
	}
	first, value := parent.Content[0], parent.Content[1]
	if value.Kind != yaml.ScalarNode || value.Line != first.Line || value.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return nil, fmt.Errorf("line %d: there is no %s, and no place for it below %s", first.Line, key, first.Value)
	}
	indent := strings.Repeat(" ", first.Column-1)
	return insertLines(text, lineStart(text, first.Line), indent+key+": ", []string{"[" + strings.Join(values, ", ") + "]"})
}

// insertLines puts a line for each value below the line that starts at start.
func insertLines(text []byte, start int, indent string, values []string) ([]byte, error) {
	end := lineEnd(text, start)
	newline := "\n"
	if end > start && text[end-1] == '\r' {
		newline = "\r\n"
		end--
	}
	var added strings.Builder
	for _, v := range values {
		added.WriteString(newline + indent + v)
	}
	return splice(text, end, added.String())
}

func splice(text []byte, at int, added string) ([]byte, error) {
	return append(append(bytes.Clone(text[:at]), added...), text[at:]...), nil
}

// lineStart is the offset of a line, which counts from 1.
func lineStart(text []byte, line int) int {
	at := 0
	for ; line > 1; line-- {
		at += bytes.IndexByte(text[at:], '\n') + 1
	}
	return at
}

// lineEnd is the offset of the line's newline, or of the end of the text.
func lineEnd(text []byte, start int) int {
	if n := bytes.IndexByte(text[start:], '\n'); n >= 0 {
		return start + n
	}
	return len(text)
}

// offset finds a line and column, which count from 1; columns are characters.
func offset(text []byte, line, column int) int {
	at := lineStart(text, line)
	for ; column > 1 && at < len(text); column-- {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}
