package validate

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// quotas compares with what we add: what is in the tables already, nobody told us.
func (c *cloudRegion) quotas(list *diag.List, remote int) {
	routes, each := remote, "one for each prefix of the others"
	if c.network().NextHops.Value == provider.HopsByPriority {
		routes *= len(c.Gateways.Nodes)
		each = "one for each prefix of the others and each gateway"
	}
	const fewer = "give regions fewer and wider prefixes"
	c.quota(list, c.network().Routes, routes, each, fewer)
	if c.network().Sources.IsKnown() {
		c.quota(list, c.network().Sources, c.sources(), "one for each prefix that a gateway forwards", fewer+", turn the ports' security off (portSecurity: disabled)")
	}
	if c.Network.SecurityGroup() != "" {
		c.quota(list, c.network().Rules, remote+1, "one for each prefix of the others, and one for Tailscale", fewer)
	}
}

// sources is how many prefixes the card that has to be told most is told.
func (c *cloudRegion) sources() int {
	count, most := map[string]int{}, 0
	for _, s := range c.plan.Cloud.Sources() {
		count[s.Card]++
		most = max(most, count[s.Card])
	}
	return most
}

func (c *cloudRegion) quota(list *diag.List, d fact.Datum[provider.Quota], count int, each, way string) {
	at, q := c.path()+".network."+c.cloud, d.Value
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
	found.Fix("%s, or ask the provider for more (%s)", way, d.Source)
}

// fleet is what all regions advertise, as far as a cloud's limits go: each region asks
// for what the others do.
type fleet struct {
	prefixes int // how many
	// regions are the first two that advertise prefixes of each family: what one of them
	// does not find elsewhere, the other one has.
	regions map[string][]regionFirst
}

// regionFirst is the first prefix of a family that a region advertises.
type regionFirst struct {
	region int
	prefix netip.Prefix
}

// firsts are the first prefixes of each family.
type firsts map[string]netip.Prefix

func newFleet(all *plan.Plan) *fleet {
	f := &fleet{regions: map[string][]regionFirst{}}
	for i := range all.Regions {
		for _, p := range all.Regions[i].Prefixes() {
			f.prefixes++
			f.note(i, p)
		}
	}
	return f
}

func (f *fleet) note(region int, p netip.Prefix) {
	family := familyOf(p)
	known := f.regions[family]
	if len(known) == 0 || len(known) == 1 && known[0].region != region {
		f.regions[family] = append(known, regionFirst{region, p})
	}
}

// others finds the first prefix of each family that another region than i advertises.
func (f *fleet) others(i int) firsts {
	found := firsts{}
	for family, regions := range f.regions {
		for _, r := range slices.Backward(regions) {
			if r.region != i {
				found[family] = r.prefix
			}
		}
	}
	return found
}

func familyOf(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "IPv4"
	}
	return "IPv6"
}
