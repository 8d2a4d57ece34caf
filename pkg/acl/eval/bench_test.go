package eval_test

import (
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
)

// Target on two shared cores: a question under a millisecond.
func BenchmarkAsk(b *testing.B) {
	for _, n := range []int{2, 1000} {
		e := eval.New(acl.FromTopology(acltest.Regions(n)))
		b.Run(fmt.Sprint(n, "-regions"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Ask("10.0.1.7", "10.0.0.5:6443", "tcp"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
