package load

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// What is read of one file, beside SizeLimit. A topology of 10,000 regions has some 400,000
// values and no list or mapping that is longer than its regions; these are far beyond what
// people write, and keep the answer to any file within seconds and a few hundred megabytes.
const (
	// maxValues is how many values a file may have by what separates them, before it is parsed:
	// each costs the parser 300 bytes and more.
	maxValues = 1_000_000
	// maxObjectValues is maxValues for a file of objects: a dump of 10,000 nodes has 4 million.
	maxObjectValues = 20_000_000
	// maxObjects is how many objects a file may hold.
	maxObjects = 200_000
	// maxFields is how many fields one mapping may have.
	maxFields = 1000
	// maxElements is how many elements a list may have that has no limit of its own.
	maxElements = 10_000
	// maxFindings is how many findings of one code are told apart in one file; more are counted.
	// As many of all codes together end the judging of regions.
	maxFindings = 1000
)

// limits are the lists that take part in every pair of regions or of each other.
func limits() map[string]int {
	return map[string]int{
		"spec.marks":                256,
		"spec.knownIssues":          256,
		"spec.tailnet.policy.flows": 256,
		"spec.tailnet.policy.pins":  1000,
		"spec.links":                1000,
	}
}

// values is at least the number of values in YAML or JSON, by what must stand between two of
// them: a line end, a comma, a bracket, or a colon or a dash with a blank behind it.
func values(text []byte) int {
	n := 0
	for i, c := range text {
		switch c {
		case '\n', ',', '[', '{':
			n++
		case ':', '-', '?':
			if i+1 == len(text) || strings.IndexByte(" \t\r\n\"", text[i+1]) >= 0 {
				n++
			}
		}
	}
	return n
}

// tooManyValues reports a file that has more values than are read.
func tooManyValues(f file, limit int) *diag.Diagnostic {
	n := values(f.data)
	if n <= limit {
		return nil
	}
	d := &diag.Diagnostic{
		Severity: diag.Error, Code: TooMany, Pos: diag.Position{File: f.name, Line: 1, Column: 1},
		Message: fmt.Sprintf("there are about %d values in it, and %d is the limit", n, limit),
	}
	return d.Fix("look for what is written many times; a topology of 10,000 regions has 400,000")
}

// tooLong refuses a list or a mapping that has more entries than are read, and reports whether
// it has.
func (r *reader) tooLong(n *yaml.Node, p *path) bool {
	count, limit, what := len(n.Content), maxElements, "elements"
	if n.Kind == yaml.MappingNode {
		count, limit, what = count/2, maxFields, "fields"
	} else if count > minLimit {
		if own, ok := limits()[p.String()]; ok {
			limit = own
		}
	}
	if count <= limit {
		return false
	}
	r.refuse(TooMany, n, p, "%s has %d %s, and %d is the limit", p.name(), count, what, limit).
		Fix("write fewer; nothing that is longer is read")
	return true
}

// minLimit is the least of all limits.
const minLimit = 256
