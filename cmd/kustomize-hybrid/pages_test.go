package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/pages"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
)

const (
	// needsFile lists the commands of pages that this test leaves to another one, or that none runs.
	needsFile = "testdata/needs.txt"
	// numbersPage tells readers what was run.
	numbersPage = "../../docs/commands.md"
	// elsewhere begins the reasons of commands that another target runs.
	elsewhere = "make "
)

// harmless are the programs that this test runs where a page says so: they work on files, and
// on those of a scratch directory alone.
func harmless() []string {
	return []string{"kustomize-hybrid", "cat", "cd", "cp", "diff", "export", "git", "grep", "head", "ls", "mkdir", "mv", "printf", "sed", "sh", "source", "tail", "tar", "test"}
}

// programs are those that a command line begins, between pipes and the like.
func programs(text string) []string {
	text, _, _ = strings.Cut(text, "\n") // what follows is a here document
	var found []string
	for _, part := range between.Split(text, -1) {
		word, _, _ := strings.Cut(strings.TrimLeft(part, "( "), " ")
		if !strings.Contains(word, "=") { // of a variable
			found = append(found, word)
		}
	}
	return found
}

// inTree is a command as it stands in STEPS.md, which is read in the tree that pages call out.
func inTree(text string) string {
	text = strings.ReplaceAll(text, " out/", " ")
	if root, ok := strings.CutSuffix(text, " out"); ok {
		text = root + " ."
	}
	return text
}

var between = regexp.MustCompile(`(?:^| )(?:\||\|\||&&|;)(?: |$)`)

// Every command of every page is run here, by a test that the list names, or stands in the list
// with what it needs; docs/commands.md has the numbers and the list.
func TestPages(t *testing.T) {
	data, err := os.ReadFile(needsFile)
	if err != nil {
		t.Fatal(err)
	}
	needs, err := pages.Needs(string(data))
	if err != nil {
		t.Fatalf("%s: %v", needsFile, err)
	}
	cluster := recorded(t)
	example := planOf(t, "../../examples/regional-gateway/topology.yaml")
	unused := maps.Clone(needs)
	listed := map[string]map[string]bool{} // by reason
	var rows []pageRow
	desk := newDesk(t)
	for _, page := range allPages(t) {
		text, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		var here []pages.Command
		r := pageRow{page: page}
		if page == "docs/cli.md" { // the examples of help, which TestHelpExamplesRun runs
			rows = append(rows, pageRow{page: page, here: len(pages.Read(string(text)))})
			continue
		}
		for _, c := range pages.Read(string(text)) {
			delete(unused, c.Text)
			reason := needs[c.Text]
			if reason == "" && cluster[steps.Normal(example, inTree(c.Text))] {
				reason = elsewhere + "cluster"
			}
			switch {
			case strings.HasPrefix(reason, elsewhere+"test, "):
				r.here++
			case strings.HasPrefix(reason, elsewhere):
				r.there++
			case reason != "":
				r.rest++
				if listed[reason] == nil {
					listed[reason] = map[string]bool{}
				}
				listed[reason][c.Text] = true
			case slices.ContainsFunc(programs(c.Text), func(p string) bool { return !slices.Contains(harmless(), p) }):
				t.Errorf("%s:%d: nothing runs %q: list it in %s with what it needs", page, c.Line, c.Text, needsFile)
			default:
				here = append(here, c)
			}
		}
		r.here += len(here)
		if r.here+r.there+r.rest > 0 {
			rows = append(rows, r)
		}
		if len(here) > 0 {
			t.Run(page, func(t *testing.T) { runPage(t, desk, page, string(text), here) })
		}
	}
	for _, text := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s: no page has %q", needsFile, text)
	}
	numbers := tell(rows, listed)
	t.Log(numbers)
	goldentest.Compare(t, numbersPage, numbers)
}

// pageRow counts the commands of a page: run here, by another test, by none.
type pageRow struct {
	page              string
	here, there, rest int
}

// allPages are those that people read, below the root.
func allPages(t *testing.T) []string {
	t.Helper()
	found := []string{"README.md", "CONTRIBUTING.md"}
	for _, dir := range []string{"docs", "examples", "overlays"} {
		err := fs.WalkDir(os.DirFS("../.."), dir, func(path string, _ fs.DirEntry, err error) error {
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

// newDesk is a directory in which a page's reader may be, for copies of it.
func newDesk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"examples", "overlays"} {
		if err := os.CopyFS(filepath.Join(dir, d), os.DirFS(filepath.Join("../..", d))); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range pages.Read("```sh\n" + deskCommands + "```\n") {
		results, err := pages.Run(dir, reader(), []pages.Command{c}, nil)
		if err != nil || results[0].Fault() != "" {
			t.Fatal(err, results)
		}
	}
	return dir
}

// reader is whoever runs a page's commands, with no settings of their own.
func reader() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Reader", "GIT_AUTHOR_EMAIL=reader@example.com", "GIT_COMMITTER_NAME=Reader", "GIT_COMMITTER_EMAIL=reader@example.com")
}

// newPolicy is how a page says that somebody without a policy file begins. A page whose commands read
// one and that does not say it fails.
const newPolicy = "echo '{}' >policy.hujson"

// runPage runs commands of a page.
func runPage(t *testing.T, desk, page, text string, commands []pages.Command) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(desk)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "`"+newPolicy+"`") {
		c := exec.Command("sh", "-ec", newPolicy+"; git add policy.hujson; git commit -q --amend --no-edit; git update-ref refs/remotes/origin/main main")
		c.Dir, c.Env = dir, reader()
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", page, err, out)
		}
	}
	results, err := pages.Run(dir, reader(), commands, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if fault := r.Fault(); fault != "" && !(goldentest.Update() && r.Ended()) {
			t.Errorf("%s: %s", page, fault)
		}
	}
	if goldentest.Update() {
		goldentest.Save(t, filepath.Join("../..", page), pages.Corrected(text, results))
	}
}

// deskCommands make what a reader has: the built-in example as a topology in a repository of git,
// rendered; the same with more nodes as a change of it; what kubectl gets. The tailnet's policy comes from
// where the page says.
const deskCommands = `
cp examples/regional-gateway/topology.yaml topology.yaml
sed 's|nodeCIDRs: .10.143.0.0/24.|nodeCIDRs: [10.143.0.0/24, 10.144.0.0/24]|' topology.yaml >new.yaml
cp topology.yaml old.yaml
printf 'apiVersion: v1\nkind: Node\nmetadata: {name: edge-1, labels: {kustomize-hybrid.dev/region: gcp-us, tailscale: "true"}}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0.11}]}\n' >dump.yaml
cp dump.yaml plugin.yaml
kustomize-hybrid render topology.yaml -o out
cp -R out rendered
git init -q -b main && git add topology.yaml rendered && git commit -qm 'as it is' && git update-ref refs/remotes/origin/main main
`

// tell is the page about the numbers.
func tell(rows []pageRow, listed map[string]map[string]bool) string {
	var b strings.Builder
	var all pageRow
	for _, r := range rows {
		all.here, all.there, all.rest = all.here+r.here, all.there+r.there, all.rest+r.rest
	}
	fmt.Fprintf(&b, strings.ReplaceAll(`# Commands on these pages

A test reads every page, takes each command of a shell block, and runs it, or finds it in a list with what it needs; a command that
is neither fails the test. This page is made by it ('make golden').

Of %d commands %d are run by 'make test', %d by another target of the Makefile on the real thing (network namespaces, a cluster,
kustomize), there perhaps with other names, and %d by nothing, for the reasons below.

| page | commands | 'make test' | other targets | nothing |
|---|---:|---:|---:|---:|
`, "'", "`"), all.here+all.there+all.rest, all.here, all.there, all.rest)
	for _, r := range rows {
		name := "[" + r.page + "](../" + r.page + ")"
		if below, ok := strings.CutPrefix(r.page, "docs/"); ok {
			name = "[" + below + "](" + below + ")"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", name, r.here+r.there+r.rest, r.here, r.there, r.rest)
	}
	b.WriteString("\n## What nothing runs\n")
	for _, reason := range slices.Sorted(maps.Keys(listed)) {
		fmt.Fprintf(&b, "\nNeeds %s:\n\n```text\n", reason)
		for _, text := range slices.Sorted(maps.Keys(listed[reason])) {
			fmt.Fprintln(&b, text)
		}
		b.WriteString("```\n")
	}
	return b.String()
}
