package acl

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// pluginRoles are the roles of each network plugin that several regions run, or one whose
// hosts are apart.
func pluginRoles(s *schema.Spec) []role {
	var list []role
	for _, r := range firsts(s, func(c schema.CNI) string { return string(c.Type) }) {
		for _, p := range facts.Plugin(r.CNI.Type).Ports.Value {
			if slices.Contains(p.Unless.Value, r.CNI.Tunnel) {
				continue
			}
			list = append(list, role{
				name: "cni", why: p.What, src: []place{from(p.From)}, dst: []place{nodes}, ports: p.Ports,
				from: sameCNI(r.CNI), to: sameCNI(r.CNI),
			})
		}
	}
	return list
}

// from is where a port's connections come from.
func from(p fact.Place) place {
	if p == fact.Pods {
		return pods
	}
	return nodes
}

func sameCNI(c schema.CNI) func(*schema.Region) bool {
	return func(r *schema.Region) bool { return r.CNI.Type == c.Type }
}

// overlays are the tunnels between nodes, where regions or hosts that are apart run the
// same one: they are
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

// firsts is the first region of each key that two or more regions share; one whose hosts
// are apart counts as several.
func firsts(s *schema.Spec, key func(schema.CNI) string) []*schema.Region {
	count := map[string]int{}
	for _, r := range s.Regions {
		count[key(r.CNI)]++
		if severalApart(&r) {
			count[key(r.CNI)]++
		}
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

// overlaid puts regions into one class whose pods never reach each other but inside the
// overlay: where one carries the pods of all regions. Otherwise gateways have routes to
// pods that come before the plugin's, also to those of a region with the same tunnel: what
// they and their own pods send is not inside. WireGuard is not such an overlay.
func overlaid(s *schema.Spec) func(*schema.Region) string {
	if !plan.OneOverlay(s.Regions) {
		return nil
	}
	return tunnelled
}

// tunnelled names the tunnel that carries the region's pods between nodes; regions that
// have the same one let each other's through. It is "" with native routing.
func tunnelled(r *schema.Region) string {
	if r.CNI.Tunnel == "" || r.CNI.Tunnel == schema.TunnelNone {
		return ""
	}
	return string(r.CNI.Type) + " " + string(r.CNI.Tunnel)
}

// tunnelPorts are the ports, or the protocol, of a tunnel's outer packets.
func tunnelPorts(c schema.CNI) []string {
	t, _ := facts.Plugin(c.Type).Tunnel(c.Tunnel)
	return t.Ports.Value
}
