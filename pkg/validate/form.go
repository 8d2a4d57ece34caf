package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about single prefixes.
const (
	CodeDefaultRoute diag.Code = "prefix-default-route" // a prefix that is everything
	CodePublic       diag.Code = "cidr-public"          // somebody else's public addresses
)

// form looks at each prefix by itself.
func form(x *index) diag.List {
	var list diag.List
	t, claims := x.t, x.stated()
	for i := range claims {
		c := &claims[i]
		switch {
		case c.Prefix.Bits() == 0:
			list.Errorf(CodeDefaultRoute, c.Path(), "%s contains every address, so everything else collides with it", c).
				Fix("write the prefixes that are really used; this program does not set up exit nodes")
		case public(t, c):
			publicRange(t, &list, c)
		}
	}
	return list
}

// public reports whether the claim takes addresses that belong to somebody on the
// Internet. Nodes may have public addresses of their own, and so may IPv6 pods.
func public(t *schema.Topology, c *claim.Claim) bool {
	if !c.Prefix.Addr().Is4() || schema.IsPrivate(c.Prefix) || claim.Special(c.Prefix) {
		return false
	}
	_, remote := privateOnly(t, c)
	return c.Role == claim.RolePod || c.Role == claim.RoleService || c.Role == claim.RoleNode && remote
}

// privateOnly is the distribution of a cluster that accepts private addresses only for
// the region of the claim: nodes outside its own provider. ok is false where none does.
func privateOnly(t *schema.Topology, c *claim.Claim) (name string, ok bool) {
	d := facts.Distribution(t.Spec.Cluster.Distribution)
	return d.Title, d.RemotePrivate.Value && c.Region >= 0 && t.Spec.Regions[c.Region].Provider != d.Home.Value
}

func publicRange(t *schema.Topology, list *diag.List, c *claim.Claim) {
	if distribution, ok := privateOnly(t, c); ok {
		list.Errorf(CodePublic, c.Path(), "%s is not private, and %s accepts remote node and pod networks from RFC 1918 only", c, distribution).
			Fix("choose a prefix inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
		return
	}
	list.Warnf(CodePublic, c.Path(), "%s takes public addresses, so the cluster cannot reach their owners on the Internet", c).
		Fix("choose a prefix inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, unless the addresses are yours")
}
