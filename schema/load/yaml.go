package load

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// parseYAML parses YAML and JSON. For YAML it uses kustomize's parser, so that a file means
// the same to the command and to the function.
func parseYAML(f file) (source, diag.List) {
	src := source{name: f.name}
	var list diag.List
	if !checkText(f, &list) {
		return src, list
	}
	if d := tooManyValues(f, maxValues); d != nil {
		return src, append(list, d)
	}
	if isJSON(f) {
		src.root, list = parseJSON(f)
		return src, list
	}
	dec := yaml.NewDecoder(bytes.NewReader(undirected(f.data)))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			syntaxError(&list, f, err)
			return src, list
		}
		n := content(&doc)
		switch {
		case isAbsent(n):
			continue
		case src.root != nil:
			list.Errorf(SeveralDocuments, "", "a second document begins here, and a file holds one topology").
				Fix("write one file for each topology, and remove the --- between them").Pos = src.position(n)
			return src, list
		}
		src.root = n
	}
	if src.root == nil {
		emptyInput(&list, f.name)
	}
	return src, list
}

// content is the node inside a document node.
func content(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.DocumentNode {
		if len(n.Content) == 0 {
			return nil
		}
		n = n.Content[0]
	}
	return n
}

// isAbsent recognises the nothing between two "---".
func isAbsent(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == ""
}

func emptyInput(list *diag.List, name string) {
	list.Errorf(EmptyInput, "", "there is nothing in it").
		Fix("start from an example, such as examples/regional-gateway/topology.yaml").Pos = diag.Position{File: name, Line: 1, Column: 1}
}

// checkText refuses binary data with the place of its first byte: parsers give none.
func checkText(f file, list *diag.List) bool {
	at := notText(f.data)
	if at < 0 {
		return true
	}
	before := f.data[:at]
	start := bytes.LastIndexByte(before, '\n') + 1
	pos := diag.Position{
		File:   f.name,
		Line:   1 + bytes.Count(before, []byte{'\n'}),
		Column: 1 + utf8.RuneCount(before[start:]),
	}
	list.Errorf(NotText, "", "byte %#02x at offset %d is not UTF-8 text", f.data[at], at).
		Fix("save the file as UTF-8").Pos = pos
	return false
}

// notText is the offset of the first byte that is not text, or -1.
func notText(data []byte) int {
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		if c == utf8.RuneError && size == 1 || c < ' ' && !strings.ContainsRune("\t\n\r", c) || c == 0x7f {
			return i
		}
		i += size
	}
	return -1
}

// version is a directive that says which YAML follows, at the beginning of a stream.
var version = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\A(?:\x{feff})?(?:[ \t]*(?:#[^\n]*)?\r?\n)*(%YAML[ \t]+1\.[12])[ \t]*(?:#[^\n]*)?\r?\n`)
})

// undirected has blanks in place of a directive that says YAML 1.1 or 1.2: kustomize's parser
// refuses 1.2, which it reads like 1.1.
func undirected(text []byte) []byte {
	at := version().FindSubmatchIndex(text)
	if at == nil {
		return text
	}
	out := bytes.Clone(text)
	for i := at[2]; i < at[3]; i++ {
		out[i] = ' '
	}
	return out
}

// syntaxError turns the parser's "yaml: line 7: …" into a finding. What the parser says is
// kept; the line is looked for, since the parser names the one where it began to wait.
func syntaxError(list *diag.List, f file, err error) {
	said, line := parserSaid(err)
	at, column, odd := faultPlace(undirected(f.data))
	if at == 0 {
		at, column = line, 0
	}
	d := list.Errorf(NotYAML, "", "this is not YAML: %s", said).
		Fix("look at that line and its neighbours: a missing quote, colon or bracket, or a tab")
	if odd != "" {
		d.Fix("look at the line's indentation: %s", odd)
	}
	if alias := unknownAnchor().FindStringSubmatch(said); alias != nil {
		at, column = aliasPlace(f.data, alias[1], at, column)
	}
	d.Pos = diag.Position{File: f.name, Line: max(at, 1), Column: max(column, 1)}
}

var unknownAnchor = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unknown anchor '(.*)' referenced`) })

// aliasPlace is where the alias stands in the line, or the place that is known already.
func aliasPlace(text []byte, name string, line, column int) (int, int) {
	lines := bytes.SplitN(text, []byte("\n"), line+1)
	if line < 1 || line > len(lines) {
		return line, column
	}
	if before, _, found := bytes.Cut(lines[line-1], []byte("*"+name)); found {
		column = 1 + utf8.RuneCount(before)
	}
	return line, column
}

var parserLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^(?:yaml: )?(?:line (\d+): )?(.*)$`) })

// parserSaid is the parser's message, and the line in it, or 0.
func parserSaid(err error) (said string, line int) {
	m := parserLine().FindStringSubmatch(err.Error())
	line, _ = strconv.Atoi(m[1])
	return oneLine(m[2]), line
}
