package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// nodeBlocks says who gives nodes their blocks of pods' addresses, where a plugin reads
// them from Node objects.
func nodeBlocks(p *plan.Plan) string {
	if !slices.ContainsFunc(p.Regions, func(r plan.Region) bool { return r.Blocks != plan.BlocksElsewhere }) {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n## Nodes' blocks of pods' addresses\n\n" +
		"Network plugins of these regions take them from `spec.podCIDRs` of each Node.\n\n" +
		"| region | given by |\n|---|---|\n")
	for i := range p.Regions {
		r := &p.Regions[i]
		switch r.Blocks {
		case plan.BlocksByObjects:
			fmt.Fprintf(&b, "| %s | `%s`, which a step of STEPS.md creates before the nodes join |\n", r.Region.Name, plan.NodesPath(r.Region.Name))
		case plan.BlocksByController:
			fmt.Fprintf(&b, "| %s | kube-controller-manager, or whoever routes to pods there |\n", r.Region.Name)
		}
	}
	return b.String()
}
