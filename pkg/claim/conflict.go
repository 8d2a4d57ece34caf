package claim

import "iter"

// Few is how many other parties a finding names; it counts the rest.
const Few = 3

// Group gathers the conflicts that one claim answers for.
type Group struct {
	Owner  int32   // index into the tree's claims, as are the others
	Others []int32 // the first Few, in order of address
	Count  int     // of all of them
}

// Judge reports whether two overlapping claims are at odds.
type Judge func(a, b *Claim) bool

// Conflicts finds the overlaps that are at odds, as one group for each claim that
// has to change, in the order in which they are met. Each pair is in one group.
func (t *Tree) Conflicts(odds Judge) []Group {
	degree := t.degrees(odds)
	if degree == nil {
		return nil
	}
	byOwner := make([]int32, len(t.Claims)) // index into groups, plus one
	var groups []Group
	for inner, cover := range t.at(odds) {
		owner, other := t.blame(inner, cover, degree)
		if byOwner[owner] == 0 {
			groups = append(groups, Group{Owner: owner})
			byOwner[owner] = int32(len(groups))
		}
		g := &groups[byOwner[owner]-1]
		g.Count++
		if len(g.Others) < Few {
			g.Others = append(g.Others, other)
		}
	}
	return groups
}

// at yields the pairs that are at odds.
func (t *Tree) at(odds Judge) iter.Seq2[int32, int32] {
	return func(yield func(inner, cover int32) bool) {
		for inner, cover := range t.Pairs() {
			if odds(&t.Claims[inner], &t.Claims[cover]) && !yield(inner, cover) {
				return
			}
		}
	}
}

// degrees counts the conflicts of each claim; nil when there are none at all, which
// is the usual case and costs no memory.
func (t *Tree) degrees(odds Judge) []int32 {
	var degree []int32
	for inner, cover := range t.at(odds) {
		if degree == nil {
			degree = make([]int32, len(t.Claims))
		}
		degree[inner]++
		degree[cover]++
	}
	return degree
}

// blame picks which of two claims the finding is about: a default the user did not
// choose; the one that collides with many others, so that it is one finding and not
// many; the one that can move; the one that was written later.
func (t *Tree) blame(a, b int32, degree []int32) (owner, other int32) {
	if a < b {
		a, b = b, a // a was written later
	}
	ca, cb := &t.Claims[a], &t.Claims[b]
	switch {
	case (ca.Default == "") != (cb.Default == ""):
		if ca.Default == "" {
			return b, a
		}
	case degree[a] > Few && degree[a] > degree[b]:
	case degree[b] > Few && degree[b] > degree[a]:
		return b, a
	case ca.Role.Fixed() && !cb.Role.Fixed():
		return b, a
	}
	return a, b
}
