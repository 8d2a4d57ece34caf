package diag

import "strings"

// Nearest is the word that s is most likely a misspelling of, or "".
func Nearest(s string, words []string) string {
	// One slip in four letters is a slip; more is another word.
	best, least := "", len(s)/4+1
	if len(s) > longest {
		return ""
	}
	small := strings.ToLower(s)
	for _, w := range words {
		if max(len(w)-len(s), len(s)-len(w)) > least {
			continue // so many letters are to insert or to remove
		}
		other := strings.ToLower(w)
		if small == other {
			return w // none is nearer
		}
		if d := distance(small, other); d <= least && (best == "" || d < least) {
			best, least = w, d
		}
	}
	return best
}

// longest is the most bytes of a word that may be a slip.
const longest = 64

// distance counts the letters to insert, remove, replace or swap with their
// neighbour that turn a into b.
func distance(a, b string) int {
	// Room for what Nearest compares, so that each word does not ask for its own.
	var room [3][longest + longest/4 + 2]int
	before, previous, row := room[0][:], room[1][:], room[2][:]
	if len(b) >= len(row) {
		before, previous, row = make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	}
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, row = previous, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := previous[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(previous[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
