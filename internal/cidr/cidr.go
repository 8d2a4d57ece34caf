// Package cidr compares, sorts and names prefixes, for packages that deal with a few of
// them and need no table. Start with Contains.
package cidr

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Contains reports whether all of inner lies in outer; equal prefixes contain each other.
func Contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// AnyContains reports whether one of the prefixes holds the address.
func AnyContains(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Sorted returns the valid prefixes, each once, in address order.
func Sorted(prefixes []netip.Prefix) []netip.Prefix {
	list := slices.DeleteFunc(slices.Clone(prefixes), func(p netip.Prefix) bool { return !p.IsValid() })
	slices.SortFunc(list, netip.Prefix.Compare)
	return slices.Compact(list)
}

// Strings returns each prefix as text.
func Strings(prefixes []netip.Prefix) []string {
	list := make([]string, len(prefixes))
	for i, p := range prefixes {
		list[i] = p.String()
	}
	return list
}

// Few names the first prefixes in address order, and counts the others: a message
// stays short however many there are.
func Few(prefixes []netip.Prefix) string {
	const few = 4
	list := Strings(Sorted(prefixes))
	if len(list) > few {
		list = append(list[:few:few], fmt.Sprintf("%d more", len(list)-few))
	}
	return strings.Join(list, ", ")
}
