package readmit_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
)

// Each paragraph of small.txt is about one thing that a policy can say: what it is and, in
// parentheses, the topology; the objects, one a line; and indented what changes and what is
// found, silence being an answer, too.
func TestSmallPolicies(t *testing.T) {
	const file = "testdata/small.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, paragraph := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		if i > 0 {
			b.WriteString("\n")
		}
		about, rest, _ := strings.Cut(paragraph, "\n")
		named := regexp.MustCompile(`^# .* \((\w+)\)$`).FindStringSubmatch(about)
		if named == nil {
			t.Fatalf("%s: %q does not name a topology", file, about)
		}
		b.WriteString(about + "\n")
		var objects []string
		for line := range strings.Lines(rest + "\n") {
			if !strings.HasPrefix(line, "\t") {
				objects = append(objects, line)
				b.WriteString(line)
			}
		}
		items := read(t, []byte(strings.Join(objects, "---\n")))
		before := write(t, items)
		changes, found := readmit.Policies(plan.New(topology(named[1])), items)
		own := func(c readmit.Change) bool { return c.Rule == readmit.RuleCalicoOwn } // which is no edit
		if edited := !bytes.Equal(before, write(t, items)); edited == (len(slices.DeleteFunc(slices.Clone(changes), own)) == 0) {
			t.Errorf("%s: that the objects are edited is %t, and the changes are %v", about, edited, changes)
		}
		for line := range strings.Lines(string(lines(changes))) {
			b.WriteString("\t" + line)
		}
		for _, d := range found {
			fmt.Fprintf(&b, "\t%s: %s [%s]\n", d.Path, d.Severity, d.Code)
			if !slices.Contains(readmit.Codes(), d.Code) {
				t.Errorf("%s: %s is not among the codes", about, d.Code)
			}
		}
	}
	goldentest.Compare(t, file, b.String())
}
