package fact

import "net/netip"

// Severity is what a collision with a range means, in the words of schema.KnownIssue.
type Severity string

const (
	// Error: it cannot work.
	Error Severity = "error"
	// Warning: it may not work.
	Warning Severity = "warning"
	// Info: it works unless somebody does something else later.
	Info Severity = "info"
)

// Scope says whose prefixes a range concerns. The zero value is invalid.
type Scope uint8

const (
	// Everybody: all regions route to each other, so what one cannot reach, none may use.
	Everybody Scope = iota + 1
	// Own: the provider's own regions.
	Own
	// Others: all other regions, to which the provider's network must route.
	Others
)

// Range is a prefix that somebody keeps, or takes where nobody says otherwise.
type Range struct {
	Prefix   netip.Prefix
	Severity Severity
	Scope    Scope
	// Reason completes "... lies inside the range, which ...".
	Reason string
	// Source says where that is written: project and file, page, RFC.
	Source string
	// Since is the version or date from which it holds, or when it was read.
	Since string
}

// Keep is a range that collides with what lies in it.
func Keep(prefix string, s Severity, scope Scope, reason, source, since string) Range {
	return Range{netip.MustParsePrefix(prefix), s, scope, reason, source, since}
}

// Default is what a component takes when the user leaves a field out. Until then it is
// in nobody's way.
func Default(prefix, reason, source, since string) Range {
	return Keep(prefix, Info, Everybody, reason, source, since)
}

// Ranges are ranges that are known, each with a source of its own.
func Ranges(list ...Range) Datum[[]Range] { return Known(list, "each range has its own") }
