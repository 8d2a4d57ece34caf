package validate

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about how large packets may be.
const (
	CodeMTUIPv6   diag.Code = "mtu-ipv6"   // too small for IPv6, or IPv6 too large for what is around it
	CodeMTULink   diag.Code = "mtu-link"   // the tunnel's own packets do not fit the provider's network
	CodeMTUPod    diag.Code = "mtu-pod"    // pods' packets do not fit their own region's network
	CodeMTUTunnel diag.Code = "mtu-tunnel" // encapsulated packets that the tunnel cannot take
)

// packetSizes follows a pod's packet outwards: its own card, the plugin around it, the
// tunnel, the provider's network. A plugin's own tunnel is around it where nobody states one.
func packetSizes(p *plan.Plan) diag.List {
	var list diag.List
	t := p.Topology
	for i := range t.Spec.Regions {
		linkTooSmall(t, i, &list)
		podTooLarge(t, i, &list)
		if !ipv6TooSmall(t, i, &list) && len(t.Spec.Regions) > 1 {
			encapsulatedTooLarge(t, i, &list)
		}
	}
	return list
}

func cniMTUPath(i int) string { return regionPath(i) + ".cni.mtu" }

// linkTooSmall: a packet of the tunnel that does not fit travels in pieces, which many
// firewalls drop.
func linkTooSmall(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	link := mtu.Link(r)
	if link >= mtu.WireIPv6 {
		return
	}
	path := regionPath(i) + ".mtu"
	switch {
	case link < mtu.WireIPv4:
		list.Errorf(CodeMTULink, path, "an MTU of %d in region %q is too small for the tunnel, which sends packets of %d bytes over IPv4 and %d over IPv6", link, r.Name, mtu.WireIPv4, mtu.WireIPv6).
			Fix("put the gateways on a network with an MTU of at least %d", mtu.WireIPv6)
	case link < mtu.WireIPv6:
		list.Warnf(CodeMTULink, path, "an MTU of %d in region %q carries the tunnel over IPv4 only: over IPv6 it sends packets of %d bytes", link, r.Name, mtu.WireIPv6).
			Fix("put the gateways on a network with an MTU of at least %d, or give them no IPv6 address towards the internet", mtu.WireIPv6)
	}
}

// podTooLarge looks at what the user says of pods; what plugins work out fits.
func podTooLarge(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	over := mtu.Overhead(r)
	if r.CNI.MTU+over <= mtu.Link(r) {
		return
	}
	around := ""
	if over > 0 {
		around = fmt.Sprintf(", %d with the headers of tunnel %s", r.CNI.MTU+over, r.CNI.Tunnel)
	}
	list.Errorf(CodeMTUPod, cniMTUPath(i), "pods of region %q send packets of %d bytes%s, and the network of the region takes %d",
		r.Name, r.CNI.MTU, around, mtu.Link(r)).
		Fix("set cni.mtu to %d or less%s", mtu.Link(r)-over, assumed(t, i)).Propose(strconv.Itoa(mtu.Link(r) - over))
}

// assumed is the other way out where nobody said what the network takes.
func assumed(t *schema.Topology, i int) string {
	r := &t.Spec.Regions[i]
	p := facts.Provider(r.Provider)
	if r.MTU > 0 || !p.MTU.IsKnown() {
		return ""
	}
	return fmt.Sprintf(", or say what the region's network takes (mtu) where that is not %d, as networks of %s have it", p.MTU.Value, p.Title)
}

// ipv6TooSmall reports whether there is something to say about IPv6: nothing else helps
// then.
func ipv6TooSmall(t *schema.Topology, i int, list *diag.List) bool {
	r := &t.Spec.Regions[i]
	j := slices.IndexFunc(r.PodCIDRs, func(p netip.Prefix) bool { return p.IsValid() && p.Addr().Is6() })
	switch {
	case j < 0:
		return false
	case r.CNI.MTU > 0 && r.CNI.MTU < mtu.MinIPv6:
		list.Errorf(CodeMTUIPv6, cniMTUPath(i), "pods of region %q cannot have IPv6 at an MTU of %d: the smallest that it allows is %d, and the kernel disables it on a device with less", r.Name, r.CNI.MTU, mtu.MinIPv6).
			See(diag.Index(regionPath(i)+".podCIDRs", j), "%s is claimed here", r.PodCIDRs[j]).
			Fix("set cni.mtu to at least %d; if it does not fit then, %s", mtu.MinIPv6, bare(r)).Propose(strconv.Itoa(mtu.MinIPv6))
		return true
	case r.CNI.Tunnel == schema.TunnelIPIP: // which carries none
	case mtu.Encapsulates(r) && len(t.Spec.Regions) > 1:
		d := list.Warnf(CodeMTUIPv6, regionPath(i)+".cni.tunnel", "tunnel %s of region %q leaves %d of the %d bytes of tailscale0 to pods, and IPv6 needs %d: full packets of %s to other regions are fragmented, or lost where routers may not fragment them",
			r.CNI.Tunnel, r.Name, mtu.Fits(r), facts.TailscaleMTU, mtu.MinIPv6, r.PodCIDRs[j]).
			See(diag.Index(regionPath(i)+".podCIDRs", j), "%s is claimed here", r.PodCIDRs[j]).
			Fix("%s, so that pods' packets travel as they are", bare(r))
		if facts.Provider(r.Provider).FlatLAN() {
			d.Propose(string(schema.TunnelNone))
		}
		return true
	}
	return false
}

// encapsulatedTooLarge: an MSS clamp on the gateways sees the plugin's UDP, not the TCP
// inside.
func encapsulatedTooLarge(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	fits := mtu.Fits(r)
	switch {
	case !mtu.Encapsulates(r) || mtu.Pod(r) <= fits:
	case r.CNI.MTU > 0:
		list.Errorf(CodeMTUTunnel, cniMTUPath(i), "pods of region %q send packets of %d bytes, and in %s only %d fit into tailscale0 (MTU %d); the MSS clamp of the gateways does not see inside",
			r.Name, r.CNI.MTU, r.CNI.Tunnel, fits, facts.TailscaleMTU).
			Fix("set cni.mtu to %d or less, in the plugin's own settings, too", fits).Propose(strconv.Itoa(fits))
	default:
		list.Warnf(CodeMTUTunnel, regionPath(i)+".cni.tunnel", "by default, the plugin of region %q lets pods send packets of %d bytes, and in %s only %d fit into tailscale0 (MTU %d); the MSS clamp of the gateways does not see inside",
			r.Name, mtu.Pod(r), r.CNI.Tunnel, fits, facts.TailscaleMTU).
			Fix("give pods an MTU of %d in the plugin's settings, and state it as cni.mtu, or %s", fits, bare(r))
	}
}

// bare is how pods' packets travel as they are: a plugin has one tunnel for the whole cluster, and
// without it somebody has to know the way to pods.
func bare(r *schema.Region) string {
	way := fmt.Sprintf("set tunnel: none in every region of %s", r.CNI.Type)
	if !facts.Provider(r.Provider).FlatLAN() {
		way += ", and say who knows the way to another node's pods (cni.podRoutes)"
	}
	return way
}
