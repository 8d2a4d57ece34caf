package policyfile_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Every topology's own file passes its tests and Check. A golden tells what such a file
// has beside the policy's JSON, which is a golden of package acl; commas left aside,
// which stand behind every item but the last of the file.
func TestGoldens(t *testing.T) {
	var files []string
	for _, s := range acltest.Samples(t) {
		src, policy := policyfile.FromTopology(s.Topology), acl.FromTopology(s.Topology).JSON()
		t.Run(s.Name, func(t *testing.T) {
			check(t, s.Topology, policy)
			check(t, s.Topology, src)
		})
		if name, ok := strings.CutSuffix(s.Name, ".tailscale"); ok {
			file := filepath.Join("testdata", "golden", name+".txt")
			goldentest.Compare(t, file, acltest.Difference(bare(acltest.Lines(policy)), bare(acltest.Lines(src))))
			files = append(files, file)
			if want := strings.Join(withCommas(bare(acltest.Lines(src))), "\n") + "\n"; string(src) != want {
				t.Errorf("%s: commas are not where they belong:\n%s", name, src)
			}
		}
	}
	goldentest.Only(t, filepath.Join("testdata", "golden"), files...)
}

// bare is the lines without the commas at their ends.
func bare(lines []string) []string {
	var list []string
	for _, line := range lines {
		list = append(list, strings.TrimSuffix(line, ","))
	}
	return list
}

// withCommas puts a comma behind every item but the last two lines' of the file.
func withCommas(lines []string) []string {
	list := slices.Clone(lines)
	for i, line := range lines[:len(lines)-2] {
		comment := strings.HasPrefix(strings.TrimLeft(line, "\t"), "//")
		if !comment && !strings.HasSuffix(line, "{") && !strings.HasSuffix(line, "[") {
			list[i] += ","
		}
	}
	return list
}

func check(t *testing.T, topology *schema.Topology, src []byte) {
	t.Helper()
	f := acltest.Parsed(t, src)
	if list := eval.New(f.Policy).RunTests(); len(list) > 0 {
		t.Errorf("its own tests fail:\n%s", acltest.Text(list))
	}
	list := policyfile.Check(topology, f)
	for _, d := range list {
		// The topology may name groups that only the whole policy file defines.
		if d.Code == "policy-undefined" && strings.Contains(d.Message, "group:") {
			continue
		}
		t.Errorf("check: %s", d)
	}
}
