package pages

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const page = "Text with `code`.\n\n" +
	"```sh\ncat >a <<'END'   # a file\nx\n\nEND\n# a comment\nfalse   # exits with 1\necho one \\\n  two\n```\n\n" +
	"- a list\n  ```console\n  $ cat a\n  x\n\n  $ cd .\n  $ printf '1\\n2\\n3\\n'\n  1\n  ...\n  ```\n\n" +
	"```yaml\n$ not a command\n```\n"

func TestRead(t *testing.T) {
	want := []Command{
		{Line: 4, Text: "cat >a <<'END'\nx\n\nEND"},
		{Line: 9, Text: "false", Exit: 1},
		{Line: 10, Text: "echo one \\\n  two"},
		{Line: 16, Text: "cat a", Shown: true, Want: []string{"x", ""}},
		{Line: 19, Text: "cd .", Shown: true},
		{Line: 20, Text: `printf '1\n2\n3\n'`, Shown: true, Want: []string{"1", "..."}},
	}
	if diff := cmp.Diff(want, Read(page), cmpopts.IgnoreUnexported(Command{})); diff != "" {
		t.Error(diff)
	}
}

func TestRun(t *testing.T) {
	results, err := Run(t.TempDir(), nil, Read(page), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, fmt.Sprintf("%d %q", r.Code, r.Output))
		if fault := r.Fault(); fault != "" {
			t.Error(fault)
		}
	}
	want := []string{`0 ""`, `1 ""`, `0 "one two\n"`, `0 "x\n\n"`, `0 ""`, `0 "1\n2\n3\n"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A page that says something else is found out, and nothing runs behind what failed.
func TestFaults(t *testing.T) {
	wrong := "1.\n ```console\n $ echo new\n old\n $ echo\n\n $ true   # exits with 1\n $ echo never\n ```\n"
	results, err := Run(t.TempDir(), nil, Read(wrong), nil)
	if err != nil || len(results) != 3 {
		t.Fatal(results, err)
	}
	if f := results[0].Fault(); f != "line 3: echo new\nprints\nnew\n\nand the page shows\nold" {
		t.Errorf("%q", f)
	}
	if f := results[1].Fault(); f != "" {
		t.Error(f)
	}
	if f := results[2].Fault(); !strings.HasPrefix(f, "line 7: true\nexits with 0 and not with 1:") {
		t.Errorf("%q", f)
	}
	if got := Corrected(wrong, results); got != strings.Replace(wrong, "old", "new", 1) {
		t.Errorf("%q", got)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		want, got string
		match     bool
	}{
		{"a\n...\nz", "a\nz\n", true},
		{"a\n...\nz", "a\nb\nc\nz\n", true},
		{"...\nb\n...", "a\nb\n", true},
		{"a\n...\nz", "a\nb\n", false},
		{"a", "a\nb\n", false},
		{"a\nb", "a\n", false},
		{"...\nb", "a\n", false},
	} {
		if got := (Command{Shown: true, Want: strings.Split(c.want, "\n")}).Matches(c.got); got != c.match {
			t.Errorf("%q and %q: %t", c.want, c.got, got)
		}
	}
}

func TestNeeds(t *testing.T) {
	got, err := Needs("# for readers\n== a host\n\nls /\na \\\n  b\n== a cloud\nc\n")
	if diff := cmp.Diff(map[string]string{"ls /": "a host", "a \\\n  b": "a host", "c": "a cloud"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"a\n", "== x\na\n== y\na\n"} {
		if got, err := Needs(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func Example() {
	for _, c := range Read("```sh\nmake run   # takes a minute\n```\n") {
		fmt.Println(c.Line, c.Text)
	}
	// Output: 2 make run
}
