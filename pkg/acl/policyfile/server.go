package policyfile

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// headscaleSections are the sections that Headscale reads (headscale 0.29.2,
// hscontrol/policy/v2/types.go; docs/ref/policy.md, Limitations).
func headscaleSections() []string {
	return []string{
		"acls", "autoApprovers", "grants", "groups", "hosts", "nodeAttrs", "randomizeClientPort", "ssh", "sshTests",
		"tagOwners", "tests",
	}
}

// headscale reports what Headscale does not have.
func (l *linter) headscale() {
	if l.server != schema.ControlHeadscale {
		return
	}
	for _, name := range l.policy.SectionNames {
		known := slices.ContainsFunc(headscaleSections(), func(s string) bool { return strings.EqualFold(s, name) })
		if !known && slices.ContainsFunc(knownSections(), func(s string) bool { return strings.EqualFold(s, name) }) {
			l.unsupported(diag.Field("", name), "section "+name)
		}
	}
	for i, g := range l.policy.Grants {
		path := diag.Index("grants", i)
		if len(g.SrcPosture) > 0 {
			l.unsupported(path+".srcPosture", "srcPosture")
		}
		l.headscaleNames(path+".src", g.Src)
		l.headscaleNames(path+".dst", g.Dst)
	}
	for i, a := range l.policy.ACLs {
		l.headscaleNames(diag.Index("acls", i)+".src", a.Src)
	}
	for _, t := range l.policy.TagOwners {
		l.headscaleNames(diag.Field("tagOwners", t.Key), t.Values)
	}
}

// headscaleNames reports selectors that Headscale refuses.
func (l *linter) headscaleNames(path string, names []string) {
	for i, name := range names {
		if acl.HeadscaleLacks(name) {
			l.unsupported(diag.Index(path, i), name)
		}
	}
}

func (l *linter) unsupported(path, what string) {
	l.list.Errorf(acl.CodeUnsupported, path, "Headscale has no %s", what).Fix("leave it out, or use what Headscale supports")
}
