package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// said is what `validate` prints for a file. Its first line may be the command, as a
// comment, where that says which day it is.
func said(t *testing.T, text string) string {
	t.Helper()
	in, err := hybrid.Read("topology.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	command, _, _ := strings.Cut(text, "\n")
	_, day, _ := strings.Cut(command, "validate --today ")
	day, _, _ = strings.Cut(day, " ")
	var out bytes.Buffer
	if err := diag.WriteText(&out, hybrid.Validate(in, hybrid.Options{Today: day})); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Every example of docs/checks.md gives what stands below it, its own code included.
func TestChecksPage(t *testing.T) {
	if len(docs.Examples()) == 0 {
		t.Fatal("docs/checks.md has no examples")
	}
	page, err := os.ReadFile("../../docs/checks.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, e := range docs.Examples() {
		t.Run(e.Code, func(t *testing.T) {
			got := said(t, e.Input)
			if !strings.Contains(got, "["+e.Code+"]") {
				t.Errorf("the example does not show %s:\n%s", e.Code, got)
			}
			if diff := cmp.Diff(e.Output, got); diff != "" {
				if !goldentest.Update() {
					t.Error(diff)
				}
				text = strings.Replace(text, e.Input+"```\n\n```text\n"+e.Output, e.Input+"```\n\n```text\n"+got, 1)
			}
		})
	}
	if goldentest.Update() {
		goldentest.Save(t, "../../docs/checks.md", text)
	}
}
