package facts

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Ports of Tailscale and of what its daemons speak to.
const (
	// TailscalePort is the UDP port of the tunnel (tailscale 1.84.3,
	// cmd/tailscaled/tailscaled.go: defaultPort). Left alone, containerboot picks another one
	// at every start.
	TailscalePort = 41641
	// TailscaleHealthPort is where containerboot answers /healthz (tailscale 1.84.3,
	// cmd/containerboot/settings.go: TS_LOCAL_ADDR_PORT).
	TailscaleHealthPort = 9002
	// STUNPort is the UDP port on which relays tell a daemon its public address (RFC 8489).
	STUNPort = 3478
	// HTTPSPort and HTTPPort are the control server's and the relays' (tailscale.com/kb/1082).
	HTTPSPort = 443
	HTTPPort  = 80
)

// TailscaleMTU is that of tailscale0, in bytes (tailscale 1.84.3, net/tstun/mtu.go).
const TailscaleMTU = 1280

// TailscaleFailover is within about how many seconds another gateway becomes primary
// (tailscale.com/kb/1115, high availability).
const TailscaleFailover = 15

// TailscaleDevice is the tunnel's network card (tailscale 1.84.3,
// cmd/tailscaled/tailscaled.go: defaultTunName).
const TailscaleDevice = "tailscale0"

// TailscaleOperatorTag is the tag of the operator's proxies, Connectors among them, unless
// somebody chooses another one (tailscale 1.102.3, cmd/k8s-operator/operator.go: PROXY_TAGS;
// cmd/k8s-operator/deploy/chart/values.yaml: proxyConfig.defaultTags).
const TailscaleOperatorTag = "tag:k8s"

// The part of the firewall mark that Tailscale uses (tailscale 1.84.3,
// util/linuxfw/linuxfw.go).
const (
	TailscaleMarkMask uint32 = 0xff0000
	// TailscaleBypassMark is on tailscaled's own packets, in every mode; its rule at 5210
	// sends them to table main (wgengine/router/router_linux.go).
	TailscaleBypassMark uint32 = 0x80000
	// TailscaleTunnelMark is on packets from the tunnel, where tailscaled has firewall rules
	// of its own (util/linuxfw/iptables_runner.go).
	TailscaleTunnelMark uint32 = 0x40000
	// TailscaleSwappedMask and TailscaleSwappedMark are what it writes for the latter in
	// nftables mode before TailscaleByteOrder (util/linuxfw/nftables_runner.go).
	TailscaleSwappedMask uint32 = 0xff00
	TailscaleSwappedMark uint32 = 0x400
)

// Versions of Tailscale from which something is so.
const (
	// TailscalePeerRelays: a device relays tunnels of others (tailscale 1.86.0, feature/relayserver/
	// relayserver.go, tailcfg/tailcfg.go: capability versions 120 and 121). 1.84.3 has the flag, and a
	// server that listens on 127.0.0.1 and wants TAILSCALE_USE_WIP_CODE.
	TailscalePeerRelays schema.Version = "1.86.0"
	// TailscaleTokens: containerboot joins with the tokens of a workload identity (commit
	// e66531041).
	TailscaleTokens schema.Version = "1.94.0"
	// TailscaleNeverTrims: idle peers keep their sessions, and no variable says so (tailscale
	// 1.96.0, wgengine/userspace.go, reads TS_DEBUG_TRIM_WIREGUARD; 1.98.0 does not).
	TailscaleNeverTrims schema.Version = "1.98.0"
	// TailscaleSupersets: a receiver takes a packet from whoever advertises a prefix that its
	// source lies in (wireguard-go, device/receive.go).
	TailscaleSupersets schema.Version = "1.98.0"
	// TailscaleDropAttribute: a node attribute turns off the rule that drops what comes from
	// 100.64.0.0/10 outside the tunnel (commit 6301a6ce4).
	TailscaleDropAttribute schema.Version = "1.98.0"
	// TailscaleByteOrder: nftables rules have their marks in the right byte order
	// (tailscale#11803, commit 48919f708).
	TailscaleByteOrder schema.Version = "1.100.0"
)

// TailscaleVersions are those whose daemons and containerboot know all that gateways are told.
func TailscaleVersions() fact.Versions {
	return fact.Versions{
		From: fact.Known(fact.Floor{Version: "1.78.0", Brings: "TS_ENABLE_HEALTH_CHECK and TS_LOCAL_ADDR_PORT, by which a kubelet asks a gateway whether it is well"},
			"tailscale 1.76.0 and 1.78.0, cmd/containerboot"),
		Read:        fact.Known(fact.Span{Oldest: "1.78.0", Newest: "1.102.3"}, "tailscale 1.78.0 to 1.102.3, cmd/containerboot, cmd/tailscale/cli, cmd/tailscaled"),
		OddUnstable: fact.Known(true, "tailscale 1.102.0, version/prop.go: IsUnstableBuild"),
	}
}

// TailscaleRelayCapability is what a grant gives to those who may use a peer relay (tailscale
// 1.102.3, tailcfg/tailcfg.go: PeerCapabilityRelay; tailscale.com/docs/features/peer-relay).
// The control server adds the counterpart, by which they know it.
const TailscaleRelayCapability = "tailscale.com/cap/relay"

// ChromeOS is where virtual machines of ChromeOS are: in the tailnet's block, and never a
// device's (tailscale 1.84.3, net/tsaddr/tsaddr.go).
func ChromeOS() netip.Prefix { return netip.MustParsePrefix("100.115.92.0/23") }

// ReservedPools are the parts of 100.64.0.0/10 that the service hands out to nobody
// (headscale 0.29.2, testdata nodeattrs-error-e4; Tailscale, "IP pool").
func ReservedPools() []netip.Prefix {
	var pools []netip.Prefix
	for _, r := range Tailscale().Ranges.Value {
		if r.Prefix.Addr().Is4() && r.Prefix != schema.TailnetIPv4() && !r.Prefix.IsSingleIP() {
			pools = append(pools, r.Prefix)
		}
	}
	return pools
}

// Since is the versions from v on. The empty version is not among them.
func Since(v schema.Version) schema.VersionRange { return schema.VersionRange{From: v} }

// Before is the versions before v. The empty version is not among them.
func Before(v schema.Version) schema.VersionRange { return schema.VersionRange{Until: v} }

// Tailscale is tailscale/tailscale. Its ranges hold whatever the IP pool is: its drop rules
// and its own services do not move with it.
func Tailscale() Component {
	const tsaddr, kb = "tailscale net/tsaddr/tsaddr.go", "tailscale.com/kb/1610"
	return Component{
		Title: "Tailscale",
		Ranges: fact.Ranges(
			fact.Keep(schema.TailnetIPv4().String(), fact.Error, fact.Everybody, "holds the addresses of every tailnet: each device has a route of its own there, and Tailscale's firewall drops what else comes from it", "tailscale util/linuxfw/iptables_runner.go", "1.84.3"),
			fact.Keep("100.100.0.0/24", fact.Error, fact.Everybody, "Tailscale keeps for itself", kb, "read 2026-11"),
			fact.Keep("100.100.100.0/24", fact.Error, fact.Everybody, "Tailscale keeps for itself", kb, "read 2026-11"),
			fact.Keep("100.100.100.100/32", fact.Error, fact.Everybody, "is Tailscale's own DNS server on every device", tsaddr, "1.84.3"),
			fact.Keep(ChromeOS().String(), fact.Error, fact.Everybody, "belongs to virtual machines of ChromeOS and is exempt from Tailscale's drop rule", tsaddr, "1.84.3"),
			fact.Keep(schema.TailnetIPv6().String(), fact.Error, fact.Everybody, "holds the IPv6 addresses of every tailnet", tsaddr, "1.84.3"),
			fact.Keep("fd7a:115c:a1e0::53/128", fact.Error, fact.Everybody, "is Tailscale's own DNS server on every device", tsaddr, "1.84.3"),
			fact.Keep("fd7a:115c:a1e0:b1a::/64", fact.Error, fact.Everybody, "Tailscale maps IPv4 sites into (4via6)", tsaddr, "1.84.3"),
			fact.Keep("fd7a:115c:a1e0:efe3::/64", fact.Error, fact.Everybody, "Tailscale gives to ephemeral devices", tsaddr, "1.84.3"),
			fact.Keep("fd7a:115c:a1e0:ab12:4843:cd96:6200::/104", fact.Error, fact.Everybody, "Tailscale derives from its IPv4 addresses", tsaddr, "1.84.3"),
		),
		Marks: fact.Unknown[[]fact.Mark]("they depend on the version and on the modes of its firewall: see TailscaleMarkMask"),
	}
}

// tailscaleControl is the control server of Tailscale itself.
func tailscaleControl() ControlServer {
	const syntax = "Tailscale, \"Syntax reference for the tailnet policy file\""
	return ControlServer{
		Name: schema.ControlTailscale, Title: "Tailscale",
		Pools:          fact.Known(true, "tailscale.com/kb/1304, IP pool"),
		Tokens:         fact.Known(true, "tailscale.com/kb/1581/workload-identity-federation"),
		TagRequests:    fact.Known(true, "tailscale.com/kb/1068, tags"),
		TagOwners:      fact.Known([]string{"autogroup:admin"}, syntax),
		HidesOwnRoutes: fact.Known(false, "recordings of the control server in headscale 0.29.2, hscontrol/policy/v2/testdata/routes_results"),
		ShowsRelays:    fact.Known(true, "tailscale.com/docs/features/peer-relay: the grant is all that it takes"),
		Sections: fact.Known([]string{
			"acls", "autoApprovers", "defaultSrcPosture", "derpMap", "disableIPv4", "grants", "groups", "hosts", "ipsets", "nodeAttrs",
			"oneCGNATRoute", "postures", "randomizeClientPort", "ssh", "sshTests", "tagOwners", "tests",
		}, syntax+"; \"Device posture management\", Default source posture"),
		Autogroups: fact.Unknown[map[Place][]string]("it has all of them, and adds some now and then"),
		Attributes: fact.Unknown[[]string]("no list of those that it refuses is public"),
		Capabilities: fact.Unknown[[]string]("no list is public; it refuses names of its own domain that people may not grant, as testdata grant-a5, grant-k9 and " +
			"grant-k10 of headscale 0.29.2 record"),
		RefusesPorts: fact.Unknown[bool]("no recording of it is public"),
		NamesWithAt:  fact.Unknown[bool]("no recording of it is public"),
		Lacks:        fact.Known([]string(nil), syntax),
		Since:        fact.Unknown[map[string]schema.Version]("a service has one version"),
		Postures:     fact.Known(true, syntax),
		Versions:     fact.NoVersions("a service has one version"),
	}
}
