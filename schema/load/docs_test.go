package load_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Each code has a section in docs/checks.md with an example (which is executed where
// the command is), but for those that no page of text can show.
func TestCodesAreExplained(t *testing.T) {
	unshown := []diag.Code{load.NotText, load.NotCUE, load.TooMany}
	examples := docs.Examples()
	for _, code := range load.Codes() {
		if _, ok := docs.Explain(string(code)); !ok {
			t.Errorf("docs/checks.md does not explain %s", code)
		}
		shown := slices.ContainsFunc(examples, func(e docs.Example) bool { return e.Code == string(code) })
		if !shown && !slices.Contains(unshown, code) {
			t.Errorf("docs/checks.md shows no example of %s", code)
		}
	}
	page, _ := docs.Explain(string(load.NotCUE))
	_, example, _ := strings.Cut(page, "```cue\n")
	example, _, _ = strings.Cut(example, "```\n")
	doc := read(t, "topology.cue", example)
	if !strings.Contains(text(doc.Findings), "kubernetesVersion has no concrete value: string [not-cue]") {
		t.Error(doc.Findings)
	}
}

func TestCodesAreSorted(t *testing.T) {
	if !slices.IsSorted(load.Codes()) {
		t.Error(load.Codes())
	}
}
