package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the repository, whose files pages link to.
const root = ".."

var (
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	// A heading's anchor has its letters, digits, blanks and dashes.
	dropped = regexp.MustCompile(`[^\pL\pN _-]`)
)

// Every link of every page leads to a file of the repository, and to a heading of it.
func TestLinks(t *testing.T) {
	anchors, links := map[string]map[string]bool{}, 0
	for _, page := range markdown(t) {
		for _, m := range link.FindAllStringSubmatch(prose(t, page), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			to := page
			if target != "" {
				to = path.Join(path.Dir(page), target)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if anchor == "" {
				continue
			}
			if anchors[to] == nil {
				anchors[to] = headings(prose(t, to))
			}
			if !anchors[to][anchor] {
				t.Errorf("%s links to %s, which has no such heading", page, m[1])
			}
		}
	}
	if links < 100 {
		t.Errorf("%d links", links)
	}
}

// Every page below docs/ is in the index, and in the site.
func TestIndex(t *testing.T) {
	index := prose(t, "docs/README.md")
	site, err := os.ReadFile(filepath.Join(root, "mkdocs.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range markdown(t) {
		below, ok := strings.CutPrefix(page, "docs/")
		if !ok {
			continue
		}
		if !strings.Contains(index, "]("+below+")") && below != "README.md" {
			t.Errorf("docs/README.md does not lead to %s", below)
		}
		if !strings.Contains(string(site), ": "+below+"\n") {
			t.Errorf("mkdocs.yml has no %s", below)
		}
	}
}

// markdown lists the pages of the repository that people read.
func markdown(t *testing.T) []string {
	t.Helper()
	found := []string{"README.md", "CONTRIBUTING.md"}
	for _, dir := range []string{"docs", "examples", "overlays"} {
		err := fs.WalkDir(os.DirFS(root), dir, func(path string, _ fs.DirEntry, err error) error {
			if filepath.Ext(path) == ".md" {
				found = append(found, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// prose is a page without its blocks of code.
func prose(t *testing.T, page string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	return fenced.ReplaceAllString(string(data), "")
}

// headings are the anchors of a page, as GitHub makes them.
func headings(text string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		if title := strings.TrimLeft(line, "#"); title != line {
			title = dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			found[strings.ReplaceAll(title, " ", "-")] = true
		}
	}
	return found
}
