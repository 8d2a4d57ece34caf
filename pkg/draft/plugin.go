package draft

import (
	"cmp"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// network describes the provider's network, where routes in it can be rendered.
func (s *sketch) network(i int) {
	r := &s.spec().Regions[i]
	sample := provider.SampleOf(r.Provider)
	if r.SubnetMode = sample.SubnetMode; r.SubnetMode != "" {
		s.note(regionPath(i)+".subnetMode", "Or auto, where the provider makes the subnets: it keeps a range for them.")
	}
	if r.Network = sample.Network; len(r.Network.Clouds()) > 0 {
		s.propose(regionPath(i)+".network", "what the provider calls its network", "a name to be replaced by your own, so that routes to the gateways are rendered", sampleNames)
	}
}

// sampleNames is what stands where a name has to be the user's.
const sampleNames = "change-me"

// pluginOf is the plugin of a region: one that is a provider's own runs in that one's regions.
func (s *sketch) pluginOf(r *schema.Region) pluginFacts {
	p := facts.Plugin(cmp.Or(s.answers.Plugin, s.known.plugin, s.usualPlugin()))
	if p.Home.IsKnown() && p.Home.Value != r.Provider && slices.ContainsFunc(s.spec().Regions, func(o schema.Region) bool { return o.Provider == p.Home.Value }) {
		return facts.FirstPlugin()
	}
	return *p
}

// usualPlugin is what a cluster runs of which nobody says it: of a managed one that was read, its
// provider's own.
func (s *sketch) usualPlugin() schema.CNIType {
	home := s.distribution().Home
	for _, p := range facts.Plugins() {
		if s.read && home.IsKnown() && p.Home.IsKnown() && p.Home.Value == home.Value {
			return p.Type
		}
	}
	return facts.FirstPlugin().Type
}

// plugin chooses how pods' packets travel.
func (s *sketch) plugin(i int) {
	r := &s.spec().Regions[i]
	p := s.pluginOf(r)
	path := regionPath(i) + ".cni"
	if s.answers.Plugin == "" && s.known.plugin == "" {
		s.propose(path, "the network plugin", usual, p.Title)
	}
	if p.Type == s.known.plugin {
		r.CNI = s.known.cni
	}
	r.CNI.Type = p.Type
	r.CNI.Version = cmp.Or(s.answers.PluginVersion, r.CNI.Version)
	if r.CNI.Version == "" && p.Versions.Read.IsKnown() {
		r.CNI.Version = p.Versions.Read.Value.Newest
		if s.known.plugin != "" {
			s.propose(path, "the version of the plugin", usual, string(r.CNI.Version))
		}
	}
	if r.CNI.Tunnel == "" {
		r.CNI.Tunnel = tunnelOf(p)
	}
	if r.CNI.MTU == 0 && mtu.Encapsulates(r) {
		r.CNI.MTU = mtu.Fits(r)
	}
}

// tunnelOf is what carries pods everywhere: networks of providers have no routes to them.
func tunnelOf(p pluginFacts) schema.TunnelProtocol {
	if p.Carries.IsKnown() {
		return p.Carries.Value
	}
	i := slices.IndexFunc(p.Tunnels.Value, func(t plugin.Tunnel) bool { return !t.Encrypts.Value })
	if i < 0 {
		return ""
	}
	return p.Tunnels.Value[i].Protocol
}
