package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// scene is a change that somebody makes to a network that carries packets.
type scene struct {
	name, version string
	layout        layout // relayed where empty
	// base is the network; two flat LANs where it is nil, with a third one that has a hub.
	base *shape
	hub  bool
	// old and new change what topology writes.
	old, new func(*schema.Topology)
	// moved are formats of the pods' addresses after the change, as in site, by region.
	moved map[string]string
}

// pass is the lab as it is before the change.
func (s *scene) pass() pass { return s.writes(s.old) }

// writes is the lab with a topology that somebody changes.
func (s *scene) writes(change func(*schema.Topology)) pass {
	base := shape{hub: s.hub, network: func(w *world) error { return w.routePods() }}
	if s.base != nil {
		base = *s.base
	}
	own := base.topology
	base.name = strings.NewReplacer(" ", "-", "'", "").Replace(s.name)
	base.topology = func(t *schema.Topology) {
		if own != nil {
			own(t)
		}
		change(t)
	}
	return pass{s.version, schema.NetfilterOff, schema.FirewallNFTables, cmp.Or(s.layout, relayed), false, &base, s}
}

// What is changed.
func keep(*schema.Topology) {}

func within(region string, change func(*schema.Region)) func(*schema.Topology) {
	return func(t *schema.Topology) {
		for i := range t.Spec.Regions {
			if t.Spec.Regions[i].Name == region {
				change(&t.Spec.Regions[i])
			}
		}
	}
}

func noHub(t *schema.Topology) {
	t.Spec.Regions = slices.DeleteFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == "hub" })
}

func oneGateway(r *schema.Region) { r.Gateways.Nodes = r.Gateways.Nodes[:1] }

func podsFrom(prefix string) func(*schema.Region) {
	return func(r *schema.Region) { r.PodCIDRs = prefixes(prefix) }
}

func all(changes ...func(*schema.Topology)) func(*schema.Topology) {
	return func(t *schema.Topology) {
		for _, c := range changes {
			c(t)
		}
	}
}

func relays(t *schema.Topology) {
	for i := range t.Spec.Regions {
		t.Spec.Regions[i].Gateways.HA.Strategy = schema.HARelay
	}
}

func newest(t *schema.Topology) { t.Spec.Tailnet.TailscaleVersion = "1.102.3" }

// scenes are the kinds of changes that package change has phases for, and the kinds of regions
// whose silence is another one.
func scenes() []*scene {
	alone := within("dc", oneGateway)
	return []*scene{
		{name: "add a region", version: "1.84.3", hub: true, old: noHub, new: keep},
		{name: "drain and remove a region", version: "1.84.3", hub: true, old: keep, new: noHub},
		{name: "widen a pod CIDR", version: "1.84.3", old: keep, new: within("dc", podsFrom("10.142.0.0/19"))},
		{name: "widen a DaemonSet's pod CIDR", version: "1.84.3", old: keep, new: within("cloud", podsFrom("10.60.0.0/15"))},
		{name: "move a pod CIDR", version: "1.102.3", old: keep, new: within("cloud", podsFrom("10.62.0.0/16")), moved: map[string]string{"cloud": "10.62.%d."}},
		{name: "add a gateway", version: "1.84.3", old: alone, new: keep},
		{name: "change the strategy", version: "1.102.3", layout: supersets, old: relays, new: keep},
		{name: "upgrade Tailscale", version: "1.84.3", old: keep, new: newest},
		{name: "change the tag", version: "1.84.3", old: keep, new: func(t *schema.Topology) { t.Spec.Tailnet.Tag = "tag:mesh" }},
		{name: "move the pods of an only gateway", version: "1.102.3", old: alone, new: all(alone, within("dc", podsFrom("10.146.0.0/20"))), moved: map[string]string{"dc": "10.146.%d."}},
		{name: "upgrade where each node is a gateway", version: "1.84.3", layout: perNode, old: keep, new: newest},
		{name: "upgrade where a network's table decides", version: "1.84.3", base: vpcOverlay(), old: keep, new: newest},
		{name: "another netfilter mode with supersets", version: "1.102.3", layout: supersets, old: keep, new: func(t *schema.Topology) { t.Spec.Tailnet.NetfilterMode = schema.NetfilterOn }},
	}
}
