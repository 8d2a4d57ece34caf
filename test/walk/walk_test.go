package walk

import (
	"fmt"
	"net/netip"
)

// Protocols, as the policy calls them.
const (
	tcp    = "tcp"
	udp    = "udp"
	ipInIP = "ipv4"
)

// bypass is the mark of what tailscaled itself sends.
const bypass = 0x80000

// packet is the first one of a connection, or its answer.
type packet struct {
	src, dst netip.Addr
	protocol string
	port     int
	mark     uint32
	answer   bool
	// hidden: it is a pod's, and has a tailnet address as its source.
	hidden bool
	inner  *packet
}

func (p *packet) String() string {
	text := fmt.Sprintf("%s to %s %s:%d", p.src, p.dst, p.protocol, p.port)
	if p.inner != nil {
		text += " around " + p.inner.String()
	}
	return text
}

// end is a node or a pod.
type end struct {
	host *host
	pod  bool
}

func (e end) String() string {
	if e.pod {
		return "pod on " + e.host.name
	}
	return e.host.name
}

func (e end) address() netip.Addr {
	if e.pod {
		return e.host.pod
	}
	return e.host.addr
}

// The ports by which ends speak: kubelets, pods, and one that the topology grants to nodes.
const (
	kubelet = 10250
	podPort = 8080
	ssh     = 22
)

func port(from, to end) int {
	switch {
	case to.pod:
		return podPort
	case from.pod:
		return kubelet
	}
	return ssh
}

// walkAll walks from every end to every other one, and returns the first loss.
func (w *world) walkAll() (walked int, l *lost) {
	var ends []end
	for _, r := range w.regions {
		for _, h := range r.hosts {
			ends = append(ends, end{h, false}, end{h, true})
		}
	}
	for _, from := range ends {
		for _, to := range ends {
			if from == to {
				continue
			}
			walked++
			if l := w.walk(from, to); l != nil {
				l.why = fmt.Sprintf("%s does not reach %s: %s", from, to, l.why)
				return walked, l
			}
		}
	}
	return walked, nil
}

// walk takes one packet from an end to another, by every way that it may take, and the
// answer where the target sees another source.
func (w *world) walk(from, to end) *lost {
	p := packet{src: from.address(), dst: to.address(), protocol: tcp, port: port(from, to)}
	in := toPod
	if !from.pod {
		in = lo
		// Nobody has given what a host sends a source yet, when its route is looked up.
		p.src = netip.Addr{}
	}
	return w.send(from.host, p, in, nil)
}

// longest is how many hosts a packet may pass.
const longest = 16

// step is a host on a packet's way, and the way to it.
type step struct {
	before *step
	length int
	host   *host
	packet packet
	in     device
}

func (s *step) String() string {
	text := ""
	if s.before != nil {
		text = s.before.String()
	}
	return fmt.Sprintf("%s\n\t%s, from %s: %s", text, s.host.name, s.in, &s.packet)
}

// send is a packet on a host, which came in by a device.
func (w *world) send(h *host, p packet, in device, before *step) *lost {
	way := &step{before, 1, h, p, in}
	if before != nil {
		way.length = before.length + 1
	}
	l := w.hop(h, p, in, way)
	if l != nil && l.way == nil {
		l.way = way
		if l.file == "" {
			l.file = h.file()
		}
	}
	return l
}

func (w *world) hop(h *host, p packet, in device, way *step) *lost {
	switch {
	case way.length > longest:
		return lose("it goes round in circles")
	case in == lan && h.gateway != nil && h.gateway.settings["netfilter"] == "off" && p.src.IsValid() && inAny(h.gateway.spoofed, p.src):
		return w.spoofed(h, &p)
	case p.dst == h.addr || h.isGateway() && p.dst == h.tailnet:
		if p.inner != nil {
			return w.send(h, *p.inner, overlay, way)
		}
		return w.arrived(h, p, way)
	}
	routes, l := w.routes(h, &p, in)
	if l != nil {
		return l
	}
	for _, r := range routes {
		if l := w.out(h, p, r, in, way); l != nil {
			return l
		}
	}
	return nil
}

// spoofed is a packet from a tailnet address that another gateway hands over, and that
// the host's own firewall drops. A finding says that this is the price of gatewaySource
// tailnetIP where a region has several gateways.
func (w *world) spoofed(h *host, p *packet) *lost {
	l := lose("%s drops %s, which did not come out of the tunnel", h.name, p.src)
	l.file = h.file()
	if p.dst == h.addr || p.dst == h.pod {
		l.told = "gateway-source-standby"
	}
	if w.told[l.told] {
		return nil
	}
	return l
}

// routes are the best route of the packet, and those that share its flows.
func (w *world) routes(h *host, p *packet, in device) ([]route, *lost) {
	if h.gateway != nil {
		r, l := h.lookup(p, in)
		return []route{r}, l
	}
	if best := h.best(mainTable, p.dst); len(best) > 0 {
		return best, nil
	}
	return nil, lose("%s has no route to %s", h.name, p.dst)
}

// out takes a packet off a host by a route.
func (w *world) out(h *host, p packet, r route, in device, way *step) *lost {
	if !p.src.IsValid() {
		p.src = r.src
		if !p.src.IsValid() {
			p.src = h.cardAddress(r.dev)
		}
	}
	plugin := h.region.plugin
	if p.src == h.pod && in != lo && !plugin.keeps(p.dst, r.dev) && (r.dev == lan || r.dev == tunnel) {
		p.src, p.hidden = h.cardAddress(r.dev), r.dev == tunnel
	}
	switch r.dev {
	case toPod:
		return w.arrived(h, p, way)
	case overlay:
		outer := plugin.outer
		outer.src, outer.dst, outer.inner = h.addr, r.via, &p
		return w.send(h, outer, lo, way)
	case tunnel:
		to, l := w.through(h, &p)
		if l != nil {
			return l
		}
		return w.send(to, p, tunnel, way)
	}
	if plugin.encrypts && p.src == h.pod && p.inner == nil {
		if n := w.encrypted(h, p.dst); n != nil {
			outer := ciliumWireGuard()
			outer.src, outer.dst, outer.inner = h.addr, n.addr, &p
			return w.send(h, outer, lo, way)
		}
	}
	next, l := w.carry(h, r.via, &p)
	if l != nil {
		return l
	}
	for _, n := range next {
		if l := w.send(n, p, lan, way); l != nil {
			return l
		}
	}
	return nil
}

// encrypted is the host of a pod to which the plugin's agents have a key.
func (w *world) encrypted(h *host, dst netip.Addr) *host {
	for _, r := range w.regions {
		for _, n := range r.hosts {
			if n != h && n.pod == dst && r.plugin.encrypts && r.plugin.name == h.region.plugin.name {
				return n
			}
		}
	}
	return nil
}

func (h *host) cardAddress(d device) netip.Addr {
	if d == tunnel {
		return h.tailnet
	}
	return h.addr
}

// arrived is the end of a way. Where the target sees a tailnet address, its answer has a
// way of its own; every other source is an end itself.
func (w *world) arrived(h *host, p packet, way *step) *lost {
	if p.answer || !inAny([]netip.Prefix{netip.MustParsePrefix("100.64.0.0/10")}, p.src) {
		return nil
	}
	answer := packet{src: p.dst, dst: p.src, protocol: p.protocol, port: p.port, answer: true}
	in := toPod
	if answer.src == h.addr {
		in = lo
	}
	return w.send(h, answer, in, way)
}
