package policyfile

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// Comments that start with # become blanks of the same length, so that places stay where they
// were. Inside strings and other comments # means itself.
func TestHashComments(t *testing.T) {
	for text, want := range map[string]struct {
		text  string
		found []int
	}{
		"# a":                     {"   ", []int{0}},
		"{} # a\n{}":              {"{}    \n{}", []int{3}},
		"# a\n# b":                {"   \n   ", []int{0, 4}},
		"\"#\" # a":               {"\"#\"    ", []int{4}},
		"\"\\\"#\" #":             {"\"\\\"#\"  ", []int{6}},
		"// # a\n#":               {"// # a\n ", []int{7}},
		"/* # */#":                {"/* # */ ", []int{7}},
		"/**/#":                   {"/**/ ", []int{4}},
		"/*/ # */":                {"/*/ # */", nil},
		"/* # a":                  {"/* # a", nil},
		"\"open #\n#":             {"\"open #\n ", []int{8}},
		"\"open #":                {"\"open #", nil},
		"\"open \\":               {"\"open \\", nil},
		"[1, # a \"b\" // c\n 2]": {"[1,             \n 2]", []int{4}},
	} {
		got := []byte(text)
		if found := blankHashes(got); string(got) != want.text || !slices.Equal(found, want.found) {
			t.Errorf("%q becomes %q with comments at %v, want %q at %v", text, got, found, want.text, want.found)
		}
	}
}

// A fragment is the inside of an object: it starts with a name and a colon.
func TestFragments(t *testing.T) {
	for text, want := range map[string]bool{
		`"grants": []`: true, ` "grants" : []`: true, "\n\t\"a\"\r\n:1": true, "// a\n\"a\": 1": true, "/* a */ \"a\": 1": true, "/**/\"a\":": true, `"a\"b": 1`: true,
		"": false, " ": false, `{"grants": []}`: false, `[]`: false, `"a"`: false, `"a" `: false, `"a", "b"`: false, `"a`: false, "\"a\n": false, "// \"a\": 1": false,
		"/* \"a\": 1": false, `a: 1`: false,
	} {
		if got := isFragment([]byte(text)); got != want {
			t.Errorf("%q is a fragment: %t", text, got)
		}
	}
}

// Brackets nest as deeply as is harmless; those in strings do not count, nor those that close
// again.
func TestNesting(t *testing.T) {
	open := func(n int) string { return strings.Repeat("[", n) }
	for text, want := range map[string]int{
		open(200): -1, open(201): 200, " " + open(201): 201, strings.Repeat("[]", 300): -1, strings.Repeat("{}", 300): -1,
		open(199) + `"[["` + "{": -1, open(199) + `"[["` + "{{": 204, open(200) + "]" + "[": -1, open(200) + "}" + "{{": 202,
	} {
		if got := tooDeep([]byte(text)); got != want {
			t.Errorf("%q is too deep at %d, want %d", text, got, want)
		}
	}
}

// A parser's message stands in a finding that has a place already.
func TestPlainMessages(t *testing.T) {
	for text, want := range map[string]string{
		"hujson: line 3, column 7: invalid character": "invalid character", "hujson: line 3, column 7: a: b": "a: b",
		"hujson: line 3": "hujson: line 3", "a failure: of another kind": "a failure: of another kind", "": "",
	} {
		if got := plain(errors.New(text)); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, c := range []struct {
		text         string
		line, column int
	}{{"{", 1, 2}, {"{\n\t\"grants\": [,]}", 2, 13}, {"{\n\n  nonsense}", 3, 3}} {
		_, list := Parse("p.hujson", []byte(c.text))
		if len(list) == 0 || list[0].Pos.Line != c.line || list[0].Pos.Column != c.column {
			t.Errorf("%q: %v, want a finding at %d:%d", c.text, list, c.line, c.column)
		}
	}
}
