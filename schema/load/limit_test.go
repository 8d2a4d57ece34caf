package load

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Whatever there is too much of, the answer is a finding that names the limit, at its place, and
// never more than maxFindings of a kind.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string // the first finding of code TooMany
	}{
		{"fields", strings.Repeat("a:\n", maxFields+1), `t.yaml:1:1: error: the document has 1001 fields, and 1000 is the limit [too-many]`},
		{"elements", "spec:\n  suppressions: [" + strings.Repeat("a,", maxElements+1) + "]", `t.yaml:2:17: error: suppressions has 10001 elements, and 10000 is the limit [too-many]`},
		{"marks", "spec:\n  marks:\n" + strings.Repeat("  - {owner: a, mask: 1}\n", 257), `t.yaml:3:3: error: marks has 257 elements, and 256 is the limit [too-many]`},
		{"labels", "metadata:\n  labels:\n" + lines("    k%d: v\n", maxFields+1), `t.yaml:3:5: error: labels has 1001 fields, and 1000 is the limit [too-many]`},
		{"values", strings.Repeat("a:\n", maxValues), `t.yaml:1:1: error: there are about 2000000 values in it, and 1000000 is the limit [too-many]`},
		{"faults", "spec:\n  regions:\n" + lines("  - {x%d: 1}\n", 1100), `t.yaml:3:5: error: there are`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := Bytes("t.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			counts := map[diag.Code]int{}
			first := ""
			for _, d := range in.Documents[0].Findings {
				if counts[d.Code]++; d.Code == TooMany && first == "" {
					first = d.Error()
				}
			}
			if !strings.HasPrefix(first, c.want) {
				t.Errorf("got  %s\nwant %s", first, c.want)
			}
			for code, n := range counts {
				if n > maxFindings+1 {
					t.Errorf("%d findings of %s", n, code)
				}
			}
		})
	}
}

func lines(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// A program in CUE that does not end is given up, and an expression that would exhaust the stack
// is not begun.
func TestCUEBudget(t *testing.T) {
	forever := file{"t.cue", []byte("import \"list\"\nx: list.Range(0, 1000000, 1)\n")}
	_, found := parseCUEWithin(time.Millisecond, []file{forever})
	if len(found) != 1 || found[0].Error() != `t.cue:1:1: error: CUE has not evaluated this within 1ms of processor time, which is the limit [not-cue]` {
		t.Error(found.Err())
	}
	for _, text := range []string{"x: 1" + strings.Repeat("+1", 4_000_000), "x: a" + strings.Repeat(".a", 20_000), "x: f" + strings.Repeat("(1)", 21_000)} {
		_, found := parseCUE([]file{{"t.cue", []byte(text)}})
		if len(found) != 1 || found[0].Code != TooMany || found[0].Pos.Column < maxTerms {
			t.Error(found.Err())
		}
	}
	in, err := Bytes("t.cue", []byte("x: ["+strings.Repeat("1, ", 30_000)+"]"))
	if err != nil || strings.Contains(in.Documents[0].Findings.Err().Error(), string(TooMany)+"]: this expression") {
		t.Errorf("a long list is taken for an expression: %v", err)
	}
}

// values never says less than there are.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"a: b", "[a,b,{c: d}]", "- a\n- b", "{\"a\":1}", "? a\n: b", "a:\n- b:\n  - c", "?\t#"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := Bytes("t.yaml", text)
		if err != nil || len(in.Documents) == 0 || in.Documents[0].src.root == nil || bytes.ContainsAny(text, "*<") {
			return
		}
		if n := count(in.Documents[0].src.root); n > 2*values(text)+2 {
			t.Errorf("%d values in %q, and %d are counted", n, text, values(text))
		}
	})
}

func count(n *yaml.Node) int {
	sum := 1
	for _, c := range n.Content {
		sum += count(c)
	}
	return sum
}
