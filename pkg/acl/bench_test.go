package acl_test

import (
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
)

// Targets on two shared cores: 1,000 regions under a second.
func BenchmarkFromTopology(b *testing.B) {
	for _, n := range []int{2, 32, 1000} {
		topology := acltest.Regions(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(acl.FromTopology(topology).JSON())))
			}
		})
	}
}
