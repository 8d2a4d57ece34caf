package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// has reports whether a topology has the host.
func has(t *schema.Topology, h *host) bool {
	i := slices.IndexFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == h.site.name })
	return i >= 0 && (!h.gateway() || slices.ContainsFunc(t.Spec.Regions[i].Gateways.Nodes, func(n schema.GatewayNode) bool { return n.Name == h.name() }))
}

// wanted are pods that speak to pods, and nodes that do, from region to region: those of plain
// nodes to all, those of gateways to their like.
func (r *carrier) wanted() (list []pair) {
	for _, a := range r.hosts {
		for _, b := range r.hosts {
			if a.site.name == b.site.name || !has(r.topo, a) || !has(r.topo, b) || a.number != 3 && a.number != b.number {
				continue
			}
			for _, to := range r.podsOf(b) {
				list = append(list, pair{a.ns, a.lan(4), to})
				for _, from := range r.podsOf(a) {
					list = append(list, pair{a.podNS, from, to})
				}
			}
		}
	}
	return list
}

// podsOf are the addresses of a host's pod that the topology has.
func (r *carrier) podsOf(h *host) (list []string) {
	i := slices.IndexFunc(r.topo.Spec.Regions, func(region schema.Region) bool { return region.Name == h.site.name })
	if i < 0 {
		return nil
	}
	for _, format := range r.pods[h.site.name] {
		a := netip.MustParseAddr(fmt.Sprintf(format, h.number) + "10")
		if slices.ContainsFunc(r.topo.Spec.Regions[i].PodCIDRs, func(p netip.Prefix) bool { return p.Contains(a) }) {
			list = append(list, a.String())
		}
	}
	return list
}

// isPod reports whether a pod speaks, and not a node.
func (p pair) isPod() bool { return strings.HasSuffix(p.ns, "p") }

// open starts the flows that there may be.
func (r *carrier) open() error {
	for _, p := range r.wanted() {
		if r.flows[p] != nil {
			continue
		}
		// A gateway's watch reads its tables once a minute.
		if err := r.await(90*time.Second, p.from+" to reach "+p.to, func() bool { return reach(p.ns, p.to, podPort) }); err != nil {
			return err
		}
		if p.isPod() {
			t, err := startTraffic([]pair{p}, 1)
			if err != nil {
				return err
			}
			r.flows[p] = t
			r.opened++
		} else {
			r.flows[p] = startKnocks(p)
		}
	}
	return nil
}

// close ends flows, and notes which connections broke.
func (r *carrier) close(ends func(pair) bool) {
	for p, t := range r.flows {
		if !ends(p) {
			continue
		}
		if _, err := t.end(); err != nil {
			r.broken = append(r.broken, err.Error())
		}
		delete(r.flows, p)
	}
}

// slowest are the flows that were silent for longest.
func (r *carrier) slowest() string {
	var list []string
	for p, t := range r.flows {
		list = append(list, fmt.Sprintf("%06.2fs %s to %s", t.worst().Seconds(), p.from, p.to))
	}
	slices.Sort(list)
	slices.Reverse(list)
	return strings.Join(list, "; ")
}

// longest is the longest silence of any flow, and whose it was.
func (r *carrier) longest() (worst time.Duration, whose pair) {
	for p, t := range r.flows {
		if d := t.worst(); d > worst {
			worst, whose = d, p
		}
	}
	return worst, whose
}

// settle waits until all flows have worked for a second, for so long at most.
func (r *carrier) settle(limit time.Duration) bool {
	good := time.Now()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(beat) {
		for _, t := range r.flows {
			if t.silent() > 0 {
				good = time.Now()
			}
		}
		if time.Since(good) > time.Second {
			return true
		}
	}
	return false
}

// mute are the flows that have no answer.
func (r *carrier) mute() string {
	var list []string
	for p, t := range r.flows {
		if t.silent() > 0 {
			list = append(list, p.from+" to "+p.to)
		}
	}
	slices.Sort(list)
	return fmt.Sprintf("%d of %d: %s", len(list), len(r.flows), strings.Join(list, ", "))
}
