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
		Sections: fact.Known([]string{
			"acls", "autoApprovers", "grants", "groups", "hosts", "nodeAttrs", "randomizeClientPort", "ssh", "sshTests",
			"tagOwners", "tests",
		}, types+"; "+docs),
		Autogroups: fact.Known([]string{"internet", "member", "nonroot", "tagged", "self", "danger-all"}, types),
		Lacks:      fact.Known([]string{"ipset:", "svc:"}, types),
		Postures:   fact.Known(false, docs),
	}
}
