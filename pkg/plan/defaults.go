package plan

import (
	"cmp"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// What a field means when the user leaves it out. Defaults live here, not in CUE:
// a default in CUE ruins its messages (three errors for one wrong number).
const (
	// DefaultAPIServerPort is kubeadm's (kubernetes v1.33.1, cmd/kubeadm defaults).
	DefaultAPIServerPort = 6443
	// DefaultImage is Tailscale's published image; the version becomes its tag.
	DefaultImage = "ghcr.io/tailscale/tailscale"
	// DefaultAuthSecret and DefaultAuthHostDir are our own names.
	DefaultAuthSecret  = "tailscale-auth"
	DefaultAuthHostDir = "/etc/kustomize-hybrid/auth"
)

// complete returns a copy of t in which every field that has a default is set. It is
// idempotent and leaves t alone.
func complete(t *schema.Topology, space func() *occupied) *schema.Topology {
	c := *t
	s := &c.Spec
	s.Cluster.APIServer.Port = cmp.Or(s.Cluster.APIServer.Port, DefaultAPIServerPort)
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
	n.Auth.HostDir = cmp.Or(n.Auth.HostDir, DefaultAuthHostDir)
	if w := &n.Auth.WorkloadIdentity; w.ClientID != "" {
		w.Audience = cmp.Or(w.Audience, schema.AudiencePrefix+w.ClientID)
	}
	s.Regions = slices.Clone(s.Regions)
	for i := range s.Regions {
		g := &s.Regions[i].Gateways
		completeCNI(&s.Regions[i].CNI)
		if len(g.Nodes) > 1 {
			g.HA.Strategy = cmp.Or(g.HA.Strategy, schema.HARelay)
		}
		g.HA.Strategy = cmp.Or(g.HA.Strategy, schema.HASingle)
		if g.HA.Strategy == schema.HASupersets {
			g.Nodes = space().choose(s, i)
		}
	}
	return &c
}

func completeCNI(c *schema.CNI) {
	c.Tunnel = cmp.Or(c.Tunnel, schema.TunnelNone)
	switch c.Type {
	case schema.CNICilium:
		c.IPAM = cmp.Or(c.IPAM, schema.IPAMMultiPool)
		c.HostRouting = cmp.Or(c.HostRouting, schema.HostRoutingLegacy)
		if len(c.Devices) == 0 {
			c.Devices = DefaultDevices()
		}
	case schema.CNICalico:
		c.DataPlane = cmp.Or(c.DataPlane, schema.DataPlaneIPTables)
		c.MarkMask = cmp.Or(c.MarkMask, CalicoMarkMask(c.DataPlane))
	}
}

// firewallMode keeps tailscaled off nftables where that does harm: before 1.100.0 it
// writes its mark in the wrong byte order there (tailscale#11803), and Calico's Felix
// stops at its tables (calico#13263, fixed in 3.33 only). NetfilterMode is set by now.
func firewallMode(s *schema.Spec) schema.FirewallMode {
	calico := slices.ContainsFunc(s.Regions, func(r schema.Region) bool { return r.CNI.Type == schema.CNICalico })
	if s.Tailnet.NetfilterMode == schema.NetfilterOn && (calico || !s.Tailnet.TailscaleVersion.AtLeast(1, 100, 0)) {
		return schema.FirewallIPTables
	}
	return schema.FirewallAuto
}

// CalicoMarkMask is the part of the firewall mark that Calico may use beside
// Tailscale, which has bits 16 to 23, and kube-proxy, which has 14 and 15: eight bits,
// of which Felix needs five to seven. Bit 31 stays out: up to 3.32 the field is an
// int32, which API servers hold it to from Kubernetes 1.36 on (apiextensions-apiserver
// v0.36.0, pkg/apiserver/validation/formats.go). The eBPF data plane insists on
// 0x1ff00000 and takes at least four more (calico 87c15906,
// felix/bpf/tc/defs/defs.go, felix/dataplane/driver.go), so bits 20 to 23 stay shared.
func CalicoMarkMask(d schema.DataPlane) uint32 {
	if d == schema.DataPlaneEBPF {
		return 0x7ff00f00
	}
	return 0x7f002000
}

// DefaultDevices are the usual names of network cards under Linux (systemd 252,
// systemd.net-naming-scheme(7), and the kernel's own), for Cilium: left to itself it
// picks tailscale0 as well (cilium 1.17.4, pkg/datapath/linux/devices_controller.go).
func DefaultDevices() []string { return []string{"eth+", "ens+", "enp+", "eno+", "bond+"} }
