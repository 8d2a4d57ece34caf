package facts

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestKnownIssuesPage keeps docs/known-issues.md, which `explain CODE` prints
// sections of, at what the data says. `make golden` writes it.
func TestKnownIssuesPage(t *testing.T) {
	goldentest.Compare(t, "../../docs/known-issues.md", issuesPage())
}

func issuesPage() string {
	issues := slices.SortedFunc(slices.Values(issueEntries()), func(a, b issueEntry) int {
		return cmp.Compare(a.Code, b.Code)
	})
	var b strings.Builder
	b.WriteString("# Known issues\n\n" +
		"What versions and settings of Tailscale, Kubernetes, network plugins and providers do to each\n" +
		"other. `validate` reports the errors and warnings that a topology has; the notes (info), which\n" +
		"what is rendered settles already, are reported where somebody asks for them. `explain CODE`\n" +
		"prints one section. This page is made from `pkg/facts/known.json`; a topology adds issues of\n" +
		"its own under `spec.knownIssues`, in the same form.\n")
	for _, i := range issues {
		b.WriteString("\n## " + i.Code + "\n\n" + issueSection(i))
	}
	return b.String()
}

func issueSection(i issueEntry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s).\n\nSymptom: %s.\n\nCause: %s.\n\nWhere:\n\n", i.Title, i.Severity, i.Symptom, i.Cause)
	for _, c := range i.When {
		b.WriteString("- " + situation(c) + "\n")
	}
	fmt.Fprintf(&b, "\nMitigation: %s.\n\nEvidence:\n\n", i.Mitigation)
	for _, e := range i.Evidence {
		b.WriteString("- " + e + "\n")
	}
	if i.Severity != "info" {
		fmt.Fprintf(&b, "\nTo waive it:\n\n```yaml\nspec:\n  suppressions:\n  - {code: %s, reason: WHY IT DOES NOT CONCERN YOU}\n```\n", i.Code)
	}
	return b.String()
}

// situation spells whatever a condition states, by the names the topology has for it.
func situation(c issueCondition) string {
	var parts []string
	if c.CNIBut != nil {
		parts = append(parts, "any cni"+but(c.CNIBut))
	}
	v := reflect.ValueOf(c.IssueCondition)
	for i := range v.NumField() {
		field := v.Field(i)
		if field.IsZero() {
			continue
		}
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch value := field.Interface().(type) {
		case schema.VersionRange:
			parts = append(parts, strings.TrimSpace(name+" "+bounds(value)))
		case bool:
			parts = append(parts, name)
		default:
			words := strings.Trim(fmt.Sprint(value), "[]")
			parts = append(parts, name+" "+strings.ReplaceAll(words, " ", " or "))
		}
	}
	return strings.Join(parts, "; ")
}

func but(plugins []schema.CNIType) string {
	if len(plugins) == 0 {
		return ""
	}
	return " but " + strings.Trim(fmt.Sprint(plugins), "[]")
}

func bounds(r schema.VersionRange) string {
	var parts []string
	if r.From != "" {
		parts = append(parts, "from "+string(r.From)+" on")
	}
	if r.Until != "" {
		parts = append(parts, "before "+string(r.Until))
	}
	return strings.Join(parts, ", ")
}

func TestIssuesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range KnownIssues() {
		if seen[i.Code] {
			t.Errorf("%s is there twice", i.Code)
		}
		seen[i.Code] = true
		for _, text := range []string{i.Code, i.Title, i.Symptom, i.Cause, i.Mitigation} {
			if text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
				t.Errorf("%s says %q", i.Code, text)
			}
		}
		if len(i.Evidence) == 0 || len(i.When) == 0 || !slices.Contains([]string{"error", "warning", "info"}, i.Severity) {
			t.Errorf("%s: evidence %v, when %v, severity %s", i.Code, i.Evidence, i.When, i.Severity)
		}
	}
}

// TestEveryPluginButSome: a condition by exception means the plugins that are added, too.
func TestEveryPluginButSome(t *testing.T) {
	var but issueCondition
	but.CNIBut = []schema.CNIType{schema.CNICilium}
	if got := but.spelledOut().CNI; len(got) != len(Plugins())-1 || slices.Contains(got, schema.CNICilium) {
		t.Errorf("every plugin but cilium is %q", got)
	}
	if got := (issueCondition{}).spelledOut().CNI; got != nil {
		t.Errorf("no condition is %q", got)
	}
}
