//go:build unix

package claim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gaissmai/bart"
)

// The shapes of BenchmarkOverlap: what a fleet looks like, what a careless one looks
// like, and what happens when somebody claims everything.
func shapes() map[string]func(n int) []Claim {
	return map[string]func(int) []Claim{
		"disjoint":    disjointClaims,
		"conflicting": conflictingClaims,
		"nested":      nestedClaims,
	}
}

// disjointClaims makes n claims that do not overlap, half of each family, shuffled.
func disjointClaims(n int) []Claim {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	claims := make([]Claim, n)
	for i := range claims {
		k := uint32(i / 2)
		if i%2 == 0 { // 2^19 prefixes of /27 in 10.0.0.0/8
			claims[i].Prefix = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(k >> 11), byte(k >> 3), byte(k << 5)}), 27+r.IntN(6))
		} else {
			claims[i].Prefix = netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 3: byte(k >> 16), 4: byte(k >> 8), 5: byte(k)}), 48+r.IntN(81))
		}
		claims[i].Role, claims[i].Region = RolePod, int32(i)
	}
	r.Shuffle(n, func(i, j int) { claims[i], claims[j] = claims[j], claims[i] })
	return claims
}

// conflictingClaims makes one claim in a hundred equal to another one.
func conflictingClaims(n int) []Claim {
	claims := disjointClaims(n)
	for i := 0; i+1 < n; i += 100 {
		claims[i].Prefix = claims[i+1].Prefix
	}
	return claims
}

// nestedClaims puts them all inside one claim of each family.
func nestedClaims(n int) []Claim {
	claims := disjointClaims(n)
	claims[0].Prefix = netip.MustParsePrefix("10.0.0.0/8")
	claims[1].Prefix = netip.MustParsePrefix("fd00::/8")
	return claims
}

// methods are what the trie is measured beside, on the same claims. Each returns how
// many overlaps it found.
func methods() []struct {
	name  string
	limit int
	run   func([]Claim) int
} {
	return []struct {
		name  string
		limit int
		run   func([]Claim) int
	}{
		{"trie", 1e6, trieConflicts},
		{"sweep", 1e6, sweep},
		{"bart-insert", 1e6, bartInsert},
		{"loops", 1e4, loops},
	}
}

// trieConflicts is the whole work of the overlap check, up to the groups that
// become findings.
func trieConflicts(claims []Claim) int {
	nest := NewNesting()
	n := 0
	for _, g := range NewTree(claims).Conflicts(func(a, b *Claim) bool { return !nest.Allows(a, b) }) {
		n += g.Count
	}
	return n
}

// sweep is the floor: sort the prefixes with net/netip and walk them with a stack.
func sweep(claims []Claim) int {
	prefixes := make([]netip.Prefix, len(claims))
	for i := range claims {
		prefixes[i] = claims[i].Prefix
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	var stack []netip.Prefix
	n := 0
	for _, p := range prefixes {
		for len(stack) > 0 && !stack[len(stack)-1].Overlaps(p) {
			stack = stack[:len(stack)-1]
		}
		n += len(stack)
		stack = append(stack, p)
	}
	return n
}

// bartInsert is a plain trie in the order of the document; it finds nothing.
func bartInsert(claims []Claim) int {
	var table bart.Table[int32]
	for i := range claims {
		table.Insert(claims[i].Prefix, int32(i))
	}
	return 0
}

func loops(claims []Claim) int {
	n := 0
	for i := range claims {
		for j := range claims[:i] {
			if claims[i].Prefix.Overlaps(claims[j].Prefix) {
				n++
			}
		}
	}
	return n
}

// TestMethodsAgree keeps the benchmark honest: all of them count the same overlaps.
func TestMethodsAgree(t *testing.T) {
	for name, shape := range shapes() {
		claims := shape(2000)
		want := loops(claims)
		if got := sweep(claims); got != want {
			t.Errorf("%s: sweep finds %d, loops %d", name, got, want)
		}
		if got := trieConflicts(claims); got != want {
			t.Errorf("%s: trie finds %d, loops %d", name, got, want)
		}
		if (want == 0) != (name == "disjoint") {
			t.Errorf("%s: %d overlaps", name, want)
		}
	}
}

// BenchmarkOverlap reports nanoseconds, by the clock and of the processor, and
// allocated bytes for each prefix. Compare processor time on a busy machine:
//
//	go test ./pkg/validate -run '^$' -bench Overlap -benchtime 3x
func BenchmarkOverlap(b *testing.B) {
	for _, shape := range []string{"disjoint", "conflicting", "nested"} {
		for n := 100; n <= 1e6; n *= 10 {
			claims := shapes()[shape](n)
			for _, m := range methods() {
				if n <= m.limit {
					b.Run(fmt.Sprintf("%s/%d/%s", shape, n, m.name), func(b *testing.B) { perPrefix(b, claims, m.run) })
				}
			}
		}
	}
}

func perPrefix(b *testing.B, claims []Claim, run func([]Claim) int) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := processorTime(b)
	b.ResetTimer()
	for b.Loop() {
		run(claims)
	}
	b.StopTimer()
	spent := processorTime(b) - start
	runtime.ReadMemStats(&after)
	each := float64(b.N) * float64(len(claims))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/each, "ns/prefix")
	b.ReportMetric(float64(spent.Nanoseconds())/each, "cpu-ns/prefix")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/each, "B/prefix")
}

// processorTime is what the process has used, collecting garbage included.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
