package acl_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/tailscale/hujson"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func seeds(f *testing.F) {
	for _, before := range befores(f) {
		f.Add(before)
	}
	for _, s := range []string{"", "#", "{", "[]", "null", "{}{}", "\xef\xbb\xbf{}", "{\"grants\": {}}", "{\"a\":1,\"a\":2}", "\"tests\": []"} {
		f.Add([]byte(s))
	}
}

// Whatever the file holds: no panic, and a merge that is made can be taken back to
// the byte, and loses nothing.
func FuzzMerge(f *testing.F) {
	seeds(f)
	data, err := os.ReadFile("testdata/topologies/pair.yaml")
	if err != nil || len(data) == 0 {
		f.Fatal(err)
	}
	topology := named(f, "pair")
	f.Fuzz(func(t *testing.T, src []byte) {
		keep := bytes.Clone(src)
		file, list := acl.Parse("p", src)
		if !bytes.Equal(src, keep) {
			t.Fatal("the source was changed")
		}
		if file == nil || list.Count(diag.Error) > 0 {
			return
		}
		after, found := acl.Merge(topology, file)
		if found.Count(diag.Error) > 0 {
			if !bytes.Equal(after, src) {
				t.Fatalf("changed in spite of errors:\n%s", after)
			}
			return
		}
		if _, err := hujson.Parse(bytes.Clone(after)); err != nil {
			t.Fatalf("%v:\n%s", err, after)
		}
		merged, _ := acl.Parse("p", after)
		if again, _ := acl.Merge(topology, merged); !bytes.Equal(again, after) {
			t.Fatalf("not idempotent:\n%s", again)
		}
		if bytes.Contains(src, []byte("kustomize-hybrid")) {
			return
		}
		if back, _ := acl.Remove("pair", merged); !bytes.Equal(back, src) {
			t.Fatalf("not restored: %q", back)
		}
	})
}

// Whatever the file holds: linting, checking, asking and filtering end without a panic.
func FuzzCheck(f *testing.F) {
	seeds(f)
	topology := named(f, "regional-gateway")
	f.Fuzz(func(t *testing.T, src []byte) {
		file, _ := acl.Parse("p", src)
		if file == nil {
			return
		}
		acl.Check(topology, file)
		acl.Lint(file.Policy, schema.ControlHeadscale)
		e := acl.NewEvaluator(file.Policy, world()...)
		for _, d := range world() {
			e.FilterRules(d)
		}
		_, _ = e.Ask("tag:k8s", "10.0.0.5:6443", "tcp")
	})
}

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
