package reach

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Protocols, as the policy calls them.
const (
	tcp    = "tcp"
	udp    = "udp"
	ipInIP = "ipv4"
)

// anyPort asks whether any port is admitted.
const anyPort = 0

// bypass is the mark of what tailscaled itself sends, and bypassMask are the bits that its
// own rule looks at (tailscale 1.84.3, util/linuxfw/linuxfw.go).
const (
	bypass     = 0x80000
	bypassMask = 0xff0000
)

// likeBypass is a mark with an identity that has tailscaled's bits (cilium 1.18.2,
// bpf/bpf_overlay.c: cil_to_overlay).
const likeBypass = 0x12080400

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
	src, text := "(no source yet)", ""
	if p.src.IsValid() {
		src = p.src.String()
	}
	switch {
	case p.answer:
		text = fmt.Sprintf("the answer of %s to %s", src, p.dst)
	case p.port == anyPort:
		text = fmt.Sprintf("%s to %s %s", src, p.dst, p.protocol)
	default:
		text = fmt.Sprintf("%s to %s %s:%d", src, p.dst, p.protocol, p.port)
	}
	if p.mark != 0 {
		text += fmt.Sprintf(" marked %#x", p.mark)
	}
	if p.inner != nil {
		text += " around " + p.inner.String()
	}
	return text
}

// longest is how many hosts a packet may pass.
const longest = 16

// step is a host on a packet's way, the way to it, and what decided there.
type step struct {
	before *step
	length int
	host   *host
	packet packet
	in     device
	// What the host did: the rule that led to the route, the route that it took, the line of
	// the network's tables and the grants that let it on.
	rule   *rule
	route  *route
	cloud  Place
	grants []*grant
	does   string
}

func (s *step) String() string {
	text := ""
	if s.before != nil {
		text = s.before.String()
	}
	return fmt.Sprintf("%s\n\t%s, from %s: %s", text, s.host.name, s.in, &s.packet)
}

// walker asks for one packet's ways, and has the end of each visited: nil for one that
// arrived, and answered.
type walker struct {
	*World
	visit func(end *step, l *lost)
}

// walk takes one packet from an end to another, by every way that it may take, and the
// answer. It returns the first loss.
func (w *World) walk(from, to End, port int) (first *lost) {
	w.ways(from, to, tcp, port, func(_ *step, l *lost) {
		if first == nil {
			first = l
		}
	})
	return first
}

// ways visits the end of every way of a packet.
func (w *World) ways(from, to End, protocol string, port int, visit func(*step, *lost)) {
	p := packet{src: from.Address(), dst: to.Address(), protocol: protocol, port: port}
	in := toPod
	if !from.Pod {
		in = lo
		// Nobody has given what a host sends a source yet, when its route is looked up.
		p.src = netip.Addr{}
	}
	walker{w, visit}.send(from.host, p, in, nil)
}

func (w walker) lose(way *step, l *lost) {
	if l.way == nil {
		l.way = way
		if l.at.File == "" {
			l.at = way.host.file()
		}
	}
	w.visit(way, l)
}

// send is a packet on a host, which came in by a device.
func (w walker) send(h *host, p packet, in device, before *step) {
	way := &step{before: before, length: 1, host: h, packet: p, in: in}
	if before != nil {
		way.length = before.length + 1
	}
	switch {
	case h.gone:
		w.lose(way, lose("%s is gone", h.name))
		return
	case way.length > longest:
		w.lose(way, lose("it goes round in circles"))
		return
	case (in == lan || in == tunnel) && p.src.IsValid() && (p.src == h.addr || p.src == h.inside() || p.src == h.tailnet):
		// linux 6.1, net/ipv4/fib_frontend.c: fib_validate_source takes it for a martian.
		l := lose("%s drops what comes back to it from %s, its own address", h.name, p.src)
		l.split = true
		w.lose(way, l)
		return
	case p.dst == h.addr || p.dst.IsValid() && p.dst == h.inside() || h.isGateway() && p.dst == h.tailnet:
		if l := h.filters("INPUT", &p, in, ""); l != nil {
			w.spoofed(h, &p, l, way)
			return
		}
		if p.inner != nil {
			way.does = "takes the packet out of " + string(overlay)
			w.send(h, *p.inner, overlay, way)
			return
		}
		w.arrived(h, p, way)
		return
	}
	routes, by, l := h.routes(&p, in)
	if l == nil && !p.src.IsValid() {
		// The route has given it a source, with which the kernel asks once more (linux 6.1,
		// include/net/route.h: ip_route_connect, ip_route_newports).
		p.src = h.source(routes[0])
		routes, by, l = h.routes(&p, in)
	}
	way.rule = by
	if l != nil {
		w.lose(way, l)
		return
	}
	for i := range routes {
		one := *way
		one.route = &routes[i]
		if l := h.filters("FORWARD", &p, in, routes[i].dev); l != nil && in != lo {
			w.spoofed(h, &p, l, &one)
			continue
		}
		w.out(h, p, routes[i], in, &one)
	}
}

// spoofed is a packet that the host's firewall drops: one from a tailnet address that another
// gateway hands over, say. A finding says that this is the price of gatewaySource tailnetIP
// where a region has several gateways.
func (w walker) spoofed(h *host, p *packet, l *lost, way *step) {
	if p.dst == h.addr || p.dst == h.pod {
		l.told = standbyDrops
	}
	if !w.told[l.told] {
		w.lose(way, l)
	}
}

// routes are the best route of the packet, and those that share its flows.
func (h *host) routes(p *packet, in device) ([]route, *rule, *lost) {
	if h.gateway != nil {
		r, by, l := h.lookup(p, in)
		return []route{r}, by, l
	}
	if best := h.best(mainTable, p.dst); len(best) > 0 {
		return best, nil, nil
	}
	return nil, nil, lose("%s has no route to %s", h.name, p.dst)
}

// out takes a packet off a host by a route.
func (w walker) out(h *host, p packet, r route, in device, way *step) {
	plugin := h.region.plugin
	if p.src == h.pod && in != lo && !plugin.keeps(p.dst, r.dev) && (r.dev == lan || r.dev == tunnel) {
		p.src, p.hidden = h.cardAddress(r.dev), r.dev == tunnel
	}
	switch r.dev {
	case toPod:
		w.arrived(h, p, way)
		return
	case overlay:
		outer := plugin.outer
		outer.src, outer.dst, outer.inner = h.addr, r.via, &p
		w.send(h, outer, lo, way)
		if plugin.marks && h.gateway != nil {
			outer.mark = likeBypass
			w.send(h, outer, lo, way)
		}
		return
	case tunnel:
		to, grants, l := w.through(h, &p)
		if l != nil {
			w.lose(way, l)
			return
		}
		way.grants = grants
		p.mark = 0 // a host's own
		w.send(to, p, tunnel, way)
		return
	}
	if plugin.encrypts && p.src == h.pod && p.inner == nil {
		if n := w.encrypted(h, p.dst); n != nil {
			outer := encryption(h.region.stated.CNI.Type)
			outer.src, outer.dst, outer.inner = h.addr, n.addr, &p
			w.send(h, outer, lo, way)
			return
		}
	}
	next, at, l := w.carry(h, r.via, &p)
	way.cloud = at
	if l != nil {
		w.lose(way, l)
		return
	}
	p.mark = 0 // a host's own
	for _, n := range next {
		w.send(n, p, lan, way)
	}
}

// encrypted is the host of a pod to which the plugin's agents have a key.
func (w *World) encrypted(h *host, dst netip.Addr) *host {
	for _, r := range w.regions {
		for _, n := range r.hosts {
			if n != h && n.pod == dst && r.plugin.encrypts && r.plugin.name == h.region.plugin.name {
				return n
			}
		}
	}
	return nil
}

// source is what a route gives a packet that has none.
func (h *host) source(r route) netip.Addr {
	if r.src.IsValid() {
		return r.src
	}
	return h.cardAddress(r.dev)
}

func (h *host) cardAddress(d device) netip.Addr {
	switch {
	case d == tunnel:
		return h.tailnet
	case d == overlay && h.inside().IsValid():
		return h.inside()
	}
	return h.addr
}

// inside is the address of its own that a host has among its pods, on the device of an
// overlay: its source for what it sends to pods itself. Cilium's is cilium_host (cilium
// 1.18.2, bpf/lib/nat.h: snat_v4_needs_masquerade); other overlays are taken to have one, too.
func (h *host) inside() netip.Addr {
	if h.region.plugin.carries == "" || !h.block.IsValid() {
		return netip.Addr{}
	}
	a := h.block.Masked().Addr().Next()
	if a == h.pod {
		a = a.Next()
	}
	if !h.block.Contains(a) {
		return netip.Addr{}
	}
	return a
}

// arrived is the end of a way, and the beginning of the answer's.
func (w walker) arrived(h *host, p packet, way *step) {
	if p.answer || w.brief && !schema.TailnetIPv4().Contains(p.src) {
		way.does = "arrives"
		w.visit(way, nil)
		return
	}
	way.does = "arrives, and is answered"
	answer := packet{src: p.dst, dst: p.src, protocol: p.protocol, port: p.port, answer: true}
	in := toPod
	if answer.src == h.addr || answer.src == h.tailnet || answer.src == h.inside() {
		in = lo
	}
	w.send(h, answer, in, way)
}

// Hop is what one host does with a packet.
type Hop struct {
	Host   string `json:"host"`
	In     string `json:"in"`
	Packet string `json:"packet"`
	Does   string `json:"does"`
	// At are the lines that decide; none where the host needs nothing rendered.
	At []Place `json:"at,omitempty"`
}

// hops are the way to a step, from its beginning.
func (s *step) hops() []Hop {
	var all []Hop
	for ; s != nil; s = s.before {
		all = append(all, s.hop())
	}
	slices.Reverse(all)
	return all
}

func (s *step) hop() Hop {
	h := Hop{Host: s.host.name, In: string(s.in), Packet: s.packet.String()}
	var does []string
	add := func(at Place) {
		if at.File != "" && !slices.Contains(h.At, at) {
			h.At = append(h.At, at)
		}
	}
	if s.rule != nil && s.rule.priority < 32766 {
		does = append(does, fmt.Sprintf("rule %d", s.rule.priority))
		add(s.rule.at)
	}
	if s.route != nil {
		does = append(does, s.route.String())
		add(s.route.at)
	}
	if s.cloud.File != "" {
		does = append(does, "the network's table hands it on")
		add(s.cloud)
	}
	if len(s.grants) > 0 {
		does = append(does, "the policy admits it")
		for _, g := range s.grants {
			add(g.at)
		}
	}
	if s.does != "" {
		does = append(does, s.does)
	}
	h.Does = strings.Join(does, ", ")
	return h
}
