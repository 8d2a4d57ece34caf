package acl

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tailscale/hujson"
)

// TestLayOutIsHujsons: a policy is laid out as hujson lays it out, whatever its lists hold.
func TestLayOutIsHujsons(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	name := func() string {
		letters := []string{"a", "-", "7", "\u00e4", "\\", "\"", "\n", "\x01", "/", "\xff", "\u2028"}
		if r.IntN(4) > 0 {
			letters = letters[:3]
		}
		var b strings.Builder
		for range r.IntN(1 + r.IntN(30)) {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	names := func() []string {
		var list []string
		for range r.IntN(1 + r.IntN(12)) {
			list = append(list, name())
		}
		return list
	}
	for range 3000 {
		p := &Policy{HasRules: r.IntN(2) == 0}
		for range r.IntN(4) {
			p.TagOwners = append(p.TagOwners, Assignment{Key: name(), Values: names()})
			p.Routes = append(p.Routes, Assignment{Key: name(), Values: names()})
			p.Hosts = append(p.Hosts, Host{Name: name(), Address: name()})
			p.Grants = append(p.Grants, Grant{Src: names(), Dst: names(), IP: names(), Via: names(), App: names()})
			p.ACLs = append(p.ACLs, ACL{Action: "accept", Proto: name(), Src: names(), Dst: names()})
			p.NodeAttrs = append(p.NodeAttrs, NodeAttr{Target: names(), Attr: names(), IPPool: names()})
			p.Tests = append(p.Tests, Test{Src: name(), Proto: name(), Accept: names(), Deny: names()})
		}
		if diff := cmp.Diff(theirs(p), string(p.JSON())); diff != "" {
			t.Fatalf("-hujson +ours:\n%.2000s", diff)
		}
	}
}

// TestWidth: a list goes into lines at the same length as hujson's.
func TestWidth(t *testing.T) {
	seen := map[bool]bool{}
	for n := range 2 * width {
		p := &Policy{Tests: []Test{{Src: "a", Accept: []string{strings.Repeat("x", n), "y"}}}}
		got := string(p.JSON())
		if diff := cmp.Diff(theirs(p), got); diff != "" {
			t.Fatalf("%d (-hujson +ours):\n%s", n, diff)
		}
		seen[strings.Contains(got, fmt.Sprintf("[%q, ", strings.Repeat("x", n)))] = true
	}
	if len(seen) != 2 {
		t.Error("every list is laid out in one way")
	}
}

func theirs(p *Policy) string {
	v := hujson.Value{Value: value(p.document())}
	expand(&v, 0)
	v.Format()
	return string(v.Pack())
}
