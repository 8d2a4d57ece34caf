package eval

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// TestMatrix compares each kind of name in a rule with each kind that is asked for: matrix.txt has a
// line for each of the former, with "y" where it holds the latter for sure, "n" where it never does,
// and a capital letter for what it depends on. Names come in the order of the list at the top.
func TestMatrix(t *testing.T) {
	addr := func(s string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(s)} }
	prefix := netip.MustParsePrefix
	scope := NewScope(&acl.Policy{
		TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}, {Key: "tag:r"}},
		Groups:    []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com"}}},
		IPSets:    []acl.Assignment{{Key: "ipset:s", Values: []string{"10.1.0.0/16", "100.64.0.0/30"}}},
	})
	devices := []Device{
		{Name: "a", Tags: []string{"tag:a"}, Addrs: addr("100.64.0.1")}, {Name: "r", Tags: []string{"tag:r", "tag:b"}, Addrs: addr("100.64.0.2"), Routes: []netip.Prefix{prefix("10.1.0.0/16")}},
		{Name: "ana", User: "ana@example.com", Addrs: addr("100.64.0.3")}, {Name: "ben", User: "ben@example.com", Addrs: addr("100.64.0.9")},
	}
	users := []User{{Name: "ana@example.com", Role: "admin", Groups: []string{"group:x@example.com"}}, {Name: "ben@example.com", Role: "owner"}}
	names := []string{
		"*", "autogroup:danger-all", "autogroup:internet", "10.1.0.0/16", "10.1.7.7", "8.8.8.8", "100.64.0.0/30", "100.64.0.1", "100.64.0.2", "100.64.0.3", "100.64.0.99", "0.0.0.0/0", "ipset:s",
		"tag:a", "tag:b", "autogroup:tagged", "ana@example.com", "ben@example.com", "zoe@example.org", "group:g", "group:x@example.com", "autogroup:member", "autogroup:admin", "autogroup:owner", "autogroup:shared",
		"user:*@example.com", "autogroup:self", "svc:web", "new:thing",
	}
	var selectors []Selector
	for _, name := range names {
		s, err := scope.Selector(name)
		if err != nil {
			t.Fatal(err)
		}
		selectors = append(selectors, s)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.Join(names, " "))
	var reasons []string
	letter := func(t truth) string {
		if t.verdict != maybe {
			return map[verdict]string{no: "n", yes: "y"}[t.verdict]
		}
		i := slices.Index(reasons, t.on)
		if i < 0 {
			i = len(reasons)
			reasons = append(reasons, t.on)
		}
		return string(rune('A' + i))
	}
	for _, c := range []struct {
		about string
		known Tailnet
	}{{"nothing is known", Tailnet{}}, {"some are known", Tailnet{Devices: devices, Users: users}}, {"all are known", Tailnet{Devices: devices, Users: users, Complete: true}}} {
		f := newFinder(scope, c.known)
		fmt.Fprintf(&b, "= %s: sources, destinations, and autogroup:self of the name\n", c.about)
		for i, rule := range selectors {
			rows := [3]string{}
			reasons = nil
			for _, asked := range selectors {
				rows[0] += letter(f.holds(rule, asked, source))
				rows[1] += letter(f.holds(rule, asked, destination))
				rows[2] += letter(f.self(rule, asked))
			}
			way := letter(f.routed([]string{"tag:r", "tag:z"}, rule))
			fmt.Fprintf(&b, "%s, %s by a router, %s", strings.Join(rows[:], " "), way, names[i])
			for _, r := range reasons {
				fmt.Fprintf(&b, "; %s %s", letter(depends(r)), r)
			}
			b.WriteString("\n")
		}
	}
	goldentest.Compare(t, "testdata/matrix.txt", b.String())
}
