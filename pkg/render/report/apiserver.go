package report

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// apiServer says by what nodes find the API server, and where the policy thinks that the
// servers are: nobody else reaches kubelets.
func apiServer(p *plan.Plan) string {
	api := &p.Topology.Spec.Cluster.APIServer
	host, port := api.Told()
	text := fmt.Sprintf("Nodes and agents are told `%s`. ", net.JoinHostPort(host, strconv.Itoa(port)))
	var homes []string
	for i := range p.Regions {
		if in := api.In(p.Regions[i].Region.Advertised()); len(in) > 0 {
			homes = append(homes, fmt.Sprintf("%s of region %s", places(in), p.Regions[i].Region.Name))
		}
	}
	switch {
	case len(homes) == 0:
		text += "No region has the servers, so the tailnet policy grants nothing to them and no pod what the Service `kubernetes` leads to."
	default:
		text += fmt.Sprintf("The servers are %s, port %d: only from there does the tailnet policy let API servers reach what others do not, and only there the Service `kubernetes` leads to.",
			strings.Join(homes, ", "), api.Port)
	}
	return text + "\n" + remoteNodes(p)
}

// places are prefixes, and single addresses without their length.
func places(list []netip.Prefix) string {
	var texts []string
	for _, p := range list {
		if p.IsSingleIP() {
			texts = append(texts, p.Addr().String())
			continue
		}
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ", ")
}

// remoteNodes says which nodes somebody else's control plane has far away.
func remoteNodes(p *plan.Plan) string {
	d := facts.Distribution(p.Topology.Spec.Cluster.Distribution)
	remote := p.Remote()
	if len(remote) == 0 || !d.Remote.IsKnown() {
		return ""
	}
	var names []string
	for _, i := range remote {
		names = append(names, p.Regions[i].Region.Name)
	}
	return fmt.Sprintf("\nNodes of %s are remote to %s, which %s.\n", strings.Join(names, ", "), d.Title, d.Remote.Value.Verdict)
}
