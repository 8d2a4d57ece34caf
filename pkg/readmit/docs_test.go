package readmit_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
)

// TestChecksPage: the policy in each code's section of docs/checks.md gives what
// stands below it. Codes whose example needs another topology than that of known
// addresses name theirs.
func TestChecksPage(t *testing.T) {
	const page = "../../docs/checks.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, code := range readmit.Codes() {
		section, ok := docs.Explain(string(code))
		_, rest, _ := strings.Cut(section, "```yml\n")
		policy, rest, _ := strings.Cut(rest, "```\n\n```console\n")
		want, _, found := strings.Cut(rest, "```\n")
		if !ok || !found {
			t.Errorf("docs/checks.md shows no policy for %s", code)
			continue
		}
		_, _, list := readmit.Patches(plan.New(topology(exampleTopology(code))), read(t, []byte(policy)))
		got := string(findings(t, list))
		if !strings.Contains(got, "["+string(code)+"]") {
			t.Errorf("the example does not show %s:\n%s", code, got)
		}
		if got != want && !goldentest.Update() {
			t.Errorf("%s: docs/checks.md says\n%sand it is\n%s", code, want, got)
		}
		text = strings.Replace(text, policy+"```\n\n```console\n"+want, policy+"```\n\n```console\n"+got, 1)
	}
	if goldentest.Update() {
		goldentest.Save(t, page, text)
	}
}

// TestRulesPage: docs/kustomize.md has a row for each rule, and for no other.
func TestRulesPage(t *testing.T) {
	data, err := os.ReadFile("../../docs/kustomize.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []readmit.Rule
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:cilium|kubernetes|calico)-[a-z-]+)` \\|").FindAllStringSubmatch(string(data), -1) {
		rows = append(rows, readmit.Rule(m[1]))
	}
	if diff := cmp.Diff(readmit.Rules(), rows); diff != "" {
		t.Errorf("docs/kustomize.md has other rows (-rules +rows)\n%s", diff)
	}
}

func exampleTopology(code diag.Code) string {
	switch code {
	case readmit.CodeAPIServer:
		return "pool"
	case readmit.CodeCIDRNeverMatch:
		return "internalIP"
	}
	return "known"
}
