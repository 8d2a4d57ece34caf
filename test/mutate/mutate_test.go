package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A module with a function of which its tests hold one half.
var sample = map[string]string{
	"go.mod": "module sample\n\ngo 1.26\n",
	"pkg/sample.go": `package pkg

// Grade judges points.
func Grade(points int, bonus bool) (string, bool) {
	if points > 10 && bonus {
		points = points * 2
	}
	switch {
	case points >= 20:
		return "good", true
	}
	sum := 0
	for _, n := range []int{1, 2, 3}[1:] {
		if n == points {
			continue
		}
		sum += n
	}
	return string(rune('a' + sum)), false
}

func unreached() []string {
	return append([]string(nil), "x")
}
`,
	"pkg/sample_test.go": `package pkg

import "testing"

func TestGrade(t *testing.T) {
	if s, ok := Grade(20, false); s != "good" || !ok {
		t.Error(s, ok)
	}
	if s, ok := Grade(19, false); s != "f" || ok {
		t.Error(s, ok)
	}
}
`,
}

// want is what survives there: the test never has a bonus, nor points that are in the list, and
// the first of the list is cut off.
const want = `pkg/sample.go:5:5: Grade: points > 10 && bonus -> false
pkg/sample.go:5:5: Grade: points > 10 -> points >= 10
pkg/sample.go:5:14: Grade: 10 -> 10+1
pkg/sample.go:5:14: Grade: 10 -> 10-1
pkg/sample.go:6:3: Grade: points = points * 2 -> nothing (no test comes here)
pkg/sample.go:6:12: Grade: points * 2 -> points + 2 (no test comes here)
pkg/sample.go:6:21: Grade: 2 -> 2+1 (no test comes here)
pkg/sample.go:6:21: Grade: 2 -> 2-1 (no test comes here)
pkg/sample.go:13:26: Grade: 1 -> 1+1
pkg/sample.go:13:26: Grade: 1 -> 1-1
pkg/sample.go:14:6: Grade: n == points -> false
pkg/sample.go:15:4: Grade: continue -> nothing (no test comes here)
pkg/sample.go:23:2: unreached: return append([]string(nil), "x") -> return nil (no test comes here)
`

func TestSurvivors(t *testing.T) {
	root := t.TempDir()
	for name, text := range sample {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := try(target{dir: "pkg", tests: []string{"pkg"}}, options{root: root, every: 1, slow: 1, workers: 2, log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	s.explain(reasons{"pkg/sample.go Grade: points > 10 -> points >= 10": "equivalent: for the sake of the argument"})
	var got bytes.Buffer
	s.writeNews(&got)
	if want := strings.Replace(want, "pkg/sample.go:5:5: Grade: points > 10 -> points >= 10\n", "", 1); got.String() != want {
		t.Errorf("what survives:\n%swant:\n%s", got.String(), want)
	}
	if lines := strings.Count(want, "\n"); len(s.alive) != lines || s.equivalent != 1 || s.percent() != share(s.tried-lines, s.tried-1) {
		t.Errorf("%d of %d mutants survive, %d of them equivalent, a score of %g", len(s.alive), s.tried, s.equivalent, s.percent())
	}
}

// Every package compiles with all its mutants.
func TestMutantsCompile(t *testing.T) {
	for _, target := range targets {
		work := t.TempDir()
		mutants, overlay, err := instrument("../..", target.dir, work)
		if err != nil {
			t.Fatal(err)
		}
		if len(mutants) < 1000 {
			t.Errorf("%s has %d mutants only", target.dir, len(mutants))
		}
		build := exec.Command("go", "build", "-overlay", overlay, "./"+target.dir)
		build.Dir = "../.."
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", target.dir, err, out)
		}
	}
}

func TestReasons(t *testing.T) {
	file := filepath.Join(t.TempDir(), "survivors.txt")
	read := func(text string) (reasons, error) {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return readReasons(file)
	}
	r, err := read("# known\npkg/a.go f: x -> y\npkg/a.go g: 1 -> 2\n\tequivalent: both are sorted\n\npkg/b/c.go h: 1 -> 2\n\taccepted: costs time only\n")
	if err != nil || len(r) != 3 || r["pkg/a.go f: x -> y"] != "equivalent: both are sorted" {
		t.Errorf("%v, %v", r, err)
	}
	if got := r.unused([]score{{dir: "pkg", known: []string{"pkg/a.go f: x -> y"}}}); len(got) != 1 || got[0] != "pkg/a.go g: 1 -> 2" {
		t.Errorf("unused: %q", got)
	}
	for _, text := range []string{"\tequivalent: of what\n", "pkg/a.go f: x -> y\n", "pkg/a.go f: x -> y\n\tbecause\n"} {
		if r, err := read(text); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
	if r, err := readReasons(file + ".not"); err != nil || r != nil {
		t.Errorf("no file: %v, %v", r, err)
	}
}
