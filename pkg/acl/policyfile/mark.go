package policyfile

import (
	"fmt"
	"slices"
)

// mark is a pair of comments: they tell which part of a file is ours. Everything between
// begin and end belongs to one topology; a section that was not there before carries
// a mark of its own, so that it can go when the last of ours goes.
type mark struct{ owner string }

func (m mark) begin() string   { return ">>> kustomize-hybrid " + m.owner }
func (m mark) end() string     { return "<<< kustomize-hybrid " + m.owner }
func (m mark) section() string { return "section added by kustomize-hybrid " + m.owner }

// block is the part of a container between our marks.
type block struct {
	begin, end token
	found      bool
	// items are the positions of our items in the container.
	items []int
}

// marksError is the error of a container whose marks do not stand in pairs.
type marksError struct {
	offset int
	text   string
}

func (e *marksError) Error() string { return e.text }

// block finds ours in the container and notes which items are owned.
func (m mark) block(b *box) (block, error) {
	var found block
	open := false
	for i, gap := range b.gaps {
		for _, t := range gap {
			switch {
			case t.comma:
			case t.text == m.begin() && !open && !found.found:
				found.begin, found.found, open = t, true, true
			case t.text == m.end() && open:
				found.end, open = t, false
			case t.text == m.begin(), t.text == m.end():
				return block{}, &marksError{t.start, fmt.Sprintf("the mark %q is misplaced", t.text)}
			}
		}
		if i < len(b.items) && open {
			b.items[i].owned = true
			found.items = append(found.items, i)
		}
	}
	if open {
		return block{}, &marksError{found.begin.start, fmt.Sprintf("no %q follows the mark %q", m.end(), m.begin())}
	}
	return found, nil
}

// added returns the mark in front of an item that an earlier merge added as a whole, and
// reports whether there is one.
func (b *box) added(i int, owner string) (token, bool) {
	at := slices.IndexFunc(b.gaps[i], func(t token) bool { return !t.comma && t.text == mark{owner}.section() })
	if at < 0 {
		return token{}, false
	}
	return b.gaps[i][at], true
}
