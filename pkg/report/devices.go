package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// devices counts what the gateways take of the tailnet's plan.
func devices(t *schema.Topology) string {
	var b strings.Builder
	b.WriteString("\n## Devices\n\nWhat the gateways are in the tailnet.\n\n| region | mode | devices |\n|---|---|---|\n")
	sum, all := 0, true
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		n, known := r.Devices()
		sum, all = sum+n, all && known
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Name, r.Gateways.Mode, share(r))
	}
	fmt.Fprintf(&b, "| together | | %s%s |\n", count(sum, all), limit(t.Spec.Tailnet.MaxDevices))
	return b.String()
}

func share(r *schema.Region) string {
	n, known := r.Devices()
	switch {
	case !known:
		return count(n, known) + ": no host is listed"
	case n > len(r.Gateways.Nodes):
		return fmt.Sprintf("%d, of which %d are listed", n, len(r.Gateways.Nodes))
	}
	return count(n, known)
}

func count(n int, known bool) string {
	if !known {
		return fmt.Sprintf("at least %d", n)
	}
	return fmt.Sprint(n)
}

func limit(most int) string {
	if most < 1 {
		return ""
	}
	return fmt.Sprintf(" of %d", most)
}
