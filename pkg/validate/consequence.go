package validate

import "fmt"

// consequence says what becomes of packets for the addresses that two claims share:
// who gets them, by longest-prefix match or by what comes before routing.
func consequence(a, b *Claim) string {
	inner, cover := narrower(a, b)
	switch {
	case a.Role == RoleReserved || b.Role == RoleReserved:
		return "you keep that range free"
	case a.Role == RoleService || b.Role == RoleService:
		return serviceWins(a, b)
	case a.Role == RolePool || b.Role == RolePool:
		return poolWins(a, b)
	case a.Role.local() || b.Role.local():
		return localWins(a, b)
	case a.Role == RoleExternal || b.Role == RoleExternal:
		return tunnelWins(a, b)
	case inner.Prefix == cover.Prefix && a.region != b.region:
		return "both regions advertise it, so the tailnet sends all of it to one of them"
	case inner.Prefix == cover.Prefix:
		return "which of the two a packet is for cannot be told"
	}
	return fmt.Sprintf("longest-prefix match gives them to the %s, so the %s cannot reach its own there",
		inner.brief(), cover.brief())
}

// serviceWins: kube-proxy and its replacements translate a service address before
// the packet is routed, whatever the prefix lengths.
func serviceWins(a, b *Claim) string {
	service, other := pick(RoleService, a, b)
	if other.Role == RoleService {
		return "the same service address could be allocated from both"
	}
	return fmt.Sprintf("every node takes packets for the %s for a Service, so the %s is unreachable there",
		service.brief(), other.brief())
}

// poolWins: tailscaled routes each device's address with a /32 of its own, which no
// other route beats.
func poolWins(a, b *Claim) string {
	_, other := pick(RolePool, a, b)
	if other.Role == RolePool {
		return "the pool is listed twice"
	}
	return fmt.Sprintf("each tailnet device has a /32 there that wins over the %s", other.brief())
}

// localWins: a connected network is in the host's own table, and the host that has
// it never asks a gateway.
func localWins(a, b *Claim) string {
	local, other := a, b
	if !a.Role.local() {
		local, other = b, a
	}
	return fmt.Sprintf("hosts of region %q send packets for it to their own %s and never to the %s",
		local.Owner, local.brief(), other.brief())
}

// tunnelWins: table 52 is looked up before the main table (tailscale 1.84.3,
// wgengine/router/router_linux.go: rule 5270), so on a gateway the advertised prefix
// wins over the way out whatever their lengths.
func tunnelWins(a, b *Claim) string {
	_, other := pick(RoleExternal, a, b)
	return fmt.Sprintf("gateways send packets for it to the %s and no longer to the external network", other.brief())
}

// pick returns the claim with the role first.
func pick(r Role, a, b *Claim) (*Claim, *Claim) {
	if a.Role == r {
		return a, b
	}
	return b, a
}

// brief names the claim without its prefix: `pod CIDR of region "gpu"`.
func (c *Claim) brief() string {
	s := c.Role.String()
	if c.region >= 0 {
		return s + fmt.Sprintf(" of region %q", c.Owner)
	}
	if c.Owner != "" {
		return s + " of " + c.Owner
	}
	return s
}
