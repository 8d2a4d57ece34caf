package eval

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
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

// A capability is given where one grant has all of its names, sources and destinations, and is
// too wide where others get it at the gateways.
func TestCapabilities(t *testing.T) {
	grant := func(src, dst, app string) acl.Grant {
		return acl.Grant{Src: strings.Fields(src), Dst: strings.Fields(dst), App: strings.Fields(app)}
	}
	need := grant("tag:a", "tag:b", "x.com/relay")
	for _, c := range []struct {
		have    acl.Grant
		capable bool
		wide    string
	}{
		{need, true, ""}, {grant("tag:a tag:c", "tag:b", "x.com/relay"), true, "grants[0] gives tag:a, tag:c the capability x.com/relay at tag:b, and the cluster needs it for tag:a at tag:b"},
		{grant("*", "*", "x.com/other x.com/relay"), true, "grants[0] gives * the capability x.com/relay at *, and the cluster needs it for tag:a at tag:b"},
		{grant("tag:a", "tag:b tag:c", "x.com/relay"), true, "grants[0] gives tag:a the capability x.com/relay at tag:b, tag:c, and the cluster needs it for tag:a at tag:b"},
		{grant("tag:a", "tag:b", "x.com/other"), false, ""}, {grant("tag:c", "tag:c", "x.com/relay"), false, ""}, {grant("tag:a", "tag:c", "x.com/relay"), false, ""},
		{grant("tag:c", "tag:b", ""), false, ""},
	} {
		check := &checker{need: &acl.Policy{Grants: []acl.Grant{grant("tag:a", "tag:b", ""), need}}, have: &acl.Policy{Grants: []acl.Grant{c.have}}}
		if got := check.capable(need); got != c.capable {
			t.Errorf("%v: capable: %t", c.have, got)
		}
		check.wideCapability("grants[0]", c.have)
		got := ""
		for _, d := range check.list {
			got += d.Message
		}
		if got != c.wide {
			t.Errorf("%v: %q, want %q", c.have, got, c.wide)
		}
	}
}

// What a topology tells of the devices of its tailnet.
func TestDevicesOfATopology(t *testing.T) {
	topology := topologytest.Published()
	if got := Devices(topology); len(got) > 0 {
		t.Errorf("no address is known, and %v", got)
	}
	topology.Spec.Regions[1].Gateways.Nodes[0].TailnetIP = netip.MustParseAddr("100.64.0.7")
	topology.Spec.Regions[1].Gateways.Nodes[0].Tags = []string{"tag:x"}
	if got := fmt.Sprint(Devices(topology)); got != "[{gpu-dc-a  [tag:k8s tag:x] [100.64.0.7] [10.142.0.0/20 10.143.0.0/24]}]" {
		t.Error(got)
	}
	topology.Spec.Regions[0].Gateways.Nodes = nil
	const want = "[{gcp-us  [tag:k8s] [] [10.0.0.0/22 10.61.0.0/16]} {gpu-dc-a  [tag:k8s tag:x] [100.64.0.7] [10.142.0.0/20 10.143.0.0/24]}]"
	if got := fmt.Sprint(Known(topology).Devices); got != want {
		t.Error(got)
	}
}

// Sets meet prefixes where one of theirs does, and a question about one is about each of its
// prefixes.
func TestSets(t *testing.T) {
	scope := NewScope(&acl.Policy{IPSets: []acl.Assignment{{Key: "ipset:s", Values: []string{"10.1.0.0/16", "10.3.0.0/16"}}}, Groups: []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com"}}}})
	set, err := scope.Selector("ipset:s")
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]bool{"10.1.2.0/24": true, "10.0.0.0/8": true, "10.3.0.0/16": true, "10.2.0.0/16": false, "10.4.0.0/16": false} {
		if got := set.overlaps(netip.MustParsePrefix(p)); got != want {
			t.Errorf("%v meets %s: %t", set.Set, p, got)
		}
	}
	if got := scope.principals(set); len(got) != 2 || got[0].Prefix.String() != "10.1.0.0/16" || got[1].Prefix.String() != "10.3.0.0/16" {
		t.Errorf("%v", got)
	}
	p := &acl.Policy{HasRules: true, IPSets: []acl.Assignment{{Key: "ipset:s", Values: []string{"10.1.0.0/16", "10.3.0.0/16"}}},
		Grants: []acl.Grant{{Src: []string{"100.64.0.1", "tag:none"}, Dst: []string{"10.1.0.0/16"}, IP: []string{"*"}}, {Src: []string{"100.64.0.2"}, Dst: []string{"ipset:s"}, IP: []string{"*"}}}}
	for src, want := range map[string]bool{"100.64.0.1": false, "100.64.0.2": true} {
		if a, err := New(p).Ask(src, "ipset:s:22", "tcp"); err != nil || a.Allowed != want {
			t.Errorf("%s reaches all of the set: %v, %v", src, a, err)
		}
	}
	if a, err := New(p).Ask("100.64.0.1", "10.1.0.1:22", "tcp"); err != nil || !a.Allowed {
		t.Errorf("a rule with a name that means nothing: %v, %v", a, err)
	}
}
