package eval_test

import (
	"fmt"
	"math/rand"
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
)

// obscure makes a policy of everything that the file alone does not decide, and of what it
// does.
func obscure(r *rand.Rand) *acl.Policy {
	pick := func(from ...string) string { return from[r.Intn(len(from))] }
	people := func() string {
		return pick("ana@example.com", "ben@example.com", "group:g", "group:synced@example.com", "user:*@example.com", "autogroup:member",
			"autogroup:admin", "autogroup:it-admin", "autogroup:owner", "autogroup:shared", "autogroup:tagged", "tag:a", "tag:b")
	}
	src := func() string {
		return pick(people(), people(), "*", "10.1.0.0/16", "100.64.0.0/24", "100.64.0.7", "ipset:s", "new:thing", "alias")
	}
	dst := func() string {
		return pick(people(), people(), "*", "10.1.0.0/16", "100.64.0.0/24", "100.64.0.7", "ipset:s", "svc:web", "autogroup:self", "autogroup:internet", "alias")
	}
	p := &acl.Policy{
		HasRules:  true,
		TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}},
		Groups:    []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com", "cleo@example.org"}}},
		Hosts:     []acl.Host{{Name: "alias", Address: "100.64.0.9"}},
		IPSets:    []acl.Assignment{{Key: "ipset:s", Values: []string{"add 10.1.0.0/16", "remove 10.1.7.0/24", "alias", "100.64.0.1-100.64.0.3"}}},
	}
	for range 1 + r.Intn(4) {
		g := acl.Grant{Src: []string{src()}, Dst: []string{dst()}, IP: []string{pick("*", "22", "tcp:443")}}
		if r.Intn(6) == 0 {
			g.SrcPosture = []string{"posture:p"}
		}
		if r.Intn(6) == 0 {
			g.Via = []string{"tag:b"}
		}
		p.Grants = append(p.Grants, g)
	}
	return p
}

func obscureQuestion(r *rand.Rand) (src, dst string) {
	end := func() string {
		return []string{
			"ana@example.com", "ben@example.com", "cleo@example.org", "tag:a", "tag:b", "group:g", "100.64.0.7", "100.64.0.1", "10.1.0.5", "10.1.7.5",
			"autogroup:member", "autogroup:admin", "group:synced@example.com", "user:*@example.com", "ipset:s", "alias",
		}[r.Intn(16)]
	}
	return end(), end() + ":22"
}

// learn is a tailnet of which one thing more is known: a device, its routes, a member, or
// what a member's role and groups are.
func learn(r *rand.Rand, known eval.Tailnet) eval.Tailnet {
	names := []string{"ana@example.com", "ben@example.com", "cleo@example.org", "dan@example.com"}
	known.Devices, known.Users = slices.Clone(known.Devices), slices.Clone(known.Users)
	switch r.Intn(3) {
	case 0: // a device, at an address that is free
		a := netip.AddrFrom4([4]byte{100, 64, 0, byte(r.Intn(10))})
		if slices.ContainsFunc(known.Devices, func(d eval.Device) bool { return d.Addrs[0] == a }) {
			return known
		}
		d := eval.Device{Name: a.String(), Addrs: []netip.Addr{a}}
		switch r.Intn(4) {
		case 0:
			d.Tags = []string{"tag:a"}
		case 1:
			d.Tags = []string{"tag:b"}
			d.Routes = []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/16", r.Intn(3)))}
		default:
			d.User = names[r.Intn(4)]
		}
		known.Devices = append(known.Devices, d)
	case 1: // a member
		name := names[r.Intn(4)]
		if !slices.ContainsFunc(known.Users, func(u eval.User) bool { return u.Name == name }) {
			known.Users = append(known.Users, eval.User{Name: name})
		}
	case 2: // a member's role, or a group of the identity provider
		if len(known.Users) == 0 {
			return known
		}
		u := &known.Users[r.Intn(len(known.Users))]
		if u.Role == "" && r.Intn(2) == 0 {
			u.Role = []string{"owner", "admin", "member", "it-admin"}[r.Intn(4)]
		} else {
			u.Groups = []string{"group:synced@example.com"}
		}
	}
	return known
}

type answerKind string

func kindOf(a eval.Answer) answerKind {
	switch {
	case a.Undecided != "":
		return "undecided"
	case a.Allowed:
		return "yes"
	}
	return "no"
}

// Whoever learns more of a tailnet gets answers where there were none, and never others.
func TestKnowledgeDecides(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	turns := map[[2]answerKind]int{}
	for range 8000 {
		p := obscure(r)
		src, dst := obscureQuestion(r)
		var known eval.Tailnet
		before, err := eval.NewIn(known, p).Ask(src, dst, "tcp")
		if err != nil {
			t.Fatal(err)
		}
		for range 16 {
			more := learn(r, known)
			after, err := eval.NewIn(more, p).Ask(src, dst, "tcp")
			if err != nil {
				t.Fatal(err)
			}
			turn := [2]answerKind{kindOf(before), kindOf(after)}
			turns[turn]++
			if turn[0] != turn[1] && turn[0] != "undecided" {
				t.Fatalf("%s -> %s was %s and is %s (%s):\n%s\nknown before: %+v\nnow: %+v", src, dst, turn[0], turn[1], after.Undecided, p.JSON(), known, more)
			}
			known, before = more, after
		}
	}
	// Each turn has to occur, or the test shows nothing.
	for _, turn := range [][2]answerKind{{"undecided", "yes"}, {"undecided", "no"}, {"undecided", "undecided"}, {"yes", "yes"}, {"no", "no"}} {
		if turns[turn] < 50 {
			t.Errorf("%s to %s: %d times", turn[0], turn[1], turns[turn])
		}
	}
	t.Log(turns)
}

// An answer that is undecided says on what it depends, and by which rule.
func TestUndecidedHasAReason(t *testing.T) {
	for _, c := range []struct{ src, dst, ask, on string }{
		{"autogroup:admin", "tag:a", "ana@example.com -> tag:a", "whether ana@example.com has the role admin"},
		{"autogroup:member", "tag:a", "ana@example.com -> tag:a", "whether ana@example.com is a member of the tailnet"},
		{"user:*@example.com", "tag:a", "ana@example.com -> tag:a", "whether ana@example.com is a member of the tailnet"},
		{"group:synced@example.com", "tag:a", "ana@example.com -> tag:a", "whether the identity provider has ana@example.com in group:synced@example.com"},
		{"group:synced@example.com", "tag:a", "autogroup:admin -> tag:a", "who is in autogroup:admin"},
		{"autogroup:shared", "tag:a", "ana@example.com -> tag:a", "whether ana@example.com has been given a share of a device"},
		{"*", "tag:a", "192.168.5.5 -> tag:a", "whether a device advertises 192.168.5.5 and has it approved"},
		{"tag:b", "tag:a", "100.64.0.9 -> tag:a", "which device has 100.64.0.9"},
		{"100.64.0.9", "tag:a", "tag:b -> tag:a", "which addresses the devices of tag:b have"},
		{"tag:b", "svc:web", "tag:b -> 100.64.0.9", "which addresses svc:web has"},
		{"autogroup:member", "autogroup:self", "100.64.0.9 -> 100.64.0.10", "which device has 100.64.0.9"},
		{"ana@example.com", "autogroup:self", "ana@example.com -> 100.64.0.10", "whose device has 100.64.0.10"},
		{"10.0.0.0/8", "tag:a", "10.0.0.5 -> 100.64.0.9", "which device has 100.64.0.9"},
		{"tag:b", "10.0.0.0/8", "100.64.0.9 -> 10.0.0.5", "which device has 100.64.0.9"},
		{"new:thing", "tag:a", "tag:b -> tag:a", "what new:thing stands for"},
	} {
		p := &acl.Policy{HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}}, Grants: []acl.Grant{{Src: []string{c.src}, Dst: []string{c.dst}, IP: []string{"*"}}}}
		src, dst, _ := question(c.ask)
		a, err := eval.New(p).Ask(src, dst+":22", "tcp")
		if err != nil || a.Allowed || a.Undecided != c.on || a.Rule != "grants[0]" {
			t.Errorf("%s by a rule from %s to %s: %+v %v instead of %q", c.ask, c.src, c.dst, a, err, c.on)
		}
	}
}
