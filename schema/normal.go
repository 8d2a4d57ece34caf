package schema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Normal is the topology as it is recorded: its regions, and those that leave, by name, and
// suppressions that follow the regions whose place they state. It shares what it does not
// change with t.
func (t *Topology) Normal() *Topology {
	n := *t
	n.Schema = ""
	n.Spec.Regions, n.Spec.Leaving = byName(t.Spec.Regions), byName(t.Spec.Leaving)
	n.Spec.Suppressions = Follow(t.Spec.Suppressions, &t.Spec, &n.Spec)
	return &n
}

func byName(regions []Region) []Region {
	sorted := slices.Clone(regions)
	slices.SortStableFunc(sorted, func(a, b Region) int { return cmp.Compare(a.Name, b.Name) })
	return sorted
}

// Follow are the suppressions of a topology whose regions are now others, or in other places:
// one whose path leads into a region leads into the region of that name, and is left out
// where there is none any more.
func Follow(list []Suppression, from, to *Spec) []Suppression {
	var kept []Suppression
	for _, s := range list {
		name, rest, ok := from.regionAt(s.Path)
		if ok {
			at, found := to.placeOf(name)
			if !found {
				continue
			}
			s.Path = at + rest
		}
		kept = append(kept, s)
	}
	return kept
}

// places are where regions stand, as paths begin.
func (s *Spec) places() map[string][]Region {
	return map[string][]Region{"spec.regions[": s.Regions, "spec.leaving[": s.Leaving}
}

// regionAt is the name of the region that a path leads into, and the rest of the path.
func (s *Spec) regionAt(path string) (name, rest string, ok bool) {
	for begin, regions := range s.places() {
		number, rest, found := strings.Cut(strings.TrimPrefix(path, begin), "]")
		i, err := strconv.Atoi(number)
		if strings.HasPrefix(path, begin) && found && err == nil && i >= 0 && i < len(regions) {
			return regions[i].Name, rest, true
		}
	}
	return "", "", false
}

func (s *Spec) placeOf(name string) (string, bool) {
	for begin, regions := range s.places() {
		if i := slices.IndexFunc(regions, func(r Region) bool { return r.Name == name }); i >= 0 {
			return begin + strconv.Itoa(i) + "]", true
		}
	}
	return "", false
}
