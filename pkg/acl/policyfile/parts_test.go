package policyfile_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
)

// part is lines that several pairs have. A line "@NAME" stands for them, at any
// indentation, and a comma behind it for one behind the last of them.
//
//   - "section hosts" is that section of the topology's own file, which TestGoldens
//     compares, with the comment in front of it;
//   - "hosts" is what stands between its marks;
//   - "bare hosts" is that without trailing commas;
//   - the others are files of testdata/people.txtar.
type part struct {
	name  string
	lines []string
}

type partList []part // a longer one before those inside it

func parts(t testing.TB) partList {
	t.Helper()
	people, err := txtar.ParseFile("testdata/people.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var list partList
	for _, f := range people.Files {
		list = append(list, newPart(f.Name, acltest.Lines(f.Data)))
	}
	var inner partList
	own := acltest.Lines(policyfile.FromTopology(acltest.Named(t, "pair")))
	for _, section := range strings.Split(strings.Join(own[1:len(own)-1], "\n"), "\t// section added by kustomize-hybrid pair\n")[1:] {
		lines := acltest.Lines([]byte("\t// section added by kustomize-hybrid pair\n" + section))
		name := strings.Split(lines[1], `"`)[1]
		list = append(list, newPart("section "+name, lines))
		_, block, _ := strings.Cut(section, ">>> kustomize-hybrid pair\n")
		block, _, _ = strings.Cut(block, "// <<<")
		inner = append(inner, newPart(name, acltest.Lines([]byte(strings.TrimRight(block, "\t")))))
	}
	list = append(list, inner...)
	for _, p := range inner {
		list = append(list, newPart("bare "+p.name, acltest.Lines(bracketed(p.lines))))
	}
	return list
}

// bracketed is the lines without trailing commas.
func bracketed(lines []string) []byte {
	text := withoutTrailingCommas([]byte("[" + strings.Join(lines, "\n") + "]"))
	return text[1 : len(text)-1]
}

// newPart takes the indentation of the first line off all of them, and the last comma.
func newPart(name string, lines []string) part {
	p := part{name: name}
	for _, line := range lines {
		p.lines = append(p.lines, strings.TrimPrefix(line, tabs(lines[0])))
	}
	last := len(p.lines) - 1
	p.lines[last] = strings.TrimSuffix(p.lines[last], ",")
	return p
}

func tabs(line string) string { return line[:len(line)-len(strings.TrimLeft(line, "\t"))] }

// unfold is the text of a line.
func (list partList) unfold(line string) string {
	name, isPart := strings.CutPrefix(line, tabs(line)+"@")
	name, comma := strings.CutSuffix(name, ",")
	for _, p := range list {
		if isPart && p.name == name {
			return strings.Join(p.at(tabs(line), comma), "\n") + "\n"
		}
	}
	return line + "\n"
}

// at is the part's lines with an indentation.
func (p part) at(indent string, comma bool) []string {
	var lines []string
	for _, line := range p.lines {
		if line != "" {
			line = indent + line
		}
		lines = append(lines, line)
	}
	if comma {
		lines[len(lines)-1] += ","
	}
	return lines
}

// fold is lines with their parts named.
func (list partList) fold(lines []string) []string {
	var out []string
	for len(lines) > 0 {
		line, n := list.first(lines)
		out = append(out, line)
		lines = lines[n:]
	}
	return out
}

// first is the part at the beginning of the lines, or the first line, and its number of
// lines.
func (list partList) first(lines []string) (string, int) {
	for _, p := range list {
		n := len(p.lines)
		if n < 2 || n > len(lines) {
			continue
		}
		comma := strings.HasSuffix(lines[n-1], ",")
		indent := tabs(lines[0])
		if strings.Join(p.at(indent, comma), "\n") != strings.Join(lines[:n], "\n") {
			continue
		}
		if comma {
			return indent + "@" + p.name + ",", n
		}
		return indent + "@" + p.name, n
	}
	return lines[0], 1
}
