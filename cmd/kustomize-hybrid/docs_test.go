package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// said is what `validate` prints for a file. Its first line may be the command, as a
// comment, where that says which day it is.
func said(t *testing.T, text string) string {
	t.Helper()
	var s sources
	if err := s.add("topology.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	command, _, _ := strings.Cut(text, "\n")
	_, day, _ := strings.Cut(command, "validate --today ")
	day, _, _ = strings.Cut(day, " ")
	var out bytes.Buffer
	if err := diag.WriteText(&out, visible(s.check(day))); err != nil {
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
				if os.Getenv("UPDATE_GOLDEN") == "" {
					t.Error(diff)
				}
				text = strings.Replace(text, e.Input+"```\n\n```text\n"+e.Output, e.Input+"```\n\n```text\n"+got, 1)
			}
		})
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile("../../docs/checks.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The first screen of the README tells the truth.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	fences := strings.Split(string(readme), "```")
	fence := func(language string) string {
		i := slices.IndexFunc(fences, func(f string) bool { return strings.HasPrefix(f, language+"\n") })
		if i < 0 {
			t.Fatalf("README.md has no %s fence", language)
		}
		return strings.TrimPrefix(fences[i], language+"\n")
	}
	topology := fence("yaml")
	if got := said(t, topology); got != "" {
		t.Errorf("the topology of the README is refused:\n%s", got)
	}
	broken := strings.Replace(topology, "10.142.0.0/20", "10.0.2.0/23", 1)
	if diff := cmp.Diff(fence("text"), said(t, broken)); diff != "" {
		t.Error(diff)
	}
}
