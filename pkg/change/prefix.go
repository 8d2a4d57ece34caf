package change

import (
	"net/netip"
	"slices"
)

// union are the prefixes of a, then those of b that a does not have; of two that overlap the
// wider one.
func union(a, b []netip.Prefix) []netip.Prefix {
	all := slices.Concat(a, b)
	var kept []netip.Prefix
	for i, p := range all {
		within := slices.ContainsFunc(all[:i], func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Overlaps(p) }) ||
			slices.ContainsFunc(all[i+1:], func(q netip.Prefix) bool { return q.Bits() < p.Bits() && q.Overlaps(p) })
		if !within {
			kept = append(kept, p)
		}
	}
	return kept
}

// relengthened reports whether a network is advertised by another length than before: failover
// never crosses lengths.
func relengthened(before, after []netip.Prefix) bool {
	for _, p := range before {
		for _, q := range after {
			if p.Overlaps(q) && p.Bits() != q.Bits() && !slices.Contains(after, p) && !slices.Contains(before, q) {
				return true
			}
		}
	}
	return false
}
