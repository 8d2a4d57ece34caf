package ipam

import (
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
)

// FuzzSpace: what is handed out is free, inside the root, and never handed out twice;
// and the space is full only when it is.
func FuzzSpace(f *testing.F) {
	f.Add([]byte{8, 10, 0, 0, 0, 16, 10, 1, 0, 0}, uint8(20))
	f.Add([]byte{24, 10, 0, 1, 0, 30, 10, 0, 0, 0}, uint8(26))
	f.Add([]byte{}, uint8(16))
	f.Fuzz(func(t *testing.T, data []byte, length uint8) {
		root, bits := netip.MustParsePrefix("10.0.0.0/16"), 16+int(length)%12
		var occupied []netip.Prefix
		for len(data) >= 5 && len(occupied) < 64 {
			a, _ := netip.AddrFromSlice(data[1:5])
			occupied = append(occupied, netip.PrefixFrom(a, int(data[0])%33).Masked())
			data = data[5:]
		}
		want := freeBlocks(root, bits, occupied)
		s := newSpace(root, disjoint(occupied))
		var got []netip.Prefix
		for {
			p, ok := s.take(bits)
			if !ok {
				break
			}
			for _, o := range append(occupied, got...) {
				if p.Overlaps(o) {
					t.Fatalf("%s overlaps %s", p, o)
				}
			}
			got = append(got, p)
		}
		if len(got) != want {
			t.Fatalf("%d blocks of /%d handed out, %d are free in %s with %v", len(got), bits, want, root, occupied)
		}
	})
}

// freeBlocks counts by looking at each block.
func freeBlocks(root netip.Prefix, bits int, occupied []netip.Prefix) int {
	n := 0
	for a := root.Addr(); root.Contains(a); {
		p := netip.PrefixFrom(a, bits)
		free := true
		for _, o := range occupied {
			free = free && !p.Overlaps(o)
		}
		if free {
			n++
		}
		a = claim.Last(p).Next()
	}
	return n
}
