package policyfile_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// definitions are what the policies of testdata/refusals.txt share.
func definitions() [][2]string {
	return [][2]string{
		{"groups", `{"group:developers": ["ben@example.org", "ana@example.com"], "group:monitors": ["cleo@example.com"]}`},
		{"tagOwners", `{"tag:router": [], "tag:server": [], "tag:client": []}`},
		{"hosts", `{"internal": "10.0.0.0/8", "webserver": "100.64.0.5"}`},
	}
}

// What a control server refuses is an error, and what it takes is not: a refusal that
// is not recorded is a warning at most.
func TestRefusals(t *testing.T) {
	data, err := os.ReadFile("testdata/refusals.txt")
	if err != nil {
		t.Fatal(err)
	}
	source, rows := "", 0
	for i, line := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(line, "=") {
			source = line[2:]
		}
		want, rest, _ := strings.Cut(line, " ")
		if want != "refuse" && want != "take" {
			continue
		}
		rows++
		server, policy, _ := strings.Cut(rest, " ")
		for _, d := range definitions() {
			if !strings.Contains(policy, `"`+d[0]+`":`) {
				policy = `{"` + d[0] + `": ` + d[1] + ", " + policy[1:]
			}
		}
		f, list := policyfile.Parse("policy.hujson", []byte(policy))
		list = append(list, policyfile.LintFor(f.Policy, controlServer(server))...)
		e := eval.New(f.Policy)
		list = append(append(list, e.RunTests()...), e.RunSSHTests()...)
		if refused := list.Count(diag.Error) > 0; refused != (want == "refuse") || source == "" {
			t.Errorf("line %d: %s (%s):\n%s", i+1, line, source, acltest.Text(list))
		}
		for _, d := range list {
			if d.Remedy == "" || d.Path == "" {
				t.Errorf("line %d: %s says neither where nor what to do", i+1, d)
			}
		}
	}
	if rows < 130 {
		t.Errorf("%d rows", rows)
	}
	t.Logf("%d rows", rows)
}

// controlServer is the server of a row, "headscale@0.28.0" in that version.
func controlServer(name string) *schema.Tailnet {
	name, version, _ := strings.Cut(name, "@")
	return &schema.Tailnet{Control: schema.ControlServer(name), ControlVersion: schema.Version(version)}
}
