package claim

import (
	"fmt"
	"net/netip"
)

// Relation is the verb between two prefixes that overlap: "is also", "contains",
// "lies inside".
func Relation(a, b netip.Prefix) string {
	switch {
	case a == b:
		return "is also"
	case a.Bits() < b.Bits():
		return "contains"
	}
	return "lies inside"
}

// CountOthers counts the parties that a finding does not name: "3 others".
func CountOthers(n int) string {
	if n == 1 {
		return "1 other"
	}
	return fmt.Sprintf("%d others", n)
}

// Show writes a prefix that is one address as that address.
func Show(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// Join lists prefixes as messages do, no more than Few of them.
func Join(prefixes []netip.Prefix) string {
	s := ""
	for i, p := range prefixes {
		if i > 0 {
			s += ", "
		}
		if i == Few {
			return s + fmt.Sprintf("%s more", CountOthers(len(prefixes)-Few))
		}
		s += p.String()
	}
	if s == "" {
		return "there are none"
	}
	return s
}
