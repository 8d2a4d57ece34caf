package eval

import (
	"math/rand"
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// The index finds nothing that the comparison of two selectors does not find for sure. Of
// addresses behind gateways, for which rules that are not loose are not compared, it finds
// all.
func TestIndexEqualsComparison(t *testing.T) {
	names := []string{
		"*", "tag:a", "tag:b", "ana@example.com", "ben@example.org", "group:g", "group:s@example.com", "user:*@example.com", "autogroup:member",
		"autogroup:tagged", "autogroup:admin", "autogroup:internet", "autogroup:danger-all", "autogroup:shared", "svc:web", "new:thing", "ipset:s",
		"10.1.0.0/16", "10.1.7.0/24", "10.1.7.9", "100.64.0.1", "100.64.0.2", "100.64.0.3", "100.64.0.0/24", "8.8.8.8", "192.168.0.1",
	}
	p := &acl.Policy{
		TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}},
		Groups:    []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com"}}},
		IPSets:    []acl.Assignment{{Key: "ipset:s", Values: []string{"10.1.0.0/16", "100.64.0.1"}}},
	}
	a := func(s string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(s)} }
	devices := []Device{
		{Name: "1", Tags: []string{"tag:a"}, Addrs: a("100.64.0.1"), Routes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}},
		{Name: "2", User: "ana@example.com", Addrs: a("100.64.0.2")},
	}
	sure, open := 0, 0
	for _, complete := range []bool{false, true} {
		for _, rule := range names {
			for _, asked := range names {
				f := newFinder(NewScope(p), Tailnet{Devices: devices, Complete: complete})
				r, errRule := f.scope.Selector(rule)
				q, errAsked := f.scope.Selector(asked)
				if errRule != nil || errAsked != nil {
					t.Fatal(errRule, errAsked)
				}
				if q.Kind == KindGroup || q.Kind == KindSet {
					continue // asked one by one
				}
				f.src.add(r, 7, f.scope.groups)
				f.dst.add(r, 7, f.scope.groups)
				for at, found := range map[side][]int{source: f.sources(q), destination: f.destinations(q)} {
					truth := f.holds(r, q, at)
					rule := compiled{src: []Selector{r}}
					if at == destination {
						rule = compiled{dst: []Selector{r}}
					}
					behind := q.Kind == KindPrefix && !inPool(q.Prefix) && !rule.loose()
					if len(found) > 0 && truth.verdict != yes || behind && len(found) == 0 && truth.verdict != no {
						t.Errorf("%s holds %s as %d, complete %v: index %v, comparison %+v", r.title(), asked, at, complete, found, truth)
					}
					if truth.verdict == maybe {
						open++
						if truth.on == "" {
							t.Errorf("%s holds %s: no reason", r.title(), asked)
						}
					} else {
						sure++
					}
				}
			}
		}
	}
	if sure < 1000 || open < 100 {
		t.Errorf("%d decided, %d undecided", sure, open)
	}
}

// A list of prefixes with some taken out holds exactly the addresses that it should.
func TestSubtract(t *testing.T) {
	r := rand.New(rand.NewSource(11))
	random := func() netip.Prefix {
		p, _ := netip.AddrFrom4([4]byte{10, 0, 0, byte(r.Intn(256))}).Prefix(24 + r.Intn(9))
		return p
	}
	in := func(list []netip.Prefix, a netip.Addr) bool {
		for _, p := range list {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	for range 500 {
		list, out := []netip.Prefix{random(), random()}, random()
		rest := subtract(list, out)
		first, last := netip.AddrFrom4([4]byte{10, 0, 0, byte(r.Intn(128))}), netip.AddrFrom4([4]byte{10, 0, 0, byte(128 + r.Intn(128))})
		span, ok := between(first.String(), last.String())
		for i := range 256 {
			a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			if want := in(list, a) && !out.Contains(a); in(rest, a) != want {
				t.Fatalf("%v without %s: %v is wrong about %s", list, out, rest, a)
			}
			if want := !a.Less(first) && !last.Less(a); !ok || in(span, a) != want {
				t.Fatalf("%s to %s: %v is wrong about %s", first, last, span, a)
			}
		}
	}
	if list, ok := between("0.0.0.0", "255.255.255.255"); !ok || len(list) != 1 {
		t.Error(list)
	}
	if list, ok := between("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"); !ok || len(list) != 1 {
		t.Error(list)
	}
	if _, ok := between("10.0.0.9", "10.0.0.1"); ok {
		t.Error("a range that ends before it begins")
	}
}
