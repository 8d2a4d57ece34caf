package tree

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// YAML is the one gate out: a typed value by the names and rules of its json tags, in block
// style, in the struct's order of fields, without what only a server fills in. What spells
// itself, as an address does, is asked for it. Who has many values to write keeps a Gate.
func YAML(v any) ([]byte, error) { return new(Gate).YAML(v) }

// Gate is the one gate out for one value after the other. The zero one is ready; it is for one
// goroutine.
//
// It walks a value, where encoding/json would first compile each type that it meets: in a call
// that renders each type once or twice, that is most of its time. The tests hold one against
// the other. Of what tags may say, the option string is refused.
type Gate struct {
	types   map[reflect.Type]*layout
	entries []entry
}

// YAML is the function of that name. Map keys must be shorter than the 1,024 bytes YAML allows a
// key on a line.
func (g *Gate) YAML(v any) ([]byte, error) {
	w := yamlWriter{gate: g, inline: true, entries: g.entries[:0]}
	_, err := w.value(0, "", reflect.ValueOf(v))
	if g.entries = w.entries; err != nil {
		return nil, fmt.Errorf("render %T: %w", v, err)
	}
	return append(w.out[1:], '\n'), nil // after the blank that follows a dash or a colon
}

type yamlWriter struct {
	gate    *Gate
	out     []byte
	inline  bool    // the next entry stands on the line of the dash before it
	entries []entry // of the mappings that are being written, the innermost last
}

// entry is a field or a pair of a map.
type entry struct {
	name  string
	value reflect.Value
}

// value writes v as written does.
func (w *yamlWriter) value(indent int, key string, v reflect.Value) (bare bool, err error) {
	if v, err = w.gate.spelled(v); err != nil {
		return false, err
	}
	return w.written(indent, key, v)
}

// written writes a value that does not spell itself, with the blank or the line break before it.
// key is the name it goes by, or its list does. It reports whether v is a mapping that has nothing
// in it.
func (w *yamlWriter) written(indent int, key string, v reflect.Value) (bare bool, err error) {
	switch v.Kind() {
	case reflect.Invalid:
		w.word("null")
	case reflect.Struct:
		return w.mapping(indent, key, func() error { return w.fields(w.gate.layout(v.Type()), v) })
	case reflect.Map:
		if v.IsNil() {
			w.word("null")
			return false, nil
		}
		return w.mapping(indent, key, func() error { return w.pairs(indent, v) })
	case reflect.Slice:
		if v.IsNil() {
			w.word("null")
			return false, nil
		}
		return false, w.sequence(indent, key, v)
	case reflect.String:
		if v.Type() == reflect.TypeFor[json.Number]() {
			w.word(v.String())
			return false, nil
		}
		w.inline = false
		w.out = appendText(append(w.out, ' '), v.String(), max(indent, 2))
	case reflect.Bool:
		w.word(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.inline = false
		w.out = strconv.AppendInt(append(w.out, ' '), v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		w.inline = false
		w.out = strconv.AppendUint(append(w.out, ' '), v.Uint(), 10)
	default:
		text, err := json.Marshal(v.Interface()) // a fraction, or what cannot be written
		w.word(string(text))
		return false, err
	}
	return false, nil
}

// word writes what needs no quotes.
func (w *yamlWriter) word(s string) {
	w.inline = false
	w.out = append(append(w.out, ' '), s...)
}

// mapping writes what fill adds to the entries.
func (w *yamlWriter) mapping(indent int, key string, fill func() error) (bare bool, err error) {
	first := len(w.entries)
	if err := fill(); err != nil {
		return false, err
	}
	end := len(w.entries)
	if indent == 0 {
		kindSecond(w.entries[first:end])
	}
	empty := true
	for i := first; i < end; i++ {
		e := w.entries[i]
		if indent == 0 && e.name == "status" {
			continue // a server's
		}
		before, inline := len(w.out), w.inline
		w.line(indent)
		w.out = append(appendScalar(w.out, e.name), ':')
		start := len(w.out)
		v, err := w.gate.spelled(e.value)
		if err != nil {
			return false, err
		}
		none, err := w.written(under(indent, v), e.name, v)
		if err != nil {
			return false, err
		}
		if says(indent, key, e.name, none, w.out[start:]) {
			empty = false
		} else {
			w.out, w.inline = w.out[:before], inline
		}
	}
	w.entries = w.entries[:first]
	w.end(empty, " {}")
	return first == end, nil
}

func (w *yamlWriter) sequence(indent int, key string, list reflect.Value) error {
	for i := range list.Len() {
		w.line(indent)
		w.out = append(w.out, '-')
		w.inline = true
		if _, err := w.value(indent+2, key, list.Index(i)); err != nil {
			return err
		}
	}
	w.end(list.Len() == 0, " []")
	return nil
}

// kindSecond puts apiVersion before kind, as people read them; metav1.TypeMeta has
// them the other way round.
func kindSecond(object []entry) {
	if len(object) > 2 && object[0].name == "kind" && object[1].name == "apiVersion" {
		object[0], object[1] = object[1], object[0]
	}
}

// under is the indentation of what belongs to a key at indent: the dashes of a list
// show its depth.
func under(indent int, v reflect.Value) int {
	if v.Kind() == reflect.Slice {
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

func (w *yamlWriter) end(empty bool, spelling string) {
	if empty {
		w.inline = false
		w.out = append(w.out, spelling...)
	}
}

// says reports whether an entry says anything: what a server writes does not, nor do empty
// structs that a tag cannot leave out. It is the field called name of an object called key, none
// where it is a mapping without anything in it. Other empty maps mean something, as emptyDir's does.
func says(indent int, key, name string, none bool, written []byte) bool {
	switch name {
	case "spec":
		return !none || indent > 0
	case "creationTimestamp":
		return key != "metadata" || string(written) != " null"
	case "strategy", "updateStrategy":
		return !none || key != "spec"
	case "resources":
		return !none || key != "containers" && key != "initContainers"
	}
	return true
}
