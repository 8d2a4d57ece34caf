package docs_test

import (
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
