package facts

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// headscale is juanfont/headscale.
func headscale() ControlServer {
	const types, docs = "headscale 0.29.2, hscontrol/policy/v2/types.go", "headscale 0.29.2, docs/ref/policy.md, Limitations"
	return ControlServer{
		Name: schema.ControlHeadscale, Title: "Headscale",
		Pools:          fact.Known(false, docs+": prefixes.v4 in its own configuration is the pool"),
		Tokens:         fact.Known(false, "headscale 0.29.2, docs/ref/registration.md: keys and users"),
		TagRequests:    fact.Known(false, "headscale 0.29.2, docs/ref/registration.md"),
		TagOwners:      fact.Known([]string{}, types+": it has no autogroup:admin, and a gateway with a pre-authorized key needs no owner"),
		HidesOwnRoutes: fact.Known(true, "headscale 0.29.2, hscontrol/mapper/builder.go"),
		ShowsRelays:    fact.Known(false, "juanfont/headscale#3256: a rule has to let them reach it; grants of relays since 0.29.0 (CHANGELOG.md, #2180)"),
		Sections: fact.Known([]string{
			"acls", "autoApprovers", "grants", "groups", "hosts", "nodeAttrs", "randomizeClientPort", "ssh", "sshTests",
			"tagOwners", "tests",
		}, types+"; "+docs),
		Autogroups: fact.Known(map[Place][]string{
			PlaceSource:         {"member", "tagged", "danger-all"},
			PlaceDestination:    {"internet", "member", "tagged", "self"},
			PlaceNode:           {"member", "tagged"},
			PlacePrincipal:      nil,
			PlaceSSHSource:      {"member", "tagged"},
			PlaceSSHDestination: {"member", "tagged", "self"},
		}, types+", autogroupForSrc and its neighbours, parseOwner, parseAutoApprover"),
		Attributes: fact.Known([]string{"funnel"}, types+", nodeAttrUnsupportedCaps"),
		Capabilities: fact.Known([]string{
			"tailscale.com/cap/drive", "tailscale.com/cap/kubernetes", "tailscale.com/cap/relay", "tailscale.com/cap/secrets",
			"tailscale.com/cap/tsidp", "tailscale.com/cap/webui",
		}, types+", tailscaleCapAllowlist"),
		RefusesPorts: fact.Known(true, types+", validateProtocolPortCompatibility"),
		NamesWithAt:  fact.Known(true, types+", isUser; since 0.26.0, CHANGELOG.md"),
		Lacks:        fact.Known([]string{"ipset:", "svc:"}, types+", parseAlias"),
		Since: fact.Known(map[string]schema.Version{
			"grants": "0.29.0", "nodeAttrs": "0.29.0", "randomizeClientPort": "0.29.0", "sshTests": "0.29.0", "tests": "0.29.0",
			"autogroup:danger-all": "0.29.0",
		}, "hscontrol/policy/v2/types.go, Policy, of headscale 0.28.0, which refuses unknown members, and of 0.29.0"),
		Postures: fact.Known(false, docs),
		Versions: fact.Versions{
			From:        fact.Unknown[fact.Floor]("what a version lacks, Since says, and some policies do without it"),
			Read:        fact.Known(fact.Span{Oldest: "0.26.0", Newest: "0.29.2"}, types+"; CHANGELOG.md, from 0.26.0 on"),
			OddUnstable: fact.Known(false, "headscale's tags v0.26.0 to v0.29.2: it releases every minor"),
		},
	}
}
