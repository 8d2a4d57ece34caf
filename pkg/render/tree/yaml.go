package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// YAML is the one gate out: a typed value as encoding/json spells it, in block
// style, in the struct's order of fields, without what only a server fills in.
// Map keys must be shorter than the 1,024 bytes YAML allows a key on a line.
func YAML(v any) ([]byte, error) {
	var w yamlWriter
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false) // a script in a ConfigMap is full of < and &
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("render %T: %w", v, err)
	}
	return append(w.out[1:], '\n'), nil // after the blank that follows a dash or a colon
}

// kindSecond puts apiVersion before kind, as people read them; metav1.TypeMeta has
// them the other way round.
func kindSecond(object []byte) []byte {
	kind, rest, ok := bytes.Cut(object, []byte(`,"apiVersion":`))
	if !ok || !bytes.HasPrefix(kind, []byte(`{"kind":`)) || bytes.IndexByte(kind, ',') >= 0 {
		return object
	}
	version, rest, ok := bytes.Cut(rest, []byte(`,`))
	if !ok {
		return object
	}
	return slices.Concat([]byte(`{"apiVersion":`), version, []byte(`,`), kind[1:], []byte(`,`), rest)
}

// yamlWriter rewrites JSON that encoding/json has just written, so it need not
// expect anything malformed.
type yamlWriter struct {
	in      []byte
	pos     int
	out     []byte
	inline  bool   // the next entry stands on the line of the dash before it
	scratch []byte // the last value that had escapes
}

// Write takes what the encoder hands over: the whole value at once.
func (w *yamlWriter) Write(value []byte) (int, error) {
	w.in, w.out, w.inline = kindSecond(value), make([]byte, 0, len(value)*5/4), true
	w.value(0, nil)
	return len(value), nil
}

// value writes the value at pos, with the blank or the line break before it. key is
// the name it goes by, or its list does.
func (w *yamlWriter) value(indent int, key []byte) {
	switch w.in[w.pos] {
	case '{':
		w.mapping(indent, key)
	case '[':
		w.sequence(indent, key)
	default:
		w.inline = false
		w.out = append(w.out, ' ')
		w.scalar(indent)
	}
}

func (w *yamlWriter) mapping(indent int, key []byte) {
	empty := true
	for w.pos++; w.in[w.pos] != '}'; w.comma() {
		var own []byte // the name is asked for again below it
		name := w.text(&own)
		w.pos++ // the colon
		if w.dropped(indent, key, name) {
			w.skip()
			continue
		}
		empty = false
		w.line(indent)
		w.out = append(appendScalar(w.out, name), ':')
		w.value(w.under(indent), name)
	}
	w.end(empty, " {}")
}

func (w *yamlWriter) sequence(indent int, key []byte) {
	w.pos++
	empty := w.in[w.pos] == ']'
	for ; w.in[w.pos] != ']'; w.comma() {
		w.line(indent)
		w.out = append(w.out, '-')
		w.inline = true
		w.value(indent+2, key)
	}
	w.end(empty, " []")
}

// under is the indentation of what belongs to a key at indent: the dashes of a list
// show its depth.
func (w *yamlWriter) under(indent int) int {
	if w.in[w.pos] == '[' {
		return indent
	}
	return indent + 2
}

// line starts an entry.
func (w *yamlWriter) line(indent int) {
	if w.inline {
		w.inline = false
		w.out = append(w.out, ' ')
		return
	}
	w.out = appendBlanks(append(w.out, '\n'), indent)
}

func (w *yamlWriter) comma() {
	if w.in[w.pos] == ',' {
		w.pos++
	}
}

func (w *yamlWriter) end(empty bool, spelling string) {
	w.pos++
	if empty {
		w.inline = false
		w.out = append(w.out, spelling...)
	}
}

// dropped reports whether the value at pos says nothing: what a server writes, and
// empty structs that encoding/json cannot leave out. It is the field called name of
// an object called key. Other empty maps mean something, as emptyDir's does.
func (w *yamlWriter) dropped(indent int, key, name []byte) bool {
	switch string(name) {
	case "status":
		return indent == 0
	case "spec":
		return indent == 0 && w.at("{}")
	case "creationTimestamp":
		return string(key) == "metadata" && w.at("null")
	case "strategy", "updateStrategy":
		return string(key) == "spec" && w.at("{}")
	case "resources":
		return (string(key) == "containers" || string(key) == "initContainers") && w.at("{}")
	}
	return false
}

func (w *yamlWriter) at(s string) bool {
	return len(w.in)-w.pos >= len(s) && string(w.in[w.pos:w.pos+len(s)]) == s
}

// skip moves past the value at pos.
func (w *yamlWriter) skip() {
	before, inline := len(w.out), w.inline
	w.value(0, nil)
	w.out, w.inline = w.out[:before], inline
}

// scalar writes the string, number or word at pos.
func (w *yamlWriter) scalar(indent int) {
	if w.in[w.pos] != '"' {
		n := bytes.IndexAny(w.in[w.pos:], ",]}\n")
		w.out = append(w.out, w.in[w.pos:w.pos+n]...)
		w.pos += n
		return
	}
	if s := w.text(&w.scratch); isLiteral(s) {
		w.out = appendLiteral(w.out, s, max(indent, 2))
	} else {
		w.out = appendScalar(w.out, s)
	}
}

// text reads the JSON string at pos; room is where one with escapes is spelled out.
func (w *yamlWriter) text(room *[]byte) []byte {
	start, escaped := w.pos, false
	for w.pos++; w.in[w.pos] != '"'; w.pos++ {
		if w.in[w.pos] == '\\' {
			escaped = true
			w.pos++
		}
	}
	w.pos++
	if !escaped {
		return w.in[start+1 : w.pos-1]
	}
	*room = unescaped((*room)[:0], w.in[start+1:w.pos-1])
	return *room
}

// unescaped appends a string without the escapes that encoding/json writes: of those
// with a number it writes none that takes two.
func unescaped(out, s []byte) []byte {
	out = slices.Grow(out, len(s))
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(out, s...)
		}
		out = append(out, s[:i]...)
		c, rest := s[i+1], s[i+2:]
		switch c {
		case 'u':
			r, _ := strconv.ParseUint(string(rest[:4]), 16, 16) // encoding/json wrote it
			out, rest = utf8.AppendRune(out, rune(r)), rest[4:]
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		default:
			out = append(out, c)
		}
		s = rest
	}
}
