package reach

import (
	"slices"
)

// Part is one thing of the rendered tree that a packet may need: a rule, a route or a line of
// a firewall on a host, a route that a gateway advertises, a grant or an approval of the
// tailnet's policy, a route of a provider's network.
type Part struct {
	Kind PartKind `json:"kind"`
	// Of is the host, the region for a route of its network, and empty for the policy.
	Of string `json:"of,omitempty"`
	// Text says what it is, in the words of iproute2 and iptables.
	Text string `json:"text"`
	// Table is that of a route.
	Table string `json:"table,omitempty"`
	At    Place  `json:"at,omitzero"`
}

// PartKind is what a Part is.
type PartKind string

// The kinds of parts.
const (
	PartRule       PartKind = "rule"
	PartRoute      PartKind = "route"
	PartChainLine  PartKind = "chain line"
	PartAdvertised PartKind = "advertised route"
	PartGrant      PartKind = "grant"
	PartApproval   PartKind = "approval"
	PartCloudRoute PartKind = "cloud route"
)

func (p Part) key() string {
	return string(p.Kind) + "|" + p.Of + "|" + p.Table + "|" + p.Text + "|" + p.At.String()
}

func (h *host) part(kind PartKind, text string, at Place) Part {
	return Part{Kind: kind, Of: h.name, Text: text, At: at}
}

func (h *host) routePart(table string, r *route) Part {
	p := h.part(PartRoute, r.String(), r.at)
	if r.dead == "" {
		// Hops that share a route are one part.
		p.Text = r.to.String()
	}
	p.Table = table
	return p
}

func (g *grant) part() Part   { return Part{Kind: PartGrant, Text: "grant", At: g.at} }
func (a approval) part() Part { return Part{Kind: PartApproval, Text: a.prefix.String(), At: a.at} }
func (r *region) part(c cloudRoute) Part {
	return Part{Kind: PartCloudRoute, Of: r.name, Text: c.to.String(), At: c.at}
}

// Parts are all that the tree has put into this world, in the order of regions and hosts.
// What hosts have by themselves (a card's subnet, the plugin's routes, tailscaled's own
// rules) is none.
func (w *World) Parts() []Part {
	var all []Part
	for _, h := range w.hosts() {
		for i := range h.rules {
			if h.rules[i].ours() {
				all = append(all, h.part(PartRule, h.rules[i].String(), h.rules[i].at))
			}
		}
		tables := make([]string, 0, len(h.tables))
		for table := range h.tables {
			tables = append(tables, table)
		}
		slices.Sort(tables)
		for _, table := range tables {
			for i := range h.tables[table] {
				if r := &h.tables[table][i]; h.ours(table, r) {
					all = append(all, h.routePart(table, r))
				}
			}
		}
		for i := range h.lines {
			all = append(all, h.part(PartChainLine, h.lines[i].String(), h.lines[i].at))
		}
		for _, p := range h.advertised {
			all = append(all, h.part(PartAdvertised, p.String(), h.routesAt))
		}
	}
	for _, r := range w.regions {
		if r.cloud != nil {
			for _, c := range r.cloud.routes {
				all = append(all, r.part(c))
			}
		}
	}
	for _, g := range w.policy.grants {
		all = append(all, g.part())
	}
	for _, a := range w.policy.approved {
		if a.prefix.Addr().Is4() {
			all = append(all, a.part())
		}
	}
	return slices.CompactFunc(all, func(a, b Part) bool { return a == b })
}

// Ways are what gateway-watch.sh keeps on a gateway: its routes to other regions as "TABLE
// ROUTE", and its rules that refuse transit, sorted. It is nil for other hosts.
func (w *World) Ways(name string) []string {
	h := w.findHost(name)
	if h == nil || h.gateway == nil {
		return nil
	}
	all := []string{}
	for _, l := range h.gateway.locals {
		for _, r := range h.tables[l.table] {
			all = append(all, l.table+" "+r.String())
		}
	}
	for _, r := range h.rules {
		if r.table == refused {
			all = append(all, r.String())
		}
	}
	slices.Sort(all)
	return all
}

// Grants are where the policy's grants stand, in their order.
func (w *World) Grants() []Place {
	var all []Place
	for _, g := range w.policy.grants {
		all = append(all, g.at)
	}
	return all
}

// ours reports whether a rendered program keeps the rule: tailscaled's and the kernel's come
// after.
func (r *rule) ours() bool { return r.priority < 5210 }

// ours reports whether a rendered program keeps the route.
func (h *host) ours(table string, r *route) bool {
	switch table {
	case tailscaled:
		return false
	case mainTable:
		return h.plain != nil && r.at.File != "" && (r.at.File == h.plain.path || r.at.File == fleetPath)
	}
	return true
}

// Remove takes parts away, until Restore. Those of hosts are gone although their programs
// would put them back.
func (w *World) Remove(parts ...Part) {
	for _, p := range parts {
		w.removed[p.key()] = true
	}
	w.elect(w.elected)
}

// Restore puts back all that Remove took.
func (w *World) Restore() {
	clear(w.removed)
	w.elect(w.elected)
}

func (w *World) isRemoved(p Part) bool { return len(w.removed) > 0 && w.removed[p.key()] }

// take drops what is removed from a host that has just been given everything.
func (w *World) take(h *host) {
	if len(w.removed) == 0 {
		return
	}
	h.rules = slices.DeleteFunc(h.rules, func(r rule) bool { return w.isRemoved(h.part(PartRule, r.String(), r.at)) })
	h.lines = slices.DeleteFunc(h.lines, func(l chainLine) bool { return w.isRemoved(h.part(PartChainLine, l.String(), l.at)) })
	for table, routes := range h.tables {
		h.tables[table] = slices.DeleteFunc(routes, func(r route) bool { return h.ours(table, &r) && w.isRemoved(h.routePart(table, &r)) })
	}
}
