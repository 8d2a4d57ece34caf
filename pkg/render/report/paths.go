package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// ReachWords say how a gateway is reached.
func ReachWords(r plan.Reach) string {
	return map[plan.Reach]string{
		plan.ReachOpen:    "a public address",
		plan.ReachEasy:    "a NAT with one port for all peers",
		plan.ReachHard:    "a NAT with another port for each peer",
		plan.ReachUnknown: "not stated (publicIP, underNAT with natMapping)",
		plan.ReachHTTPS:   "a firewall that lets nothing out but TCP to port 443",
	}[r]
}

func pathWords(p plan.Path) string {
	return map[plan.Path]string{
		plan.PathDirect:    "direct",
		plan.PathMaybe:     "direct or by DERP: it shows when they run",
		plan.PathPeerRelay: "by a peer relay",
		plan.PathRelayed:   "by DERP",
	}[p]
}

// paths say how gateways of two regions reach each other before they are there: by the
// kinds of gateways, since pairs are as many as the square of the regions.
func paths(p *plan.Plan) string {
	if len(p.Regions) < 2 {
		return ""
	}
	names := map[plan.Reach][]string{}
	for i := range p.Regions {
		for j, n := range p.Regions[i].Region.Gateways.Nodes {
			reach := p.Regions[i].ReachOf(j)
			names[reach] = append(names[reach], n.Name)
		}
	}
	relays := p.PeerRelays()
	var b strings.Builder
	b.WriteString("\n## Expected paths of the tunnels\n\nA tunnel is fastest where gateways reach each other by UDP; `tailscale status` says which way it takes.\n\n" +
		"| gateways | have | to |\n|---|---|---|\n")
	for _, reach := range plan.Reaches() {
		if len(names[reach]) == 0 {
			continue
		}
		var to []string
		for _, other := range plan.Reaches() {
			if n := len(names[other]); n > 1 || n == 1 && other != reach {
				to = append(to, fmt.Sprintf("%s: %s", few(names[other]), pathWords(plan.ExpectedPath(reach, other, len(relays) > 0))))
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", few(names[reach]), ReachWords(reach), strings.Join(to, "; "))
	}
	for _, i := range relays {
		r := &p.Regions[i]
		fmt.Fprintf(&b, "\nGateways of %s are peer relays at UDP port %d: they carry tunnels that cannot be direct, also of those whose path is left open above.\n", r.Region.Name, r.Region.Gateways.PeerRelay)
	}
	return b.String()
}

// few names some of many.
func few(names []string) string {
	const some = 4
	if len(names) > some {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:some], ", "), len(names)-some)
	}
	return strings.Join(names, ", ")
}
