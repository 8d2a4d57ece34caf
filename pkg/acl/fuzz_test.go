package acl_test

import (
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// What parses has ports in order, and covers both ends of each range.
func FuzzPorts(f *testing.F) {
	for _, s := range []string{"*", "22", "tcp:80-90", "icmp:*", "80,443", "tcp:0", "999999", "a:b:c", "4:*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := acl.ParsePorts(s)
		if err != nil {
			return
		}
		for _, r := range p.Ranges {
			if r.First > r.Last || len(p.Protocols) == 0 && (!p.Covers(6, r.First) || !p.Covers(17, r.Last)) {
				t.Fatalf("%q: %+v", s, p)
			}
		}
	})
}
