// Package fact is what facts about other parties are made of: a value with its source,
// a range of addresses, a firewall mark, ports.
//
// Start with Known and Unknown. The facts themselves are in the packages beside this
// one, and package facts finds them.
package fact

import (
	"reflect"
	"slices"
)

// Datum is one thing that somebody else keeps or does. Either Source says where that is
// written, or Why says for what reason nothing is known; the zero value is a gap, which
// a test refuses.
type Datum[T any] struct {
	// Value is the zero value where nothing is known. It is shared: it must not be changed.
	Value T
	// Source is a project with its version and file, a page, or what was measured.
	Source string
	// Why is a sentence without its full stop.
	Why string
}

// Known is a value and where it is written. The zero value of T is a value, too: nothing
// is kept, nothing is done.
func Known[T any](value T, source string) Datum[T] { return Datum[T]{Value: value, Source: source} }

// Unknown is the lack of a value, and the reason: nobody has looked, nobody says, or the
// question does not arise.
func Unknown[T any](why string) Datum[T] { return Datum[T]{Why: why} }

// IsKnown reports whether there is a value.
func (d Datum[T]) IsKnown() bool { return d.Source != "" }

// Or is the value, or other where none is known.
func (d Datum[T]) Or(other T) T {
	if d.IsKnown() {
		return d.Value
	}
	return other
}

// All calls each exported method of set and returns what they return, in the alphabet of
// the methods' names. A provider, or a plugin, is a method of one set in a file of its
// own: adding one touches that file and no list.
func All[T any](set any) []T {
	v := reflect.ValueOf(set)
	list := make([]T, v.NumMethod())
	for i := range list {
		list[i] = v.Method(i).Interface().(func() T)()
	}
	return slices.Clip(list)
}
