package validate

import "fmt"

// consequence says what becomes of packets for the addresses that two claims share:
// who gets them, by longest-prefix match or by what comes before routing.
func consequence(a, b *Claim) string {
	inner, cover := narrower(a, b)
	shared := show(inner.Prefix)
	switch {
	case has(RoleReserved, a, b):
		return fmt.Sprintf("%s is to stay free", shared)
	case has(RoleService, a, b):
		return serviceWins(a, b, shared)
	case has(RolePool, a, b):
		_, other := pick(RolePool, a, b)
		// tailscaled routes each device's address with a /32, which no route beats.
		return fmt.Sprintf("each tailnet device has a route of its own there, which wins over %s", other.holder())
	case a.Role.local() || b.Role.local():
		return localWins(a, b, shared)
	case has(RoleExternal, a, b):
		return tunnelWins(a, b, shared)
	case inner.Prefix == cover.Prefix && a.region != b.region:
		return fmt.Sprintf("both regions advertise it, and the tailnet sends packets for %s to only one of them", shared)
	case inner.Prefix == cover.Prefix:
		return "what a packet for it is meant for cannot be told"
	}
	return fmt.Sprintf("packets for %s go to %s, whose prefix is the longer one, and never to %s",
		shared, inner.holder(), cover.holder())
}

// serviceWins: kube-proxy and its replacements translate a service address before
// the packet is routed, whatever the prefix lengths.
func serviceWins(a, b *Claim, shared string) string {
	_, other := pick(RoleService, a, b)
	if other.Role == RoleService {
		return fmt.Sprintf("a Service address of %s may be given out twice", shared)
	}
	return fmt.Sprintf("every node takes packets for %s for a Service, and %s never get them", shared, other.holder())
}

// localWins: a connected network is in the host's own table, and a host that has one
// never asks a gateway.
func localWins(a, b *Claim, shared string) string {
	local, other := a, b
	if !a.Role.local() {
		local, other = b, a
	}
	if local.region == other.region {
		return fmt.Sprintf("hosts that are on both cannot tell where packets for %s go", shared)
	}
	return fmt.Sprintf("hosts of region %q send packets for %s to their own %s, and never to %s",
		local.Owner, shared, local.holder(), other.holder())
}

// tunnelWins: table 52 is looked up before the main table (tailscale 1.84.3,
// wgengine/router/router_linux.go: rule 5270), so on a gateway the advertised prefix
// wins over the way out, whatever their lengths.
func tunnelWins(a, b *Claim, shared string) string {
	_, other := pick(RoleExternal, a, b)
	return fmt.Sprintf("gateways send packets for %s to %s, and cut the external network off", shared, other.holder())
}

func has(r Role, a, b *Claim) bool { return a.Role == r || b.Role == r }

// pick returns the claim with the role first.
func pick(r Role, a, b *Claim) (*Claim, *Claim) {
	if a.Role == r {
		return a, b
	}
	return b, a
}

// holder names who gets the packets: `the pods of region "gpu"`.
func (c *Claim) holder() string {
	who := [...]string{
		RoleNode: "nodes", RolePod: "pods", RoleService: "Services", RoleTransit: "link network", RoleFabric: "fabric",
		RoleExternal: "external network", RoleReserved: "reserved range", RolePool: "tailnet devices",
		RoleGateway: "gateway", RoleAPIServer: "API server", RoleSuperset: "gateways", roles: "",
	}[c.Role]
	switch {
	case c.Role.local():
		return who
	case c.region >= 0:
		return fmt.Sprintf("the %s of region %q", who, c.Owner)
	case c.Owner != "":
		return fmt.Sprintf("the %s of %s", who, c.Owner)
	}
	return "the " + who
}

// brief names the claim without its prefix: `pod CIDR of region "gpu"`.
func (c *Claim) brief() string {
	switch {
	case c.region >= 0:
		return fmt.Sprintf("%s of region %q", c.Role, c.Owner)
	case c.Owner != "":
		return fmt.Sprintf("%s of %s", c.Role, c.Owner)
	}
	return c.Role.String()
}
