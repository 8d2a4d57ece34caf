package acltest

import (
	"fmt"
	"slices"
	"strings"
)

// Edit is a line of one text or of both.
type Edit struct {
	Op   byte // ' ' for both, '-' for the first only, '+' for the second only
	Line string
	At   int // the lines of the first text up to here, this one included
}

// Edits aligns two texts by their longest common subsequence: both can be told from it.
func Edits(a, b []string) []Edit {
	common := lengths(a, b)
	var list []Edit
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			list = append(list, Edit{' ', a[i], i + 1})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			list = append(list, Edit{'-', a[i], i + 1})
			i++
		default:
			list = append(list, Edit{'+', b[j], i})
			j++
		}
	}
	return list
}

// lengths are those of the longest common subsequences of a[i:] and b[j:].
func lengths(a, b []string) [][]int {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i, line := range slices.Backward(a) {
		for j := range slices.Backward(b) {
			if line == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}

// Difference lists what tells the second text from the first: "12+ LINE" comes behind
// line 12 of the first text, and "12- LINE" is line 12, which the second one lacks.
func Difference(a, b []string) string {
	var out strings.Builder
	for _, e := range Edits(a, b) {
		if e.Op != ' ' {
			fmt.Fprintf(&out, "%d%c %s\n", e.At, e.Op, e.Line)
		}
	}
	return out.String()
}

// Lines are the lines of a text that ends with a newline.
func Lines(text []byte) []string {
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}
