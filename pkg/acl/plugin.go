package acl

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// pluginPorts are ports that a network plugin's own programs open on every node.
type pluginPorts struct {
	what  string
	src   place
	ports []string
}

// plugin lists what the agents of a network plugin need of each other, and of pods.
func plugin(c schema.CNI) []pluginPorts {
	switch c.Type {
	case schema.CNICilium: // cilium 1.17, Documentation/operations/system_requirements.rst
		return []pluginPorts{
			{"Cilium health checks", nodes, []string{"tcp:4240"}},
			{"Hubble Relay reaches the agents", pods, []string{"tcp:4244"}},
		}
	case schema.CNICalico: // calico 3.30, "System requirements", network requirements
		list := []pluginPorts{{"calico-node reaches Typha", nodes, []string{"tcp:5473"}}}
		if c.Tunnel != schema.TunnelVXLAN {
			list = append(list, pluginPorts{"BGP between nodes", nodes, []string{"tcp:179"}})
		}
		return list
	case schema.CNIKubeRouter: // kube-router 2.5, docs/bgp.md
		return []pluginPorts{{"BGP between nodes", nodes, []string{"tcp:179"}}}
	case schema.CNIWeave: // weave 2.8, site/kubernetes/kube-addon.md
		return []pluginPorts{{"Weave Net peers", nodes, []string{"tcp:6783", "udp:6783-6784"}}}
	case schema.CNIAntrea: // antrea 2.3, docs/network-requirements.md
		return []pluginPorts{{"Antrea controller, agents and their member list", nodes, []string{"tcp:10349-10351", "udp:10351"}}}
	}
	return nil
}

// pluginRoles are the roles of each network plugin that several regions run.
func pluginRoles(s *schema.Spec) []role {
	var list []role
	for _, r := range firsts(s, func(c schema.CNI) string { return string(c.Type) }) {
		for _, p := range plugin(r.CNI) {
			list = append(list, role{
				name: "cni", why: p.what, src: []place{p.src}, dst: []place{nodes}, ports: p.ports,
				from: sameCNI(r.CNI), to: sameCNI(r.CNI),
			})
		}
	}
	return list
}

func sameCNI(c schema.CNI) func(*schema.Region) bool {
	return func(r *schema.Region) bool { return r.CNI.Type == c.Type }
}

// overlays are the tunnels between nodes, where regions run the same one: they are
// in the list for each direction, so UDP has its mirror.
func overlays(s *schema.Spec) []role {
	var list []role
	for _, r := range firsts(s, func(c schema.CNI) string { return string(c.Type) + " " + string(c.Tunnel) }) {
		class := tunnelled(r)
		if class == "" {
			continue
		}
		same := func(o *schema.Region) bool { return tunnelled(o) == class }
		list = append(list, role{
			name: "overlay", why: "pods' packets inside " + class,
			src: []place{nodes}, dst: []place{nodes}, ports: tunnelPorts(r.CNI), from: same, to: same,
		})
	}
	return list
}

// firsts is the first region of each key that two or more regions share.
func firsts(s *schema.Spec, key func(schema.CNI) string) []*schema.Region {
	count := map[string]int{}
	for _, r := range s.Regions {
		count[key(r.CNI)]++
	}
	var list []*schema.Region
	for i := range s.Regions {
		r := &s.Regions[i]
		if k := key(r.CNI); count[k] > 1 {
			list = append(list, r)
			count[k] = 0
		}
	}
	return list
}

// tunnelled names the overlay that carries the region's pods; regions of the same
// overlay reach each other's pods inside it. It is "" with native routing.
func tunnelled(r *schema.Region) string {
	if r.CNI.Tunnel == "" || r.CNI.Tunnel == schema.TunnelNone {
		return ""
	}
	return string(r.CNI.Type) + " " + string(r.CNI.Tunnel)
}

// tunnelPorts are the ports, or the protocol, of a tunnel's outer packets.
func tunnelPorts(c schema.CNI) []string {
	linuxVXLAN := []schema.CNIType{schema.CNICilium, schema.CNIFlannel, schema.CNIWeave}
	switch {
	case c.Tunnel == schema.TunnelGeneve: // RFC 8926; cilium 1.17, pkg/defaults
		return []string{"udp:6081"}
	case c.Tunnel == schema.TunnelIPIP: // IP protocol 4, which must be named
		return []string{"ipv4:*"}
	case c.Tunnel == schema.TunnelWireGuard && c.Type == schema.CNICilium: // cilium 1.17, pkg/wireguard/types
		return []string{"udp:51871"}
	case c.Tunnel == schema.TunnelWireGuard: // calico 3.30, "System requirements"; flannel 0.26, docs/backends.md: v4 and v6
		return []string{"udp:51820-51821"}
	case slices.Contains(linuxVXLAN, c.Type): // the kernel's default, kept by Cilium and Flannel
		return []string{"udp:8472"}
	}
	return []string{"udp:4789"} // RFC 7348; Calico and Antrea
}
