package schema

import (
	"cmp"
	"net/netip"
	"slices"
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
	// Namespace is where everything that runs in the cluster lives. It is fixed:
	// environment strings carry names that kustomize's namespace and namePrefix
	// transformers do not reach.
	Namespace = "tailscale"
	// RegionLabel and GatewayLabel are labels of nodes: the name of the node's region,
	// and "true" on gateways that run as static pods. A kubelet may set them itself,
	// since they are outside kubernetes.io.
	RegionLabel  = Group + "/region"
	GatewayLabel = Group + "/gateway"
)

// TailnetIPv4 is the address block of every tailnet (tailscale 1.84.3,
// net/tsaddr/tsaddr.go: CGNATRange).
func TailnetIPv4() netip.Prefix { return netip.MustParsePrefix("100.64.0.0/10") }

// TailnetIPv6 is its IPv6 twin (tailscale 1.84.3, net/tsaddr/tsaddr.go:
// TailscaleULARange).
func TailnetIPv6() netip.Prefix { return netip.MustParsePrefix("fd7a:115c:a1e0::/48") }

// WithDefaults returns a copy in which every field that has a default is set. It is
// idempotent and leaves t alone; checks that must know what the user left out look
// at t itself.
func (t *Topology) WithDefaults() *Topology {
	c := *t
	s := &c.Spec
	s.Cluster.APIServer.Port = cmp.Or(s.Cluster.APIServer.Port, DefaultAPIServerPort)
	n := &s.Tailnet
	if n.ControlURL != "" {
		n.Control = cmp.Or(n.Control, ControlHeadscale)
	}
	n.Control = cmp.Or(n.Control, ControlTailscale)
	n.GatewaySource = cmp.Or(n.GatewaySource, SourceInternalIP)
	n.NetfilterMode = cmp.Or(n.NetfilterMode, NetfilterOff)
	n.FirewallMode = cmp.Or(n.FirewallMode, s.firewallMode())
	n.Policy.Access = cmp.Or(n.Policy.Access, AccessLeastPrivilege)
	n.Policy.Form = cmp.Or(n.Policy.Form, FormGrants)
	n.Image = cmp.Or(n.Image, DefaultImage+":v"+string(n.TailscaleVersion))
	n.Auth.SecretName = cmp.Or(n.Auth.SecretName, DefaultAuthSecret)
	n.Auth.HostDir = cmp.Or(n.Auth.HostDir, DefaultAuthHostDir)
	if w := &n.Auth.WorkloadIdentity; w.ClientID != "" {
		w.Audience = cmp.Or(w.Audience, AudiencePrefix+w.ClientID)
	}
	s.Regions = slices.Clone(s.Regions)
	for i := range s.Regions {
		g := &s.Regions[i].Gateways
		s.Regions[i].CNI = s.Regions[i].CNI.withDefaults()
		if len(g.Nodes) > 1 {
			g.HA.Strategy = cmp.Or(g.HA.Strategy, HARelay)
		}
		g.HA.Strategy = cmp.Or(g.HA.Strategy, HASingle)
		if g.HA.Strategy == HASupersets {
			s.chooseSupersets(i)
		}
	}
	return &c
}

func (c CNI) withDefaults() CNI {
	c.Tunnel = cmp.Or(c.Tunnel, TunnelNone)
	switch c.Type {
	case CNICilium:
		c.IPAM = cmp.Or(c.IPAM, IPAMMultiPool)
		c.HostRouting = cmp.Or(c.HostRouting, HostRoutingLegacy)
		if len(c.Devices) == 0 {
			c.Devices = DefaultDevices()
		}
	case CNICalico:
		c.DataPlane = cmp.Or(c.DataPlane, DataPlaneIPTables)
		c.MarkMask = cmp.Or(c.MarkMask, CalicoMarkMask(c.DataPlane))
	}
	return c
}

// firewallMode keeps tailscaled off nftables where that does harm: before 1.100.0 it
// writes its mark in the wrong byte order there (tailscale#11803), and Calico's Felix
// stops at its tables (calico#13263, fixed in 3.33 only). NetfilterMode is set by now.
func (s *Spec) firewallMode() FirewallMode {
	calico := slices.ContainsFunc(s.Regions, func(r Region) bool { return r.CNI.Type == CNICalico })
	if s.Tailnet.NetfilterMode == NetfilterOn && (calico || !s.Tailnet.TailscaleVersion.AtLeast(1, 100, 0)) {
		return FirewallIPTables
	}
	return FirewallAuto
}

// CalicoMarkMask is the part of the firewall mark that Calico may use beside
// Tailscale, which has bits 16 to 23, and kube-proxy, which has 14 and 15: eight bits,
// of which Felix needs five to seven. Bit 31 stays out: up to 3.32 the field is an
// int32, which API servers hold it to from Kubernetes 1.36 on (apiextensions-apiserver
// v0.36.0, pkg/apiserver/validation/formats.go). The eBPF data plane insists on
// 0x1ff00000 and takes at least four more (calico 87c15906,
// felix/bpf/tc/defs/defs.go, felix/dataplane/driver.go), so bits 20 to 23 stay shared.
func CalicoMarkMask(d DataPlane) uint32 {
	if d == DataPlaneEBPF {
		return 0x7ff00f00
	}
	return 0x7f002000
}

// DefaultDevices are the usual names of network cards under Linux (systemd 252,
// systemd.net-naming-scheme(7), and the kernel's own), for Cilium: left to itself it
// picks tailscale0 as well (cilium 1.17.4, pkg/datapath/linux/devices_controller.go).
func DefaultDevices() []string { return []string{"eth+", "ens+", "enp+", "eno+", "bond+"} }

// Advertised lists the prefixes of the region that the tailnet carries: its node and
// pod CIDRs, each once, in address order, IPv4 first. Invalid prefixes (the zero
// value, left behind by a finding) are not among them. What a gateway advertises is
// Routes.
func (r *Region) Advertised() []netip.Prefix { return sortedPrefixes(r.NodeCIDRs, r.PodCIDRs) }

// sortedPrefixes are the valid prefixes of the lists, each once, in address order.
func sortedPrefixes(lists ...[]netip.Prefix) []netip.Prefix {
	all := slices.DeleteFunc(slices.Concat(lists...), func(p netip.Prefix) bool { return !p.IsValid() })
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}
