// Package plugin holds what network plugins keep and do: one file a plugin. Code asks a
// fact and never a plugin's name.
//
// Start with Of.
package plugin

import (
	"cmp"
	"slices"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Plugin is what one of them keeps and does.
type Plugin struct {
	// Type is what regions call it: schema.CNI.Type.
	Type schema.CNIType
	// Title is what it calls itself.
	Title string
	// Pods is where it takes pods' addresses from when nobody tells it.
	Pods fact.Datum[[]fact.Range]
	// Modes are the ways in which it gives out addresses. The first one is what a topology
	// means that does not say.
	Modes fact.Datum[[]Mode]
	// Marks are the parts of the firewall mark that it uses.
	Marks fact.Datum[[]fact.Mark]
	// MarkMask is what can be said about the mask where a topology chooses it.
	MarkMask fact.Datum[MarkMask]
	// Ports are what its agents on nodes listen on for those of other nodes, besides tunnels.
	Ports fact.Datum[[]fact.Port]
	// Signs are what a cluster shows it by.
	Signs fact.Datum[Signs]
	// Home is the provider from whose network it takes pods' addresses; unknown where it runs
	// anywhere.
	Home fact.Datum[string]
	// Tunnels are how it carries pods' packets between nodes.
	Tunnels fact.Datum[[]Tunnel]
	// Carries is how it carries pods' packets when nobody tells it. Unknown where it has to
	// be told, or where our settings tell it.
	Carries fact.Datum[schema.TunnelProtocol]
	// Devices are the network cards that it has to be told, so that it leaves the tunnel
	// alone: names, or beginnings of names followed by "+".
	Devices fact.Datum[[]string]
	// HostRouting is the way of a packet through its hosts that a topology means that does
	// not say; unknown where it has no choice.
	HostRouting fact.Datum[schema.HostRouting]
	// DataPlane is what it enforces policy with; unknown where it has no choice.
	DataPlane fact.Datum[schema.DataPlane]
	// StopsAtNFTables reports whether it stops working beside tailscaled's nftables rules.
	StopsAtNFTables fact.Datum[bool]
	// OneNetwork reports whether it masquerades whatever leaves its one network.
	OneNetwork fact.Datum[bool]
	// KubeProxy reports whether kube-proxy has to be told, besides it, where pods are.
	KubeProxy fact.Datum[bool]
	// Policies is the language in which its policies name peers by what they are.
	Policies fact.Datum[Policies]
	// Settings is the form of the settings that we render for it.
	Settings fact.Datum[Settings]
	// SetsMTU reports whether those settings say how large pods' packets are.
	SetsMTU fact.Datum[bool]
	// Versions are those in which our settings exist.
	Versions fact.Versions
	// ByHand is what an operator tells it, an item a line. Words in braces stand for
	// prefixes: {keeps} and {keeps4} are where pods go with their own address, {pods} and
	// {nodes} those of all regions, {network} what the cluster's pods lie in; {masqAgent} is
	// the instruction for an ip-masq-agent.
	ByHand fact.Datum[[]string]
}

// Signs are what a cluster has that no other plugin leaves there.
type Signs struct {
	// Objects are KIND/NAMESPACE/NAME, and Groups are API groups; one of them is enough.
	Objects, Groups []string
	// Annotations are of Nodes, by name; it takes all of them.
	Annotations []string
}

// Policies is a language of network policies. The zero value is invalid.
type Policies uint8

const (
	// PoliciesCilium: entities and labels that Cilium's own agents publish.
	PoliciesCilium Policies = iota + 1
	// PoliciesCalico: rules in order, and network sets.
	PoliciesCalico
	// PoliciesKubernetes: labels and blocks of addresses, which match the tailnet's as they
	// stand.
	PoliciesKubernetes
)

// Settings is a form of settings that we render. The zero value is invalid.
type Settings uint8

const (
	// SettingsCilium: Helm values, CiliumPodIPPools and CiliumNodeConfigs.
	SettingsCilium Settings = iota + 1
	// SettingsCalico: a FelixConfiguration, IPPools and GlobalNetworkSets.
	SettingsCalico
	// SettingsCanal: a FelixConfiguration, or the values of a chart, and GlobalNetworkSets.
	SettingsCanal
)

// MarkMask is what can be said about the part of the firewall mark that a plugin may use
// beside Tailscale, which has bits 16 to 23, and kube-proxy, which has 14 and 15.
type MarkMask struct {
	// Usual is our choice, and EBPF that for the eBPF data plane.
	Usual, EBPF uint32
	// EBPFNeeds are bits without which the eBPF data plane stops.
	EBPFNeeds uint32
	// Fewest is how many bits it needs.
	Fewest int
}

// For is our choice of a mask for a data plane.
func (m MarkMask) For(d schema.DataPlane) uint32 {
	if d == schema.DataPlaneEBPF {
		return m.EBPF
	}
	return m.Usual
}

// Mode is the way in which m gives out addresses; the plugin's first one where it has none
// by that name, and the zero value where nothing is known.
func (p *Plugin) Mode(m schema.IPAM) Mode {
	modes := p.Modes.Value
	if len(modes) == 0 {
		return Mode{}
	}
	i := slices.IndexFunc(modes, func(o Mode) bool { return o.Name.Value == m })
	return modes[max(i, 0)]
}

// ModeOf is the first mode in which pods' addresses are those of whoever it names.
func (p *Plugin) ModeOf(pools Pools) (m Mode, ok bool) {
	i := slices.IndexFunc(p.Modes.Value, func(m Mode) bool { return m.Pools.Value == pools })
	if i < 0 {
		return Mode{}, false
	}
	return p.Modes.Value[i], true
}

// Tunnel is how it carries packets by that protocol. ok is false where it does not.
func (p *Plugin) Tunnel(protocol schema.TunnelProtocol) (t Tunnel, ok bool) {
	i := slices.IndexFunc(p.Tunnels.Value, func(o Tunnel) bool { return o.Protocol == protocol })
	if i < 0 {
		return Tunnel{}, false
	}
	return p.Tunnels.Value[i], true
}

// known holds each plugin once: a region asks several times.
var known = sync.OnceValue(func() map[schema.CNIType]*Plugin {
	all := map[schema.CNIType]*Plugin{}
	for _, p := range fact.All[Plugin](plugins{}) {
		all[p.Type] = &p
	}
	return all
})

// Of is the plugin of that type. A type that is not written down is CNIOther's.
// It is everybody's, and too large to be copied for each question: callers leave it alone.
func Of(t schema.CNIType) *Plugin {
	if p, ok := known()[t]; ok {
		return p
	}
	return known()[schema.CNIOther]
}

// All lists the plugins in the alphabet of their types.
func All() []Plugin {
	all := fact.All[Plugin](plugins{})
	slices.SortFunc(all, func(a, b Plugin) int { return cmp.Compare(a.Type, b.Type) })
	return all
}

// First is the plugin for somebody who has none yet: the one for which most is rendered, and that
// carries pods across every network that we know.
func First() Plugin { return *Of(schema.CNICilium) }

// plugins has a method for each plugin.
type plugins struct{}
