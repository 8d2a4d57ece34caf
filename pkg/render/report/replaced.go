package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// replaced says what becomes of gateways whose machines are replaced, where somebody does.
func replaced(p *plan.Plan) string {
	var rows []string
	for i := range p.Regions {
		if r := &p.Regions[i]; r.Region.Gateways.Replaced != schema.ReplacedNever {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |\n", r.Region.Name, newMachine(r), newDevice(r), beforeStart(r)))
		}
	}
	if len(rows) == 0 {
		return ""
	}
	return "\n## Machines in a gateway's place\n\n" +
		"| region | a new machine has | in the tailnet it is | before its gateway starts it needs |\n|---|---|---|---|\n" +
		strings.Join(rows, "")
}

func newMachine(r *plan.Region) string {
	if r.Region.Gateways.Replaced == schema.ReplacedAnyAddress {
		return "any name and address"
	}
	return "the gateway's node name and internalIPs"
}

func newDevice(r *plan.Region) string {
	if r.JoinsAnew() {
		return "another device, which joins by the key; delete the old one at the control server"
	}
	return "the same device, by its Secret"
}

func beforeStart(r *plan.Region) string {
	if g := &r.Region.Gateways; g.Mode == schema.ModeDaemonSet {
		var labels []string
		for _, k := range slices.Sorted(maps.Keys(g.NodeSelector)) {
			labels = append(labels, "`"+k+"="+g.NodeSelector[k]+"`")
		}
		need := "the labels " + strings.Join(labels, ", ")
		if r.Follows() {
			need += ", and what `kustomize-hybrid bundle --host NAME` makes"
		}
		return need
	}
	return "what `kustomize-hybrid bundle --host NAME` makes, and the key"
}
