package validate

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// quota is how many of something a cloud takes.
type quota struct {
	// given is what an account has until it asks for more, and most what it can get; 0
	// where that is not said.
	given, most int
	what        string
	source      string
}

func routeQuota(cloud string) quota {
	switch cloud {
	case schema.ProviderAWS:
		// 50 for many years; newer accounts have 500.
		return quota{50, 1000, "routes in a table", "Amazon VPC user guide, quotas: routes per route table"}
	case schema.ProviderAzure:
		return quota{400, 1000, "routes in a table", "Azure subscription limits: user-defined routes per route table; 1,000 with Virtual Network Manager"}
	case schema.ProviderGCP:
		return quota{200, 0, "static routes in a network", "Google Cloud VPC quotas: STATIC_ROUTES_PER_NETWORK"}
	}
	return quota{200, 0, "entries in a table", "Alibaba Cloud VPC, CreateRouteEntry"}
}

// ruleQuota is about firewall rules, where each prefix is one of its own or counts as
// one; the clouds that are left out take thousands.
func ruleQuota(cloud string) quota {
	switch cloud {
	case schema.ProviderAWS:
		return quota{60, 1000, "rules of a direction and family in a security group", "Amazon VPC user guide, quotas: inbound or outbound rules per security group"}
	case schema.ProviderAlibaba:
		return quota{200, 0, "rules in a security group", "Alibaba Cloud ECS, security group limits"}
	}
	return quota{}
}

// quotas compares with what we add: what is in the tables already, nobody told us.
func (c *cloudRegion) quotas(list *diag.List, remote []netip.Prefix) {
	routes, each := len(remote), "one for each prefix of the others"
	if c.cloud == schema.ProviderGCP {
		routes *= len(c.Gateways.Nodes)
		each = "one for each prefix of the others and each gateway"
	}
	c.quota(list, routeQuota(c.cloud), routes, each)
	if c.securityGroup() != "" {
		c.quota(list, ruleQuota(c.cloud), len(remote)+1, "one for each prefix of the others, and one for Tailscale")
	}
}

func (c *cloudRegion) quota(list *diag.List, q quota, count int, each string) {
	at := c.path + ".network." + c.cloud
	var d *diag.Diagnostic
	switch {
	case q.most > 0 && count > q.most:
		d = list.Errorf(CodeCloudQuota, at, "region %q needs %d %s (%s), and %s takes %d at most", c.Name, count, q.what, each, cloudTitle(c.cloud), q.most)
	case q.given > 0 && count > q.given:
		d = list.Warnf(CodeCloudQuota, at, "region %q needs %d %s (%s), and %s takes %d until an account asks for more", c.Name, count, q.what, each, cloudTitle(c.cloud), q.given)
	default:
		return
	}
	d.Fix("give regions fewer and wider prefixes, or ask the provider for more (%s)", q.source)
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
