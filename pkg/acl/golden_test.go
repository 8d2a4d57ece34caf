package acl_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Every policy is a golden, for both control servers; the tests of package policyfile
// check what it says. An example's policy for Tailscale stands in golden/examples, where
// the rendered tree is compared, and the one for Headscale is what differs from
// Tailscale's. Package goldentest tells how the rest is folded.
func TestGoldens(t *testing.T) {
	corpus := goldentest.New(t)
	var files []string
	for _, s := range acltest.Samples(t) {
		if s.Topology.Spec.Tailnet.Control != schema.ControlTailscale {
			continue
		}
		name := strings.TrimSuffix(s.Name, ".tailscale")
		policy := acl.FromTopology(s.Topology).JSON()
		shown := policy
		if s.Example { // golden/examples leaves out the tests of all but one: nothing here refers to them
			shown, _, _ = bytes.Cut(policy, []byte("\n\t\"tests\": ["))
		}
		text := corpus.Text(name, shown)
		golden := "-- headscale: what differs --\n" + acltest.Difference(lines(t, policy), lines(t, acl.FromTopology(headscale(s.Topology)).JSON()))
		if !s.Example {
			golden = "-- tailscale --\n" + text + golden
		}
		file := filepath.Join("testdata", "golden", name+".txt")
		goldentest.Compare(t, file, golden)
		files = append(files, file)
	}
	goldentest.Only(t, filepath.Join("testdata", "golden"), files...)
}

func headscale(t *schema.Topology) *schema.Topology {
	other := *t
	other.Spec.Tailnet.Control = schema.ControlHeadscale
	return &other
}

// lines are those of a policy, which ends with its only newline at the end.
func lines(t *testing.T, policy []byte) []string {
	t.Helper()
	if !bytes.HasSuffix(policy, []byte("}\n")) {
		t.Error("the policy does not end with a newline")
	}
	return acltest.Lines(policy)
}
