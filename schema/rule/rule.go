// Package rule is how Go writes down a contract: what each field may be, and the words in
// which it is refused. Package contract holds the one of a topology, generated here from
// schema/topology.cue, so that no rule is written twice; a test of package load feeds both
// with the same documents.
//
//	for _, f := range contract.Topology.Fields {
//		fmt.Println(f.Name, f.Doc)
//	}
package rule

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Kind is the kind of value that a rule is about.
type Kind uint8

// The kinds.
const (
	Text   Kind = iota + 1 // a string
	Whole                  // a whole number
	Bool                   // true or false
	Struct                 // a mapping whose fields are known
	Map                    // a mapping from text to values of one kind
	List                   // a list of values of one kind
)

// Rule is what one value may be. What it does not say is allowed.
type Rule struct {
	Kind Kind
	// Name is the definition's in the contract, such as Port; empty for a rule that stands in
	// its field alone.
	Name string
	// Says is what a refused value is told, such as `must be a port number from 1 to 65535`.
	Says string

	// Words are the texts that are allowed; any when there are none.
	Words []string
	// Patterns have to match, all of them.
	Patterns []*Pattern
	// Day: it is a day of the calendar, as YYYY-MM-DD.
	Day bool
	// MaxRunes is the largest length of text; 0 is none.
	MaxRunes int

	// Bounded: Min and Max are the smallest and the largest whole number.
	Bounded  bool
	Min, Max int64

	// Fields are those of a struct, in the order of the contract.
	Fields []Field
	// Conditions hold for some words of a field.
	Conditions []Condition

	// Elem is for each element of a list and each value of a map; nil when there is nothing to
	// say of them.
	Elem *Rule
	// NonEmpty: a list has at least one element, a map at least one pair.
	NonEmpty bool
	// Keys is what the names in a map have to match, and KeySays what others are told; nil is any.
	Keys    *Pattern
	KeySays string
}

// Field is one field of a struct.
type Field struct {
	Name string
	// Doc is the contract's comment, on one line.
	Doc      string
	Required bool
	Rule     *Rule
}

// Condition is what else holds where a field has one of its words.
type Condition struct {
	Field, Word string
	// Then names the field that it is about.
	Then string
	// Required: it must be there.
	Required bool
	// Rule is what it may be beside its own rule; nil when it must be left out, and then Says
	// is what it is told.
	Rule *Rule
	Says string
}

// Field is the field of that name; nil when there is none.
func (r *Rule) Field(name string) *Field {
	for i := range r.Fields {
		if r.Fields[i].Name == name {
			return &r.Fields[i]
		}
	}
	return nil
}

// At is the rule at a path below, whose steps are names and, for elements, indices; nil where
// the contract says nothing. The field is that of the last step, nil for an element.
func (r *Rule) At(steps []string) (*Rule, *Field) {
	var last *Field
	for _, s := range steps {
		switch {
		case r == nil:
			return nil, nil
		case r.Kind == Struct:
			if last = r.Field(s); last == nil {
				return nil, nil
			}
			r = last.Rule
		default:
			r, last = r.Elem, nil
		}
	}
	return r, last
}

// AllowsText reports whether a value may be that text. A rule about something else than text
// takes none.
func (r *Rule) AllowsText(text string) bool {
	if r.Kind != Text || len(r.Words) > 0 && !slices.Contains(r.Words, text) {
		return false
	}
	if r.MaxRunes > 0 && utf8.RuneCountInString(text) > r.MaxRunes {
		return false
	}
	if r.Day {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return false
		}
	}
	for _, p := range r.Patterns {
		if !p.Match(text) {
			return false
		}
	}
	return true
}

// AllowsWhole reports whether a value may be the number that text writes in decimal, or in
// hexadecimal behind 0x.
func (r *Rule) AllowsWhole(text string) bool {
	i, err := strconv.ParseInt(text, 0, 64)
	return r.Kind == Whole && err == nil && (!r.Bounded || r.Min <= i && i <= r.Max)
}
