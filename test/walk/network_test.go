package walk

import (
	"fmt"
	"net/netip"
	"slices"
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
	// plugin gives pods addresses of the network. cilium is how Cilium calls that.
	plugin, cilium string
	// known says that somebody has written down what it is; the others are taken for flat
	// ones that check nothing.
	known bool
}

// networks are those of providers, from their manuals: Google Cloud VPC, routes overview;
// Amazon VPC user guide, route tables, and EC2, source/destination checks; Azure virtual
// network traffic routing; Alibaba Cloud VPC, route tables; Oracle Cloud Infrastructure,
// VNICs; Huawei Cloud VPC, FAQ 0064.
func networks() map[string]network {
	return map[string]network{
		"bare-metal":  {fabric: flat, known: true},
		"on-premises": {fabric: flat, known: true},
		"aws":         {fabric: subnets, checks: true, plugin: "aws-vpc-cni", cilium: "eni", known: true},
		"gcp":         {fabric: router, guest32: true, checks: true, cilium: "kubernetes", known: true},
		"azure":       {fabric: router, checks: true, plugin: "azure-cni", cilium: "azure", known: true},
		"alibaba":     {fabric: router, cilium: "alibabacloud", known: true},
		"oracle":      {fabric: flat, checks: true},
		"huawei":      {fabric: flat, checks: true},
		"hetzner":     {fabric: flat},
		"openstack":   {fabric: flat},
		"acme":        {fabric: flat},
	}
}

// noNetwork is what is between rented hosts.
func noNetwork() network { return network{fabric: apart, guest32: true, known: true} }

// carry takes a packet from a host's card to the next hop, or to a neighbour where there
// is none, and says which hosts may get it.
func (w *world) carry(h *host, via netip.Addr, p *packet) ([]*host, *lost) {
	r := h.region
	if r.network.checks && !w.ownAddress(h, p.src) && !w.forwards(h) {
		l := lose("the network of %s drops what %s sends from %s", r.provider, h.name, p.src)
		l.told, l.file = r.advice(h, p.src)
		return nil, l
	}
	next, l := w.next(h, via, p.dst)
	if l != nil {
		return nil, l
	}
	for _, n := range next {
		if r.network.checks && !w.ownAddress(n, p.dst) && !w.forwards(n) {
			l := lose("the network of %s does not hand %s what is for %s", r.provider, n.name, p.dst)
			l.told, l.file = r.advice(n, p.dst)
			return nil, l
		}
	}
	return next, nil
}

func (w *world) next(h *host, via, dst netip.Addr) ([]*host, *lost) {
	r := h.region
	if r.network.fabric == apart {
		return nil, lose("%s sends %s to its provider, who drops it", h.name, dst)
	}
	if r.network.fabric == router || via == r.router {
		return r.route(dst)
	}
	to := via
	if !via.IsValid() {
		to = dst
	}
	for _, n := range r.hosts {
		if n.neighbour(h) && (n.addr == to || r.networkHasPods && n.pod == to) {
			return []*host{n}, nil
		}
	}
	return nil, lose("%s asks its LAN for %s, and nobody answers", h.name, to)
}

// advice is the finding that has to have said so where the network drops a packet of a
// host's from or to the address, and the file that could have helped.
func (r *region) advice(h *host, a netip.Addr) (told, file string) {
	if r.pods.Contains(a) {
		file = r.plugin.file
	}
	switch {
	case h.isGateway() && r.cloud != nil:
		return "fabric-source-check", r.cloud.path
	case h.isGateway():
		return "fabric-source-check", file
	case !r.network.known && r.pods.Contains(a):
		return "pods-unrouted", file
	}
	return "", file
}

// neighbour reports whether two hosts share a subnet.
func (h *host) neighbour(o *host) bool {
	return h.region == o.region && h.region.network.fabric != apart && (h.region.network.fabric == flat || h.zone == o.zone)
}

// route is what the region's router, or its network, does with a destination.
func (r *region) route(dst netip.Addr) ([]*host, *lost) {
	for _, n := range r.hosts {
		if n.addr == dst || (r.networkHasPods || r.networkRoutesPods) && n.block.Contains(dst) {
			return []*host{n}, nil
		}
	}
	if c := r.cloud; c != nil {
		if i := slices.IndexFunc(c.routes, func(p netip.Prefix) bool { return p.Contains(dst) }); i >= 0 {
			var hops []*host
			for _, n := range r.hosts {
				if n.addr == c.gateways[0] || c.spread && slices.Contains(c.gateways, n.addr) {
					hops = append(hops, n)
				}
			}
			return hops, nil
		}
	}
	l := lose("the router of region %q has no route to %s", r.name, dst)
	switch {
	case r.pods.Contains(dst):
		l.file = r.plugin.file
		if !r.network.known {
			l.told = "pods-unrouted"
		}
	case r.cloud != nil:
		l.file = r.cloud.path
	}
	return nil, l
}

// ownAddress reports whether the network takes the address for the host's own.
func (w *world) ownAddress(h *host, a netip.Addr) bool {
	return a == h.addr || (h.region.networkHasPods || h.region.networkRoutesPods) && h.block.Contains(a)
}

// forwards reports whether the host may send and get what is not its own: where the
// rendered program sees to it, where the topology says that hosts hand packets to each
// other, and where somebody did what a warning told.
func (w *world) forwards(h *host) bool {
	switch {
	case h.region.hostsRoutePods, w.told["pods-unrouted"] && !h.region.network.known:
		return true
	case !h.isGateway():
		return false
	case h.region.cloud != nil:
		return slices.Contains(h.region.cloud.gateways, h.addr)
	}
	return w.told["fabric-source-check"]
}

// lost is a packet that did not arrive.
type lost struct {
	why string
	// file is the rendered file that decided; empty where none did.
	file string
	// told is the finding that says what has to be done so that this does not happen.
	told string
	way  *step
}

func lose(format string, args ...any) *lost { return &lost{why: fmt.Sprintf(format, args...)} }

func (l *lost) String() string {
	text := ""
	if l.way != nil {
		text = l.way.String()
	}
	text += "\n\t" + l.why
	if l.file != "" {
		text += " (" + l.file + ")"
	}
	return text
}
