package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// statement is regions/<region>/cni/by-hand.txt: what the region's network plugin must
// be told by hand, each item with the value to put in.
func (p *Settings) statement(r *plan.Region) string {
	var b strings.Builder
	c := r.Region.CNI
	b.WriteString(p.header())
	fmt.Fprintf(&b, "Region %s: %s.\n\n", r.Region.Name, strings.TrimSpace(string(c.Type)+" "+string(c.Version)))
	fmt.Fprintf(&b, "Pods keep their own address towards %s, and are masqueraded towards everything else.\n\n", p.said.keeps)
	for _, item := range slices.Concat(p.everyPlugin(r), p.perPlugin(r), nodeBlocks(r)) {
		b.WriteString("- " + item + "\n")
	}
	return b.String()
}

// everyPlugin is what all nodes of a region need.
func (p *Settings) everyPlugin(r *plan.Region) []string {
	items := []string{
		fmt.Sprintf("Register every node with `--node-labels=%s` and an explicit `--node-ip`: settings by region find the node by this label when its plugin starts, and without the address the kubelet may take one from the tailnet.", spellLabels(r.NodeLabels())),
	}
	for _, h := range r.Hosts {
		if len(h.Made) > 0 {
			items = append(items, fmt.Sprintf("%s: no network gives this host its address. `host-address.sh` makes it on device %s, before the kubelet starts (`gateway/systemd`), and the kubelet needs `--node-ip=%s`: by itself it takes the address of the default route, which is the public one.",
				strings.Join(r.Names(&h), ", "), plan.AddressDevice, h.NodeIP()))
		}
	}
	known := facts.Plugin(r.Region.CNI.Type)
	items = append(items, podRoutes(r)...)
	if r.Region.Gateways.Mode != schema.ModeDaemonSet && known.HostRouting.IsKnown() && r.Region.CNI.HostRouting == schema.HostRoutingBPF {
		items = append(items, fmt.Sprintf("Register gateways with `--node-labels=%s` as well.", spellLabels(r.GatewayLabels())))
	}
	if !known.SetsMTU.Value && r.Region.CNI.MTU > 0 {
		items = append(items, fmt.Sprintf("Tell the plugin that pods' MTU is %d.", r.Region.CNI.MTU))
	}
	if known.KubeProxy.Value {
		items = append(items, fmt.Sprintf("kube-proxy: leave `clusterCIDR` empty, set `detectLocalMode: NodeCIDR`, or let it contain every region's pod CIDRs (%s): what it takes for an outsider it masquerades.", p.said.pods))
	}
	return items
}

// podRoutes is what gives pods of the region a way to those of another node, where
// neither a tunnel nor a flat LAN does, or where that drops what no card was told.
func podRoutes(r *plan.Region) []string {
	p := facts.Provider(r.Region.Provider)
	pools := facts.Plugin(r.Region.CNI.Type).Mode(r.Region.CNI.IPAM).Pools.Value
	switch {
	case r.Pods == plan.PodsByNetwork && pools != plugin.PoolsOfProvider:
		who := p.PodRoutes.Or("a route controller, BGP or you do")
		if p.PodRouter.IsKnown() && pools == plugin.PoolsOfNode {
			who += ", as does " + p.PodRouter.Value
		}
		return []string{"Nothing in this directory gives the region's network a route to each node's pods (`podRoutes: network`): " + who + "."}
	case r.Pods == plan.PodsByNodes && (!p.FlatLAN() || p.Network.Value.Sources.IsKnown()):
		way := "Nodes have routes to each other's pods (`podRoutes: nodes`): keep them in one subnet"
		if told := p.Forwarding.Or("have the network let every one of them send from addresses of pods"); told != "" {
			way += ", and " + told + ", on every node"
		}
		return []string{way + "."}
	}
	return nil
}

// nodeBlocks is who gives each node its podCIDRs, where a plugin reads them from there.
func nodeBlocks(r *plan.Region) []string {
	switch r.Blocks {
	case plan.BlocksByObjects:
		return []string{fmt.Sprintf("Create the Node objects of `%s` before the nodes join (`kubectl create -f`): they say each node's podCIDRs, and a kubelet that finds its Node there adds neither `--node-labels` nor `--register-with-taints` nor a providerID.", plan.NodesPath(r.Region.Name))}
	case plan.BlocksByController:
		const given = "Each node's podCIDRs must lie in this region's pod CIDRs, and nothing in this tree gives them: "
		if r.AtHome() || r.Pods == plan.PodsByNetwork {
			return []string{given + "what routes to them does, or kube-controller-manager, which has one range for the whole cluster."}
		}
		return []string{given + "kube-controller-manager has one range for the whole cluster. List the region's nodes in the topology (`nodes`) for Node objects that do."}
	}
	return nil
}

// perPlugin is what the plugin itself needs; where nobody wrote that down, the provider's
// own, and what any plugin needs.
func (p *Settings) perPlugin(r *plan.Region) []string {
	known := facts.Plugin(r.Region.CNI.Type)
	items := slices.Concat(known.ByHand.Value, known.Mode(r.Region.CNI.IPAM).ByHand.Value)
	if !known.ByHand.IsKnown() {
		if own := facts.Provider(r.Region.Provider).Masquerading; own.IsKnown() {
			items = append(items, own.Value)
		}
		items = append(items, "Exempt {keeps} from masquerading in whatever way the plugin has.")
	}
	for i := range items {
		items[i] = p.said.words.Replace(items[i])
	}
	return items
}

// spellLabels writes labels as the kubelet's flag takes them.
func spellLabels(labels map[string]string) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, k+"="+labels[k])
	}
	return strings.Join(all, ",")
}
