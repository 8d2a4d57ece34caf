package main

import (
	"os/exec"
	"strings"
	"testing"
)

// module is this module's path.
const module = "github.com/kustomize-hybrid/kustomize-hybrid/"

// What a package may pull in, all of it included: a program that imports pkg/acl
// must not carry a CUE evaluator. Each refusal has its reason.
func TestImports(t *testing.T) {
	for _, c := range []struct {
		pkg     string
		refused []string // prefixes of import paths
		because string
	}{
		{"schema", []string{"github.com/", "cuelang.org/", "k8s.io/", "sigs.k8s.io/"}, "nouns need nothing but the standard library"},
		{"pkg/facts", []string{"github.com/gaissmai/", "github.com/hashicorp/", "cuelang.org/", "k8s.io/", "sigs.k8s.io/", module + "pkg/diag", module + "pkg/validate", module + "pkg/render"}, "what others do needs nothing but the nouns"},
		{"pkg/plan", []string{"github.com/gaissmai/", "github.com/hashicorp/", "cuelang.org/", "k8s.io/", "sigs.k8s.io/", module + "pkg/diag", module + "pkg/validate", module + "pkg/acl", module + "pkg/render"}, "decisions need nothing but the nouns"},
		{"pkg/plan/mtu", []string{"github.com/gaissmai/", "cuelang.org/", "k8s.io/", "sigs.k8s.io/"}, "sums need nothing but the nouns"},
		{"pkg/diag", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/", "github.com/gaissmai/"}, "a finding is data"},
		{"pkg/validate", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/kustomize/"}, "relations are Go over the schema's nouns; shape is load's, and objects are read by pkg/existing"},
		{"internal/cidr", []string{"github.com/", "cuelang.org/", "k8s.io/", "sigs.k8s.io/"}, "a few prefixes need nothing but the standard library"},
		{"pkg/acl", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/", "github.com/gaissmai/", module + "pkg/acl/"}, "a policy is JSON about prefixes"},
		{"pkg/acl/eval", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/", "github.com/gaissmai/", module + "pkg/acl/policyfile"}, "what a policy allows does not depend on the file"},
		{"pkg/acl/policyfile", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/", "github.com/gaissmai/", module + "schema/load"}, "a policy file is HuJSON"},
		{"schema/load", []string{"k8s.io/api", "sigs.k8s.io/kustomize/api", module + "pkg/render", module + "pkg/validate"}, "reading decides nothing"},
		{"pkg/render", []string{"cuelang.org/", "k8s.io/client-go", "sigs.k8s.io/kustomize/api/krusty", module + "pkg/validate", module + "schema/load"}, "rendering starts from a valid topology"},
		{"pkg/emit", []string{"cuelang.org/", "sigs.k8s.io/kustomize/api/krusty", module + "schema/load"}, "emitting knows files only"},
		{"pkg/claim", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/kustomize/", module + "pkg/validate", module + "schema/load"}, "who claims what is known before anything is checked"},
		{"pkg/ipam", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/kustomize/", module + "pkg/validate", module + "schema/load"}, "what is free follows from what is claimed"},
		{"pkg/marks", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/", "github.com/gaissmai/", module + "pkg/diag", module + "pkg/validate", module + "pkg/render"}, "marks follow from the plan alone"},
		{"pkg/issues", []string{"cuelang.org/", "k8s.io/", "sigs.k8s.io/kustomize/", "github.com/gaissmai/", module + "pkg/validate"}, "issues follow from versions and settings"},
		{"pkg/existing", []string{"cuelang.org/", "k8s.io/api", "sigs.k8s.io/kustomize/api", module + "schema/load", module + "pkg/render", module + "pkg/validate"}, "it reads objects, and nothing else"},
		{"pkg/report", []string{"cuelang.org/", module + "pkg/validate", module + "schema/load"}, "text about a plan needs no checker"},
		{"pkg/edit", []string{"cuelang.org/", "k8s.io/api", "sigs.k8s.io/kustomize/api", module + "pkg/", module + "schema"}, "it edits YAML, whatever it says"},
		{"internal/yamlnode", []string{"cuelang.org/", "k8s.io/api", "sigs.k8s.io/kustomize/api", module}, "it walks nodes, whatever they say"},
		{"internal/atomicfile", []string{"github.com/", "cuelang.org/", "k8s.io/", "sigs.k8s.io/"}, "replacing a file needs nothing but the standard library"},
		{"pkg/readmit", []string{"cuelang.org/", "k8s.io/client-go", "sigs.k8s.io/kustomize/api/krusty", module + "schema/load"}, "it edits nodes"},
	} {
		t.Run(c.pkg, func(t *testing.T) {
			for _, dep := range dependencies(t, c.pkg) {
				for _, prefix := range c.refused {
					if strings.HasPrefix(dep, prefix) && dep != module+c.pkg {
						t.Errorf("%s depends on %s: %s", c.pkg, dep, c.because)
					}
				}
			}
		})
	}
}

func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", module+pkg).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 2 {
		t.Fatalf("%s has no dependencies: %q", pkg, deps)
	}
	return deps
}
