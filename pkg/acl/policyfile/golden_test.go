package policyfile_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Every topology's own file passes its tests and is exactly what Check asks for; for
// Tailscale it is a golden.
func TestGoldens(t *testing.T) {
	for _, s := range acltest.Samples(t) {
		t.Run(s.Name, func(t *testing.T) {
			src := policyfile.FromTopology(s.Topology)
			for _, src := range [][]byte{acl.FromTopology(s.Topology).JSON(), src} {
				check(t, s.Topology, src)
			}
			if strings.HasSuffix(s.Name, ".tailscale") {
				acltest.Golden(t, filepath.Join("testdata", "golden", s.Name+".hujson"), src)
			}
		})
	}
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
