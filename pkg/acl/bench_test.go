package acl_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Targets on two shared cores: 1,000 regions under a second, a merge into a file of
// 1 MB under a second, a question under a millisecond.
func BenchmarkFromTopology(b *testing.B) {
	for _, n := range []int{2, 32, 1000} {
		topology := regions(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(acl.FromTopology(topology).JSON())))
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	file := large(b, 1<<20)
	for _, n := range []int{2, 32} {
		topology := regions(n)
		b.Run(fmt.Sprint(n, "-into-1MB"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, list := acl.Parse("policy.hujson", file)
				if _, found := acl.Merge(topology, f); append(list, found...).Count(diag.Error) > 0 {
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

func BenchmarkAsk(b *testing.B) {
	for _, n := range []int{2, 1000} {
		e := acl.NewEvaluator(acl.FromTopology(regions(n)))
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

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{2, 32, 1000} {
		topology := regions(n)
		src := acl.FromTopology(topology).JSON()
		b.Run(fmt.Sprint(n, "-regions"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, _ := acl.Parse("policy.hujson", src)
				acl.Check(topology, f)
			}
		})
	}
}
