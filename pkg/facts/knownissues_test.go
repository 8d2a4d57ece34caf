package facts

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/format"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// known.json is the program's own list of known issues. JSON, so that a topology in
// YAML or CUE can take an entry over as it stands, under spec.knownIssues, but for its
// case and neighbour: a situation that has the issue, and the nearest one that has not,
// both as changes of the published network.
//
//go:embed known.json
var knownJSON []byte

// issueEntry is a known issue as it is written down.
type issueEntry struct {
	schema.KnownIssue
	When []issueCondition `json:"when"`
	// Case and Neighbour are for tests.
	Case      json.RawMessage `json:"case"`
	Neighbour json.RawMessage `json:"neighbour"`
}

// issueCondition can say what no topology needs to: every plugin but some. A list of the
// others would have to be found again whenever a plugin is added.
type issueCondition struct {
	schema.IssueCondition
	// CNIBut are plugins that do not have the issue while all others do; an empty list is
	// every plugin.
	CNIBut []schema.CNIType `json:"cniBut"`
}

func issueEntries() []issueEntry {
	var entries []issueEntry
	dec := json.NewDecoder(bytes.NewReader(knownJSON))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&entries); err != nil {
		panic(err)
	}
	return entries
}

// spelledOut names the plugins that the condition means.
func (c issueCondition) spelledOut() schema.IssueCondition {
	if c.CNIBut != nil {
		for _, p := range Plugins() {
			if !slices.Contains(c.CNIBut, p.Type) {
				c.CNI = append(c.CNI, p.Type)
			}
		}
	}
	return c.IssueCondition
}

// TestKnownIssuesTable keeps the table at what known.json says. `make golden` writes it.
func TestKnownIssuesTable(t *testing.T) {
	var issues []schema.KnownIssue
	for _, e := range issueEntries() {
		issue := e.KnownIssue
		for _, c := range e.When {
			issue.When = append(issue.When, c.spelledOut())
		}
		issues = append(issues, issue)
	}
	var b strings.Builder
	b.WriteString("// Code generated from known.json by make golden; DO NOT EDIT.\n\npackage facts\n\n" +
		"import \"github.com/kustomize-hybrid/kustomize-hybrid/schema\"\n\nvar knownIssues = ")
	literal(&b, reflect.ValueOf(issues))
	source, err := format.Source([]byte(b.String() + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, "knownissues_table.go", string(source))
}

// literal spells a value in Go, but for what is left out because it is zero.
func literal(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		b.WriteString(v.Type().String() + "{\n")
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				b.WriteString(v.Type().Field(i).Name + ": ")
				literal(b, v.Field(i))
				b.WriteString(",\n")
			}
		}
		b.WriteString("}")
	case reflect.Slice:
		b.WriteString(v.Type().String() + "{")
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			literal(b, v.Index(i))
		}
		b.WriteString("}")
	default:
		fmt.Fprintf(b, "%#v", v.Interface())
	}
}

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
