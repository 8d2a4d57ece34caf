// Package suppress knows which findings a topology accepts, under spec.suppressions.
//
// Start with Accept, which drops them, and Judge, which says of each suppression whether it
// was needed. Several runs look at one topology, and each finds what the others do not: a
// suppression is called unused by a run that could have found what it accepts.
package suppress

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about suppressions.
const (
	CodeExpired diag.Code = "suppression-expired" // its last day has passed
	CodeUnused  diag.Code = "suppression-unused"  // nothing to suppress
)

// none is the index of what is not there.
const none = -1

// Accept returns the findings that no suppression accepts, and which suppressions accept
// one. The date is YYYY-MM-DD; when it is empty nothing expires, for no clock is asked.
func Accept(suppressions []schema.Suppression, list diag.List, day string) (kept diag.List, used []bool) {
	used = make([]bool, len(suppressions))
	accepted := acceptedPlaces(suppressions)
	for _, d := range list {
		if i := accepted.find(d); i == none {
			kept = append(kept, d)
		} else if used[i] = true; expired(&suppressions[i], day) {
			kept = append(kept, d)
		}
	}
	return kept, used
}

// Left are the findings that no suppression accepts.
func Left(suppressions []schema.Suppression, list diag.List, day string) diag.List {
	kept, _ := Accept(suppressions, list, day)
	return kept
}

// Unexpired are the suppressions that hold on the day.
func Unexpired(suppressions []schema.Suppression, day string) []schema.Suppression {
	return slices.DeleteFunc(slices.Clone(suppressions), func(s schema.Suppression) bool { return expired(&s, day) })
}

// Judge returns a finding for each suppression that has expired, or that was not used
// although the run could have found what it accepts.
func Judge(suppressions []schema.Suppression, used []bool, day string, found func(code string) bool) diag.List {
	var list diag.List
	for i := range suppressions {
		s := &suppressions[i]
		if used[i] || found(s.Code) {
			judge(&list, s, diag.Index("spec.suppressions", i), used[i], day)
		}
	}
	return list
}

// place is a code at a path, which holds for all that lies below it.
type place struct{ code, path string }

// places are the first suppressions of each place.
type places map[place]int

func acceptedPlaces(suppressions []schema.Suppression) places {
	p := places{}
	for i, s := range suppressions {
		if _, twice := p[place{s.Code, s.Path}]; !twice {
			p[place{s.Code, s.Path}] = i
		}
	}
	return p
}

// find returns the first suppression of the finding's code at its path or above.
func (p places) find(d *diag.Diagnostic) int {
	found := none
	for path := d.Path; ; path = path[:strings.LastIndexAny(path, ".[")] {
		if i, ok := p[place{string(d.Code), path}]; ok && (found == none || i < found) {
			found = i
		}
		if !strings.ContainsAny(path, ".[") {
			break
		}
	}
	if i, ok := p[place{string(d.Code), ""}]; ok && (found == none || i < found) {
		found = i
	}
	return found
}

// expired compares dates as text, which for YYYY-MM-DD is the order of days.
func expired(s *schema.Suppression, day string) bool {
	return s.Expires != "" && day != "" && s.Expires < day
}

func judge(list *diag.List, s *schema.Suppression, path string, used bool, day string) {
	switch {
	case !used:
		list.Warnf(CodeUnused, path, "the suppression of %s%s suppresses nothing (%s)", s.Code, at(s.Path), s.Reason).
			Fix("remove it, so that it does not hide the next finding of its kind")
	case expired(s, day):
		list.Warnf(CodeExpired, path+".expires", "the suppression of %s%s was valid until %s, and today is %s (%s)", s.Code, at(s.Path), s.Expires, day, s.Reason).
			Fix("fix the finding, or give the suppression a new date")
	}
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return " at " + path
}
