package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// todo is the part about what the reader does.
func todo(p *plan.Plan) string {
	var b strings.Builder
	b.WriteString("\n# What is yours to do\n\nSTEPS.md has the commands, how to know that each worked, and how to take it back:\n\n")
	for _, s := range steps.Spans(p) {
		fmt.Fprintf(&b, "- %s: %s\n", s.Phase.Title(), s.Numbers())
	}
	if left := Left(p); len(left) > 0 {
		b.WriteString("\nIn no step, because nobody here can know whether and how:\n\n")
		for _, l := range left {
			b.WriteString("- " + l + "\n")
		}
	}
	return b.String()
}

// Left is what the reader has to do, or to decide, that is in no step: sentences in Markdown,
// those about regions in the order of the plan's.
func Left(p *plan.Plan) []string {
	var left []string
	api := &p.Topology.Spec.Cluster.APIServer
	if api.Endpoint == "" && len(api.Addresses) == 1 && len(api.Prefixes) == 0 {
		host, _ := api.Told()
		left = append(left, fmt.Sprintf("If %s stands for several API servers, write it into `spec.cluster.apiServer.endpoint` and the servers into `addresses`.", host))
	}
	for i := range p.Regions {
		left = append(left, leftOf(p, &p.Regions[i])...)
	}
	if mode := p.Topology.Spec.Tailnet.NetfilterMode; mode != schema.NetfilterOff {
		left = append(left, fmt.Sprintf("Decide about netfilter mode `%s`: `%s` is recommended.", mode, schema.NetfilterOff))
	}
	return left
}

func leftOf(p *plan.Plan, r *plan.Region) []string {
	var left []string
	for _, j := range r.Linked() {
		o := p.Regions[j].Region
		l := fmt.Sprintf("Region %s needs routes by the private link for what is region %s's: %s.", r.Region.Name, o.Name, prefixes(o.Advertised()))
		if !p.Overlay {
			l += " Its network has to know the way to pods there, too."
		}
		left = append(left, l)
	}
	if r.Blocks == plan.BlocksByController {
		left = append(left, fmt.Sprintf("See that the blocks of pods' addresses that nodes of region %s get lie in %s: kube-controller-manager gives them, or whoever routes to pods there.", r.Region.Name, prefixes(r.Region.PodCIDRs)))
	}
	if a := r.Advice(); a.Recommended != r.Region.Gateways.HA.Strategy {
		left = append(left, fmt.Sprintf("Decide about the strategy of region %s: `%s` is in force and `%s` recommended, see below.", r.Region.Name, r.Region.Gateways.HA.Strategy, a.Recommended))
	}
	return left
}
