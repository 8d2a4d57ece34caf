package acl

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestListsAreLaidOutInParts: a policy that is laid out in parts is the one that is laid
// out in one piece, whatever the length of its lists.
func TestListsAreLaidOutInParts(t *testing.T) {
	for _, n := range []int{0, 1, atOnce - 1, atOnce, atOnce + 1, 2*atOnce + 3} {
		p := &Policy{HasRules: true, TagOwners: []Assignment{{Key: "tag:k8s", Values: []string{"autogroup:admin"}}}}
		for i := range n {
			p.Hosts = append(p.Hosts, Host{Name: fmt.Sprintf("host-%d", i*i), Address: "10.0.0.1"})
			p.Grants = append(p.Grants, Grant{Src: []string{fmt.Sprintf("host-%d", i*i)}, Dst: make([]string, i%40), IP: []string{"tcp:443"}})
			p.Tests = append(p.Tests, Test{Src: "host-0", Accept: []string{"host-1:443"}})
		}
		if diff := cmp.Diff(string(layOut(p.document())), string(p.JSON())); diff != "" {
			t.Errorf("%d elements (-in one piece +in parts):\n%.2000s", n, diff)
		}
	}
}
