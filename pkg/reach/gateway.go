package reach

import (
	"fmt"
	"net/netip"
	"slices"
)

// device is where a packet comes from or goes to on a host.
type device string

const (
	lo      device = "lo"
	toPod   device = "pod"
	lan     device = "lan"
	tunnel  device = "tailscale0"
	overlay device = "overlay"
)

// route is a line of a routing table.
type route struct {
	to netip.Prefix
	// dead is "unreachable" or "blackhole", and otherwise empty.
	dead     string
	dev      device
	via, src netip.Addr
	at       Place
}

// rule is one of `ip rule`. The zero prefix is "all".
type rule struct {
	priority int
	from, to netip.Prefix
	iif      device
	// bypass: exactly the mark of tailscaled, or anything but that. masked: whatever the bits
	// beside tailscaled's are.
	bypass, notBypass, masked bool
	udp                       bool
	table                     string
	// noDefault is suppress_prefixlength 0.
	noDefault bool
	at        Place
}

// marks is the setting cni where identities share bits with tailscaled's mark
// (host/wanted.awk).
const marks = "cilium"

// word is a text that knows its text, for hostTables.at.
type word string

func (w word) String() string { return string(w) }

// The tables of gateway-setup.sh and others (host/numbers.awk).
const (
	mainTable   = "main"
	tailscaled  = "52"
	buried      = "5249"
	unreachable = "5250"
	tailnetOnly = "5251"
	refused     = "5252"
)

// anywhere is every address.
func anywhere() netip.Prefix { return netip.MustParsePrefix("0.0.0.0/0") }

// gatewayRules are what gateway-setup.sh keeps (host/wanted.awk), and those of tailscaled
// that come after (tailscale 1.84.3, wgengine/router/router_linux.go).
func gatewayRules(t *hostTables, h *host) []rule {
	relay, source := t.settings["relay"] == "yes", t.settings["sourceRoute"] == "yes"
	ours := t.of("sourceRoute")
	if !source {
		ours = t.of("relay")
	}
	var rules []rule
	add := func(r rule, at Place) {
		r.at = at
		rules = append(rules, r)
	}
	if len(t.remote) > 0 {
		add(rule{priority: 5180, bypass: true, iif: lo, udp: true, table: unreachable}, Place{File: t.path})
	}
	if len(t.buried) > 0 {
		add(rule{priority: 5181, bypass: true, iif: lo, udp: true, table: buried}, t.at("buried", t.buried[0]))
	}
	for _, p := range t.own {
		add(rule{priority: 5185, to: p, table: mainTable}, t.at("own", p))
	}
	for _, l := range t.locals {
		if (relay || source) && len(t.transit()) > 0 {
			at := t.at("local", word(l.table))
			add(rule{priority: 5195, from: l.prefix, table: l.table}, at)
			if len(t.remote) > 0 {
				add(rule{priority: 5196, from: l.prefix, table: unreachable}, at)
			}
			if len(t.source) > 0 {
				add(rule{priority: 5197, from: l.prefix, table: tailnetOnly}, at)
			}
		}
	}
	if i := slices.IndexFunc(t.locals, func(l local) bool { return l.node && l.prefix.Contains(h.addr) }); source && i >= 0 && len(t.remote) > 0 {
		add(rule{priority: 5198, table: t.locals[i].table}, ours)
		add(rule{priority: 5199, table: unreachable}, ours)
	}
	if t.settings["overlay"] == "yes" {
		add(rule{priority: 5204, table: mainTable, noDefault: true}, t.of("overlay"))
	}
	if t.settings["cni"] == marks {
		add(rule{priority: 5205, notBypass: true, table: tailscaled}, t.of("cni"))
	}
	add(rule{priority: 5210, bypass: true, masked: true, table: mainTable}, Place{})
	add(rule{priority: 5270, table: tailscaled}, Place{})
	add(rule{priority: 32766, table: mainTable}, Place{})
	slices.SortStableFunc(rules, func(a, b rule) int { return a.priority - b.priority })
	return rules
}

// watched are the tables that gateway-watch.sh keeps (host/decide.awk), while the tailnet
// has these primaries, and those that gateway-setup.sh fills.
func (w *World) watched(h *host) (map[string][]route, []rule) {
	t := h.gateway
	tables := map[string][]route{}
	var refusals []rule
	dead := func(table, how, kind string, list []netip.Prefix) {
		for _, p := range list {
			tables[table] = append(tables[table], route{to: p, dead: how, at: t.at(kind, p)})
		}
	}
	dead(unreachable, "unreachable", "remote", t.remote)
	dead(buried, "unreachable", "buried", t.buried)
	relay, source := t.settings["relay"] == "yes", t.settings["sourceRoute"] == "yes"
	if relay || source {
		dead(tailnetOnly, "unreachable", "source", t.source)
	}
	if relay {
		dead(refused, "blackhole", "remote", t.remote)
		dead(refused, "blackhole", "source", t.source)
	}
	if !relay && !source {
		return tables, nil
	}
	for _, l := range t.locals {
		way := route{dev: tunnel, at: t.at("local", word(l.table))}
		primary := h.turnsTo(w.primary(l.role))
		byRouter := t.settings["handOver"] == "router"
		switch {
		case primary == h && t.settings["sourceRoute"] == "yes":
			way.src = h.addr
		case primary == h:
		case primary == nil || !slices.Contains(t.gateways, primary.addr):
			way.dev = ""
		case byRouter:
			way.dev, way.via = lan, h.region.router
		case primary.neighbour(h):
			way.dev, way.via = lan, primary.addr
		default:
			way.dev = ""
		}
		if byRouter && primary != h && t.settings["relay"] == "yes" {
			refusals = append(refusals, rule{priority: 5190, from: l.prefix, iif: lan, table: refused, at: t.of("handOver")})
		}
		for _, p := range t.transit() {
			if way.dev != "" {
				r := way
				r.to = p
				tables[l.table] = append(tables[l.table], r)
			}
		}
	}
	return tables, refusals
}

// turnsTo is the gateway that a host takes for the primary: that, or where there is none the
// next in order (host/decide.awk: primary). nil where there is no other one.
func (h *host) turnsTo(primary *host) *host {
	if primary != nil {
		return primary
	}
	all := h.gateway.gateways
	me := slices.Index(all, h.addr)
	if len(all) == 0 || me >= 0 && len(all) == 1 {
		return nil
	}
	return h.region.at(all[(me+1)%len(all)])
}

// matches reports whether the rule is about the packet.
func (r *rule) matches(p *packet, in device) bool {
	switch {
	case r.from.IsValid() && !(p.src.IsValid() && r.from.Contains(p.src)), r.to.IsValid() && !r.to.Contains(p.dst):
		return false
	case r.iif != "" && r.iif != in, r.udp && p.protocol != udp:
		return false
	case r.bypass && r.masked && p.mark&bypassMask != bypass, r.bypass && !r.masked && p.mark != bypass, r.notBypass && p.mark == bypass:
		return false
	}
	return true
}

// lookup finds the route of a packet, and the rule that led to it.
func (h *host) lookup(p *packet, in device) (route, *rule, *lost) {
	for i := range h.rules {
		r := &h.rules[i]
		if !r.matches(p, in) {
			continue
		}
		best := -1
		table := h.tables[r.table]
		for i := range table {
			if table[i].to.Contains(p.dst) && !(r.noDefault && table[i].to.Bits() == 0) && (best < 0 || table[i].to.Bits() > table[best].to.Bits()) {
				best = i
			}
		}
		switch {
		case best < 0:
		case table[best].dead != "":
			l := lose("rule %d of %s: %s in table %s is %s", r.priority, h.name, table[best].to, r.table, table[best].dead)
			l.at = table[best].at
			h.explain(r, l)
			return route{}, r, l
		default:
			return table[best], r, nil
		}
	}
	l := lose("%s has no route to %s", h.name, p.dst)
	l.at = h.file()
	return route{}, nil, l
}

// explain says of a packet that found no way in the table of its source why that table is
// empty: what is unreachable is so for the lack of a primary.
func (h *host) explain(r *rule, l *lost) {
	for _, local := range h.gateway.locals {
		if len(h.tables[local.table]) == 0 && (r.priority == 5196 && r.from == local.prefix || r.priority == 5199 && local.node && local.prefix.Contains(h.addr)) {
			l.why += fmt.Sprintf(", since table %s has no way: no gateway that it may use is primary for %s", local.table, local.role)
			l.at = h.gateway.at("local", word(local.table))
		}
	}
}

// file is the rendered file that says how the host routes.
func (h *host) file() Place {
	if h.gateway != nil {
		return Place{File: h.gateway.path}
	}
	if h.plain != nil {
		return Place{File: h.plain.path}
	}
	return Place{}
}

func (r *rule) String() string {
	all := func(p netip.Prefix) string {
		if !p.IsValid() {
			return "all"
		}
		if p.IsSingleIP() {
			return p.Addr().String()
		}
		return p.String()
	}
	text := fmt.Sprintf("rule 4 %d: ", r.priority)
	if r.notBypass {
		text += "not "
	}
	text += "from " + all(r.from)
	if r.to.IsValid() {
		text += " to " + all(r.to)
	}
	if r.bypass || r.notBypass {
		text += " fwmark 0x80000"
	}
	if r.iif != "" {
		text += " iif " + string(r.iif)
	}
	if r.udp {
		text += " ipproto udp"
	}
	text += " lookup " + r.table
	if r.noDefault {
		text += " suppress_prefixlength 0"
	}
	return text
}

// String is the route in the words of iproute2.
func (r *route) String() string {
	text := r.to.String()
	if r.to == anywhere() {
		text = "default"
	}
	if r.dead != "" {
		return r.dead + " " + text
	}
	if r.via.IsValid() {
		text += " via " + r.via.String()
	}
	text += " dev " + string(r.dev)
	if r.src.IsValid() {
		text += " src " + r.src.String()
	}
	return text
}
