package walk

import (
	"net/netip"
	"slices"
)

// pluginTunnels are the encapsulations that each plugin has, and what they look like from
// outside. What a topology says beyond that, the plugin does not do, and sends pods'
// packets as they are. Cilium 1.17.4, Documentation/network/concepts/routing.rst; Calico
// 3.30, "Overlay networking"; Flannel 0.26, Documentation/backends.md; kube-router 2.5,
// docs/user-guide.md (--overlay-type); Weave Net 2.8, site/concepts/fastdp-how-it-works.md;
// Antrea 2.3, docs/noencap-hybrid-modes.md, docs/traffic-encryption.md.
func pluginTunnels() map[string]map[string]packet {
	vxlan := func(port int) packet { return packet{protocol: udp, port: port} }
	geneve, ipip := packet{protocol: udp, port: 6081}, packet{protocol: ipInIP}
	wireguard := packet{protocol: udp, port: 51820}
	flannel := map[string]packet{"vxlan": vxlan(8472), "ipip": ipip, "wireguard": wireguard}
	return map[string]map[string]packet{
		"cilium":      {"vxlan": vxlan(8472), "geneve": geneve},
		"calico":      {"vxlan": vxlan(4789), "ipip": ipip, "wireguard": wireguard},
		"canal":       flannel,
		"flannel":     flannel,
		"kube-router": {"ipip": ipip},
		"weave":       {"vxlan": vxlan(6784)},
		"antrea":      {"vxlan": vxlan(4789), "geneve": geneve, "wireguard": wireguard},
		"other":       {"vxlan": vxlan(4789), "geneve": geneve, "ipip": ipip, "wireguard": wireguard},
		"aws-vpc-cni": {},
		"azure-cni":   {},
	}
}

// ciliumWireGuard is what Cilium puts around what one pod sends another, where it leaves
// by a card: native routing carries the rest (cilium 1.17.4, bpf/lib/wireguard.h:
// wg_maybe_redirect_to_encrypt).
func ciliumWireGuard() packet { return packet{protocol: udp, port: 51871} }

// plugin is what a region's plugin does with packets, as far as it is rendered, and where
// nothing is rendered as the topology says.
type plugin struct {
	name string
	// file is the rendered one that has most to say about it.
	file string
	// carries is the tunnel between nodes; empty for none. outer is its packet.
	carries string
	outer   packet
	// neighbours: hosts have routes to pods of hosts in their subnet. everywhere: to those of
	// others as well, by the way to the host (BGP).
	neighbours, everywhere bool
	// encrypts: what one pod sends another leaves the card inside WireGuard.
	encrypts bool
	// keeps says where a pod's packet keeps its address when it leaves by a device.
	keeps func(dst netip.Addr, by device) bool
}

// pluginOf reads what is rendered for a region.
func (w *world) pluginOf(r *region) (*plugin, error) {
	cni := r.stated.CNI
	p := &plugin{name: string(cni.Type), file: "regions/" + r.name + "/cni/by-hand.txt", keeps: func(netip.Addr, device) bool { return true }}
	stated := string(cni.Tunnel)
	if stated == "" {
		// What their own manifests have (Antrea 2.3, build/charts/antrea/README.md).
		stated = map[string]string{"flannel": "vxlan", "canal": "vxlan", "weave": "vxlan", "antrea": "geneve"}[p.name]
	}
	var err error
	switch p.name {
	case "cilium":
		p.file = ciliumPath
		err = w.cilium(r, p)
	case "calico":
		p.file = calicoPath
		err = w.calico(r, p)
	case "flannel", "canal":
		p.carries, p.neighbours = stated, true
		// FLANNEL-POSTRTG (flannel 0.26, pkg/trafficmngr/iptables).
		p.keeps = func(dst netip.Addr, by device) bool {
			return inAny(w.clusterCIDRs, dst) || by == tunnel && w.told["masquerade-tailnet"]
		}
	case "aws-vpc-cni", "azure-cni":
		p.carries = stated
	default:
		p.carries, p.neighbours = stated, true
	}
	outer, can := pluginTunnels()[p.name][p.carries]
	if !can {
		p.carries = ""
	}
	p.outer = outer
	return p, err
}

// cilium reads the chart's values, and the region's CiliumNodeConfig over them.
func (w *world) cilium(r *region, p *plugin) error {
	values, err := w.files.cilium()
	if err != nil {
		return err
	}
	if values.RoutingMode == "tunnel" {
		p.carries = values.TunnelProtocol
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
func (w *world) calico(r *region, p *plugin) error {
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
			if o.Spec.Disabled || o.Spec.CIDR != r.pods {
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
func (w *world) podsKnown(r *region) error {
	cni := r.stated.CNI
	r.networkRoutesPods = cni.PodRoutes == "network"
	r.hostsRoutePods = cni.PodRoutes == "nodes" && r.plugin.carries == ""
	r.networkHasPods = r.network.plugin == string(cni.Type)
	if cni.Type != "cilium" {
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
func (w *world) havePods(r *region) (bool, string, error) {
	if r.stated.CNI.Type != "cilium" {
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
			return o.Kind == "CiliumPodIPPool" && slices.Contains(o.Spec.IPv4.CIDRs, r.pods)
		})
		return has, path, err
	case "cluster-pool":
		return slices.Contains(values.IPAM.Operator.ClusterPoolIPv4PodCIDRList, r.pods.String()), ciliumPath, nil
	}
	return true, "", nil // the nodes' podCIDRs, or the provider's network
}
