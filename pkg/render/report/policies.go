package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
)

// Policies reports how network policies are changed so that gateways stay admitted: what
// is done to whom, where, and by which rule. It is empty where nothing is changed.
func Policies(changes []readmit.Change) string {
	if len(changes) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n## Network policies that change\n\n" +
		"Gateways' own traffic comes from their tailnet addresses. A line that admits them widens the policy; egress never changes.\n\n" +
		"| policy | place | rule | does | to what comes from |\n|---|---|---|---|---|\n")
	for _, c := range changes {
		place := strings.TrimPrefix(strings.TrimPrefix(c.Path, c.Object.Path()), ".")
		fmt.Fprintf(&b, "| %s | `%s` | `%s` | %s | %s |\n", cell(c.Object.String()), place, c.Rule, c.Effect, prefixes(c.Addresses))
	}
	return b.String()
}

// cell is a text that stays in its cell.
func cell(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) }
