package policyfile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/tailscale/hujson"
)

// The laws of merging, on every file of testdata/merge and for several topologies.
func TestMergeLaws(t *testing.T) {
	for _, name := range []string{"pair", "regional-gateway", "alibaba", "one"} {
		topology := acltest.Named(t, name)
		for path, before := range befores(t) {
			t.Run(name+"/"+path, func(t *testing.T) {
				f, _ := policyfile.Parse("policy.hujson", before)
				after, list := policyfile.Merge(topology, f)
				if list.Count(diag.Error) > 0 {
					return // nothing was merged: TestMergePairs
				}
				merged, _ := policyfile.Parse("policy.hujson", after)
				again, second := policyfile.Merge(topology, merged)
				if !bytes.Equal(again, after) || second.Count(diag.Error) > 0 {
					t.Errorf("a second merge changes the file:\n%s%s", acltest.Text(second), again)
				}
				if strings.Contains(string(before), "kustomize-hybrid "+topology.Metadata.Name) {
					return // there was something of ours before
				}
				back, _ := policyfile.Remove(topology.Metadata.Name, merged)
				if !bytes.Equal(back, before) {
					t.Errorf("merging and removing gives:\n%s", back)
				}
				// What is not between our marks keeps its bytes and its order.
				if rest := outside(after, topology.Metadata.Name); !subsequence(before, rest) {
					t.Errorf("what is not ours changed:\n%s", rest)
				}
			})
		}
	}
}

// outside is the text without the lines between marks.
func outside(src []byte, owner string) []byte {
	var out bytes.Buffer
	inside := false
	for line := range bytes.Lines(src) {
		begins := bytes.Contains(line, []byte(">>> kustomize-hybrid "+owner))
		ends := bytes.Contains(line, []byte("<<< kustomize-hybrid "+owner))
		inside = inside || begins
		if !inside || begins || ends {
			out.Write(line)
		}
		inside = inside && !ends
	}
	return out.Bytes()
}

// subsequence reports whether all bytes of want are in got, in order.
func subsequence(want, got []byte) bool {
	for _, c := range got {
		if len(want) > 0 && c == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

// Two topologies share a file; each takes its own out.
func TestTwoTopologies(t *testing.T) {
	before := []byte("{\n\t// ours\n\t\"groups\": {\"group:ops\": [\"ana@example.com\"]},\n}\n")
	first, second := acltest.Named(t, "pair"), acltest.Named(t, "three-regions")
	one, _ := policyfile.Merge(first, acltest.Parsed(t, before))
	both, list := policyfile.Merge(second, acltest.Parsed(t, one))
	for _, d := range list {
		if d.Severity == diag.Error {
			t.Fatal(d)
		}
	}
	f := acltest.Parsed(t, both)
	if got, _ := policyfile.Remove(second.Metadata.Name, f); !bytes.Equal(got, one) {
		t.Errorf("without the second:\n%s", got)
	}
	rest, _ := policyfile.Remove("pair", f)
	if bytes.Contains(rest, []byte("kustomize-hybrid pair")) && !bytes.Contains(rest, []byte("section added by kustomize-hybrid pair")) {
		t.Errorf("something of pair is left:\n%s", rest)
	}
	if _, list := policyfile.Merge(second, acltest.Parsed(t, rest)); list.Count(diag.Error) > 0 {
		t.Error(acltest.Text(list))
	}
}

// The etag is the sum of the formatted file, whatever the file's own layout, and
// asking for it leaves the bytes alone: hujson.Format changes its input.
func TestETag(t *testing.T) {
	src := []byte("{\"grants\":[ ],\n // x\n\"hosts\":{}}")
	keep := bytes.Clone(src)
	got, err := policyfile.ETag(src)
	if err != nil {
		t.Fatal(err)
	}
	formatted, _ := hujson.Format(bytes.Clone(src))
	sum := sha256.Sum256(formatted)
	if want := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("%s instead of %s", got, want)
	}
	if !bytes.Equal(src, keep) {
		t.Error("the source was changed")
	}
	if same, _ := policyfile.ETag(formatted); same != got {
		t.Error("layout changes the etag")
	}
	if _, err := policyfile.ETag([]byte("# no")); err == nil {
		t.Error("a file that cannot be read has an etag")
	}
}

// Files that come from the service stay as the service would lay them out.
func TestMergedFilesStayFormatted(t *testing.T) {
	for path, before := range befores(t) {
		formatted, err := hujson.Format(bytes.Clone(before))
		if err != nil || !bytes.Equal(formatted, before) || !bytes.Contains(before, []byte("\n\t\"grants\": [\n")) {
			continue
		}
		f, _ := policyfile.Parse("policy.hujson", before)
		after, list := policyfile.Merge(acltest.Named(t, "pair"), f)
		if list.Count(diag.Error) > 0 {
			continue
		}
		if again, _ := hujson.Format(bytes.Clone(after)); !bytes.Equal(again, after) {
			t.Errorf("%s: the service would lay it out anew:\n%s", path, again)
		}
	}
}

func ExampleMerge() {
	f, _ := policyfile.Parse("policy.hujson", []byte("{\n  \"tagOwners\": {\"tag:web\": [\"autogroup:admin\"]}, // ours\n  \"grants\": [] // none\n}\n"))
	merged, list := policyfile.Merge(acltest.Published(), f)
	etag, _ := policyfile.ETag(merged)
	back, _ := policyfile.Remove("ai-cluster", must(policyfile.Parse("policy.hujson", merged)))
	fmt.Println(list.Count(diag.Error), len(etag), bytes.Equal(back, f.Bytes()))
	// Output: 0 64 true
}

func must(f *policyfile.File, _ diag.List) *policyfile.File { return f }
