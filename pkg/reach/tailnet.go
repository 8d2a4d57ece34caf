package reach

import (
	"fmt"
	"net/netip"
	"slices"
)

// election is which of several gateways that advertise a prefix is its primary.
type election struct {
	name string
	pick func(prefix netip.Prefix, isNodes bool, advertisers []*host) *host
}

// elections are the ways in which the control server may decide where a region has two
// gateways.
func elections() []election {
	first := func(_ netip.Prefix, _ bool, a []*host) *host { return a[0] }
	last := func(_ netip.Prefix, _ bool, a []*host) *host { return a[len(a)-1] }
	mixed := func(_ netip.Prefix, nodes bool, a []*host) *host {
		if nodes {
			return a[0]
		}
		return a[len(a)-1]
	}
	return []election{{"the first gateway is primary", first}, {"the last gateway is primary", last}, {"the first is primary for nodes, the last for pods", mixed}}
}

// primary is the gateway that is primary for an advertised prefix; nil where nobody
// advertises it, or the policy does not approve.
func (w *World) primary(p netip.Prefix) *host { return w.primaries[p] }

// elect gives every advertised and approved prefix a primary. Where the control server is
// gone, the primaries are those that there were before others went.
func (w *World) elect(e election) {
	w.elected, w.now, w.seen = e, w.rules(), map[sight]bool{}
	w.primaries = map[netip.Prefix]*host{}
	advertisers := map[netip.Prefix][]*host{}
	for _, h := range w.hosts() {
		for _, p := range h.advertised {
			if (w.controlGone || !h.gone) && !w.isRemoved(h.part("advertised route", p.String(), h.routesAt)) && w.now.approves(p, h.tags) {
				advertisers[p] = append(advertisers[p], h)
			}
		}
	}
	for p, list := range advertisers {
		if h := e.pick(p, slices.ContainsFunc(list[0].region.nodes, p.Overlaps), list); h != nil {
			w.primaries[p] = h
		}
	}
	for _, h := range w.hosts() {
		w.install(h)
	}
}

// Elect gives each prefix the primary that pick names among the gateways that advertise it;
// another name is nobody's. It lasts until the next question but AskNow's.
func (w *World) Elect(pick func(p netip.Prefix, gateways []string) string) {
	w.elect(election{"somebody has chosen", func(p netip.Prefix, _ bool, gateways []*host) *host {
		var names []string
		for _, g := range gateways {
			names = append(names, g.name)
		}
		i := slices.Index(names, pick(p, names))
		if i < 0 {
			return nil
		}
		return gateways[i]
	}})
}

func (w *World) hosts() []*host {
	var all []*host
	for _, r := range w.regions {
		all = append(all, r.hosts...)
	}
	return all
}

// rules is the policy without what is removed.
func (w *World) rules() *policy {
	if len(w.removed) == 0 {
		return w.policy
	}
	p := &policy{}
	for _, g := range w.policy.grants {
		if !w.isRemoved(g.part()) {
			p.grants = append(p.grants, g)
		}
	}
	for _, a := range w.policy.approved {
		if !w.isRemoved(a.part()) {
			p.approved = append(p.approved, a)
		}
	}
	return p
}

// selectors are all that rules can name of a gateway: its tags and addresses, and what it
// may have as its own.
func (w *World) selectors(h *host) []selector {
	all := []selector{{prefix: netip.PrefixFrom(h.tailnet, 32)}}
	for _, t := range h.tags {
		all = append(all, selector{tag: t})
	}
	for _, p := range w.approvedOf(h) {
		all = append(all, selector{prefix: p})
	}
	return all
}

func (w *World) approvedOf(h *host) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(h.advertised), func(p netip.Prefix) bool { return !w.now.approves(p, h.tags) })
}

// sees reports whether a gateway is told that a prefix is another one's: where rules join
// the two, and name the prefix, or where it may have it itself.
func (w *World) sees(h, owner *host, p netip.Prefix) bool {
	if h == owner {
		return true
	}
	key := sight{h, owner, p}
	if known, ok := w.seen[key]; ok {
		return known
	}
	mine := w.selectors(h)
	w.seen[key] = w.now.joins(mine, w.selectors(owner)) &&
		(slices.Contains(w.approvedOf(h), p) || w.now.joins(mine, []selector{{prefix: p}}))
	return w.seen[key]
}

// sight is a question whether one gateway is told that a prefix is another one's.
type sight struct {
	viewer, owner *host
	prefix        netip.Prefix
}

// accepted are the routes of a gateway's table 52: what others are primary for, and their own
// addresses, each by itself: what else lies in 100.64.0.0/10 may be somebody's pods (tailscale
// 1.84.3, ipn/ipnlocal/local.go: peerRoutes takes the whole of it for more than 10,000 alone).
func (w *World) accepted(h *host) []route {
	var all []route
	for p, primary := range w.primaries {
		if primary != h && w.sees(h, primary, p) {
			all = append(all, route{to: p, dev: tunnel, at: primary.routesAt})
		}
	}
	for _, o := range w.hosts() {
		if o != h && o.isGateway() {
			all = append(all, route{to: netip.PrefixFrom(o.tailnet, o.tailnet.BitLen()), dev: tunnel})
		}
	}
	return all
}

// through takes a packet from one gateway's tailscaled to the one that owns its
// destination, where the source and the policy are looked at. It returns the grants that
// let it in.
func (w *World) through(h *host, p *packet) (*host, []*grant, *lost) {
	to := w.owner(p.dst, h, func(o *host) bool { return o != h })
	if to == nil {
		l := lose("no peer of %s advertises %s, or the policy approves none", h.name, p.dst)
		l.at = Place{File: policyPath}
		return nil, nil, l
	}
	if to.gone {
		l := lose("%s is gone, and was the primary for %s", to.name, p.dst)
		l.at = to.routesAt
		return nil, nil, l
	}
	if !w.takes(to, h, p.src) {
		l := lose("%s drops what %s sends from %s: %s is not primary for that", to.name, h.name, p.src, h.name)
		l.at = h.routesAt
		if w.owner(p.src, to, func(*host) bool { return true }) == nil {
			l.why = fmt.Sprintf("%s drops what %s sends from %s: nobody is primary for that", to.name, h.name, p.src)
			if from := w.owns(p.src); from != nil && from.isGateway() {
				l.at = from.routesAt
			}
		}
		return nil, nil, l
	}
	if p.answer {
		return to, nil, nil // the filter lets answers through
	}
	grants := w.now.admits(p, h, to)
	if len(grants) == 0 {
		l := lose("the packet filter of %s drops %s", to.name, p)
		l.at, l.refused = Place{File: policyPath}, true
		if p.hidden {
			l.told = "masquerade-tailnet"
		}
		return nil, nil, l
	}
	return to, grants, nil
}

// owns is the host that has an address, or whose pod has it; nil where nobody does.
func (w *World) owns(a netip.Addr) *host {
	all := w.hosts()
	i := slices.IndexFunc(all, func(h *host) bool { return h.addr == a || h.pod == a })
	if i < 0 {
		return nil
	}
	return all[i]
}

// owner is the gateway with the longest prefix that holds the address, as one gateway is
// told.
func (w *World) owner(a netip.Addr, viewer *host, may func(*host) bool) *host {
	var best netip.Prefix
	var owner *host
	for p, h := range w.primaries {
		if p.Contains(a) && may(h) && (owner == nil || p.Bits() > best.Bits()) && w.sees(viewer, h, p) {
			best, owner = p, h
		}
	}
	if owner != nil {
		return owner
	}
	for _, h := range w.hosts() {
		if h.tailnet == a && may(h) && w.now.joins(w.selectors(viewer), w.selectors(h)) {
			return h
		}
	}
	return nil
}

// takes reports whether a gateway takes a packet with that source from another one: from the
// owner of the longest prefix and, since 1.98.0, from the owner of any (wireguard-go
// device/receive.go).
func (w *World) takes(viewer, h *host, src netip.Addr) bool {
	if src == h.tailnet || w.owner(src, viewer, func(o *host) bool { return o != viewer }) == h {
		return true
	}
	if !w.supersets {
		return false
	}
	for p, owner := range w.primaries {
		if owner == h && p.Contains(src) && w.sees(viewer, h, p) {
			return true
		}
	}
	return false
}
