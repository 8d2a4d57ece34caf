package validate

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about how several gateways share the work.
const (
	CodeEqualCost     diag.Code = "ha-equal-cost"  // several gateways and no strategy
	CodeZone          diag.Code = "gateway-zone"   // gateways that fail together
	CodeGatewayFamily diag.Code = "gateway-family" // an address family without a next hop
)

// highAvailability refuses what several gateways of a region cannot do together.
func highAvailability(p *plan.Plan) diag.List {
	var list diag.List
	for i := range p.Regions {
		h := gatewayGroup{&p.Given.Spec.Regions[i], p.Regions[i].NodeRouters(), i}
		if p.Regions[i].Apart {
			h.ownFamilies(&list) // each sends for itself, and to none of the others by a LAN
			continue
		}
		h.equalCost(&list)
		h.zone(&list)
		h.firstFamily(&list)
		h.nextHops(&list)
	}
	return list
}

// gatewayGroup is the gateways of one region.
type gatewayGroup struct {
	region *schema.Region
	// routers are the gateways that other hosts send to: all of them, but for mode perNode.
	routers []int
	index   int
}

func (h *gatewayGroup) path() string { return regionPath(h.index) + ".gateways" }

func (h *gatewayGroup) nodes() []schema.GatewayNode { return h.region.Gateways.Nodes }

func (h *gatewayGroup) at(j int) string { return gatewayPath(h.index, j) }

// equalCost: nodes send to every gateway of their region, and peers take packets from
// the primary only (measured in namespaces with tailscaled 1.84.3: 51 of 200
// connections over equal-cost routes on both sides; tailscale#19612).
func (h *gatewayGroup) equalCost(list *diag.List) {
	n := len(h.nodes())
	if h.region.Gateways.HA.Strategy != schema.HASingle || n < 2 {
		return
	}
	message := "region %q has %d gateways with strategy single: nodes send to all of them, by equal-cost routes and without SNAT, and peers take packets only from the primary, so the others' share of every flow is dropped in silence"
	if h.region.Gateways.Mode == schema.ModePerNode {
		message = "region %q has %d nodes with strategy single: traffic from node addresses must go through the node router, since peers accept it from no other node, and with single no node forwards it there"
	}
	list.Errorf(CodeEqualCost, h.path()+".ha.strategy", message, h.region.Name, n).
		See(h.path()+".nodes", "%d hosts are listed here", n).
		Fix("leave the strategy out: relay is the default for several gateways; or list one host")
}

// zone: two gateways that fail together are one.
func (h *gatewayGroup) zone(list *diag.List) {
	routers := h.routers
	if len(routers) < 2 {
		return
	}
	zone := h.nodes()[routers[0]].Zone
	for _, j := range routers {
		if z := h.nodes()[j].Zone; z == "" || z != zone {
			return
		}
	}
	d := list.Errorf(CodeZone, h.at(routers[1])+".zone", "all %d gateways of region %q are in zone %q, so a failure of the zone disconnects the region from the tailnet",
		len(routers), h.region.Name, zone)
	d.See(h.at(routers[0])+".zone", "gateway %q is in zone %q, too", h.nodes()[routers[0]].Name, zone).
		Fix("put one of them into another zone, or accept it with a suppression of %s that says why", CodeZone)
}

// firstFamily: the kubelet's HOST_IP is a host's first address, and one manifest says
// for all hosts of a region how it is written in front of a port.
func (h *gatewayGroup) firstFamily(list *diag.List) {
	for j := range h.nodes() {
		n, first := &h.nodes()[j], &h.nodes()[0]
		if n.InternalIP.IsValid() && first.InternalIP.IsValid() && n.InternalIP.Is4() != first.InternalIP.Is4() {
			list.Errorf(CodeGatewayFamily, h.at(j)+".internalIP", "gateways %q and %q of region %q have first addresses of different families, %s and %s, so they can neither check each other's health nor relay to each other",
				first.Name, n.Name, h.region.Name, first.InternalIP, n.InternalIP).
				See(h.at(0)+".internalIP", "gateway %q has %s", first.Name, first.InternalIP).
				Fix("write the address of the same family first on both: the kubelet's --node-ip")
		}
	}
}

// nextHops: a prefix whose family a gateway has no address of has no next hop there:
// nodes would send by the default route, or by fewer gateways than are listed.
func (h *gatewayGroup) nextHops(list *diag.List) {
	want := familiesOf(h.region.NodeCIDRs).and(familiesOf(h.region.PodCIDRs))
	for _, j := range h.routers {
		n := &h.nodes()[j]
		if have := familyOfHost(n.InternalIP).and(familyOfHost(n.InternalIPv6)); !have.empty() && have.lacks(want) {
			list.Errorf(CodeGatewayFamily, h.at(j), "gateway %q of region %q has an address for %s and the region has prefixes of %s, so it is the next hop for a part of them only",
				n.Name, h.region.Name, have, want).
				Fix("add the host's other address as internalIPv6, or take the prefixes of that family out of the region")
		}
	}
}

// ownFamilies: a host that is apart has the addresses that it makes, and no others. One
// manifest says for all hosts of a region how the first is written in front of a port.
func (h *gatewayGroup) ownFamilies(list *diag.List) {
	if len(h.nodes()) == 0 {
		return // where they could not be read, for one
	}
	want := familiesOf(h.region.NodeCIDRs)
	first := h.nodes()[0].InternalIP
	for j, n := range h.nodes() {
		var own []netip.Prefix
		for _, a := range n.Addresses() {
			own = append(own, claim.Host(a))
		}
		if have := familiesOf(own); !have.empty() && have.lacks(want) || n.InternalIP.IsValid() && n.InternalIP.Is4() != first.Is4() {
			list.Errorf(CodeGatewayFamily, h.at(j), "host %q of region %q makes the addresses %s, and its node CIDRs (%s) have %s, %s first: nobody gives it what is missing",
				n.Name, h.region.Name, claim.Join(own), claim.Join(h.region.NodeCIDRs), want, claim.Show(claim.Host(first))).
				Fix("give every host an internalIP of the same family, and an internalIPv6 where the node CIDRs have IPv6, too")
		}
	}
}
