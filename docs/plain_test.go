package docs_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
)

func TestEveryCodeHasALine(t *testing.T) {
	for _, code := range append(docs.Codes(), docs.KnownIssues()...) {
		if line := docs.Summary(code); len(line) < 20 || len(line) > 120 || strings.ContainsAny(line, "\n[]") {
			t.Errorf("%s: %q", code, line)
		}
	}
}

func TestPlain(t *testing.T) {
	in := "a **b** of [cloud.md](cloud.md), [a page](x.md#y), [here](#there), [RFC 950](https://example.com/rfc950)\n\n```yaml\n[a](b): **c**\n\nd\n```\n"
	want := "a b of docs/cloud.md, a page (docs/x.md#y), here, RFC 950 (https://example.com/rfc950)\n\n    [a](b): **c**\n\n    d\n"
	if got := docs.Plain(in); got != want {
		t.Errorf("%q", got)
	}
	for _, code := range append(docs.Codes(), docs.KnownIssues()...) {
		markdown, _ := docs.Explain(code)
		if text := docs.Plain(markdown); strings.Contains(text, "](") || strings.Contains(text, "```") {
			t.Errorf("%s: Markdown is left in\n%s", code, text)
		}
	}
}
