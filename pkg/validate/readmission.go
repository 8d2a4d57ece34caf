package validate

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// readmission checks that network policies can name the gateways where their own
// traffic comes from the tailnet: with gatewaySource tailnetIP only.
func readmission(p *plan.Plan) diag.List {
	var list diag.List
	if p.Topology.Spec.Tailnet.GatewaySource != schema.SourceTailnetIP || !slices.ContainsFunc(p.Topology.Spec.Regions, filtersByPolicy) {
		return nil
	}
	prefixes, unknown := p.GatewayPrefixes()
	if len(unknown) > 0 {
		list.Errorf(CodeGatewayUnknown, "spec.tailnet.gatewaySource",
			"gatewaySource tailnetIP needs policies that readmit the gateways, and neither the %s tailnet addresses of all gateways nor a pool of them is known",
			strings.Join(unknown, " and ")).
			Fix("state tailnetIP (and tailnetIPv6) of every gateway, or tailnet.ipPool, or set gatewaySource: internalIP; tailnet.readmitWholePool: true readmits every device of the tailnet")
	}
	for _, whole := range []string{schema.TailnetIPv4().String(), schema.TailnetIPv6().String()} {
		for _, c := range prefixes {
			if c.String() == whole {
				list.Warnf(CodeWholePool, "spec.tailnet.readmitWholePool",
					"policies readmit all of %s, so any device of the tailnet that has a route may use what is meant for nodes", c).
					Fix("state tailnetIP of every gateway, or tailnet.ipPool")
			}
		}
	}
	return list
}

// filtersByPolicy reports whether the region's CNI enforces policies that name peers by
// what they are rather than by address.
func filtersByPolicy(r schema.Region) bool {
	p := facts.Plugin(r.CNI.Type).Policies.Value
	return p == plugin.PoliciesCilium || p == plugin.PoliciesCalico
}
