package facts

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"slices"
	"sync"

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

// KnownIssues returns the program's own list of known issues, in the order in which it was
// written.
func KnownIssues() []schema.KnownIssue { return slices.Clone(knownIssues()) }

// knownIssues reads the list when it is first asked for: it takes a millisecond, which
// a program that only renders should not pay.
var knownIssues = sync.OnceValue(func() []schema.KnownIssue {
	var issues []schema.KnownIssue
	for _, e := range issueEntries() {
		issue := e.KnownIssue
		for _, c := range e.When {
			issue.When = append(issue.When, c.spelledOut())
		}
		issues = append(issues, issue)
	}
	return issues
})

func issueEntries() []issueEntry {
	var entries []issueEntry
	dec := json.NewDecoder(bytes.NewReader(knownJSON))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&entries); err != nil {
		panic(err) // the file is part of the program, and a test reads it
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
