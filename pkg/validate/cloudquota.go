package validate

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// quotas compares with what we add: what is in the tables already, nobody told us.
func (c *cloudRegion) quotas(list *diag.List, remote []netip.Prefix) {
	routes, each := len(remote), "one for each prefix of the others"
	if c.network().NextHops.Value == provider.HopsByPriority {
		routes *= len(c.Gateways.Nodes)
		each = "one for each prefix of the others and each gateway"
	}
	c.quota(list, c.network().Routes, routes, each)
	if c.securityGroup() != "" {
		c.quota(list, c.network().Rules, len(remote)+1, "one for each prefix of the others, and one for Tailscale")
	}
}

func (c *cloudRegion) quota(list *diag.List, d fact.Datum[provider.Quota], count int, each string) {
	at, q := c.path+".network."+c.cloud, d.Value
	var found *diag.Diagnostic
	switch {
	case !d.IsKnown():
		return
	case q.Most.IsKnown() && count > q.Most.Value:
		found = list.Errorf(CodeCloudQuota, at, "region %q needs %d %s (%s), and %s takes %d at most", c.Name, count, q.What, each, c.provider.Title, q.Most.Value)
	case count > q.Given:
		found = list.Warnf(CodeCloudQuota, at, "region %q needs %d %s (%s), and %s takes %d until an account asks for more", c.Name, count, q.What, each, c.provider.Title, q.Given)
	default:
		return
	}
	found.Fix("give regions fewer and wider prefixes, or ask the provider for more (%s)", d.Source)
}

// advertisedByOthers lists what the regions other than i advertise.
func advertisedByOthers(t *schema.Topology, i int) []netip.Prefix {
	var all []netip.Prefix
	for j := range t.Spec.Regions {
		if j != i {
			all = append(all, t.Spec.Regions[j].Advertised()...)
		}
	}
	return all
}
