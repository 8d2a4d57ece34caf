package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// devices counts what the gateways take of the tailnet's plan.
func devices(p *plan.Plan) string {
	var b strings.Builder
	b.WriteString("\n## Devices\n\nWhat the gateways are in the tailnet.\n\n| region | mode | devices |\n|---|---|---|\n")
	sum, all := 0, true
	for i := range p.Regions {
		r := &p.Regions[i]
		n, known := r.Devices()
		sum, all = sum+n, all && known
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Region.Name, r.Region.Gateways.Mode, share(r))
	}
	fmt.Fprintf(&b, "| together | | %s%s |\n", count(sum, all), limit(p.Topology.Spec.Tailnet.MaxDevices))
	return b.String()
}

func share(r *plan.Region) string {
	n, known := r.Devices()
	switch {
	case !known:
		return count(n, known) + ": no host is listed"
	case n > len(r.Region.Gateways.Nodes):
		return fmt.Sprintf("%d, of which %d are listed", n, len(r.Region.Gateways.Nodes))
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
