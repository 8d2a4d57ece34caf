package validate

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// known keeps, of the findings about a topology of which something could not be read, those
// that hold whatever stood there. All others wait: who left out a prefix is told that, and not
// that no gateway lies in it.
func known(list diag.List, unread []string) diag.List {
	if len(unread) == 0 {
		return list
	}
	return slices.DeleteFunc(list, func(d *diag.Diagnostic) bool {
		return !proven(d.Code) || slices.ContainsFunc(unread, func(path string) bool { return excuses(path, d) })
	})
}

// proven reports whether a finding names everything that it follows from: a value that is
// wrong by itself, or two that cannot stand beside each other.
func proven(code diag.Code) bool {
	switch code {
	case CodeOverlap, CodeRedundant, CodeRegionDuplicate, CodeGatewayDuplicate, CodeDefaultRoute, claim.CodeSpecialRange, CodeMarkOutside, CodeVersionRange, CodeHostFiles, CodeListedTwice:
		return true
	}
	return false
}

// excuses reports whether what is unread could be what makes the finding none: a suppression
// of it, or a network plugin that gives pods addresses of the nodes' network, and
// that network.
func excuses(unread string, d *diag.Diagnostic) bool {
	if !strings.HasPrefix(unread, "spec.regions[") {
		return unread == "" || unread == "spec" || strings.HasPrefix(unread, "spec.suppressions")
	}
	region, field, _ := strings.Cut(unread, "].")
	if field != "" && !strings.HasPrefix(field, "cni") && !strings.HasPrefix(field, "nodeCIDRs") {
		return false
	}
	in := func(path string) bool { return strings.HasPrefix(path, strings.TrimSuffix(region, "]")+"]") }
	return in(d.Path) || slices.ContainsFunc(d.Related, func(r diag.Related) bool { return in(r.Path) })
}
