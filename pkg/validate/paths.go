package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// CodePathRelayed is the code of findings about tunnels that cannot be direct.
const CodePathRelayed diag.Code = "path-relayed"

// paths finds regions whose tunnels to another one go by a relay, whatever the gateways
// there. One finding a region: pairs are as many as the square of the regions.
func paths(p *plan.Plan) diag.List {
	var list diag.List
	relays := len(p.PeerRelays()) > 0
	reached := map[plan.Reach]int{} // gateways, by how they are reached
	for i := range p.Regions {
		for j := range p.Regions[i].Region.Gateways.Nodes {
			reached[p.Regions[i].ReachOf(j)]++
		}
	}
	for i := range p.Regions {
		r := &p.Regions[i]
		for j, n := range r.Region.Gateways.Nodes {
			reach := r.ReachOf(j)
			others := 0
			for k := range r.Region.Gateways.Nodes {
				if r.ReachOf(k) == reach {
					others++
				}
			}
			switch {
			case reach == plan.ReachHTTPS:
				list.Warnf(CodePathRelayed, regionPath(i)+".egress", "region %q lets nothing out but TCP to port 443, so all its tunnels go by relays (DERP), more slowly", r.Region.Name).
					Fix("let its gateways send UDP from port 41641 to anywhere; or suppress this finding where relays will do")
			case reach == plan.ReachHard && reached[plan.ReachHard] > others && !relays:
				list.Warnf(CodePathRelayed, diag.Index(regionPath(i)+".gateways.nodes", j)+".natMapping", "gateway %q is behind a NAT with another port for each peer, and so are gateways of other regions: tunnels between them go by relays (DERP), more slowly", n.Name).
					Fix("forward UDP port 41641 to the gateway at one end, and say its publicIP there without underNAT; or let gateways of a region with a public address relay for them (gateways.peerRelay); or suppress this finding where relays will do")
			default:
				continue
			}
			break // one for the region
		}
	}
	return list
}
