package plan

import (
	"cmp"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// What a field means when the user leaves it out. Defaults live here, not in CUE:
// a default in CUE ruins its messages (three errors for one wrong number).
const (
	// DefaultImage is Tailscale's published image; the version becomes its tag.
	DefaultImage = "ghcr.io/tailscale/tailscale"
	// DefaultAuthSecret is our own name.
	DefaultAuthSecret = "tailscale-auth"
)

// HostDir is where hosts of the distribution keep what we install: programs, and an auth
// key unless Tailnet.Auth.HostDir says otherwise.
func HostDir(d schema.Distribution) string {
	if taken := facts.Distribution(d).MachineConfig; taken.IsKnown() {
		return taken.Value + "/lib/kustomize-hybrid"
	}
	return "/etc/kustomize-hybrid"
}

// DefaultAuthHostDir is where the auth key of a static pod lies, where nobody says.
func DefaultAuthHostDir(d schema.Distribution) string { return HostDir(d) + "/auth" }

// MachineConfig reports whether hosts take everything by one machine configuration.
func (p *Plan) MachineConfig() bool {
	return facts.Distribution(p.Topology.Spec.Cluster.Distribution).MachineConfig.IsKnown()
}

// HostDir is HostDir of the topology's distribution.
func (p *Plan) HostDir() string { return HostDir(p.Topology.Spec.Cluster.Distribution) }

// complete returns a copy of t in which every field that has a default is set. It is
// idempotent and leaves t alone.
func complete(t *schema.Topology, space func() *occupied) *schema.Topology {
	c := *t
	s := &c.Spec
	s.Cluster.APIServer.Port = cmp.Or(s.Cluster.APIServer.Port, facts.APIServerPort)
	s.Cluster.CloudController = cmp.Or(s.Cluster.CloudController, cloudController(s))
	n := &s.Tailnet
	if n.ControlURL != "" {
		n.Control = cmp.Or(n.Control, schema.ControlHeadscale)
	}
	n.Control = cmp.Or(n.Control, schema.ControlTailscale)
	n.GatewaySource = cmp.Or(n.GatewaySource, schema.SourceInternalIP)
	n.NetfilterMode = cmp.Or(n.NetfilterMode, schema.NetfilterOff)
	n.FirewallMode = cmp.Or(n.FirewallMode, firewallMode(s))
	n.Policy.Access = cmp.Or(n.Policy.Access, schema.AccessLeastPrivilege)
	n.Policy.Form = cmp.Or(n.Policy.Form, schema.FormGrants)
	n.Image = cmp.Or(n.Image, DefaultImage+":v"+string(n.TailscaleVersion))
	n.Auth.SecretName = cmp.Or(n.Auth.SecretName, DefaultAuthSecret)
	n.Auth.SecretKind = cmp.Or(n.Auth.SecretKind, schema.KeyReusable)
	n.Auth.HostKind = cmp.Or(n.Auth.HostKind, schema.KeyReusable)
	n.Auth.HostDir = cmp.Or(n.Auth.HostDir, DefaultAuthHostDir(s.Cluster.Distribution))
	if w := &n.Auth.WorkloadIdentity; w.ClientID != "" {
		w.Audience = cmp.Or(w.Audience, schema.AudiencePrefix+w.ClientID)
	}
	s.Regions = slices.Clone(s.Regions)
	for i := range s.Regions {
		g := &s.Regions[i].Gateways
		g.Replaced = cmp.Or(g.Replaced, schema.ReplacedNever)
		s.Regions[i].HostAddress = cmp.Or(s.Regions[i].HostAddress, hostAddress(&s.Regions[i], s.Cluster.Distribution))
		completeCNI(&s.Regions[i])
		if len(g.Nodes) > 1 && !HostsApart(&s.Regions[i]) {
			g.HA.Strategy = cmp.Or(g.HA.Strategy, schema.HARelay)
		}
		g.HA.Strategy = cmp.Or(g.HA.Strategy, schema.HASingle)
		if g.HA.Strategy == schema.HASupersets {
			g.Nodes = space().choose(s, i)
		}
	}
	return &c
}

func completeCNI(r *schema.Region) {
	c := &r.CNI
	plugin := facts.Plugin(c.Type)
	c.Tunnel = cmp.Or(c.Tunnel, plugin.Carries.Value, schema.TunnelNone)
	c.IPAM = cmp.Or(c.IPAM, plugin.Mode("").Name.Value)
	c.HostRouting = cmp.Or(c.HostRouting, plugin.HostRouting.Value)
	if len(c.Devices) == 0 {
		c.Devices = slices.Clone(plugin.Devices.Value)
		if r.HostAddress == schema.HostAddressMade && len(c.Devices) > 0 {
			c.Devices = append(c.Devices, AddressDevice)
		}
	}
	c.DataPlane = cmp.Or(c.DataPlane, plugin.DataPlane.Value)
	c.MarkMask = cmp.Or(c.MarkMask, plugin.MarkMask.Value.For(c.DataPlane))
}

// firewallMode keeps tailscaled off nftables where that does harm: while it writes its
// mark in the wrong byte order there, and where a plugin stops at its tables.
// NetfilterMode is set by now.
func firewallMode(s *schema.Spec) schema.FirewallMode {
	stops := func() bool {
		return slices.ContainsFunc(s.Regions, func(r schema.Region) bool { return facts.Plugin(r.CNI.Type).StopsAtNFTables.Value })
	}
	if s.Tailnet.NetfilterMode == schema.NetfilterOn && (stops() || !facts.Since(facts.TailscaleByteOrder).Contains(s.Tailnet.TailscaleVersion)) {
		return schema.FirewallIPTables
	}
	return schema.FirewallAuto
}
