package claim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/gaissmai/bart"
)

// pair is an overlap as the oracle sees it: the narrower (or later) claim, the other.
type pair struct{ inner, cover int32 }

// slowPairs is the oracle: two nested loops.
func slowPairs(claims []Claim) []pair {
	var pairs []pair
	for i := range claims {
		for j := range claims[:i] {
			a, b := claims[i].Prefix, claims[j].Prefix
			switch {
			case !a.Overlaps(b):
			case a.Bits() < b.Bits():
				pairs = append(pairs, pair{int32(j), int32(i)})
			default:
				pairs = append(pairs, pair{int32(i), int32(j)})
			}
		}
	}
	return sortPairs(pairs)
}

func sortPairs(p []pair) []pair {
	slices.SortFunc(p, func(a, b pair) int {
		if a.inner != b.inner {
			return int(a.inner - b.inner)
		}
		return int(a.cover - b.cover)
	})
	return p
}

func triePairs(claims []Claim) []pair {
	var pairs []pair
	for i, j := range NewTree(claims).Pairs() {
		pairs = append(pairs, pair{i, j})
	}
	return sortPairs(pairs)
}

// randomClaims makes n claims that often nest, repeat and touch: half are derived
// from an earlier one.
func randomClaims(r *rand.Rand, n int) []Claim {
	claims := make([]Claim, 0, n)
	for range n {
		p := randomPrefix(r)
		if len(claims) > 0 && r.IntN(2) == 0 {
			p = relative(r, claims[r.IntN(len(claims))].Prefix)
		}
		claims = append(claims, Claim{Prefix: p, Role: Role(1 + r.IntN(int(roles)-1)), Region: int32(r.IntN(4)) - 1})
	}
	return claims
}

func randomPrefix(r *rand.Rand) netip.Prefix {
	if r.IntN(2) == 0 {
		var a [4]byte
		a[0], a[1], a[2], a[3] = byte(10+r.IntN(2)), byte(r.IntN(4)), byte(r.Uint32()), byte(r.Uint32())
		return netip.PrefixFrom(netip.AddrFrom4(a), r.IntN(33)).Masked()
	}
	var a [16]byte
	a[0], a[1], a[7], a[15] = 0xfd, byte(r.IntN(2)), byte(r.IntN(4)), byte(r.Uint32())
	return netip.PrefixFrom(netip.AddrFrom16(a), r.IntN(129)).Masked()
}

// relative returns p itself, a neighbour, a supernet or a subnet of it.
func relative(r *rand.Rand, p netip.Prefix) netip.Prefix {
	switch r.IntN(4) {
	case 0:
		return p
	case 1: // the adjacent one of the same size
		if next := lastAddr(p).Next(); next.IsValid() {
			return netip.PrefixFrom(next, p.Bits()).Masked()
		}
	case 2:
		return netip.PrefixFrom(p.Addr(), r.IntN(p.Bits()+1)).Masked()
	}
	return netip.PrefixFrom(p.Addr(), p.Bits()+r.IntN(p.Addr().BitLen()-p.Bits()+1)).Masked()
}

func lastAddr(p netip.Prefix) netip.Addr {
	a := p.Addr().AsSlice()
	for i := p.Bits(); i < len(a)*8; i++ {
		a[i/8] |= 0x80 >> (i % 8)
	}
	addr, _ := netip.AddrFromSlice(a)
	return addr
}

// TestTrieEqualsOracle is the law the whole package rests on.
func TestTrieEqualsOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for set := range 50_000 {
		claims := randomClaims(r, 1+r.IntN(24))
		if want, got := slowPairs(claims), triePairs(claims); !slices.Equal(want, got) {
			t.Fatalf("set %d of %v: oracle %v, trie %v", set, claims, want, got)
		}
	}
}

// TestGroupsHoldEveryPairOnce: findings count each conflict once, whoever answers
// for it, and name no more than a few.
func TestGroupsHoldEveryPairOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	nest := NewNesting()
	odds := func(a, b *Claim) bool { return !nest.Allows(a, b) }
	for range 5_000 {
		claims := randomClaims(r, 1+r.IntN(40))
		want := 0
		for _, p := range slowPairs(claims) {
			if odds(&claims[p.inner], &claims[p.cover]) {
				want++
			}
		}
		got := 0
		owners := map[int32]bool{}
		for _, g := range NewTree(claims).Conflicts(odds) {
			if owners[g.Owner] || len(g.Others) == 0 || len(g.Others) > Few || g.Count < len(g.Others) {
				t.Fatalf("group %+v", g)
			}
			owners[g.Owner] = true
			got += g.Count
		}
		if got != want {
			t.Fatalf("%d pairs in groups, %d by the oracle: %v", got, want, claims)
		}
	}
}

func TestHubIsOneFinding(t *testing.T) {
	claims := []Claim{{Prefix: netip.MustParsePrefix("10.0.0.0/8"), Role: RoleExternal, Region: -1}}
	for i := range 256 {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i)}), 16)
		claims = append(claims, Claim{Prefix: p, Role: RolePod, Region: int32(i), Owner: fmt.Sprint(i)})
	}
	groups := NewTree(claims).Conflicts(func(a, b *Claim) bool { return !NewNesting().Allows(a, b) })
	if len(groups) != 1 || groups[0].Owner != 0 || groups[0].Count != 256 {
		t.Errorf("%+v", groups)
	}
}

// TestOverlappingEqualsOracle: whatever the prefix, the tree yields each claim that
// shares addresses with it once, and those that contain it by themselves.
func TestOverlappingEqualsOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5_000 {
		claims := randomClaims(r, 1+r.IntN(24))
		tree, p := NewTree(claims), relative(r, randomClaims(r, 1)[0].Prefix)
		var overlapping, covering []int32
		for i, c := range claims {
			if c.Prefix.Overlaps(p) {
				overlapping = append(overlapping, int32(i))
			}
			if c.Prefix.Overlaps(p) && c.Prefix.Bits() <= p.Bits() {
				covering = append(covering, int32(i))
			}
		}
		for _, p := range []netip.Prefix{p, netip.PrefixFrom(lastAddr(p), p.Bits())} { // host bits are nobody's
			if got := slices.Sorted(tree.Overlapping(p)); !slices.Equal(got, overlapping) {
				t.Fatalf("%s overlaps %v of %v, want %v", p, got, claims, overlapping)
			}
			if got := slices.Sorted(tree.Covering(p)); !slices.Equal(got, covering) {
				t.Fatalf("%s lies in %v of %v, want %v", p, got, claims, covering)
			}
		}
	}
}

// TestTreeEqualsTrie: what a trie of the same claims answers, in the same order; also where there
// are so many that they are counted and not compared.
func TestTreeEqualsTrie(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for set := range 2_000 {
		n := 1 + r.IntN(24)
		if set%100 == 0 {
			n = 4 * few
		}
		claims := randomClaims(r, n)
		tree := NewTree(claims)
		var trie bart.Table[[]int32]
		for i, c := range claims {
			same, _ := trie.Get(c.Prefix)
			trie.Insert(c.Prefix, append(same, int32(i)))
		}
		for range 20 {
			p := relative(r, claims[r.IntN(n)].Prefix)
			var covering, inside []int32
			for _, same := range trie.Supernets(p) {
				for _, i := range slices.Backward(same) {
					covering = append(covering, i)
				}
			}
			for q, same := range trie.Subnets(p) {
				for _, i := range slices.Backward(same) {
					if q != p {
						inside = append(inside, i)
					}
				}
			}
			if got := slices.Collect(tree.Covering(p)); !slices.Equal(got, covering) {
				t.Fatalf("%s lies in %v of %v, want %v", p, got, claims, covering)
			}
			if got, want := slices.Collect(tree.Overlapping(p)), slices.Concat(covering, inside); !slices.Equal(got, want) {
				t.Fatalf("%s overlaps %v of %v, want %v", p, got, claims, want)
			}
			a := lastAddr(p)
			same, ok := trie.Lookup(a)
			if c, found := tree.Lookup(a); found != ok || ok && c != &claims[same[len(same)-1]] {
				t.Fatalf("%s is held by %v, %t, of %v, want %v", a, c, found, claims, same)
			}
		}
	}
}

// TestNothingHoldsWhatIsInvalid: nor is there a place for it.
func TestNothingHoldsWhatIsInvalid(t *testing.T) {
	tree := NewTree([]Claim{{Prefix: netip.MustParsePrefix("0.0.0.0/0")}, {Prefix: netip.MustParsePrefix("::/0")}})
	if c, ok := tree.Lookup(netip.Addr{}); ok {
		t.Errorf("no address is held by %v", c)
	}
	if got := slices.Collect(tree.Overlapping(netip.Prefix{})); got != nil {
		t.Errorf("no prefix overlaps %v", got)
	}
}

// TestTreeOfSomeClaims: what is not wanted is in no pair and found by nobody, and the others are
// where they are among all.
func TestTreeOfSomeClaims(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 5_000 {
		claims := randomClaims(r, 1+r.IntN(24))
		wanted := func(c *Claim) bool { return c.Role.Advertised() }
		tree, p := NewTreeOf(claims, wanted), randomPrefix(r)
		var want, got []pair
		for _, o := range slowPairs(claims) {
			if wanted(&claims[o.inner]) && wanted(&claims[o.cover]) {
				want = append(want, o)
			}
		}
		for i, j := range tree.Pairs() {
			got = append(got, pair{i, j})
		}
		if got = sortPairs(got); !slices.Equal(got, want) {
			t.Fatalf("%v: oracle %v, tree %v", claims, want, got)
		}
		narrowest, found := tree.Lookup(p.Addr())
		for i := range claims {
			c := &claims[i]
			if !wanted(c) || !c.Prefix.Contains(p.Addr()) {
				continue
			}
			if !found || c.Prefix.Bits() > narrowest.Prefix.Bits() {
				t.Fatalf("%s lies in %v, and the narrowest one is said to be %v", p.Addr(), c, narrowest)
			}
		}
		if found && (!wanted(narrowest) || !narrowest.Prefix.Contains(p.Addr())) {
			t.Fatalf("%s does not lie in %v", p.Addr(), narrowest)
		}
	}
}
