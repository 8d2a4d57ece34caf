package validate

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// deviceBudget compares the devices that the gateways are with what the user grants.
func deviceBudget(p *plan.Plan) diag.List {
	var list diag.List
	limit := p.Topology.Spec.Tailnet.MaxDevices
	sum := 0
	var shares []string
	for i := range p.Regions {
		n, _ := p.Regions[i].Devices()
		sum += n
		shares = append(shares, fmt.Sprintf("%q %s", p.Regions[i].Region.Name, deviceShare(&p.Regions[i])))
	}
	if limit < 1 || sum <= limit {
		return list
	}
	d := list.Errorf(CodeDeviceBudget, "spec.tailnet.maxDevices", "the gateways are %d devices of the tailnet, and maxDevices is %d: region %s",
		sum, limit, strings.Join(shares, ", ")).
		Fix("use two gateways with strategy relay instead of mode perNode, list fewer gateways, or get a larger plan and raise maxDevices")
	for i := range p.Regions {
		r := p.Regions[i].Region
		d.See(regionPath(i)+".gateways", "region %q has mode %s: %s", r.Name, r.Gateways.Mode, deviceShare(&p.Regions[i]))
	}
	return list
}

// deviceShare spells a region's number, and where it does not come from its list.
func deviceShare(r *plan.Region) string {
	n, known := r.Devices()
	switch listed := len(r.Region.Gateways.Nodes); {
	case !known:
		return fmt.Sprintf("at least %d (no host is listed)", n)
	case n > listed:
		return fmt.Sprintf("%d (%d listed, maxNodes %d)", n, listed, r.Region.MaxNodes)
	}
	return fmt.Sprint(n)
}
