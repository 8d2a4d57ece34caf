package policyfile_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/rogpeppe/go-internal/txtar"
)

// pair is a policy file before and after a merge of testdata/topologies/pair.yaml, and
// the findings of the merge.
//
// A file of testdata/merge holds it as the lines of both texts: "-" begins those that
// go, "+" those that come, and a blank the others. A line "@NAME" is a part that several
// pairs have: see parts.
type pair struct {
	path          string
	before, after []byte
	findings      string
}

func readPairs(t testing.TB, known partList) []pair {
	t.Helper()
	paths, _ := filepath.Glob("testdata/merge/*.txtar")
	var list []pair
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil || len(a.Files) != 2 {
			t.Fatalf("%s is not a pair: %v", path, err)
		}
		p := pair{path: path, findings: string(a.Files[1].Data)}
		for _, line := range acltest.Lines(a.Files[0].Data) {
			text := []byte(known.unfold(line[1:]))
			if line[0] != '+' {
				p.before = append(p.before, text...)
			}
			if line[0] != '-' {
				p.after = append(p.after, text...)
			}
		}
		list = append(list, p)
	}
	if len(list) < 20 {
		t.Fatalf("%d pairs", len(list))
	}
	return list
}

// golden is the pair as a file of testdata/merge.
func (p pair) golden(known partList) string {
	var merge strings.Builder
	for _, e := range acltest.Edits(known.fold(acltest.Lines(p.before)), known.fold(acltest.Lines(p.after))) {
		fmt.Fprintf(&merge, "%c%s\n", e.Op, e.Line)
	}
	return string(txtar.Format(&txtar.Archive{Files: []txtar.File{
		{Name: "merge", Data: []byte(merge.String())}, {Name: "findings", Data: []byte(p.findings)},
	}}))
}

// Each file of testdata/merge is a policy file before and after a merge, and what is
// said about it. They are written with tabs, as the service writes them; the other
// styles are made of them, and so is what a merge makes of those.
func TestMergePairs(t *testing.T) {
	topology, known := acltest.Named(t, "pair"), parts(t)
	for _, want := range readPairs(t, known) {
		tabs := merged(t, topology, want)
		goldentest.Compare(t, want.path, tabs.golden(known))
		if goldentest.Update() {
			want = tabs
		}
		f, _ := policyfile.Parse("policy.hujson", want.before)
		shown := want.before // the text whose lines the findings name
		if f != nil && !strings.Contains(tabs.findings, "[policy-conflict]") && !strings.Contains(tabs.findings, "[policy-marks]") {
			shown = policyfile.Merged(topology, f)
		}
		for _, s := range styles() {
			t.Run(filepath.Base(want.path)+"/"+s.name, func(t *testing.T) {
				s := s.asShown(want.before)
				before := s.write(want.before)
				got := merged(t, topology, pair{before: before})
				if after := s.write(want.after); !bytes.Equal(got.after, after) {
					t.Errorf("got:\n%s\ninstead of:\n%s", got.after, after)
				}
				if findings := s.moved(want.findings, shown); got.findings != findings {
					t.Errorf("findings:\n%s\ninstead of:\n%s", got.findings, findings)
				}
			})
		}
	}
}

// merged is the pair that the merge makes of a file.
func merged(t *testing.T, topology *schema.Topology, p pair) pair {
	t.Helper()
	f, list := policyfile.Parse("policy.hujson", p.before)
	after, found := policyfile.Merge(topology, f)
	if found.Count(diag.Error) > 0 && !bytes.Equal(p.before, after) {
		t.Error("changed although there are errors")
	}
	return pair{p.path, p.before, after, acltest.Text(append(list, found...))}
}

// befores are the policy files of testdata/merge in every style.
func befores(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, p := range readPairs(t, parts(t)) {
		for _, s := range styles() {
			all[filepath.Base(p.path)+"/"+s.name] = s.write(p.before)
		}
	}
	return all
}

// style is a way to write a policy file.
type style struct {
	name   string
	unit   string // of indentation, for a tab
	eol    string
	commas bool // behind the last item, too
}

// styles are as the service writes, without trailing commas, and with the line ends of
// Windows.
func styles() []style {
	return []style{{"tabs", "\t", "\n", true}, {"two-spaces", "  ", "\n", false}, {"crlf", "    ", "\r\n", true}}
}

// asShown is the style as far as the file, which is written with tabs, shows it: a merge
// indents with tabs where no line is indented, and writes trailing commas where the file
// has no place for one.
func (s style) asShown(file []byte) style {
	if !bytes.Contains(file, []byte("\n\t")) {
		s.unit = "\t"
	}
	s.commas = s.commas || bytes.Equal(withoutTrailingCommas(file), file)
	return s
}

var margin = regexp.MustCompile(`(?m)^\t+`)

// write is a text with tabs and trailing commas in the style.
func (s style) write(text []byte) []byte {
	if !s.commas {
		text = withoutTrailingCommas(text)
	}
	text = margin.ReplaceAllFunc(text, func(tabs []byte) []byte { return []byte(strings.Repeat(s.unit, len(tabs))) })
	return bytes.ReplaceAll(text, []byte("\n"), []byte(s.eol))
}

var (
	// piece is a string, a comment, or another byte of HuJSON.
	piece = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|.`)
	blank = regexp.MustCompile(`(?s)^(\s|/[/*].*)$`)
)

// withoutTrailingCommas drops commas with nothing but blanks and comments between them
// and a closing bracket.
func withoutTrailingCommas(text []byte) []byte {
	pieces := piece.FindAll(text, -1)
	closes := false
	for i, p := range slices.Backward(pieces) {
		if closes && string(p) == "," {
			pieces[i] = nil
		}
		if !blank.Match(p) {
			closes = string(p) == "]" || string(p) == "}"
		}
	}
	return bytes.Join(pieces, nil)
}

var position = regexp.MustCompile(`policy\.hujson:(\d+):(\d+)`)

// moved is findings about a text with tabs, with the columns that they have in the style.
func (s style) moved(findings string, text []byte) string {
	lines := strings.Split(string(text), "\n")
	return position.ReplaceAllStringFunc(findings, func(at string) string {
		m := position.FindStringSubmatch(at)
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		tabs := len(margin.FindString(lines[line-1]))
		return fmt.Sprintf("policy.hujson:%d:%d", line, column+min(column-1, tabs)*(len(s.unit)-1))
	})
}
