package policyfile

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// lacking reports what the control server does not have.
func (l *linter) lacking() {
	for _, name := range l.policy.SectionNames {
		if !hasSection(l.server.Sections.Value, name) && hasSection(knownSections(), name) {
			l.unsupported(diag.Field("", name), "section "+name)
		}
	}
	for i, g := range l.policy.Grants {
		path := diag.Index("grants", i)
		if len(g.SrcPosture) > 0 && !l.server.Postures.Value {
			l.unsupported(path+".srcPosture", "srcPosture")
		}
		l.lackingNames(path+".src", g.Src)
		l.lackingNames(path+".dst", g.Dst)
	}
	for i, a := range l.policy.ACLs {
		l.lackingNames(diag.Index("acls", i)+".src", a.Src)
	}
	for _, t := range l.policy.TagOwners {
		l.lackingNames(diag.Field("tagOwners", t.Key), t.Values)
	}
}

func hasSection(sections []string, name string) bool {
	return slices.ContainsFunc(sections, func(s string) bool { return strings.EqualFold(s, name) })
}

// lackingNames reports selectors that the control server refuses.
func (l *linter) lackingNames(path string, names []string) {
	for i, name := range names {
		if l.server.Without(name) {
			l.unsupported(diag.Index(path, i), name)
		}
	}
}

func (l *linter) unsupported(path, what string) {
	l.list.Errorf(acl.CodeUnsupported, path, "%s has no %s", l.server.Title, what).Fix("leave it out, or use what %s supports", l.server.Title)
}
