package goldentest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reader tells the files from a golden: the proof that a golden leaves out nothing.
type reader struct {
	programs []program
	texts    map[string][]string // before they are escaped, cut and folded
}

// read is the text that golden is the golden of; name is its name.
func (r *reader) read(name, golden string) string {
	lines := strings.Split(strings.TrimSuffix(golden, "\n"), "\n")
	if golden == "" {
		lines = nil
	}
	folded := r.unfold(name, lines)
	r.texts[name] = folded
	end := "\n"
	if n := len(folded); n == 0 {
		end = ""
	} else if folded[n-1] == mark+"no newline at the end" {
		folded, end = folded[:n-1], ""
	}
	whole := requote(r.uncut(folded))
	for i, line := range whole {
		whole[i] = strings.TrimPrefix(line, mark+"the line ")
	}
	return strings.Join(whole, "\n") + end
}

func (r *reader) unfold(name string, lines []string) []string {
	var whole []string
	for _, line := range lines {
		margin := marginOf(line)
		var n, which, shift int
		var of string
		words, quotedFirst, _ := strings.Cut(line[len(margin):], " from ")
		if k, _ := fmt.Sscanf(words, mark+"%d lines of %s", &n, &of); k != 2 {
			whole = append(whole, line)
			continue
		}
		first, err := strconv.QuotedPrefix(quotedFirst)
		if err != nil {
			panic(line)
		}
		rest := quotedFirst[len(first):]
		first, _ = strconv.Unquote(first)
		which = 1
		if after, ok := strings.CutPrefix(rest, ", no. "); ok {
			fmt.Sscanf(after, "%d", &which)
			_, rest, _ = strings.Cut(after, ", ")
			rest = ", " + rest
		}
		fmt.Sscanf(rest, ", %d columns", &shift)
		source := r.texts[of]
		if of == name {
			source = whole
		}
		at := -1
		for ; which > 0; which-- {
			for at++; strings.TrimLeft(source[at], " ") != first; at++ {
			}
		}
		for _, old := range source[at : at+n] {
			if old != "" {
				old = strings.Repeat(" ", len(marginOf(old))+shift) + strings.TrimLeft(old, " ")
			}
			whole = append(whole, old)
		}
	}
	return whole
}

func (r *reader) uncut(lines []string) []string {
	var whole []string
	for i := 0; i < len(lines); i++ {
		margin := marginOf(lines[i])
		name, found := strings.CutPrefix(lines[i], margin+mark+"program ")
		if !found {
			whole = append(whole, lines[i])
			continue
		}
		p := r.programs[slices.IndexFunc(r.programs, func(p program) bool { return p.name == name })]
		key := strings.Split(p.key, "\n")
		if p.constant {
			key = key[:len(key)-1]
		} else {
			key = key[1:] // the shebang stands before
		}
		for _, line := range key {
			if line != "" {
				line = margin + line
			}
			whole = append(whole, line)
			if p.constant || !quoted.MatchString(line) {
				continue
			}
			end := margin + quoted.FindStringSubmatch(line)[1]
			i++ // the table's name
			for i+1 < len(lines) && (lines[i+1] == "" || strings.HasPrefix(lines[i+1], margin)) && !strings.HasPrefix(lines[i+1], margin+mark) && end != "" {
				i++
				whole = append(whole, lines[i])
			}
		}
	}
	return whole
}

func requote(lines []string) []string {
	var whole []string
	for i := 0; i < len(lines); i++ {
		margin := marginOf(lines[i])
		key, found := strings.CutPrefix(lines[i], margin+mark+"quoted ")
		if !found {
			whole = append(whole, lines[i])
			continue
		}
		script := ""
		for ; i+1 < len(lines) && (lines[i+1] == "" || strings.HasPrefix(lines[i+1], margin+"  ")); i++ {
			script += strings.TrimPrefix(strings.TrimPrefix(lines[i+1], margin+"  "), mark+"the line ") + "\n"
		}
		whole = append(whole, strings.Split(strings.TrimSuffix(quote(margin, key, script), "\n"), "\n")...)
	}
	return whole
}

const echo = "#!/bin/sh\n# Prints.\nrows() {\n\tcat <<'EOF'\n{{range}}\nEOF\n}\n\nmore() {\n\tcat <<'END'\n{{range}}\nEND\n}\nrows\nmore"

func testPrograms() []program {
	key, _ := split(strings.Split(echo, "\n"))
	return []program{{name: "echo.sh", key: key}, {name: "host/lib.sh", key: library, constant: true}}
}

const library = "# A library.\nsay() {\n\n\techo \"$*\"\n}\n"

func script(rows ...string) string {
	text := strings.Replace(echo, "{{range}}\n", strings.Join(append(rows, ""), "\n"), 1)
	return strings.Replace(text, "{{range}}\n", "", 1) + "\n"
}

func indented(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll("    "+strings.TrimSuffix(text, "\n"), "\n", "\n    ")+"\n", "    \n", "\n")
}

func TestWhatAGoldenLooksLike(t *testing.T) {
	c := newCorpus(testPrograms())
	object := "kind: ConfigMap\ndata:\n  echo.sh: |\n" + indented(script("a 1", "b 2")) + "metadata:\n  name: x\n"
	got := c.Text("one", []byte(object)) + c.Text("two", []byte(script("a 1", "c 3"))) + c.Text("three", []byte("first\n"+object))
	const want = `kind: ConfigMap
data:
  echo.sh: |
    #!/bin/sh
    @@ program echo.sh
    @@ table rows
    a 1
    b 2
    @@ table more
metadata:
  name: x
#!/bin/sh
@@ program echo.sh
@@ table rows
a 1
c 3
@@ table more
first
@@ 11 lines of one from "kind: ConfigMap"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConstantPrograms(t *testing.T) {
	c := newCorpus(testPrograms())
	if got := c.Programs(); got != "" {
		t.Errorf("used so far: %s", got)
	}
	got := c.Text("one", []byte(library)) + c.Text("two", []byte("data:\n  lib.sh: |\n"+indented(library)+"  more: |\n"+indented(library+"#\n"))) +
		c.Text("three", []byte("data:\n"+quote("  ", "lib.sh", library)))
	const want = `@@ program host/lib.sh
data:
  lib.sh: |
    @@ program host/lib.sh
  more: |
    # A library.
    say() {

    	echo "$*"
    }
    #
data:
  @@ quoted lib.sh
    @@ program host/lib.sh
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := c.Programs(); !strings.HasSuffix(got, "  host/lib.sh\n") || strings.Count(got, "\n") != 1 {
		t.Error(got)
	}
}

// Programs of a tree, each at its own path, are a list, and sums of programs are counted; what has
// another name, another sum or other bytes stands as it is.
func TestProgramsOfATree(t *testing.T) {
	other := program{"host/other.awk", "# Another.\n", true}
	c := newCorpus(append(testPrograms(), other))
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(library)))
	files := []File{{Path: "host/lib.sh", Data: []byte(library), Executable: true}, {Path: "host/other.awk", Data: []byte(other.key)},
		{Path: "host/say.sh", Data: []byte(library)}, {Path: "sums", Data: []byte("  " + sum + "  lib.sh\n  " + sum + "  other.awk\n")}}
	want := "-- 2 programs, each at its name --\nhost/lib.sh (executable)\nhost/other.awk\n-- host/say.sh --\n@@ program host/lib.sh\n-- sums --\n  @@ the sums of 1 programs\n  " + sum + "  other.awk\n"
	if diff := cmp.Diff(want, c.Tree("tree", files)); diff != "" {
		t.Error(diff)
	}
	files[1].Brief = []byte("brief\n")
	want = "-- host/lib.sh (executable) --\n@@ program host/lib.sh\n-- host/other.awk --\nbrief\n"
	if got := newCorpus(append(testPrograms(), other)).Tree("tree", files[:2]); got != want {
		t.Error(got)
	}
}

func TestAChangedProgramIsNotCut(t *testing.T) {
	changed := strings.Replace(script("a 1"), "# Prints.", "# Shows.", 1)
	if got := newCorpus(testPrograms()).Text("one", []byte(changed)); got != changed {
		t.Error(got)
	}
}

func TestOnlyTrueSumsAreLeftOut(t *testing.T) {
	files := []File{{Path: "a", Data: []byte("1\n"), Executable: true}, {Path: "b/c", Data: []byte("2\n")}}
	files = append(files, File{Path: "SHA256SUMS", Data: sumsOf(files)})
	const want = "-- SHA256SUMS --\n@@ the sums of these files\n-- a (executable) --\n1\n-- b/c --\n2\n"
	if diff := cmp.Diff(want, newCorpus(nil).Tree("tree", files)); diff != "" {
		t.Error(diff)
	}
	files[1].Data = []byte("3\n")
	if got := newCorpus(nil).Tree("tree", files); strings.Contains(got, "the sums") {
		t.Error(got)
	}
}

func TestHashesOfScriptsAreLeftOut(t *testing.T) {
	for _, value := range []string{"0123456789ab", `"012345678912"`} {
		got := newCorpus(nil).Text("one", []byte("  kustomize-hybrid.dev/scripts-hash: "+value+"\n"))
		if got != "  kustomize-hybrid.dev/scripts-hash: (of the scripts)\n" {
			t.Error(got)
		}
	}
}

// Whatever the texts are, they can be told from their goldens, and no six lines stand
// twice there, but for runs that overlap.
func FuzzGoldensLoseNothing(f *testing.F) {
	ten := "a\nb\n  c\n\nd\ne\nf\ng\nh\ni\n"
	f.Add("", "\n")
	f.Add(ten, "x\n"+ten+"y\n"+ten)
	f.Add(ten, "map:\n"+indented(ten)+ten[:9])
	f.Add(script("a", "b"), "k: |\n"+indented(script("a", "c"))+"l: 1\n")
	f.Add("a: |\n"+indented(library)+quote("", "b", library), library)
	f.Add("data:\n  a: \"#!/bin/sh\\n\\tb\\n\"\n  c: \"#!/bin/sh\\n@@ d\\n\\n\"\n", "d: "+quote("", "e", script("a\tb")))
	f.Add("@@ 7 lines of one from \"a\"\n-- a --\n  @@ table\nno end", "@@ the line \n")
	f.Fuzz(func(t *testing.T, one, two string) {
		if strings.ContainsAny(one+two, "\x00") || hashes.MatchString(one+two) {
			t.Skip()
		}
		c := newCorpus(testPrograms())
		r := &reader{programs: testPrograms(), texts: map[string][]string{}}
		seen := map[string]int{}
		for i, text := range []string{one, two, one} {
			name := strconv.Itoa(i)
			golden := c.Text(name, []byte(text))
			if got := r.read(name, golden); got != text {
				t.Errorf("the golden\n%s\nreads\n%q\nwant\n%q", golden, got, text)
			}
			lines := strings.Split(strings.TrimSuffix(golden, "\n"), "\n")
			for at := range len(lines) - least + 1 {
				run := strings.Join(lines[at:at+least], "\n")
				first, known := seen[run]
				if known && (first/1e6 < i || at-first%1e6 >= least) {
					t.Errorf("twice:\n%s", run)
				}
				if !known {
					seen[run] = i*1e6 + at
				}
			}
		}
	})
}
