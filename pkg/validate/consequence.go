package validate

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
)

// consequence says what becomes of packets for the addresses that two claims share:
// who gets them, by longest-prefix match or by what comes before routing.
func consequence(a, b *claim.Claim) string {
	inner, cover := narrower(a, b)
	shared := claim.Show(inner.Prefix)
	switch {
	case has(claim.RoleReserved, a, b):
		return fmt.Sprintf("%s is to stay free", shared)
	case has(claim.RoleService, a, b):
		return serviceWins(a, b, shared)
	case has(claim.RolePool, a, b):
		_, other := pick(claim.RolePool, a, b)
		// tailscaled routes each device's address with a /32, which no route beats.
		return fmt.Sprintf("each tailnet device has a route of its own there, which wins over %s", holder(other))
	case a.Role.Local() || b.Role.Local():
		return localWins(a, b, shared)
	case has(claim.RoleExternal, a, b):
		return tunnelWins(a, b, shared)
	case inner.Prefix == cover.Prefix && a.Region != b.Region:
		return fmt.Sprintf("both regions advertise it, and the tailnet sends packets for %s to only one of them", shared)
	case inner.Prefix == cover.Prefix:
		return "what a packet for it is meant for cannot be told"
	}
	return fmt.Sprintf("packets for %s go to %s, whose prefix is the longer one, and never to %s",
		shared, holder(inner), holder(cover))
}

// serviceWins: kube-proxy and its replacements translate a service address before
// the packet is routed, whatever the prefix lengths.
func serviceWins(a, b *claim.Claim, shared string) string {
	_, other := pick(claim.RoleService, a, b)
	if other.Role == claim.RoleService {
		return fmt.Sprintf("a Service address of %s may be given out twice", shared)
	}
	return fmt.Sprintf("every node takes packets for %s for a Service, and %s never get them", shared, holder(other))
}

// localWins: a connected network is in the host's own table, and a host that has one
// never asks a gateway.
func localWins(a, b *claim.Claim, shared string) string {
	local, other := a, b
	if !a.Role.Local() {
		local, other = b, a
	}
	if local.Region == other.Region {
		return fmt.Sprintf("hosts that are on both cannot tell where packets for %s go", shared)
	}
	return fmt.Sprintf("hosts of region %q send packets for %s to their own %s, and never to %s",
		local.Owner, shared, holder(local), holder(other))
}

// tunnelWins: table 52 is looked up before the main table (tailscale 1.84.3,
// wgengine/router/router_linux.go: rule 5270), so on a gateway the advertised prefix
// wins over the way out, whatever their lengths.
func tunnelWins(a, b *claim.Claim, shared string) string {
	_, other := pick(claim.RoleExternal, a, b)
	return fmt.Sprintf("gateways send packets for %s to %s, and cut the external network off", shared, holder(other))
}

func has(r claim.Role, a, b *claim.Claim) bool { return a.Role == r || b.Role == r }

// pick returns the claim with the role first.
func pick(r claim.Role, a, b *claim.Claim) (*claim.Claim, *claim.Claim) {
	if a.Role == r {
		return a, b
	}
	return b, a
}

// holder names who gets the packets: `the pods of region "gpu"`.
func holder(c *claim.Claim) string {
	who := [...]string{
		claim.RoleNode: "nodes", claim.RolePod: "pods", claim.RoleService: "Services", claim.RoleTransit: "link network", claim.RoleFabric: "fabric",
		claim.RoleExternal: "external network", claim.RoleReserved: "reserved range", claim.RolePool: "tailnet devices",
		claim.RoleGateway: "gateway", claim.RoleAPIServer: "API server", claim.RoleSuperset: "gateways",
	}[c.Role]
	switch {
	case c.Role.Local():
		return who
	case c.Region >= 0:
		return fmt.Sprintf("the %s of region %q", who, c.Owner)
	case c.Owner != "":
		return fmt.Sprintf("the %s of %s", who, c.Owner)
	}
	return "the " + who
}

// brief names the claim without its prefix: `pod CIDR of region "gpu"`.
func brief(c *claim.Claim) string {
	switch {
	case c.Region >= 0:
		return fmt.Sprintf("%s of region %q", c.Role, c.Owner)
	case c.Owner != "":
		return fmt.Sprintf("%s of %s", c.Role, c.Owner)
	}
	return c.Role.String()
}

// narrower returns the claim with the longer prefix, and the other one.
func narrower(a, b *claim.Claim) (*claim.Claim, *claim.Claim) {
	if a.Prefix.Bits() < b.Prefix.Bits() {
		return b, a
	}
	return a, b
}
