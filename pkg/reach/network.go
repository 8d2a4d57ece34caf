package reach

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// How a network takes a packet from a host.
type fabric string

const (
	// flat: a neighbour is a next hop, and every host answers for its own address.
	flat fabric = "flat"
	// subnets: flat inside a subnet, and a subnet lies in a zone; between them a router.
	subnets fabric = "subnets"
	// router: every packet is looked up by the network, whatever next hop the host chose.
	router fabric = "router"
	// apart: none. Each host has a public address and a provider's router, which takes nothing
	// with a private one.
	apart fabric = "apart"
)

// network is what stands between the hosts of a region, by class of its provider.
type network struct {
	fabric fabric
	// guest32 says that a host has its address alone, without neighbours.
	guest32 bool
	// checks says that a packet goes in and out of a host by the host's own addresses only,
	// unless the host may forward.
	checks bool
	// everyCard says that the check is one of each card's, with a list of addresses.
	everyCard bool
	// hasPods: the region's plugin gives pods addresses of the network. cilium is how Cilium
	// calls that.
	hasPods bool
	cilium  string
	// known says that somebody has written down what it is; the others are taken for flat
	// ones that check nothing.
	known bool
}

// networkOf is the network of a region: what is known of its provider's, and whether the
// topology describes it.
func networkOf(s *schema.Region, described bool) network {
	if s.HostAddress == schema.HostAddressMade {
		return noNetwork()
	}
	p := facts.Provider(s.Provider)
	n := network{fabric: flat, checks: p.Forwarding.Value != "", cilium: p.CiliumIPAM.Value}
	// Where a card may be told more addresses, those of nodes have to be told pods', too.
	n.everyCard = p.Network.Value.Sources.IsKnown()
	n.checks = n.checks && s.Network.OpenStack.PortSecurity != schema.PortSecurityDisabled
	n.known = p.Fabric.IsKnown() && p.Fabric.Value != provider.TableOrLAN
	switch {
	case p.RoutesByTable(described):
		n.fabric = router
	case p.Fabric.Value == provider.SubnetLAN:
		n.fabric = subnets
	}
	n.guest32 = n.fabric == router && p.SingleAddress.Value
	n.hasPods = facts.Plugin(s.CNI.Type).Home.Value == s.Provider && s.Provider != ""
	return n
}

// noNetwork is what is between rented hosts.
func noNetwork() network { return network{fabric: apart, guest32: true, known: true} }

// carry takes a packet from a host's card to the next hop, or to a neighbour where there
// is none, and says which hosts may get it, and which line of the network's tables decided.
func (w *World) carry(h *host, via netip.Addr, p *packet) ([]*host, Place, *lost) {
	r := h.region
	if r.network.checks && !w.ownAddress(h, p.src) && !w.forwards(h) {
		l := lose("the network of %s drops what %s sends from %s", r.provider, h.name, p.src)
		l.told, l.at = r.advice(h, p.src)
		return nil, Place{}, l
	}
	next, at, l := w.next(h, via, p.dst)
	if l != nil {
		return nil, at, l
	}
	for _, n := range next {
		if n.gone {
			l := lose("%s is gone", n.name)
			l.at = at
			return nil, at, l
		}
		if r.network.checks && !w.ownAddress(n, p.dst) && !w.forwards(n) {
			l := lose("the network of %s does not hand %s what is for %s", r.provider, n.name, p.dst)
			l.told, l.at = r.advice(n, p.dst)
			return nil, at, l
		}
	}
	return next, at, nil
}

func (w *World) next(h *host, via, dst netip.Addr) ([]*host, Place, *lost) {
	r := h.region
	if r.network.fabric == apart {
		return nil, Place{}, lose("%s sends %s to its provider, who drops it", h.name, dst)
	}
	if r.network.fabric == router || via == r.router {
		return w.route(r, dst)
	}
	to := via
	if !via.IsValid() {
		to = dst
	}
	for _, n := range r.hosts {
		if n.neighbour(h) && (n.addr == to || r.networkHasPods && n.pod == to) {
			return []*host{n}, Place{}, nil
		}
	}
	return nil, Place{}, lose("%s asks its LAN for %s, and nobody answers", h.name, to)
}

// advice is the finding that has to have said so where the network drops a packet of a
// host's from or to the address, and the file that could have helped.
func (r *region) advice(h *host, a netip.Addr) (told string, at Place) {
	if inAny(r.pods, a) {
		at.File = r.plugin.file
	}
	switch {
	case h.isGateway() && r.cloud != nil:
		return "fabric-source-check", Place{File: r.cloud.path}
	case h.isGateway():
		return "fabric-source-check", at
	case r.network.everyCard:
		return "fabric-source-check", at
	case !r.network.known && inAny(r.pods, a):
		return "pods-unrouted", at
	}
	return "", at
}

// neighbour reports whether two hosts share a subnet.
func (h *host) neighbour(o *host) bool {
	return h.region == o.region && h.region.network.fabric != apart && (h.region.network.fabric == flat || h.zone == o.zone)
}

// route is what the region's router, or its network, does with a destination.
func (w *World) route(r *region, dst netip.Addr) ([]*host, Place, *lost) {
	if n := r.at(dst); n != nil {
		return []*host{n}, Place{}, nil
	}
	for _, n := range r.hosts {
		if (r.networkHasPods || r.networkRoutesPods) && n.block.IsValid() && n.block.Contains(dst) {
			return []*host{n}, Place{}, nil
		}
	}
	for _, o := range r.linked {
		for _, n := range o.hosts {
			if n.addr == dst || n.block.IsValid() && n.block.Contains(dst) {
				return []*host{n}, Place{}, nil
			}
		}
	}
	if c := r.cloud; c != nil && len(c.gateways) > 0 {
		i := slices.IndexFunc(c.routes, func(c cloudRoute) bool { return c.to.Contains(dst) && !w.isRemoved(r.part(c)) })
		if i >= 0 {
			var hops []*host
			first := c.gateways[0]
			if p := w.primaries[c.primaryOf]; c.follows && p != nil && slices.Contains(c.gateways, p.addr) {
				first = p.addr
			}
			for _, n := range r.hosts {
				if n.addr == first || c.spread && slices.Contains(c.gateways, n.addr) {
					hops = append(hops, n)
				}
			}
			return hops, c.routes[i].at, nil
		}
	}
	l := lose("the router of region %q has no route to %s", r.name, dst)
	switch {
	case inAny(r.pods, dst):
		l.at.File = r.plugin.file
		if !r.network.known {
			l.told = "pods-unrouted"
		}
	case r.cloud != nil:
		l.at.File = r.cloud.path
	}
	return nil, l.at, l
}

// ownAddress reports whether the network takes the address for the host's own.
func (w *World) ownAddress(h *host, a netip.Addr) bool {
	return a == h.addr || (h.region.networkHasPods || h.region.networkRoutesPods) && h.block.IsValid() && h.block.Contains(a)
}

// forwards reports whether the host may send and get what is not its own: where the
// rendered program sees to it, where the topology says that hosts hand packets to each
// other, and where somebody did what a warning told.
func (w *World) forwards(h *host) bool {
	switch {
	case h.region.hostsRoutePods, w.told["pods-unrouted"] && !h.region.network.known:
		return true
	case !h.isGateway():
		return h.region.network.everyCard && w.told["fabric-source-check"]
	case h.region.cloud != nil:
		return slices.Contains(h.region.cloud.gateways, h.addr)
	}
	return w.told["fabric-source-check"]
}

// lost is a packet that did not arrive.
type lost struct {
	why string
	// at is the line that decided; the zero Place where none did.
	at Place
	// told is the finding that says what has to be done so that this does not happen.
	told string
	// refused: the tailnet's policy admits nothing of the kind.
	refused bool
	// split: a gateway got back what its pod had sent. Pods and nodes have different primaries,
	// and the plugin gave the packet the node's address on its way to the pods'.
	split bool
	way   *step
}

func lose(format string, args ...any) *lost { return &lost{why: fmt.Sprintf(format, args...)} }

func (l *lost) String() string {
	text := ""
	if l.way != nil {
		text = l.way.String()
	}
	text += "\n\t" + l.why
	if l.at.File != "" {
		text += " (" + l.at.String() + ")"
	}
	return text
}
