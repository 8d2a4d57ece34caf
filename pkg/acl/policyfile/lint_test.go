package policyfile_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Each policy of lint.txt is about some kinds of faults; what is said of them stands below it.
func TestWhatIsSaid(t *testing.T) {
	const file = "testdata/lint.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "\t") {
			continue
		}
		b.WriteString(line)
		server, policy, _ := strings.Cut(strings.TrimSpace(line), " ")
		if server == "#" {
			continue
		}
		for _, d := range definitions() {
			if !strings.Contains(policy, `"`+d[0]+`":`) {
				policy = `{"` + d[0] + `": ` + d[1] + ", " + policy[1:]
			}
		}
		f, list := policyfile.Parse("policy.hujson", []byte(policy))
		list = append(list, policyfile.LintFor(f.Policy, controlServer(server))...)
		for _, d := range list {
			fmt.Fprintf(&b, "\t%s: %s: %s [%s]; %s\n", d.Path, d.Severity, d.Message, d.Code, d.Remedy)
		}
	}
	goldentest.Compare(t, file, b.String())
}

// Lint asks for a server in no certain version.
func TestLintIsForAServer(t *testing.T) {
	f, _ := policyfile.Parse("policy.hujson", []byte(`{"grants": [{"src": ["autogroup:admin"], "dst": ["tag:none"], "ip": ["*"]}]}`))
	for server, want := range map[schema.ControlServer]int{schema.ControlTailscale: 1, schema.ControlHeadscale: 2} {
		if list := policyfile.Lint(f.Policy, server); len(list) != want {
			t.Errorf("%s: %v", server, list)
		}
	}
}
