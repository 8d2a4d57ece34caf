package tree

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// layout is how a type is written.
type layout struct {
	spells spells
	fields []field // of a struct
	err    error   // what is refused of it
}

// spells is how values of a type spell themselves.
type spells uint8

const (
	byWalk        spells = iota // they do not
	byJSON                      // by json.Marshaler, or they are bytes or an array
	byText                      // by encoding.TextMarshaler
	byPointer                   // by json.Marshaler, where somebody points at them
	byPointerText               // by encoding.TextMarshaler, likewise
)

// field is one field of a struct, by the rules of encoding/json.
type field struct {
	name      string
	index     int
	embedded  *layout // its fields stand among those of the struct
	omitEmpty bool
	omitZero  bool
}

// layout looks at a type once.
func (g *Gate) layout(t reflect.Type) *layout {
	if l := g.types[t]; l != nil {
		return l
	}
	l := &layout{spells: spellsOf(t)}
	if t.Kind() == reflect.Struct && l.spells != byJSON && l.spells != byText {
		l.fields, l.err = g.fieldsOf(t)
	}
	if g.types == nil {
		g.types = map[reflect.Type]*layout{}
	}
	g.types[t] = l
	return l
}

func spellsOf(t reflect.Type) spells {
	marshals, texts := reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()
	switch {
	case t.Implements(marshals):
		return byJSON
	case reflect.PointerTo(t).Implements(marshals):
		return byPointer
	case t.Implements(texts):
		return byText
	case reflect.PointerTo(t).Implements(texts):
		return byPointerText
	case t.Kind() == reflect.Array, t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return byJSON
	}
	return byWalk
}

func (g *Gate) fieldsOf(t reflect.Type) (all []field, err error) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if f.Anonymous && name == "" {
			if !f.IsExported() || f.Type.Kind() != reflect.Struct {
				return nil, fmt.Errorf("%s is embedded, and no exported struct", f.Type)
			}
			inner := &layout{}
			if inner.fields, err = g.fieldsOf(f.Type); err != nil {
				return nil, err
			}
			all = append(all, field{index: i, embedded: inner})
			continue
		}
		options = "," + options + ","
		if strings.Contains(options, ",string,") {
			return nil, fmt.Errorf("the field %s of %s wants a number in quotes", f.Name, t)
		}
		all = append(all, field{
			name: cmp.Or(name, f.Name), index: i,
			omitEmpty: strings.Contains(options, ",omitempty,"), omitZero: strings.Contains(options, ",omitzero,"),
		})
	}
	return all, twice(t, all)
}

// twice finds a name that a struct and an embedded one both have: encoding/json would choose.
func twice(t reflect.Type, all []field) error {
	var names []string
	for _, f := range all {
		for _, name := range f.names() {
			if slices.Contains(names, name) {
				return fmt.Errorf("two fields of %s are called %s", t, name)
			}
			names = append(names, name)
		}
	}
	return nil
}

func (f field) names() []string {
	if f.embedded == nil {
		return []string{f.name}
	}
	var names []string
	for _, inner := range f.embedded.fields {
		names = append(names, inner.names()...)
	}
	return names
}

// fields adds the fields of a struct to the entries.
func (w *yamlWriter) fields(l *layout, v reflect.Value) error {
	for i := range l.fields {
		f := &l.fields[i]
		value := v.Field(f.index)
		switch {
		case f.embedded != nil:
			if err := w.fields(f.embedded, value); err != nil {
				return err
			}
		case f.omitEmpty && isEmpty(value), f.omitZero && isZero(value):
		default:
			w.entries = append(w.entries, entry{f.name, value})
		}
	}
	return l.err
}

// pairs adds those of a map, sorted, and makes room for their texts: a ConfigMap holds whole programs.
func (w *yamlWriter) pairs(indent int, v reflect.Value) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("the keys of %s are no text", v.Type())
	}
	first, room := len(w.entries), 0
	for all := v.MapRange(); all.Next(); {
		e := entry{all.Key().String(), all.Value()}
		w.entries = append(w.entries, e)
		if e.value.Kind() == reflect.String {
			s := e.value.String()
			room += len(e.name) + len(s) + (indent+2)*(strings.Count(s, "\n")+2)
		}
	}
	w.out = slices.Grow(w.out, room)
	slices.SortFunc(w.entries[first:], func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return nil
}

// isEmpty is what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero is what omitzero leaves out: what says that it is, or else the zero value.
func isZero(v reflect.Value) bool {
	type zeroer interface{ IsZero() bool }
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return true
		}
		if z, ok := v.Interface().(zeroer); ok {
			return z.IsZero()
		}
		return v.IsZero()
	}
	if !reflect.PointerTo(v.Type()).Implements(reflect.TypeFor[zeroer]()) {
		return v.IsZero()
	}
	if !v.CanAddr() {
		same := reflect.New(v.Type()).Elem()
		same.Set(v)
		v = same
	}
	return v.Addr().Interface().(zeroer).IsZero()
}

// spelled is what v or what it points to is written as: itself, unless it spells itself; invalid
// for nothing.
func (g *Gate) spelled(v reflect.Value) (reflect.Value, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem() // invalid behind nil
	}
	if !v.IsValid() {
		return v, nil
	}
	if v.Kind() != reflect.Struct && v.Type().PkgPath() == "" && v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return v, nil // of a type without a name and methods
	}
	switch spells := g.layout(v.Type()).spells; {
	case spells == byJSON:
		return decoded(v.Interface())
	case spells == byPointer && v.CanAddr():
		return decoded(v.Addr().Interface())
	case spells == byText:
		return text(v)
	case spells == byPointerText && v.CanAddr():
		return text(v.Addr())
	}
	return v, nil
}

func text(v reflect.Value) (reflect.Value, error) {
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	return reflect.ValueOf(string(text)), err
}

// decoded is what a reader of JSON finds in v: of an object the names, sorted.
func decoded(v any) (reflect.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return reflect.Value{}, err
	}
	var plain any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&plain); err != nil {
		return reflect.Value{}, err
	}
	return reflect.ValueOf(plain), nil
}
