package golden

import (
	"hash/maphash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
)

// What the repository keeps to compare with is read in reviews: it must stay so small
// that somebody does, and say everything once.
const (
	mostLines = 33_000
	leastRun  = 6
)

// testdata calls visit for each file of golden/ and of a directory called testdata,
// wherever it is.
func testdata(t *testing.T, visit func(name string, lines []string)) {
	t.Helper()
	if goldentest.Update() {
		t.Skip("other packages are rewriting what this is about: `make test` judges it")
	}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		slash := filepath.ToSlash(name)
		ours := strings.Contains(slash, "/testdata/") || strings.HasPrefix(slash, "../golden/")
		if d.IsDir() || !ours || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".gz") {
			return nil
		}
		text, err := os.ReadFile(name)
		visit(strings.TrimPrefix(slash, "../"), strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTestdataIsSmall(t *testing.T) {
	total := 0
	of := map[string]int{}
	testdata(t, func(name string, lines []string) {
		total += len(lines)
		dir, _, found := strings.Cut(name, "/testdata/")
		if !found {
			dir = filepath.Dir(name)
		}
		of[dir] += len(lines)
	})
	if total > mostLines {
		t.Errorf("%d lines, more than %d: %v", total, mostLines, of)
	}
}

// both are the files, by pattern, whose tests are about a text and one like it.
func both() []struct{ one, other, because string } {
	const (
		sarif  = "pkg/diag/testdata/*.sarif"
		report = "cmd/kustomize-hybrid/testdata/script/report.txtar"
		calls  = "a later call is about what it says again"
	)
	return []struct{ one, other, because string }{
		{"pkg/readmit/testdata/policies/*", "pkg/readmit/testdata/policies/*", "a policy before and after, and another that differs where it matters"},
		{"pkg/acl/policyfile/testdata/*/*", "pkg/acl/policyfile/testdata/*/*", "each file shows the marks around what is ours"},
		{report, sarif, "the command writes what the library writes"},
		{report, "", "SARIF has a frame for every finding"},
		{sarif, "", "SARIF has a frame for every finding"},
		{"cmd/kustomize-hybrid/testdata/commands.txt", "", "each need names its commands"},
		{"golden/examples/*", "test/cluster/testdata/executed.txt", "a record of what was run has it as it stands in STEPS.md"},
		{"cmd/kustomize-hybrid/testdata/script/function.txtar", "", "each result names its object"},
		{"cmd/kustomize-hybrid/testdata/script/shown.txtar", "", "one topology, with another character in it each time"},
		{"pkg/render/host/program/testdata/*/*", "pkg/render/host/program/testdata/*/*", calls},
		{"test/cloud/testdata/*", "", calls},
	}
}

// aboutBoth reports whether a run may stand in two files, or twice in one.
func aboutBoth(one, other string) bool {
	for _, b := range both() {
		if is(one, b.one) && (b.other == "" && one == other || b.other != "" && is(other, b.other)) {
			return true
		}
	}
	return false
}

func is(name, pattern string) bool {
	matched, err := path.Match(pattern, name)
	return err == nil && matched
}

func TestTestdataSaysNothingTwice(t *testing.T) {
	seed := maphash.MakeSeed()
	type place struct {
		name string
		line int
	}
	first := map[uint64]place{}
	testdata(t, func(name string, lines []string) {
		reported := 0
		for i := range len(lines) - leastRun + 1 {
			run := strings.Join(lines[i:i+leastRun], "\n")
			if !says(lines[i : i+leastRun]) {
				continue
			}
			key := maphash.String(seed, run)
			p, known := first[key]
			if !known {
				first[key] = place{name, i + 1}
				continue
			}
			overlap := p.name == name && i+1-p.line < leastRun
			if !overlap && i >= reported && !aboutBoth(p.name, name) {
				t.Errorf("%s:%d: these lines stand in %s:%d already:\n%s", name, i+1, p.name, p.line, run)
				reported = i + leastRun
			}
		}
	})
}

// says reports whether lines are of one file, and not all empty.
func says(lines []string) bool {
	inArchive := func(line string) bool { return strings.HasPrefix(line, "-- ") && strings.HasSuffix(line, " --") }
	return !slices.ContainsFunc(lines, inArchive) && strings.TrimSpace(strings.Join(lines, "")) != ""
}
