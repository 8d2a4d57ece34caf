package policyfile_test

import (
	"bytes"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/tailscale/hujson"
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
	topology := acltest.Named(f, "pair")
	f.Fuzz(func(t *testing.T, src []byte) {
		keep := bytes.Clone(src)
		file, list := policyfile.Parse("p", src)
		if !bytes.Equal(src, keep) {
			t.Fatal("the source was changed")
		}
		if file == nil || list.Count(diag.Error) > 0 {
			return
		}
		after, found := policyfile.Merge(topology, file)
		if found.Count(diag.Error) > 0 {
			if !bytes.Equal(after, src) {
				t.Fatalf("changed in spite of errors:\n%s", after)
			}
			return
		}
		if _, err := hujson.Parse(bytes.Clone(after)); err != nil {
			t.Fatalf("%v:\n%s", err, after)
		}
		merged, _ := policyfile.Parse("p", after)
		if again, _ := policyfile.Merge(topology, merged); !bytes.Equal(again, after) {
			t.Fatalf("not idempotent:\n%s", again)
		}
		if bytes.Contains(src, []byte("kustomize-hybrid")) {
			return
		}
		if back, _ := policyfile.Remove("pair", merged); !bytes.Equal(back, src) {
			t.Fatalf("not restored: %q", back)
		}
	})
}

// Whatever the file holds: linting, checking, asking and filtering end without a panic.
func FuzzCheck(f *testing.F) {
	seeds(f)
	topology := acltest.Named(f, "regional-gateway")
	f.Fuzz(func(t *testing.T, src []byte) {
		file, _ := policyfile.Parse("p", src)
		if file == nil {
			return
		}
		policyfile.Check(topology, file)
		policyfile.Lint(file.Policy, schema.ControlHeadscale)
		e := eval.New(file.Policy, acltest.World()...)
		for _, d := range acltest.World() {
			e.FilterRules(d)
		}
		_, _ = e.Ask("tag:k8s", "10.0.0.5:6443", "tcp")
	})
}
