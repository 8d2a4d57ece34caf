package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is this module's path.
const module = "github.com/kustomize-hybrid/kustomize-hybrid"

// row is what one package may import, outside its tests.
type row struct {
	pkg     string // below the module
	own     string // packages of this module, space-separated; "p/..." is p and what is below it
	others  string // roots of other modules' packages, space-separated; the standard library is free
	because string
}

// rows has one line for each package of the module, sorted by package.
func rows() []row {
	return []row{
		{".", "docs pkg/acl pkg/acl/eval pkg/acl/policyfile pkg/change pkg/claim pkg/diag pkg/doctor pkg/draft pkg/edit pkg/existing pkg/facts pkg/graph pkg/ipam pkg/issues pkg/plan pkg/reach pkg/readmit pkg/render pkg/render/bundle pkg/render/page pkg/render/steps pkg/render/tree pkg/suppress pkg/validate schema schema/contract schema/load", "sigs.k8s.io/kustomize", "the face of all packages; files are written by who calls it"},
		{"cmd/kustomize-hybrid", ". examples internal/atomicfile internal/foreign pkg/acl/policyfile pkg/change pkg/diag pkg/doctor pkg/draft pkg/emit pkg/ipam pkg/plan pkg/reach pkg/readmit pkg/render pkg/render/bundle pkg/render/cluster pkg/render/steps pkg/render/tree pkg/suppress schema schema/load", "github.com/spf13/cobra sigs.k8s.io/kustomize/kyaml", "flags, streams, exit codes and the function over package hybrid"},
		{"docs", "", "", "pages are text"},
		{"examples", "", "", "topologies are files"},
		{"golden", "", "", "tests alone"},
		{"internal/atomicfile", "", "", "replacing a file needs nothing but the standard library"},
		{"internal/cidr", "", "", "a few prefixes need nothing but the standard library"},
		{"internal/decoded", "", "", "it reads what was decoded, whatever it says"},
		{"internal/foreign", "", "", "text is shown alike whoever wrote it"},
		{"internal/goldentest", "internal/atomicfile", "github.com/google/go-cmp sigs.k8s.io/yaml", "for tests alone"},
		{"internal/pages", "", "", "a page is text, and its commands are a shell's"},
		{"internal/sample", "schema", "sigs.k8s.io/yaml", "topologies that tests of several packages spell"},
		{"internal/topologytest", "schema", "", "topologies for the tests of others"},
		{"internal/yamlnode", "", "sigs.k8s.io/kustomize/kyaml/yaml", "it walks nodes, whatever they say"},
		{"pkg/acl", "internal/cidr internal/foreign pkg/diag pkg/facts/... pkg/plan schema", "github.com/tailscale/hujson", "a policy is JSON about prefixes"},
		{"pkg/acl/eval", "internal/cidr pkg/acl pkg/diag pkg/facts/... pkg/plan schema", "", "what a policy allows does not depend on the file"},
		{"pkg/acl/internal/acltest", "internal/goldentest pkg/acl/eval pkg/acl/policyfile pkg/diag schema schema/load", "", "for tests alone"},
		{"pkg/acl/policyfile", "internal/cidr pkg/acl pkg/acl/eval pkg/diag pkg/facts/... pkg/plan pkg/suppress schema", "github.com/tailscale/hujson", "a policy file is HuJSON"},
		{"pkg/change", "pkg/acl pkg/facts/... pkg/issues pkg/plan pkg/render pkg/render/report pkg/render/steps pkg/render/tree schema", "", "what differs follows from two plans and from what they render to"},
		{"pkg/claim", "pkg/diag pkg/facts/... schema", "github.com/gaissmai/bart", "who claims what is known before anything is checked"},
		{"pkg/diag", "internal/foreign", "github.com/hashicorp/go-multierror", "a finding is data"},
		{"pkg/doctor", "internal/foreign pkg/diag pkg/facts/... pkg/reach schema", "", "it reads a capture, and holds it against what package reach read of the rendered files"},
		{"pkg/draft", "internal/decoded internal/foreign internal/yamlnode pkg/claim pkg/diag pkg/existing pkg/facts/... pkg/ipam pkg/plan/mtu pkg/render/tree schema", "sigs.k8s.io/kustomize/kyaml/yaml", "it chooses what nobody said, and judges nothing of it"},
		{"pkg/edit", "internal/yamlnode", "sigs.k8s.io/kustomize/kyaml/yaml", "it edits YAML, whatever it says"},
		{"pkg/emit", "internal/atomicfile pkg/render/tree", "", "emitting knows files only"},
		{"pkg/existing", "internal/decoded internal/yamlnode pkg/claim pkg/diag pkg/facts/... pkg/plan pkg/plan/mtu schema", "sigs.k8s.io/kustomize/kyaml/yaml", "it compares objects with a topology, and checks nothing else"},
		{"pkg/facts", "pkg/facts/distribution pkg/facts/fact pkg/facts/plugin pkg/facts/provider schema", "", "what others do needs nothing but the nouns"},
		{"pkg/facts/distribution", "pkg/facts/fact schema", "", "one file a distribution"},
		{"pkg/facts/fact", "schema", "", "what a fact is"},
		{"pkg/facts/plugin", "pkg/facts/fact schema", "", "one file a plugin"},
		{"pkg/facts/provider", "pkg/facts/fact schema", "", "one file a provider"},
		{"pkg/graph", "pkg/facts/... pkg/plan schema", "", "a picture is of decisions, and takes none"},
		{"pkg/ipam", "pkg/claim pkg/diag pkg/facts/... pkg/plan schema", "", "what is free follows from what is claimed"},
		{"pkg/issues", "pkg/diag pkg/facts/... pkg/plan schema", "", "issues follow from versions and settings"},
		{"pkg/marks", "internal/foreign pkg/facts/... pkg/plan schema", "", "marks follow from the plan and what others use"},
		{"pkg/plan", "internal/cidr pkg/facts/... pkg/plan/mtu schema", "", "decisions need nothing but the nouns, and what others do"},
		{"pkg/plan/mtu", "pkg/facts/... schema", "", "sums need nothing but the nouns"},
		{"pkg/reach", "pkg/facts/... pkg/plan/mtu schema", "sigs.k8s.io/yaml", "it reads what was rendered, and shares nothing with what renders"},
		{"pkg/readmit", "internal/yamlnode pkg/diag pkg/facts/... pkg/plan schema", "sigs.k8s.io/kustomize/kyaml/yaml", "it edits nodes"},
		{"pkg/render", "pkg/acl pkg/plan pkg/readmit pkg/render/capture pkg/render/cloud pkg/render/cluster pkg/render/host pkg/render/page pkg/render/placement pkg/render/plugin pkg/render/report pkg/render/steps pkg/render/tree schema", "", "a page of calls, from a valid topology's plan"},
		{"pkg/render/bundle", "pkg/facts/... pkg/plan pkg/render/cloud pkg/render/cluster pkg/render/host pkg/render/tree schema", "", "what one host needs, others have spelled"},
		{"pkg/render/capture", "pkg/render/tree", "", "a program is a file"},
		{"pkg/render/cloud", "pkg/facts/... pkg/plan pkg/render/cloud/program pkg/render/host pkg/render/tree schema", "", "a provider's network follows from the plan, and its routes from what a gateway's host has decided"},
		{"pkg/render/cloud/program", "", "", "programs are files"},
		{"pkg/render/cluster", "pkg/facts/... pkg/plan pkg/render/cluster/kube pkg/render/cluster/program pkg/render/host pkg/render/host/program pkg/render/tree schema", "k8s.io/apimachinery/pkg/util/intstr", "objects follow from the plan and from what hosts run"},
		{"pkg/render/cluster/kube", "", "k8s.io/apimachinery/pkg/util/intstr", "the fields of Kubernetes that are rendered, and nothing that registers types at each start"},
		{"pkg/render/cluster/program", "", "", "programs are files"},
		{"pkg/render/host", "pkg/facts/... pkg/plan pkg/plan/mtu pkg/render/host/program pkg/render/tree schema", "", "hosts know nothing of Kubernetes' types"},
		{"pkg/render/host/program", "", "", "programs are files"},
		{"pkg/render/page", "pkg/claim pkg/diag pkg/facts/... pkg/graph pkg/ipam pkg/issues pkg/marks pkg/plan pkg/plan/mtu pkg/render/report pkg/render/steps schema", "", "one page shows what all of these say"},
		{"pkg/render/placement", "pkg/facts/... pkg/plan pkg/render/tree schema", "", "patches of the users' objects follow from the regions"},
		{"pkg/render/plugin", "pkg/facts/... pkg/plan pkg/plan/mtu pkg/readmit pkg/render/tree schema", "", "network plugins have kinds of their own"},
		{"pkg/render/report", "internal/foreign pkg/diag pkg/facts/... pkg/issues pkg/marks pkg/plan pkg/plan/mtu pkg/readmit pkg/render/steps schema", "", "text about a plan needs no checker"},
		{"pkg/render/steps", "pkg/facts/... pkg/plan pkg/render/host pkg/render/tree schema", "", "who does what follows from the plan"},
		{"pkg/render/tree", "", "sigs.k8s.io/kustomize/api/types sigs.k8s.io/kustomize/kyaml/resid", "files and YAML, whatever they say"},
		{"pkg/suppress", "pkg/diag schema", "", "what a topology accepts is data"},
		{"pkg/validate", "internal/cidr pkg/claim pkg/diag pkg/facts/... pkg/ipam pkg/issues pkg/marks pkg/plan pkg/plan/mtu pkg/suppress schema", "github.com/gaissmai/bart", "relations are Go over the schema's nouns; shape is load's, and objects are read by pkg/existing"},
		{"schema", "", "", "nouns need nothing but the standard library"},
		{"schema/contract", "schema/rule", "", "a table, and nothing else"},
		{"schema/load", "internal/foreign internal/yamlnode pkg/diag schema schema/contract schema/rule", "cuelang.org/go sigs.k8s.io/kustomize/kyaml/yaml", "reading decides nothing"},
		{"schema/rule", "", "", "what a rule is needs the standard library alone"},
		{"test/apiserver", "", "", "tests alone"},
		{"test/container", "", "", "tests alone"},
		{"test/e2e", "", "", "tests alone"},
		{"test/licences", "", "", "it reads texts"},
		{"test/page", "", "", "tests alone"},
		{"test/tutorial", "internal/pages", "", "it does what a page says"},
	}
}

// weight is a root of other modules' packages that costs a program its size or its start.
type weight struct {
	root    string
	carried string // packages that may depend on it, however far below, space-separated
	because string
}

func weights() []weight {
	return []weight{
		{"cuelang.org/go", ". cmd/kustomize-hybrid pkg/acl/internal/acltest schema/load", "who imports pkg/acl gets no CUE evaluator"},
		{"github.com/gaissmai/bart", ". cmd/kustomize-hybrid pkg/claim pkg/draft pkg/existing pkg/ipam pkg/render/page pkg/validate", "a trie is for those who ask about prefixes"},
		{"github.com/spf13/cobra", "cmd/kustomize-hybrid", "a library has no flags"},
		{"k8s.io/api", "", "its types are registered at each start: tests hold pkg/render/cluster/kube against them"},
		{"k8s.io/client-go", "", "there is no cluster to talk to"},
		{"sigs.k8s.io/kustomize/api/krusty", ". cmd/kustomize-hybrid", "a build in process is a subcommand, and nothing else's"},
		{"sigs.k8s.io/kustomize/kyaml", ". cmd/kustomize-hybrid internal/yamlnode pkg/acl/internal/acltest pkg/change pkg/draft pkg/edit pkg/emit pkg/existing pkg/readmit pkg/render pkg/render/bundle pkg/render/capture pkg/render/cloud pkg/render/cluster pkg/render/host pkg/render/page pkg/render/placement pkg/render/plugin pkg/render/report pkg/render/steps pkg/render/tree schema/load", "nodes are for who reads or edits a user's documents"},
	}
}

// listed is what go list says of one package.
type listed struct {
	ImportPath    string
	Imports, Deps []string
}

// Every package of the module imports what its row allows, and a package without a
// row fails: whoever adds an import says why.
func TestImports(t *testing.T) {
	allowed := map[string]row{}
	for _, r := range rows() {
		allowed[r.pkg] = r
	}
	for _, p := range packages(t) {
		name := below(p.ImportPath)
		r, ok := allowed[name]
		if !ok {
			t.Errorf("package %s has no row in imports_test.go: add what it may import, and why", name)
			continue
		}
		for _, i := range p.Imports {
			if !r.allows(i) {
				t.Errorf("%s imports %s, which its row does not allow: %s", name, i, r.because)
			}
		}
	}
}

// What is heavy is carried by few, imports of imports included.
func TestWeights(t *testing.T) {
	for _, p := range packages(t) {
		name := below(p.ImportPath)
		for _, w := range weights() {
			carries := slices.ContainsFunc(p.Deps, func(dep string) bool { return under(dep, w.root) })
			if carries && !slices.Contains(strings.Fields(w.carried), name) {
				t.Errorf("%s depends on %s: %s", name, w.root, w.because)
			}
		}
	}
}

// The tables are sorted, and name no package that is gone.
func TestImportTables(t *testing.T) {
	if !slices.IsSortedFunc(rows(), func(a, b row) int { return strings.Compare(a.pkg, b.pkg) }) {
		t.Error("the rows are not sorted by package")
	}
	exists := map[string]bool{}
	for _, p := range packages(t) {
		exists[below(p.ImportPath)] = true
	}
	var named []string
	for _, r := range rows() {
		named = append(append(named, r.pkg), strings.Fields(r.own)...)
	}
	for _, w := range weights() {
		named = append(named, strings.Fields(w.carried)...)
	}
	for _, name := range named {
		if !exists[strings.TrimSuffix(name, "/...")] {
			t.Errorf("the tables name %s, which does not exist", name)
		}
	}
}

// allows reports whether the row allows the import of path.
func (r row) allows(path string) bool {
	if under(path, module) {
		return slices.ContainsFunc(strings.Fields(r.own), func(own string) bool {
			tree, isTree := strings.CutSuffix(own, "/...")
			return own == below(path) || isTree && under(below(path), tree)
		})
	}
	standard := !strings.Contains(strings.Split(path, "/")[0], ".")
	return standard || slices.ContainsFunc(strings.Fields(r.others), func(root string) bool { return under(path, root) })
}

// under reports whether path is root or below it.
func under(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// below is the path of a package inside the module; "." is the module's root.
func below(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// packages lists every package of the module.
func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatal("go list knows no packages")
	}
	return all
}
