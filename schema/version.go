package schema

import (
	"cmp"
	"strconv"
	"strings"
)

// Version is MAJOR.MINOR.PATCH with an optional suffix such as "+k3s1", which
// comparisons ignore. The empty Version means that the user did not say.
type Version string

// AtLeast reports whether v is major.minor.patch or newer. The empty Version is
// at least nothing.
func (v Version) AtLeast(major, minor, patch int) bool {
	return v != "" && v.compare([3]int{major, minor, patch}) >= 0
}

// Before reports whether v is older than major.minor.patch. The empty Version is
// before nothing.
func (v Version) Before(major, minor, patch int) bool {
	return v != "" && v.compare([3]int{major, minor, patch}) < 0
}

// Minor returns "MAJOR.MINOR".
func (v Version) Minor() string {
	n := v.numbers()
	return strconv.Itoa(n[0]) + "." + strconv.Itoa(n[1])
}

// Numbers are those of MAJOR.MINOR.PATCH.
func (v Version) Numbers() (major, minor, patch int) {
	n := v.numbers()
	return n[0], n[1], n[2]
}

// Compare orders versions by number; the empty one is 0.0.0.
func (v Version) Compare(w Version) int { return v.compare(w.numbers()) }

func (v Version) compare(other [3]int) int {
	n := v.numbers()
	return cmp.Or(cmp.Compare(n[0], other[0]), cmp.Compare(n[1], other[1]), cmp.Compare(n[2], other[2]))
}

// numbers reads what it can: the schema has already refused what does not parse.
func (v Version) numbers() (n [3]int) {
	core, _, _ := strings.Cut(string(v), "+")
	core, _, _ = strings.Cut(core, "-")
	for i := range n[:2] {
		part, rest, more := strings.Cut(core, ".")
		n[i], _ = strconv.Atoi(part)
		if core = rest; !more {
			return n
		}
	}
	n[2], _ = strconv.Atoi(core)
	return n
}

// MinorSkew is how many minor versions lie between v and w; a different major
// version counts as a hundred.
func (v Version) MinorSkew(w Version) int {
	a, b := v.numbers(), w.numbers()
	skew := (a[0]-b[0])*100 + a[1] - b[1]
	return max(skew, -skew)
}
