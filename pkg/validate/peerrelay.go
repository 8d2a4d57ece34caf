package validate

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about peer relays.
const (
	CodePeerRelay       diag.Code = "peer-relay"        // one that carries nothing
	CodePeerRelayUnused diag.Code = "peer-relay-unused" // one that nobody needs
)

// peerRelays asks of each relay whether it runs, who reaches it, and who needs it.
func peerRelays(p *plan.Plan) diag.List {
	var list diag.List
	asked := asksRelays(p)
	for i := range p.Regions {
		r := &p.Regions[i]
		port := r.Region.Gateways.PeerRelay
		if port == 0 {
			continue
		}
		at := regionPath(i) + ".gateways.peerRelay"
		before := len(list)
		relayVersion(p, r, at, &list)
		relayPort(r, at, &list)
		switch {
		case r.Region.Egress == schema.EgressHTTPS:
			list.Errorf(CodePeerRelay, at, "gateways of region %q are to relay tunnels of others at UDP port %d, and the region lets nothing out but TCP to port 443", r.Region.Name, port).
				See(regionPath(i)+".egress", "egress: %s is stated here", r.Region.Egress).
				Fix("let its gateways send UDP to anywhere, and say egress: %s; or put the relay into another region", schema.EgressAny)
		case !r.HasOpen():
			list.Errorf(CodePeerRelay, at, "gateways of region %q are to relay tunnels of others at UDP port %d, and none of them has a public address that others reach", r.Region.Name, port).
				Fix("state the publicIP of a gateway there, without underNAT (where there is a NAT, forward both of its UDP ports to it); or put the relay into another region")
		}
		if !asked && len(list) == before {
			list.Warnf(CodePeerRelayUnused, at, "gateways of region %q are to relay tunnels of others at UDP port %d, and nobody needs that: every gateway has a public address, or gets no UDP out at all", r.Region.Name, port).
				Fix("remove peerRelay, so that the port stays shut")
		}
	}
	return list
}

// asksRelays reports whether some gateway may need one.
func asksRelays(p *plan.Plan) bool {
	for i := range p.Regions {
		if p.Regions[i].AsksRelays() {
			return true
		}
	}
	return false
}

// relayVersion: both ends and the relay have to know it, and so has the control server.
func relayVersion(p *plan.Plan, r *plan.Region, at string, list *diag.List) {
	t := &p.Topology.Spec.Tailnet
	if facts.Before(facts.TailscalePeerRelays).Contains(t.TailscaleVersion) {
		list.Errorf(CodePeerRelay, at, "gateways of region %q are to relay tunnels of others, and run tailscale %s, which does not before %s", r.Region.Name, t.TailscaleVersion, facts.TailscalePeerRelays).
			See("spec.tailnet.tailscaleVersion", "%s is stated here", t.TailscaleVersion).
			Fix("run %s or newer, or remove peerRelay", facts.TailscalePeerRelays)
	}
	if control := facts.Control(t.Control); !control.ShowsRelays.Value {
		list.Warnf(CodePeerRelay, at, "gateways of region %q are to relay tunnels of others, and the control server is %s, with which nobody here has tried it: %s", r.Region.Name, control.Title, control.ShowsRelays.Source).
			Fix("see what `tailscale ping` says of a pair that needs the relay; then suppress this finding")
	}
}

// relayPort: what the host uses already, tailscaled does not get.
func relayPort(r *plan.Region, at string, list *diag.List) {
	port := r.Region.Gateways.PeerRelay
	user := ""
	tunnel, known := facts.Plugin(r.Region.CNI.Type).Tunnel(r.Region.CNI.Tunnel)
	switch {
	case port == facts.TailscalePort:
		user = "the tunnel itself"
	case known && slices.Contains(tunnel.Ports.Value, fmt.Sprintf("udp:%d", port)):
		user = fmt.Sprintf("tunnel %s of %s", r.Region.CNI.Tunnel, r.Region.CNI.Type)
	default:
		return
	}
	list.Errorf(CodePeerRelay, at, "gateways of region %q are to relay tunnels of others at UDP port %d, and %s has that port on their hosts", r.Region.Name, port, user).
		Fix("choose a port that nothing on the hosts uses, such as 40000")
}
