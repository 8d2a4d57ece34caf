package claim

import (
	"net/netip"
	"slices"
	"testing"
)

// claimsFrom reads claims out of fuzz bytes: a head byte (family, role), a length,
// then four or sixteen bytes of address. Few distinct bytes give many overlaps.
func claimsFrom(data []byte) []Claim {
	var claims []Claim
	for len(data) >= 2 && len(claims) < 64 {
		head, length := data[0], int(data[1])
		data = data[2:]
		size := 4
		if head&1 != 0 {
			size = 16
		}
		raw := make([]byte, size)
		data = data[copy(raw, data):]
		addr, _ := netip.AddrFromSlice(raw)
		c := Claim{Prefix: netip.PrefixFrom(addr, length%(addr.BitLen()+1)), Role: Role(1 + int(head>>1)%(int(roles)-1)), Region: int32(head>>5) - 1}
		var ok bool
		if c.Prefix, ok = Canonical(c.Prefix); ok {
			claims = append(claims, c)
		}
	}
	return claims
}

// FuzzTrieEqualsOracle: whatever the claims, the trie yields the pairs that two
// nested loops find, and the findings count each conflict once.
func FuzzTrieEqualsOracle(f *testing.F) {
	f.Add([]byte{0, 8, 10, 0, 0, 0, 2, 16, 10, 1, 0, 0})
	f.Add([]byte{0, 16, 10, 1, 0, 0, 34, 16, 10, 1, 0, 0, 66, 16, 10, 1, 0, 0})
	f.Add([]byte{1, 48, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 128, 0xfd})
	f.Add([]byte{1, 104, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0, 0, 8, 10})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		claims := claimsFrom(data)
		want := slowPairs(claims)
		if got := triePairs(claims); !slices.Equal(want, got) {
			t.Fatalf("%v: oracle %v, trie %v", claims, want, got)
		}
		nest, conflicts := NewNesting(), 0
		odds := func(a, b *Claim) bool { return !nest.Allows(a, b) }
		for _, p := range want {
			if odds(&claims[p.inner], &claims[p.cover]) {
				conflicts++
			}
		}
		for _, g := range NewTree(claims).Conflicts(odds) {
			conflicts -= g.Count
		}
		if conflicts != 0 {
			t.Fatalf("%v: %d conflicts too few", claims, conflicts)
		}
	})
}
