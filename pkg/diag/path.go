package diag

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

// Index returns the path of element i of the list at path.
func Index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// Field returns the path of the field below path. A name that is no plain word,
// such as an annotation's, stands in brackets and quotes.
func Field(path, name string) string {
	if strings.ContainsAny(name, ".[]\"/ ") || name == "" || strings.ContainsFunc(name, foreign.Hidden) {
		return fmt.Sprintf("%s[%q]", path, name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// ComparePaths orders paths as they stand in a document: like strings, but with
// numbers by value, so that regions[2] comes before regions[10].
func ComparePaths(a, b string) int {
	for a != "" && b != "" {
		na, ra := leadingNumber(a)
		nb, rb := leadingNumber(b)
		if na != "" && nb != "" {
			if c := cmp.Or(cmp.Compare(len(na), len(nb)), cmp.Compare(na, nb)); c != 0 {
				return c
			}
			a, b = ra, rb
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// leadingNumber splits off the digits that s starts with, without leading zeros.
func leadingNumber(s string) (digits, rest string) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 {
		return "", s
	}
	digits = strings.TrimLeft(s[:n], "0")
	if digits == "" {
		digits = "0"
	}
	return digits, s[n:]
}
