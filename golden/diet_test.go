package golden

import (
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What the repository keeps to compare with is read in reviews: it must stay so small
// that somebody does, and say everything once.
const (
	mostLines = 25_000
	leastRun  = 6
)

// testdata calls visit for each file of golden/ and of a directory called testdata,
// wherever it is.
func testdata(t *testing.T, visit func(name string, lines []string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		slash := filepath.ToSlash(name)
		ours := strings.Contains(slash, "/testdata/") || strings.HasPrefix(slash, "../golden/")
		if d.IsDir() || !ours || strings.HasSuffix(name, "_test.go") {
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

// twice are the pairs of files, both in order of name, whose tests are about both texts.
func twice() [][2]string { return nil }

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
			switch {
			case !known:
				first[key] = place{name, i + 1}
			case p.name == name && i+1-p.line < leastRun || i < reported || slices.Contains(twice(), [2]string{p.name, name}):
			default:
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
