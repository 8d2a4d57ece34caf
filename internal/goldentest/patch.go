package goldentest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Input is what ReadInput reads.
func Input(t testing.TB, file string) []byte {
	t.Helper()
	data, err := ReadInput(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ReadInput reads a file of testdata that a test starts from. Where there is none, the
// file with ".diff" behind its name says how it differs from another one: in the first
// line "--- NAME", relative to its own directory, then hunks as Patch reads them.
func ReadInput(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err == nil {
		return data, nil
	}
	diff, err := os.ReadFile(file + ".diff")
	if err != nil {
		return nil, err
	}
	first, hunks, _ := strings.Cut(string(diff), "\n")
	name, found := strings.CutPrefix(first, "--- ")
	if !found {
		return nil, fmt.Errorf("%s.diff does not begin with ---", file)
	}
	base, err := ReadInput(filepath.Join(filepath.Dir(file), name))
	if err != nil {
		return nil, err
	}
	patched, err := Patch(string(base), hunks)
	if err != nil {
		return nil, fmt.Errorf("%s.diff: %w", file, err)
	}
	return []byte(patched), nil
}

// Inputs are the names of the files in dir with the ending ext that Input can read.
func Inputs(t testing.TB, dir, ext string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"+ext+"*"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range found {
		if name := strings.TrimSuffix(file, ".diff"); strings.HasSuffix(name, ext) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Patch applies hunks, each below a line "@@", to a text: of lines that stay, which
// begin with a blank, go ("-") or come ("+"). What a hunk says that there is must be
// there, behind the hunk before it; it is done where it is found first.
func Patch(text, hunks string) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	var out []string
	if hunks == "" {
		return text, nil
	}
	rest, found := strings.CutPrefix(hunks, "@@\n")
	if !found {
		return "", fmt.Errorf("%q does not begin with @@", hunks)
	}
	for hunk := range strings.SplitSeq(rest, "\n@@\n") {
		old, now, err := sides(hunk)
		if err != nil {
			return "", err
		}
		at := find(lines, old)
		if at < 0 {
			return "", fmt.Errorf("these lines are not there:\n%s", strings.Join(old, ""))
		}
		out = append(append(out, lines[:at]...), now...)
		lines = lines[at+len(old):]
	}
	return strings.Join(append(out, lines...), ""), nil
}

// sides are a hunk's lines before and after.
func sides(hunk string) (old, now []string, err error) {
	for line := range strings.Lines(strings.TrimSuffix(hunk, "\n") + "\n") {
		kind, rest := line[:1], line[1:]
		if kind != " " && kind != "-" && kind != "+" {
			return nil, nil, fmt.Errorf("%q is not a line of a hunk", line)
		}
		if kind != "+" {
			old = append(old, rest)
		}
		if kind != "-" {
			now = append(now, rest)
		}
	}
	return old, now, nil
}

// find is where lines first hold want, or -1.
func find(lines, want []string) int {
	for i := range len(lines) - len(want) + 1 {
		if slices.Equal(lines[i:i+len(want)], want) {
			return i
		}
	}
	return -1
}
