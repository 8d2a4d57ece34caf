package edit_test

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/edit"
)

func Example() {
	text := "regions:\n  - name: a   # first\n    podCIDRs: [10.1.0.0/16] # keep me\n"
	out, err := edit.Append([]byte(text), []string{"regions", "0", "podCIDRs"}, "10.2.0.0/16")
	fmt.Print(string(out))
	fmt.Println(err)
	// Output:
	// regions:
	//   - name: a   # first
	//     podCIDRs: [10.1.0.0/16, 10.2.0.0/16] # keep me
	// <nil>
}

func TestAppend(t *testing.T) {
	for _, c := range []struct{ what, in, keys, want string }{
		{"flow", "a: [x]\n", "a", "a: [x, v, w]\n"},
		{"flow, empty", "a: []\n", "a", "a: [v, w]\n"},
		{"flow, over lines", "a: [x,\n  y ] # c\nb: 1\n", "a", "a: [x,\n  y, v, w ] # c\nb: 1\n"},
		{"flow, quoted", "a: ['x', \"y\"]\n", "a", "a: ['x', \"y\", v, w]\n"},
		{"block", "a:\n- x # c\nb: 1\n", "a", "a:\n- x # c\n- v\n- w\nb: 1\n"},
		{"block, indented", "a:\n    -   x\n", "a", "a:\n    -   x\n    -   v\n    -   w\n"},
		{"block, no newline at the end", "a:\n  - x", "a", "a:\n  - x\n  - v\n  - w"},
		{"CRLF", "a:\r\n  - x\r\nb: 1\r\n", "a", "a:\r\n  - x\r\n  - v\r\n  - w\r\nb: 1\r\n"},
		{"behind characters of several bytes", "{ü: é, a: [ß]}\n", "a", "{ü: é, a: [ß, v, w]}\n"},
		{"a new list", "r:\n  - name: n # c\n    b: 1\n", "r.0.a", "r:\n  - name: n # c\n    a: [v, w]\n    b: 1\n"},
		{"JSON", `{"a": ["x"]}`, "a", `{"a": ["x", v, w]}`},
	} {
		got, err := edit.Append([]byte(c.in), strings.Split(c.keys, "."), "v", "w")
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.what, got, err, c.want)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, c := range []struct{ in, keys, says string }{
		{"a: 1\n", "a", "a is no list"},
		{"a: {b: 1}\n", "a.c", "block style"},
		{"a:\n  b:\n    c: 1\n", "a.x", "no place for it"},
		{"a: [x]\n", "b.c", "there is no b"},
		{"a: [{x: 1}]\n", "a", "cannot be followed"},
		{"a:\n  - {x: 1}\n", "a", "no single value"},
		{"", "a", "there is no a"},
		{"a: [\n", "a", "line"},
	} {
		if got, err := edit.Append([]byte(c.in), strings.Split(c.keys, "."), "v"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %q, %v; want an error that says %q", c.in, got, err, c.says)
		}
	}
}

// A list may stand elsewhere, or be somebody else's, too: then nothing is changed.
func TestAppendAndAliases(t *testing.T) {
	for _, c := range []struct{ what, in, keys, says string }{
		{"by a merge key", "r:\n- n: 1\n  <<: {a: [x]}\n", "r.0.a", "line 3: a comes by a merge key"},
		{"by a merged alias", "b: &b {a: [x]}\nr:\n- n: 1\n  <<: *b\n", "r.0.a", "line 4: a comes by a merge key"},
		{"by one of several", "b: &b {a: [x]}\nr:\n- n: 1\n  <<: [{c: 1}, *b]\n", "r.0.a", "line 4: a comes by a merge key"},
		{"an alias", "b: &b [x]\nr:\n- n: 1\n  a: *b\n", "r.0.a", "line 4: a is the alias *b"},
		{"in an alias", "b: &b\n  a: [x]\nr:\n- *b\n", "r.0.a", "line 4: r.0 is the alias *b"},
		{"below an alias", "b: &b\n- n: {a: [x]}\nr: *b\n", "r.0.n.a", "line 3: r is the alias *b"},
		{"of others, by an alias", "r:\n- a: &b [x]\n- a: *b\n", "r.0.a", "cannot be added to alone"},
		{"of others, by a merge key", "r:\n- &b\n  a: [x]\n- <<: *b\n", "r.0.a", "cannot be added to alone"},
		{"of others, by an alias above", "r:\n- &b\n  a: [x]\n- *b\n", "r.0.a", "cannot be added to alone"},
	} {
		got, err := edit.Append([]byte(c.in), strings.Split(c.keys, "."), "v")
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q, %v; want an error that says %q", c.what, got, err, c.says)
		}
	}
	// What is nobody else's can be added to, whatever else is.
	for _, c := range []struct{ in, want string }{
		{"r:\n- a: &b [x]\n", "r:\n- a: &b [x, v]\n"},
		{"c: &c 1\nr:\n- <<: {d: *c}\n  a: [x]\n", "c: &c 1\nr:\n- <<: {d: *c}\n  a: [x, v]\n"},
		{"c: &c {a: [y]}\nr:\n- <<: *c\n  a: [x]\n", "c: &c {a: [y]}\nr:\n- <<: *c\n  a: [x, v]\n"},
		{"r:\n- n: 1\n  <<: {d: 1}\n", "r:\n- n: 1\n  a: [v]\n  <<: {d: 1}\n"},
	} {
		if got, err := edit.Append([]byte(c.in), []string{"r", "0", "a"}, "v"); err != nil || string(got) != c.want {
			t.Errorf("%q became %q, %v", c.in, got, err)
		}
	}
}

// FuzzAppend: what can be edited has one more element afterwards, and all of the old
// text around it.
func FuzzAppend(f *testing.F) {
	f.Add("a: [x, y]\n")
	f.Add("a:\n  - x # c\n  - y\nb: 1\n")
	f.Add("# c\na: [ 'x' ]\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := edit.Append([]byte(text), []string{"a"}, "10.0.0.0/8")
		if err != nil {
			return
		}
		var before, after map[string]any
		if yaml.Unmarshal([]byte(text), &before) != nil {
			return
		}
		if err := yaml.Unmarshal(got, &after); err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
		was, _ := before["a"].([]any)
		is, _ := after["a"].([]any)
		if len(is) != len(was)+1 || is[len(is)-1] != "10.0.0.0/8" {
			t.Fatalf("%q became %q", text, got)
		}
		if strings.TrimSpace(text) != "" && len(got) <= len(text) {
			t.Fatalf("%q lost text: %q", text, got)
		}
	})
}
