package policyfile_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Target on two shared cores: a merge into a file of 1 MB under a second.
func BenchmarkMerge(b *testing.B) {
	file := large(b, 1<<20)
	for _, n := range []int{2, 32} {
		topology := acltest.Regions(n)
		b.Run(fmt.Sprint(n, "-into-1MB"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, list := policyfile.Parse("policy.hujson", file)
				if _, found := policyfile.Merge(topology, f); append(list, found...).Count(diag.Error) > 0 {
					b.Fatal(found)
				}
			}
		})
	}
}

// large is a policy file of about that many bytes, with comments everywhere.
func large(b *testing.B, size int) []byte {
	b.Helper()
	var groups, grants bytes.Buffer
	for i := 0; groups.Len()+grants.Len() < size; i++ {
		fmt.Fprintf(&groups, "\t\t\"group:g%d\": [\"u%d@example.com\"], // team %d\n", i, i, i)
		fmt.Fprintf(&grants, "\t\t// what team %d needs\n\t\t{\"src\": [\"group:g%d\"], \"dst\": [\"172.16.%d.%d\"], \"ip\": [\"tcp:%d\"]},\n", i, i, i/256%256, i%256, 1+i%60000)
	}
	return []byte("{\n\t\"groups\": {\n" + groups.String() + "\t},\n\t\"grants\": [\n" + grants.String() + "\t],\n}\n")
}

// Target on two shared cores: 1,000 regions under a second.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{2, 32, 1000} {
		topology := acltest.Regions(n)
		src := acl.FromTopology(topology).JSON()
		b.Run(fmt.Sprint(n, "-regions"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, _ := policyfile.Parse("policy.hujson", src)
				policyfile.Check(topology, f)
			}
		})
	}
}
