package acl

import (
	"slices"
	"strings"

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
	for _, name := range l.policy.Sections {
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
		if what, ok := headscaleLacks(name); ok {
			l.unsupported(diag.Index(path, i), what)
		}
	}
}

// headscaleLacks reports a selector that Headscale does not have: it knows no user
// roles, no IP sets and no services (headscale 0.29.2, hscontrol/policy/v2/types.go).
func headscaleLacks(name string) (string, bool) {
	group, isGroup := strings.CutPrefix(name, "autogroup:")
	known := []string{"internet", "member", "nonroot", "tagged", "self", "danger-all"}
	lacks := isGroup && !slices.Contains(known, group) || strings.HasPrefix(name, "ipset:") || strings.HasPrefix(name, "svc:")
	return name, lacks
}

func (l *linter) unsupported(path, what string) {
	l.list.Errorf(codeUnsupported, path, "Headscale has no %s", what).Fix("leave it out, or say it with what Headscale has")
}
