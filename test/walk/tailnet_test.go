package walk

import (
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
func (w *world) primary(p netip.Prefix) *host { return w.primaries[p] }

// elect gives every advertised and approved prefix a primary.
func (w *world) elect(e election) {
	w.primaries = map[netip.Prefix]*host{}
	advertisers := map[netip.Prefix][]*host{}
	for _, r := range w.regions {
		for _, h := range r.hosts {
			for _, p := range h.advertised {
				if slices.ContainsFunc(w.policy.approved, func(a netip.Prefix) bool { return a.Bits() <= p.Bits() && a.Contains(p.Addr()) }) {
					advertisers[p] = append(advertisers[p], h)
				}
			}
		}
	}
	for p, list := range advertisers {
		w.primaries[p] = e.pick(p, list[0].region.nodes.Overlaps(p), list)
	}
	for _, r := range w.regions {
		for _, h := range r.hosts {
			w.install(h)
		}
	}
}

// accepted are the routes of a gateway's table 52: what others are primary for.
func (w *world) accepted(h *host) []route {
	var all []route
	for p, primary := range w.primaries {
		if primary != h {
			all = append(all, route{to: p, dev: tunnel})
		}
	}
	return append(all, route{to: netip.MustParsePrefix("100.64.0.0/10"), dev: tunnel})
}

// through takes a packet from one gateway's tailscaled to the one that owns its
// destination, where the source and the policy are looked at.
func (w *world) through(h *host, p *packet) (*host, *lost) {
	to := w.owner(p.dst, func(o *host) bool { return o != h })
	if to == nil {
		l := lose("no peer of %s advertises %s, or the policy approves none", h.name, p.dst)
		l.file = policyPath
		return nil, l
	}
	if !w.takes(h, p.src) {
		l := lose("%s drops what %s sends from %s: %s is not primary for that", to.name, h.name, p.src, h.name)
		l.file = h.routesFile
		return nil, l
	}
	if p.answer {
		return to, nil // the filter lets answers through
	}
	if !w.policy.allows(p, p.src == h.tailnet) {
		l := lose("the packet filter of %s drops %s", to.name, p)
		l.file = policyPath
		if p.hidden {
			l.told = "masquerade-tailnet"
		}
		return nil, l
	}
	return to, nil
}

// owner is the gateway with the longest prefix that holds the address.
func (w *world) owner(a netip.Addr, may func(*host) bool) *host {
	var best netip.Prefix
	var owner *host
	for p, h := range w.primaries {
		if p.Contains(a) && may(h) && (owner == nil || p.Bits() > best.Bits()) {
			best, owner = p, h
		}
	}
	if owner != nil {
		return owner
	}
	for _, r := range w.regions {
		for _, h := range r.hosts {
			if h.tailnet == a {
				return h
			}
		}
	}
	return nil
}

// takes reports whether peers take a packet with that source from a gateway: from the
// owner of the longest prefix and, since 1.98.0, from the owner of any (wireguard-go
// device/receive.go).
func (w *world) takes(h *host, src netip.Addr) bool {
	if src == h.tailnet || w.owner(src, func(*host) bool { return true }) == h {
		return true
	}
	if !w.supersets {
		return false
	}
	for p, owner := range w.primaries {
		if owner == h && p.Contains(src) {
			return true
		}
	}
	return false
}
