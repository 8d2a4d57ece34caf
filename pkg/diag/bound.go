package diag

import "fmt"

const (
	// ShownOfCode is how many findings of one code are shown in a run: who has more of a kind
	// mends the first ones, or their common cause.
	ShownOfCode = 100
	// RelatedPlaces is how many related places a finding has; more are counted.
	RelatedPlaces = 20
)

// Shown is the list as it is printed, in every format: the first ShownOfCode findings of each
// code, and in place of the next one a finding that counts the rest, as severe as the worst of
// them. The list itself, in its order, is left alone.
func (l List) Shown() List {
	seen := map[Code]int{}
	rest := map[Code]*Diagnostic{}
	var shown List
	for _, d := range l {
		seen[d.Code]++
		if seen[d.Code] <= ShownOfCode {
			shown = append(shown, d)
			continue
		}
		if rest[d.Code] == nil {
			c := &Diagnostic{Severity: d.Severity, Code: d.Code, Path: d.Path, Pos: d.Pos, Shape: d.Shape}
			rest[d.Code] = c
			shown = append(shown, c)
		}
		rest[d.Code].count(d)
	}
	for _, c := range rest {
		c.Count()
	}
	return shown
}

// count adds what another finding stands for.
func (d *Diagnostic) count(other *Diagnostic) {
	d.Severity = min(d.Severity, other.Severity)
	d.Findings += max(other.Findings, 1)
}

// Count writes the message of a finding that stands for others, and returns it.
func (d *Diagnostic) Count() *Diagnostic {
	d.Message = fmt.Sprintf("and %d more of %s from here on", d.Findings, d.Code)
	if d.Findings == 1 {
		d.Message = fmt.Sprintf("and one more of %s", d.Code)
	}
	return d
}
