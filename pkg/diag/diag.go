// Package diag holds findings: what is wrong with a topology, where, and the way
// out. A finding is data and a failure is an error: checks return a List, and only
// the border of the library turns it into an error, with List.Err.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

// Code is the stable name of a kind of finding, in kebab-case. Each has a heading
// in docs/checks.md.
type Code string

// Severity says what a finding does to the run. The zero value is invalid.
type Severity int

const (
	Error   Severity = iota + 1 // nothing is rendered
	Warning                     // rendered; an error under --strict
	Info                        // said only where somebody asks for a report
)

// String returns "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	case Info:
		return "info"
	}
	return fmt.Sprintf("severity(%d)", int(s))
}

// SeverityOf is the severity that String calls by that word. ok is false where none is.
func SeverityOf(word string) (s Severity, ok bool) {
	for _, s := range []Severity{Error, Warning, Info} {
		if s.String() == word {
			return s, true
		}
	}
	return 0, false
}

// MarshalText writes the severity as String does.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Position is a place in a file. Line and Column count from 1; zero means unknown,
// and a Position without a File is no position at all.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// IsValid reports whether the position names a file.
func (p Position) IsValid() bool { return p.File != "" }

// String returns file:line:col, or as much of it as is known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Diagnostic is one finding. It is an error, so that errors.As finds it in what
// List.Err returns.
type Diagnostic struct {
	Severity Severity
	Code     Code
	// Path is the finding's identity: the field it is about, such as
	// "spec.regions[1].podCIDRs[0]". The root is "".
	Path string
	// Pos is decoration: where Path was written. It is zero inside kustomize, which
	// hands functions neither file names nor line numbers.
	Pos Position
	// Shape is set where something is not written as it was meant: what else is said may
	// follow from it, so it comes first.
	Shape bool
	// Message is one sentence, lower case, no full stop; it names both parties and
	// their values.
	Message string
	// Remedy is the way out.
	Remedy string
	// ProposedValue replaces the value at Path, where that can be computed.
	ProposedValue string
	// Related are the other places the finding is about, RelatedPlaces of them at most.
	Related []Related
	// MoreRelated is how many further places there are.
	MoreRelated int
	// Findings is how many findings this one stands for, where it counts what is not told
	// apart; 0 otherwise.
	Findings int
}

// Related is another place that a finding is about.
type Related struct {
	Path    string
	Pos     Position
	Message string
}

// Error returns the finding on one line, as the text writer prints it: whatever stands in the
// message acts on nothing around it.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	b.WriteString(d.place())
	fmt.Fprintf(&b, ": %s: %s [%s]", d.Severity, foreign.Line(d.Message), foreign.Line(string(d.Code)))
	return b.String()
}

// place is the position where one is known and the path where none is.
func (d *Diagnostic) place() string { return place(d.Pos, d.Path) }

func place(pos Position, path string) string {
	switch {
	case pos.IsValid():
		return foreign.Name(pos.String())
	case path != "":
		return foreign.Line(path)
	}
	return "topology"
}

// List is a list of findings.
type List []*Diagnostic

// Errorf appends an error and returns it, so that the caller can add to it.
func (l *List) Errorf(code Code, path, format string, args ...any) *Diagnostic {
	return l.add(Error, code, path, format, args)
}

// Warnf appends a warning and returns it, so that the caller can add to it.
func (l *List) Warnf(code Code, path, format string, args ...any) *Diagnostic {
	return l.add(Warning, code, path, format, args)
}

func (l *List) add(s Severity, code Code, path, format string, args []any) *Diagnostic {
	d := &Diagnostic{Severity: s, Code: code, Path: path, Message: fmt.Sprintf(format, args...)}
	*l = append(*l, d)
	return d
}

// Fix sets the remedy and returns d.
func (d *Diagnostic) Fix(format string, args ...any) *Diagnostic {
	d.Remedy = fmt.Sprintf(format, args...)
	return d
}

// See appends a related place and returns d. Beyond RelatedPlaces it counts them.
func (d *Diagnostic) See(path, format string, args ...any) *Diagnostic {
	if len(d.Related) >= RelatedPlaces {
		d.MoreRelated++
		return d
	}
	d.Related = append(d.Related, Related{Path: path, Message: fmt.Sprintf(format, args...)})
	return d
}

// Propose sets the value that would cure the finding and returns d.
func (d *Diagnostic) Propose(value string) *Diagnostic {
	d.ProposedValue = value
	return d
}

// Sort orders the list: faults in what is written first, then by position, path, code and
// message. It drops findings that say the same thing of the same place twice.
func (l *List) Sort() {
	slices.SortStableFunc(*l, compare)
	*l = slices.CompactFunc(*l, func(a, b *Diagnostic) bool { return compare(a, b) == 0 })
}

func compare(a, b *Diagnostic) int {
	return cmp.Or(
		cmp.Compare(rank(a), rank(b)),
		a.Pos.compare(b.Pos),
		ComparePaths(a.Path, b.Path),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Message, b.Message),
	)
}

func rank(d *Diagnostic) int {
	if d.Shape {
		return 0
	}
	return 1
}

// Count returns how many findings have the severity.
func (l List) Count(s Severity) int {
	n := 0
	for _, d := range l {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Strict returns the list with every warning turned into an error.
func (l List) Strict() List {
	strict := make(List, len(l))
	for i, d := range l {
		c := *d
		if c.Severity == Warning {
			c.Severity = Error
		}
		strict[i] = &c
	}
	return strict
}

// Err returns the errors of the list, sorted, as a *multierror.Error whose Errors
// are *Diagnostic; warnings do not count. It returns nil when there is no error.
func (l List) Err() error {
	sorted := slices.Clone(l)
	sorted.Sort()
	result := &multierror.Error{ErrorFormat: format}
	for _, d := range sorted {
		if d.Severity == Error {
			result.Errors = append(result.Errors, d)
		}
	}
	return result.ErrorOrNil()
}

// FromError returns the findings inside err, and whether err is made of nothing else.
func FromError(err error) (List, bool) {
	var all *multierror.Error
	if !errors.As(err, &all) {
		return nil, false
	}
	var l List
	for _, e := range all.Errors {
		var d *Diagnostic
		if !errors.As(e, &d) {
			return l, false
		}
		l = append(l, d)
	}
	return l, true
}

func format(errs []error) string {
	lines := make([]string, len(errs))
	for i, e := range errs {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}
