// Package claim lists prefixes and those who claim them: the regions, the cluster
// and the tailnet of a topology, the components that fill in what it leaves out, and
// the ranges that providers, distributions and Tailscale keep.
//
// Start with Of, or with WithDefaults; NewTree finds the overlaps among them.
package claim

import (
	"fmt"
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Claim is a prefix that somebody says is theirs.
type Claim struct {
	// Prefix is valid and has no host bits set.
	Prefix netip.Prefix
	Role   Role
	// Owner is the region's name, or the object as "Node/gpu-1"; empty for what the
	// whole cluster shares.
	Owner string
	// Default names the component whose default this is, when the user left the
	// field out.
	Default string

	// Guess is set where the default may not be the one in force.
	Guess bool
	// Region is the region's index in the topology, -1 outside regions.
	Region int32
	// Where is the field that says the prefix, where it is not an entry of the list that
	// Role and Region name.
	Where string

	index int32 // in that list
	v6    bool  // a gateway's second address
}

// String names the claim as messages do: `pod CIDR 10.61.0.0/16 of region "gcp-us"`.
func (c *Claim) String() string {
	s := c.noun() + " " + Show(c.Prefix)
	if c.Region >= 0 {
		s += fmt.Sprintf(" of region %q", c.Owner)
	} else if c.Owner != "" {
		s += " of " + c.Owner
	}
	if c.Default != "" {
		s += fmt.Sprintf(" (you did not set it, so it is the default of %s)", c.Default)
	}
	return s
}

// noun is the role, or what an object's single address is.
func (c *Claim) noun() string {
	switch single := c.Prefix.IsSingleIP(); {
	case c.Role == RoleNode && c.Region < 0 && single:
		return "node address"
	case c.Role == RoleAPIServer && !single:
		return "API server network"
	case c.Where == "spec.cluster.apiServer.endpoint":
		return "API server endpoint"
	}
	return c.Role.String()
}

// Path is where the claim was written, such as "spec.regions[0].podCIDRs[0]".
func (c *Claim) Path() string {
	if c.Where != "" {
		return c.Where
	}
	field := [...]string{
		RoleNode: "nodeCIDRs", RolePod: "podCIDRs", RoleTransit: "transitCIDRs", RoleFabric: "fabricCIDRs",
		RoleService: "spec.cluster.serviceCIDRs", RolePool: "spec.tailnet.ipPool",
		RoleExternal: "spec.externalCIDRs", RoleReserved: "spec.reservedCIDRs",
		RoleAPIServer: "spec.cluster.apiServer.addresses", RoleGateway: "gateways.nodes",
	}[c.Role]
	if c.Region >= 0 {
		field = regionPath(int(c.Region)) + "." + field
	}
	path := diag.Index(field, int(c.index))
	switch {
	case c.Role == RoleGateway && c.v6:
		return path + ".internalIPv6"
	case c.Role == RoleGateway:
		return path + ".internalIP"
	}
	return path
}

func regionPath(i int) string { return diag.Index("spec.regions", i) }

// Of lists every prefix and address that the topology claims, in the order of
// its fields. Invalid prefixes, which loading has already reported, are left out;
// host bits are masked off.
func Of(t *schema.Topology) []Claim {
	n := 8
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		n += len(r.NodeCIDRs) + len(r.PodCIDRs) + len(r.TransitCIDRs) + len(r.FabricCIDRs) + 2*len(r.Gateways.Nodes)
	}
	claims := make(claimList, 0, n)
	claims.cidrs(RoleService, -1, "", t.Spec.Cluster.ServiceCIDRs)
	claims.apiServer(&t.Spec.Cluster.APIServer)
	claims.cidrs(RolePool, -1, "", t.Spec.Tailnet.IPPool)
	for i := range t.Spec.Regions {
		claims.ofRegion(i, &t.Spec.Regions[i])
	}
	claims.cidrs(RoleExternal, -1, "", t.Spec.ExternalCIDRs)
	for i, r := range t.Spec.ReservedCIDRs {
		path := diag.Index("spec.reservedCIDRs", i) + ".prefix"
		claims.add(Claim{Prefix: r.Prefix, Role: RoleReserved, Region: -1, index: int32(i), Where: path})
	}
	return claims
}

type claimList []Claim

func (l *claimList) add(c Claim) {
	if p, ok := Canonical(c.Prefix); ok {
		c.Prefix = p
		*l = append(*l, c)
	}
}

func (l *claimList) cidrs(role Role, region int, owner string, prefixes []netip.Prefix) {
	for i, p := range prefixes {
		l.add(Claim{Prefix: p, Role: role, Owner: owner, Region: int32(region), index: int32(i)})
	}
}

func (l *claimList) host(c Claim, a netip.Addr) {
	if a.IsValid() {
		c.Prefix = Host(a)
		l.add(c)
	}
}

func (l *claimList) apiServer(api *schema.APIServer) {
	for i, a := range api.Addresses {
		l.host(Claim{Role: RoleAPIServer, Region: -1, index: int32(i)}, a)
	}
	for i, p := range api.Prefixes {
		l.add(Claim{Prefix: p, Role: RoleAPIServer, Region: -1, Where: diag.Index("spec.cluster.apiServer.prefixes", i)})
	}
	// Each host may have a way of its own to the servers, by a loopback address.
	if at, ok := api.Balancer(); ok && !at.Addr().IsLoopback() {
		l.host(Claim{Role: RoleAPIServer, Region: -1, Where: "spec.cluster.apiServer.endpoint"}, at.Addr())
	}
}

func (l *claimList) ofRegion(i int, r *schema.Region) {
	l.cidrs(RoleNode, i, r.Name, r.NodeCIDRs)
	l.cidrs(RolePod, i, r.Name, r.PodCIDRs)
	l.cidrs(RoleTransit, i, r.Name, r.TransitCIDRs)
	l.cidrs(RoleFabric, i, r.Name, r.FabricCIDRs)
	for j := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[j]
		c := Claim{Role: RoleGateway, Owner: r.Name, Region: int32(i), index: int32(j)}
		l.host(c, n.InternalIP)
		c.v6 = true
		l.host(c, n.InternalIPv6)
	}
}
