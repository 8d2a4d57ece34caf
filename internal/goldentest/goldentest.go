// Package goldentest writes rendered files down so that a golden holds only what
// differs. Begin with New; Corpus.Tree and Corpus.Text spell, Compare compares.
//
//   - A script's tables stand in the golden. Its program, which is the same for every
//     topology, is one line with its name, in objects and user data, too; so is a file
//     that is nothing but a program; those at their own names are a list. Corpus.Programs is the list of what those names
//     stand for, by hash.
//   - The sums of programs, by name, are one line that counts them.
//   - Six lines or more that stand in the corpus already are one line that says where.
//   - The annotation that hashes scripts, the report's sums of programs, and SHA256SUMS,
//     which sums the tree up, are verified by tests of their own and say nothing here.
//
// Nothing else is left out: from a golden and the programs the files can be told, byte
// for byte, but where a test gives File.Brief or File.Known. Lines of the package's own begin with "@@ ", or with "-- " for a file.
package goldentest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
)

// mark begins a line that is not of the file.
const mark = "@@ "

// sums is the manifest of a tree (pkg/emit).
const sums = "SHA256SUMS"

// File is a rendered file.
type File struct {
	Path       string // slash-separated
	Executable bool
	Data       []byte
	// Known says what the contents are, where a test has seen to it that they are that; empty
	// has them written down.
	Known string
	// Brief is what is written down of a file whose form an earlier text shows: what differs, and a
	// hash of the rest, so that no byte changes unseen. Nil writes Data.
	Brief []byte
}

// Corpus is texts that are written down one after the other: a later one refers to
// earlier ones, so their order matters.
type Corpus struct {
	programs []program
	used     map[string]bool // programs by key
	memory   memory
}

// New is an empty corpus that knows the module's programs.
func New(t testing.TB) *Corpus {
	t.Helper()
	programs, err := readPrograms(filepath.Join(moduleRoot(t), "pkg"))
	if err != nil {
		t.Fatal(err)
	}
	return newCorpus(programs)
}

func newCorpus(programs []program) *Corpus {
	return &Corpus{programs: programs, used: map[string]bool{}, memory: memory{seen: map[string][]int{}}}
}

// moduleRoot is where go.mod is, above the test's directory.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// Tree is the golden of a tree called name: every file under its path, in order, what is known
// of it in the place of its contents.
func (c *Corpus) Tree(name string, files []File) string {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	all := sumsOf(files)
	var b strings.Builder
	for len(files) > 0 {
		if n := c.leadingPrograms(files); n > 1 {
			fmt.Fprintf(&b, "-- %d programs, each at its name --\n", n)
			var paths []string
			for _, f := range files[:n] {
				paths = append(paths, f.heading())
			}
			writeLines(&b, c.memory.fold(name+", programs", paths))
			files = files[n:]
			continue
		}
		f := files[0]
		files = files[1:]
		fmt.Fprintf(&b, "-- %s --\n", f.heading())
		switch {
		case f.Path == sums && bytes.Equal(f.Data, all):
			b.WriteString(mark + "the sums of these files\n")
		case f.Known != "":
			b.WriteString(mark + f.Known + "\n")
		case f.Brief != nil:
			b.WriteString(c.Text(name+"/"+f.Path, f.Brief))
		default:
			b.WriteString(c.Text(name+"/"+f.Path, f.Data))
		}
	}
	return b.String()
}

// heading is a file's path, and whether it can be run.
func (f *File) heading() string {
	if f.Executable {
		return f.Path + " (executable)"
	}
	return f.Path
}

// leadingPrograms is how many of the first files are programs, each where a program of its name belongs.
func (c *Corpus) leadingPrograms(files []File) int {
	for i, f := range files {
		if f.Known != "" || f.Brief != nil || c.known(string(f.Data), true) != f.Path {
			return i
		}
	}
	return len(files)
}

func writeLines(b *strings.Builder, lines []string) {
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
}

// sumsOf is the manifest that files should have, in order of path.
func sumsOf(files []File) []byte {
	var b bytes.Buffer
	for _, f := range files {
		if f.Path != sums {
			fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(f.Data), f.Path)
		}
	}
	return b.Bytes()
}

// hashes is the annotation that rolls pods when their scripts change, whose quotes depend on
// the digits, and the sums of programs in reports.
var hashes = regexp.MustCompile(`(/scripts-hash: )"?[0-9a-f]{12}"?|(\.(?:sh|awk) \| )` + "`[0-9a-f]{64}`")

// Text is the golden of one text; name is what later texts refer to it by.
func (c *Corpus) Text(name string, data []byte) string {
	text := hashes.ReplaceAllString(string(data), "${1}${2}(of the scripts)")
	var b strings.Builder
	writeLines(&b, c.memory.fold(name, c.summed(c.cut(unquoteScripts(linesOf(text))))))
	return b.String()
}

func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	whole, ended := strings.CutSuffix(text, "\n")
	lines := escape(strings.Split(whole, "\n"))
	if !ended {
		lines = append(lines, mark+"no newline at the end")
	}
	return lines
}

// escape tells lines of a text from ours.
func escape(lines []string) []string {
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimLeft(line, " "), mark) || strings.HasPrefix(line, "-- ") {
			lines[i] = mark + "the line " + line
		}
	}
	return lines
}

// Programs lists the programs that stand in the goldens so far by hash and name.
func (c *Corpus) Programs() string {
	var b strings.Builder
	for _, p := range c.programs {
		if !c.used[p.key] {
			continue
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256([]byte(p.key)), p.name)
	}
	return b.String()
}

// Update reports whether goldens are to be rewritten.
func Update() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

// Compare compares with a golden file, or rewrites it.
func Compare(t testing.TB, file, got string) {
	t.Helper()
	if Update() {
		Save(t, file, got)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-golden +got); `make golden` rewrites it:\n%s", file, diff)
	}
}

// Save writes a file that does not say so yet. A file that is current stays as it is: the
// tests of other packages, which run at the same time, read some of them and compile others.
func Save(t testing.TB, file, text string) {
	t.Helper()
	if old, err := os.ReadFile(file); err == nil && string(old) == text {
		return
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.Replace(file, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// Only fails where dir holds another file than these, and removes it where goldens are
// rewritten.
func Only(t testing.TB, dir string, files ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains(files, name) {
			return err
		}
		if Update() {
			return os.Remove(name)
		}
		t.Errorf("%s is a golden of nothing", name)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// ReadTree reads every file below dir.
func ReadTree(t testing.TB, dir string) []File {
	t.Helper()
	var files []File
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files = append(files, File{Path: filepath.ToSlash(rel), Executable: info.Mode()&0o111 != 0, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
