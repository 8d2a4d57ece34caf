package docs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
)

func TestCodesAreSortedAndExplained(t *testing.T) {
	codes := docs.Codes()
	if !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
		t.Errorf("docs/checks.md is not in order, or names a code twice: %q", codes)
	}
	for _, code := range codes {
		text, ok := docs.Explain(code)
		if !ok || !strings.HasPrefix(text, code+"\n\n") || strings.Count(text, "\n") < 3 {
			t.Errorf("%s is not explained: %q", code, text)
		}
	}
	for _, code := range docs.KnownIssues() {
		text, ok := docs.Explain(code)
		if !ok || !strings.Contains(text, "\nSymptom: ") || !strings.Contains(text, "\nMitigation: ") || !strings.Contains(text, "\nEvidence:") {
			t.Errorf("%s is not explained: %q", code, text)
		}
		if slices.Contains(codes, code) {
			t.Errorf("%s is explained twice", code)
		}
	}
	if text, ok := docs.Explain("no-such-code"); ok {
		t.Errorf("explained: %q", text)
	}
}

// A workflow that people copy gives its own token no more than it needs.
func TestWorkflowsMayReadOnly(t *testing.T) {
	workflows := 0
	for _, page := range markdown(t) {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			if !strings.Contains(block, "\njobs:\n") {
				continue
			}
			workflows++
			_, after, ok := strings.Cut(block, "\npermissions: {")
			if given, _, _ := strings.Cut(after, "}"); !ok || given != "contents: read" || strings.Count(block, "permissions:") != 1 {
				t.Errorf("%s: a workflow may do more than read, or does not say what it may: %q", page, given)
			}
			if strings.Contains(block, "actions/checkout") && !strings.Contains(block, "persist-credentials: false") {
				t.Errorf("%s: a workflow leaves its token in the checked out files", page)
			}
		}
	}
	if workflows == 0 {
		t.Error("no workflow was found")
	}
}
