package plan

import (
	"net/netip"
	"slices"
	"testing"
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

func TestNewFleet(t *testing.T) {
	for _, c := range []struct{ in, want []netip.Prefix }{
		{nil, nil},
		{prefixes("10.1.0.0/16", "10.0.0.0/16"), prefixes("10.0.0.0/15")},
		{prefixes("10.1.0.0/16", "10.2.0.0/16"), prefixes("10.1.0.0/16", "10.2.0.0/16")}, // no prefix has just these
		{prefixes("10.0.3.0/24", "10.0.0.0/16", "10.0.0.0/16"), prefixes("10.0.0.0/16")},
		{prefixes("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/23", "10.0.4.0/22"), prefixes("10.0.0.0/21")},
		{prefixes("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"), prefixes("0.0.0.0/0", "::/0")},
		{prefixes("fd00:0:0:1::/64", "10.0.0.1/32", "fd00::/64", "10.0.0.0/32"), prefixes("10.0.0.0/31", "fd00::/63")},
	} {
		before := slices.Clone(c.in)
		if got := NewFleet(c.in); !slices.Equal(got, Fleet(c.want)) {
			t.Errorf("NewFleet(%v) = %v, want %v", c.in, got, c.want)
		}
		if !slices.Equal(before, c.in) {
			t.Errorf("NewFleet changed its argument %v", before)
		}
	}
}

func TestFleetIgnoresInvalid(t *testing.T) {
	if got := NewFleet([]netip.Prefix{{}, netip.MustParsePrefix("10.0.0.0/8")}); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestAround(t *testing.T) {
	fleet := NewFleet(prefixes("10.0.0.0/8", "192.168.0.0/16", "fd00::/56"))
	for _, c := range []struct{ own, except, remote []netip.Prefix }{
		{nil, nil, nil},
		{prefixes("192.168.0.0/16"), prefixes("192.168.0.0/16"), nil},
		{prefixes("10.0.0.0/10"), prefixes("10.0.0.0/8"), prefixes("10.64.0.0/10", "10.128.0.0/9")},
		{prefixes("10.64.0.0/10", "fd00:0:0:80::/57"), prefixes("10.0.0.0/8", "fd00::/56"), prefixes("10.0.0.0/10", "10.128.0.0/9", "fd00::/57")},
		{prefixes("172.16.0.0/12"), nil, nil},
	} {
		except, remote := fleet.Around(NewFleet(c.own))
		if !slices.Equal(except, c.except) || !slices.Equal(remote, c.remote) {
			t.Errorf("Around(%v) = %v, %v, want %v, %v", c.own, except, remote, c.except, c.remote)
		}
	}
}

// The laws, on the 256 addresses of one block, each asked by itself: a fleet has the
// addresses of what it was made of, a region's view has those but its own; nothing
// overlaps, and nothing can be joined any more.
func FuzzFleet(f *testing.F) {
	f.Add([]byte{0, 25, 128, 26, 192, 27}, []byte{128, 26})
	f.Add([]byte{0, 24}, []byte{7, 32, 9, 31})
	f.Fuzz(func(t *testing.T, all, own []byte) {
		everything, mine := blocks(all), blocks(own)
		fleet := NewFleet(slices.Concat(everything, mine))
		checkMinimal(t, fleet)
		remote := fleet.Without(NewFleet(mine))
		if !slices.IsSortedFunc(remote, byAddress) {
			t.Errorf("%v is not sorted", remote)
		}
		for i := range 256 {
			a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			if want := holders(everything, a)+holders(mine, a) > 0; want != (holders(fleet, a) == 1) {
				t.Errorf("%v in fleet %v: %v", a, fleet, !want)
			}
			if want := holders(everything, a) > 0 && holders(mine, a) == 0; want != (holders(remote, a) == 1) {
				t.Errorf("%v in %v without %v: %v", a, remote, mine, !want)
			}
		}
	})
}

func checkMinimal(t *testing.T, f Fleet) {
	t.Helper()
	for i := 1; i < len(f); i++ {
		if f[i-1].Overlaps(f[i]) || siblings(f[i-1], f[i]) || byAddress(f[i-1], f[i]) >= 0 {
			t.Errorf("%v and %v stand beside each other", f[i-1], f[i])
		}
	}
}

// blocks reads pairs of last byte and length, 24 to 32.
func blocks(data []byte) []netip.Prefix {
	var list []netip.Prefix
	for ; len(data) >= 2; data = data[2:] {
		p, _ := netip.AddrFrom4([4]byte{10, 0, 0, data[0]}).Prefix(24 + int(data[1]%9))
		list = append(list, p)
	}
	return list
}

func holders(list []netip.Prefix, a netip.Addr) int {
	n := 0
	for _, p := range list {
		if p.Contains(a) {
			n++
		}
	}
	return n
}
