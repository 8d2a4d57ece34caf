package reach

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	factsplugin "github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// outerOf is a packet that a plugin makes of another one by a tunnel: its ports are those
// that the policy has to let through, the first of each. Without ports it is a protocol.
func outerOf(t schema.CNIType, tunnel schema.TunnelProtocol) (packet, bool) {
	known, ok := facts.Plugin(t).Tunnel(tunnel)
	if !ok || known.Encrypts.Value || len(known.Ports.Value) == 0 {
		return packet{}, false
	}
	return firstOf(known.Ports.Value), true
}

// firstOf is a packet to the first of some ports; nobody's where there are none that can be read.
func firstOf(ports []string) packet {
	if len(ports) == 0 {
		return packet{}
	}
	spec, err := portsOf(ports[0])
	if err != nil {
		return packet{}
	}
	return packet{protocol: spec.protocol, port: spec.first}
}

// encryption is what a plugin puts around what one pod sends another, where it leaves by a
// card and the plugin's tunnel of WireGuard encrypts: native routing carries the rest.
func encryption(t schema.CNIType) packet {
	known, _ := facts.Plugin(t).Tunnel(schema.TunnelWireGuard)
	return firstOf(known.Ports.Value)
}

// plugin is what a region's plugin does with packets, as far as it is rendered, and where
// nothing is rendered as the topology says.
type plugin struct {
	name string
	// file is the rendered one that has most to say about it.
	file string
	// carries is the tunnel between nodes; empty for none. outer is its packet.
	carries schema.TunnelProtocol
	outer   packet
	// neighbours: hosts have routes to pods of hosts in their subnet. everywhere: to those of
	// others as well, by the way to the host (BGP).
	neighbours, everywhere bool
	// encrypts: what one pod sends another leaves the card inside WireGuard.
	encrypts bool
	// marks: what its tunnel sends has a pod's identity in the firewall mark.
	marks bool
	// keeps says where a pod's packet keeps its address when it leaves by a device.
	keeps func(dst netip.Addr, by device) bool
}

// pluginOf reads what is rendered for a region.
func (w *World) pluginOf(r *region) (*plugin, error) {
	cni := r.stated.CNI
	p := &plugin{name: string(cni.Type), file: "regions/" + r.name + "/cni/by-hand.txt", keeps: func(netip.Addr, device) bool { return true }}
	known := facts.Plugin(cni.Type)
	stated := cni.Tunnel
	if stated == "" {
		stated = known.Carries.Value
	}
	var err error
	switch {
	case known.Settings.Value == factsplugin.SettingsCilium:
		p.file, p.marks = ciliumPath, true
		err = w.cilium(r, p)
	case known.Settings.Value == factsplugin.SettingsCalico:
		p.file = calicoPath
		err = w.calico(r, p)
	case known.OneNetwork.Value:
		p.carries, p.neighbours = stated, true
		// FLANNEL-POSTRTG (flannel 0.26, pkg/trafficmngr/iptables).
		p.keeps = func(dst netip.Addr, by device) bool {
			return inAny(w.clusterCIDRs, dst) || by == tunnel && w.told["masquerade-tailnet"]
		}
	case known.Home.IsKnown():
		p.carries = stated
	default:
		p.carries, p.neighbours = stated, true
	}
	outer, can := outerOf(cni.Type, p.carries)
	if !can {
		p.carries = ""
	}
	p.outer = outer
	return p, err
}

// cilium reads the chart's values, and the region's CiliumNodeConfig over them.
func (w *World) cilium(r *region, p *plugin) error {
	values, err := w.files.cilium()
	if err != nil {
		return err
	}
	if values.RoutingMode == "tunnel" {
		p.carries = schema.TunnelProtocol(values.TunnelProtocol)
	}
	p.encrypts = values.Encryption.Enabled && values.Encryption.Type == "wireguard"
	objects, err := w.files.objects("regions/" + r.name + "/cni/cilium.yaml")
	for _, o := range objects {
		if o.Kind == "CiliumNodeConfig" && o.Spec.Defaults["auto-direct-node-routes"] != "" {
			p.neighbours = o.Spec.Defaults["auto-direct-node-routes"] == "true"
		}
	}
	list := values.IPMasqAgent.Config.NonMasqueradeCIDRs
	p.keeps = func(dst netip.Addr, by device) bool { return by != lan || inAny(list, dst) }
	return err
}

// calico reads the pools: how the region's pods are carried, and which addresses are in a
// pool, where natOutgoing masquerades nothing.
func (w *World) calico(r *region, p *plugin) error {
	var pools []netip.Prefix
	wireguard := false
	paths := []string{calicoPath}
	for _, o := range w.regions {
		paths = append(paths, "regions/"+o.name+"/cni/calico.yaml")
	}
	for _, path := range paths {
		objects, err := w.files.objects(path)
		if err != nil {
			return err
		}
		for _, o := range objects {
			wireguard = wireguard || o.Spec.WireguardEnabled
			if o.Kind != "IPPool" {
				continue
			}
			pools = append(pools, o.Spec.CIDR)
			if o.Spec.Disabled || !slices.Contains(r.pods, o.Spec.CIDR) {
				continue
			}
			switch {
			case o.Spec.VXLANMode == "Always":
				p.carries = "vxlan"
			case o.Spec.IPIPMode == "Always":
				p.carries = "ipip"
			}
		}
	}
	if p.carries == "" && wireguard {
		p.carries = "wireguard"
	}
	p.neighbours, p.everywhere = p.carries == "", p.carries == ""
	p.keeps = func(dst netip.Addr, _ device) bool { return inAny(pools, dst) }
	return nil
}

// sameOverlay reports whether two regions' nodes carry pods' packets to each other.
func (p *plugin) sameOverlay(o *plugin) bool {
	return p.name == o.name && p.carries == o.carries && p.carries != ""
}

// podsKnown says who gave the region's pods their addresses, and who knows them.
func (w *World) podsKnown(r *region) error {
	cni := r.stated.CNI
	r.networkRoutesPods = cni.PodRoutes == "network"
	r.hostsRoutePods = cni.PodRoutes == "nodes" && r.plugin.carries == ""
	r.networkHasPods = r.network.hasPods
	if facts.Plugin(cni.Type).Settings.Value != factsplugin.SettingsCilium {
		return nil
	}
	values, err := w.files.cilium()
	if err != nil {
		return err
	}
	if cni.IPAM == "cloud" && r.network.cilium != "" && values.IPAM.Mode == r.network.cilium {
		r.networkHasPods = true
	}
	return nil
}

// havePods reports whether the plugin's settings give the region's nodes its pod CIDR.
func (w *World) havePods(r *region) (bool, string, error) {
	if facts.Plugin(r.stated.CNI.Type).Settings.Value != factsplugin.SettingsCilium {
		return true, "", nil
	}
	values, err := w.files.cilium()
	if err != nil {
		return false, "", err
	}
	switch values.IPAM.Mode {
	case "multi-pool":
		path := "regions/" + r.name + "/cni/cilium.yaml"
		objects, err := w.files.objects(path)
		has := slices.ContainsFunc(objects, func(o object) bool {
			return o.Kind == "CiliumPodIPPool" && slices.ContainsFunc(o.Spec.IPv4.CIDRs, func(p netip.Prefix) bool { return slices.Contains(r.pods, p) })
		})
		return has, path, err
	case "cluster-pool":
		has := slices.ContainsFunc(r.pods, func(p netip.Prefix) bool {
			return slices.Contains(values.IPAM.Operator.ClusterPoolIPv4PodCIDRList, p.String())
		})
		return has, ciliumPath, nil
	}
	return true, "", nil // the nodes' podCIDRs, or the provider's network
}
