package policyfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
)

// lacking reports what the control server does not have.
func (l *linter) lacking() {
	for _, name := range l.policy.SectionNames {
		// Headscale refuses unknown fields; of others nobody has the list.
		if !l.server.HasSection(name) && (hasSection(knownSections(), name) || l.server.Autogroups.IsKnown()) {
			l.unsupported(diag.Field("", name), "section "+name)
		}
	}
	for i, g := range l.policy.Grants {
		path := diag.Index("grants", i)
		l.lackingPostures(path, g.SrcPosture)
		l.lackingNames(path+".src", g.Src, facts.PlaceSource)
		l.lackingNames(path+".dst", g.Dst, facts.PlaceDestination)
	}
	for i, a := range l.policy.ACLs {
		path := diag.Index("acls", i)
		l.lackingPostures(path, a.SrcPosture)
		l.lackingNames(path+".src", a.Src, facts.PlaceSource)
		l.lackingNames(path+".dst", acl.TargetHosts(a.Dst), facts.PlaceDestination)
	}
	for i, n := range l.policy.NodeAttrs {
		l.lackingNames(diag.Index("nodeAttrs", i)+".target", n.Target, facts.PlaceNode)
	}
	for _, t := range l.policy.TagOwners {
		l.lackingNames(diag.Field("tagOwners", t.Key), t.Values, facts.PlacePrincipal)
	}
	for _, r := range l.policy.Routes {
		l.lackingNames(diag.Field("autoApprovers.routes", r.Key), r.Values, facts.PlacePrincipal)
	}
	l.lackingNames("autoApprovers.exitNode", l.policy.ExitNode, facts.PlacePrincipal)
	for i, s := range l.policy.SSH {
		l.lackingNames(diag.Index("ssh", i)+".src", trimmed(s.Src), facts.PlaceSSHSource)
		l.lackingNames(diag.Index("ssh", i)+".dst", trimmed(s.Dst), facts.PlaceSSHDestination)
	}
}

func (l *linter) lackingPostures(path string, names []string) {
	if len(names) > 0 && !l.server.Postures.Value {
		l.unsupported(path+".srcPosture", "srcPosture")
	}
}

func hasSection(sections []string, name string) bool {
	return slices.ContainsFunc(sections, func(s string) bool { return strings.EqualFold(s, name) })
}

// lackingNames reports selectors that the control server refuses.
func (l *linter) lackingNames(path string, names []string, at facts.Place) {
	for i, name := range names {
		if l.server.Without(name, at) {
			article := "a"
			if strings.ContainsRune("aeiou", rune(at[0])) {
				article = "an"
			}
			l.unsupported(diag.Index(path, i), fmt.Sprintf("%s as %s %s", name, article, at))
		}
	}
}

func (l *linter) unsupported(path, what string) {
	l.list.Errorf(acl.CodeUnsupported, path, "%s has no %s", l.server.Title, what).Fix("leave it out, or use what %s supports", l.server.Title)
}
