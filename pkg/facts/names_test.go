package facts_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
)

// mayName are the files that name a provider, a plugin or a distribution, though they are
// neither facts nor the contract, each with its reason.
func mayName() map[string]string {
	return map[string]string{
		"internal/sample/forms.go":              "topologies for tests",
		"internal/sample/sample.go":             "topologies for tests",
		"internal/topologytest/topologytest.go": "a topology for tests",
		"pkg/acl/internal/acltest/acltest.go":   "topologies for tests",
		"test/cluster/kubernetes/main.go":       "programs of others, by their names",
		"test/lab/networks.go":                  "the topologies of the lab",
	}
}

// TestNobodyElseKnowsNames: outside facts and the contract, no program uses the name of a
// provider, a plugin or a distribution, neither as a constant nor in a comparison.
func TestNobodyElseKnowsNames(t *testing.T) {
	var identifiers []string
	words := constants(t, func(typ, name string) bool {
		is := typ == "CNIType" || typ == "Distribution" || typ == "" && strings.HasPrefix(name, "Provider") ||
			typ == "CloudController" && name != "CloudControllerNone" // which is nobody's name
		if is {
			identifiers = append(identifiers, name)
		}
		return is
	})
	for _, p := range facts.Plugins() {
		words = append(words, string(p.Type)) // the contract need not have a constant for each
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "other" })
	used := map[string]bool{}
	for _, file := range sources(t) {
		for _, name := range namesIn(t, "../../"+file, identifiers, words) {
			used[file] = true
			if mayName()[file] == "" {
				t.Errorf("%s: %s: ask facts what the party does", file, name)
			}
		}
	}
	for file := range mayName() {
		if !used[file] {
			t.Errorf("%s names nobody any more: drop it from the list", file)
		}
	}
}

// TestNamesAreFound: the test above sees a constant, a comparison, a case and a key.
func TestNamesAreFound(t *testing.T) {
	const program = `package p
func f(r schema.Region) bool {
	switch r.Provider { case "aws": return true }
	m := map[string]bool{"aws": true}
	return r.Provider == "aws" || r.CNI.Type != schema.CNICilium && m["x"] && r.Name == "ours" && g("aws")
}`
	file, err := parser.ParseFile(token.NewFileSet(), "", program, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := namesOf(file, []string{"CNICilium"}, []string{"aws"}); len(got) != 4 {
		t.Errorf("found %q", got)
	}
}

// sources are the Go files of the module and of the modules below it, without tests, facts
// and the contract.
func sources(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		path = filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(path, "../.."), "/"))
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "pkg/facts" || strings.HasPrefix(d.Name(), ".") && path != "" || d.Name() == "testdata"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !slices.Contains(contract(), path):
			files = append(files, path)
		}
		return nil
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}

func namesIn(t *testing.T, path string, identifiers, words []string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return namesOf(file, identifiers, words)
}

// namesOf lists the constants of package schema that a file uses, and the words that it
// compares something with.
func namesOf(file *ast.File, identifiers, words []string) []string {
	var found []string
	word := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		if s, err := strconv.Unquote(lit.Value); err == nil && slices.Contains(words, s) {
			found = append(found, lit.Value)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if slices.Contains(identifiers, n.Name) {
				found = append(found, n.Name)
			}
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				word(n.X)
				word(n.Y)
			}
		case *ast.CaseClause:
			for _, e := range n.List {
				word(e)
			}
		case *ast.KeyValueExpr:
			word(n.Key)
		}
		return true
	})
	return found
}
