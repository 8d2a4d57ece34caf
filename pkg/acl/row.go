package acl

import "slices"

// row is what all regions have of something, one region after the other: what regions have that
// follow each other is a part of it.
type row[T comparable] struct {
	all []T
	at  []int // where in all each region begins, and the end
	// repeats reports whether regions have something in common, so that a part would have it twice.
	repeats bool
}

// newRow asks for what each of n regions has, which each appends.
func newRow[T comparable](n int, have func(all []T, region int) []T) *row[T] {
	r := &row[T]{at: make([]int, n+1)}
	for i := range n {
		r.all = have(r.all, i)
		r.at[i+1] = len(r.all)
	}
	r.repeats = len(once(r.all)) < len(r.all)
	return r
}

// of is what the regions have, each once, in their order. It may be a part of the row, which
// callers leave alone.
func (r *row[T]) of(regions []int) []T {
	if !r.repeats && follow(regions) {
		return r.part(regions)
	}
	return once(r.each(regions))
}

// each is what the regions have, in their order. It may be a part of the row.
func (r *row[T]) each(regions []int) []T {
	if follow(regions) {
		return r.part(regions)
	}
	n := 0
	for _, i := range regions {
		n += r.at[i+1] - r.at[i]
	}
	list := make([]T, 0, n)
	for _, i := range regions {
		list = append(list, r.all[r.at[i]:r.at[i+1]]...)
	}
	return list
}

func (r *row[T]) part(regions []int) []T {
	return slices.Clip(r.all[r.at[regions[0]]:r.at[regions[len(regions)-1]+1]])
}

// follow reports whether there are regions, and each is the next one.
func follow(regions []int) bool {
	for i, n := range regions {
		if n != regions[0]+i {
			return false
		}
	}
	return len(regions) > 0
}

// once is the list without what has been in it already.
func once[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	out := make([]T, 0, len(list))
	for _, v := range list {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
