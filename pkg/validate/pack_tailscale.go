package validate

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// row is a Range in the making: the tables below are lists of them.
func row(prefix string, s diag.Severity, scope Scope, reason, source, since string) Range {
	return Range{netip.MustParsePrefix(prefix), s, reason, source, since, scope}
}

// tailscaleRanges are Tailscale's own. They hold whatever the IP pool: its netfilter
// rules and its own services do not move with it.
func tailscaleRanges() Pack {
	const tsaddr = "tailscale net/tsaddr/tsaddr.go"
	return Pack{Name: "Tailscale", Code: CodeTailnetRange, Ranges: []Range{
		row("100.64.0.0/10", diag.Error, ScopeAll, "every tailnet takes its addresses from: a packet from there that does not come out of the tunnel is dropped on its way into it", "tailscale util/linuxfw/iptables_runner.go", "1.84.3"),
		row("100.100.0.0/24", diag.Error, ScopeAll, "Tailscale reserves for itself", "tailscale.com/kb/1610", "read 2026-11"),
		row("100.100.100.0/24", diag.Error, ScopeAll, "Tailscale reserves for itself", "tailscale.com/kb/1610", "read 2026-11"),
		row("100.100.100.100/32", diag.Error, ScopeAll, "is Tailscale's own DNS and service address on every device", tsaddr, "1.84.3"),
		row("100.115.92.0/23", diag.Error, ScopeAll, "belongs to virtual machines of ChromeOS and is exempt from Tailscale's drop rule", tsaddr, "1.84.3"),
		row("fd7a:115c:a1e0::/48", diag.Error, ScopeAll, "every tailnet takes its IPv6 addresses from", tsaddr, "1.84.3"),
		row("fd7a:115c:a1e0::53/128", diag.Error, ScopeAll, "is Tailscale's own DNS and service address on every device", tsaddr, "1.84.3"),
		row("fd7a:115c:a1e0:b1a::/64", diag.Error, ScopeAll, "Tailscale maps overlapping IPv4 sites into (4via6)", tsaddr, "1.84.3"),
		row("fd7a:115c:a1e0:efe3::/64", diag.Error, ScopeAll, "Tailscale gives to ephemeral devices", tsaddr, "1.84.3"),
		row("fd7a:115c:a1e0:ab12:4843:cd96:6200::/104", diag.Error, ScopeAll, "Tailscale derives from its IPv4 addresses", tsaddr, "1.84.3"),
	}}
}
