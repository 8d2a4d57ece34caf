package policyfile_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

const checksPage = "../../../docs/checks.md"

// Every policy file of docs/checks.md gives what stands below it: the findings of the
// section's code.
func TestChecksPage(t *testing.T) {
	data, err := os.ReadFile(checksPage)
	if err != nil {
		t.Fatal(err)
	}
	page, executed := string(data), 0
	for _, code := range docs.Codes() {
		section, _ := docs.Explain(code)
		src, rest, found := cutFence(section, "hujson")
		if !found {
			continue
		}
		want, _, _ := cutFence(rest, "text")
		executed++
		got := said(t, code, src)
		if got == "" {
			t.Errorf("the example of %s does not show it", code)
		}
		if got != want && goldentest.Update() {
			page = strings.Replace(page, src+"```\n\n```text\n"+want, src+"```\n\n```text\n"+got, 1)
		} else if got != want {
			t.Errorf("%s: the page says\n%sand check says\n%s", code, want, got)
		}
	}
	if executed < 20 {
		t.Errorf("%d examples", executed)
	}
	if goldentest.Update() {
		goldentest.Save(t, checksPage, page)
	}
}

func cutFence(text, language string) (block, rest string, ok bool) {
	_, after, ok := strings.Cut(text, "```"+language+"\n")
	if !ok {
		return "", text, false
	}
	return strings.Cut(after, "```\n")
}

// said is the findings of one code about a policy file.
func said(t *testing.T, code, src string) string {
	t.Helper()
	topology := acltest.Named(t, "regional-gateway")
	topology.Spec.Tailnet.Policy.TagPerRegion = false // one tag makes shorter policies
	f, list := policyfile.Parse("policy.hujson", []byte(src))
	switch {
	case f == nil:
	case code == "policy-conflict" || code == "policy-marks":
		_, found := policyfile.Merge(topology, f)
		list = append(list, found...)
	case code == "policy-narrowed":
		_, found := policyfile.Narrow(topology, f)
		list = append(list, found...)
	default:
		list = append(list, policyfile.Check(topology, f)...)
	}
	list = slices.DeleteFunc(list, func(d *diag.Diagnostic) bool { return string(d.Code) != code })
	list.Sort()
	return acltest.Text(list)
}
