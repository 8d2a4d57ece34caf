package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// faultLimit is the size in bytes of the largest text in which a fault is looked for: it is
// parsed some twenty times, which takes two seconds then.
const faultLimit = 1 << 20

// faultPlace is where text stops being YAML, and what is odd about that line. The parser
// says where the list or mapping begins that it was in, which may be pages above the fault.
// So the text is cut off earlier and earlier: the fault is in the first line without which
// the rest parses, once what is open there is closed. Line is 0 where that finds nothing.
func faultPlace(data []byte) (line, column int, odd string) {
	if line, column := jsonFault(data); line > 0 {
		return line, column, ""
	}
	if len(data) > faultLimit {
		return 0, 0, ""
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	ends, end := make([]int, len(lines)), 0
	for i, l := range lines {
		end += len(l)
		ends[i] = end
	}
	first := sort.Search(len(lines), func(i int) bool { return !parses(data[:ends[i]]) })
	if first == len(lines) {
		return 0, 0, ""
	}
	text := strings.TrimRight(string(lines[first]), "\r\n")
	return first + 1, utf8.RuneCountInString(indentation(text)) + 1, oddIndentation(lines[:first], text)
}

// jsonFault is where text that means to be JSON stops being it.
func jsonFault(data []byte) (line, column int) {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	rest, opened := bytes.CutPrefix(trimmed, []byte("{"))
	if !opened || !bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"`)) {
		return 0, 0
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(trimmed, new(any)); !errors.As(err, &syntax) {
		return 0, 0
	}
	before := data[:min(len(data)-len(trimmed)+max(int(syntax.Offset)-1, 0), len(data))]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// parses reports whether text is YAML, or the beginning of it.
func parses(text []byte) bool {
	return decodes(text) || decodes(closed(text))
}

func decodes(text []byte) bool {
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var n yaml.Node
		if err := decoder.Decode(&n); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// closed is text with an end for each quote and bracket that is open at its end, behind the
// last thing that is no comment.
func closed(text []byte) []byte {
	var open []byte
	end := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		begins := i == 0 || bytes.ContainsRune([]byte(" \t\n[{,:"), rune(text[i-1]))
		quoted := len(open) > 0 && (open[len(open)-1] == '"' || open[len(open)-1] == '\'')
		switch {
		case quoted && c == '\\' && open[len(open)-1] == '"':
			i++
		case quoted && c == open[len(open)-1]:
			open = open[:len(open)-1]
		case quoted:
		case c == '#' && begins:
			for i < len(text) && text[i] != '\n' {
				i++
			}
			continue
		case (c == '"' || c == '\'') && begins:
			open = append(open, c)
		case c == '[' && (begins || len(open) > 0):
			open = append(open, ']')
		case c == '{' && (begins || len(open) > 0):
			open = append(open, '}')
		case len(open) > 0 && c == open[len(open)-1]:
			open = open[:len(open)-1]
		}
		if c != '\n' && c != '\r' && c != ' ' {
			end = min(i+1, len(text))
		}
	}
	slices.Reverse(open)
	return append(slices.Clone(text[:end]), open...)
}

func indentation(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

// oddIndentation says how far the lines above are indented that the line could stand beside,
// where it stands beside none of them.
func oddIndentation(above [][]byte, line string) string {
	own := indentation(line)
	if strings.Contains(own, "\t") {
		return "a tab indents it, and YAML takes spaces only"
	}
	outer, inner := -1, -1
	for i := len(above) - 1; i >= 0 && outer < 0; i-- {
		text := strings.TrimRight(string(above[i]), "\r\n")
		for _, column := range columns(text) {
			switch {
			case column == len(own):
				return ""
			case column < len(own):
				outer = max(outer, column)
			default:
				inner = column
			}
		}
	}
	if outer < 0 || inner < 0 {
		return ""
	}
	return fmt.Sprintf("it is indented by %d, and what it could belong to by %d or by %d", len(own), outer, inner)
}

// columns are those at which the line begins something: itself, and behind each dash an
// element; the innermost comes first.
func columns(line string) []int {
	at := len(indentation(line))
	if at == len(line) || line[at] == '#' {
		return nil
	}
	list := []int{at}
	for strings.HasPrefix(line[at:], "- ") {
		at += 2 + len(indentation(line[at+2:]))
		list = append(list, at)
	}
	slices.Reverse(list)
	return list
}
