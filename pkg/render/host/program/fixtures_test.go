package program

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// blocks reads a file of them: "-- NAME --" opens one, and what comes before the first
// is a comment.
func blocks(t *testing.T, path string) (names []string, text map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = map[string]string{}
	name := ""
	for _, line := range strings.SplitAfter(string(data), "\n") {
		if rest, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(rest, " --\n") {
			name = strings.TrimSuffix(rest, " --\n")
			if _, twice := text[name]; twice {
				t.Fatalf("%s: %q stands there twice", path, name)
			}
			names = append(names, name)
			text[name] = ""
			continue
		}
		text[name] += line
	}
	return names, text
}

// expand puts blocks in the place of "@NAME" lines, for as long as there are any.
func expand(t *testing.T, text string, blocks map[string]string) string {
	t.Helper()
	var out strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		name, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "@")
		if !ok {
			out.WriteString(line)
			continue
		}
		block, known := blocks[name]
		if !known {
			t.Fatalf("no block %q", name)
		}
		out.WriteString(expand(t, block, blocks))
	}
	return out.String()
}

// fixture is the tables and the fleet of a made-up host.
func fixture(t *testing.T, name string) (tables, fleet string) {
	t.Helper()
	_, text := blocks(t, "testdata/fixtures.txt")
	of := "@fleet4\n"
	if strings.Contains(expand(t, text[name], text), "own 6 ") {
		of = "@fleet46\n"
	}
	fleet = expand(t, of, text)
	sum := fmt.Sprintf("%.6x", sha256.Sum256([]byte(fleet)))
	return strings.Replace(expand(t, "@"+name+"\n", text), "SUM", sum, 1), fleet
}

// install writes all programs and a host's tables into a directory, as hosts have them.
func install(t *testing.T, name string) string {
	t.Helper()
	dir := installFiles(t, Files())
	tables, fleet := fixture(t, name)
	write(t, filepath.Join(dir, "tables"), tables)
	write(t, filepath.Join(dir, "fleet.tables"), fleet)
	return dir
}

func installFiles(t *testing.T, files []File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		mode := os.FileMode(0o444)
		if f.Executable {
			mode = 0o555
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
