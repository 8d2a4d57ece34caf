package validate

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about the ways between hosts and pods of one region.
const (
	CodePodsUnrouted diag.Code = "pods-unrouted"         // nobody knows the way to another node's pods
	CodeHostRoutes   diag.Code = "pods-host-routes"      // routes on hosts, where those do nothing
	CodeCloudUntold  diag.Code = "cloud-network-missing" // a network whose tables must lead to gateways
	CodeSourceCheck  diag.Code = "fabric-source-check"   // a network that drops what a host forwards
	CodePodsShare    diag.Code = "pods-share-nodes"      // a prefix that is nodes' and pods'
	CodePodsSource   diag.Code = "pods-source-check"     // a network that drops what pods send to nodes
)

// insideRegions checks that packets find their way inside each region: to the pods of
// another node, and to the gateways.
func insideRegions(p *plan.Plan) diag.List {
	var list diag.List
	for i := range p.Regions {
		r := &p.Regions[i]
		if r.Region.Provider == "" {
			continue // and that is a finding already
		}
		podsRouted(p, i, &list)
		sharesNodes(r.Region, i, &list)
		if r.Region.HostAddress == schema.HostAddressMade {
			continue // no network is inside it
		}
		hostRoutes(p, i, &list)
		podSources(p, i, &list)
		networkTold(r, i, &list)
	}
	return list
}

// podsRouted: with native routing the network between the nodes must be able to route
// pods' prefixes (cilium 1.17.4, Documentation/network/concepts/routing.rst).
func podsRouted(p *plan.Plan, i int, list *diag.List) {
	r := &p.Regions[i]
	if r.Pods != plan.PodsUnrouted && r.Pods != plan.PodsUntold || oneHost(r.Region) || len(r.Region.PodCIDRs) == 0 {
		return
	}
	network := facts.Provider(r.Region.Provider)
	at := regionPath(i) + ".cni"
	switch {
	case r.Pods == plan.PodsUnrouted && r.Region.CNI.Tunnel != schema.TunnelNone:
		list.Errorf(CodePodsUnrouted, at, "nodes of region %q and pods of other nodes cannot reach each other: %s puts into %s what one pod sends another, and all else goes as it is, and the network of %s has no route to pod CIDR %s",
			r.Region.Name, r.Region.CNI.Release(), r.Region.CNI.Tunnel, network.Title, r.Region.PodCIDRs[0]).
			Fix("%s", waysOut(p, r.Region))
	case r.Pods == plan.PodsUnrouted:
		list.Errorf(CodePodsUnrouted, at, "pods of two nodes of region %q cannot reach each other: %s sends their packets as they are, and the network of %s has no route to pod CIDR %s",
			r.Region.Name, r.Region.CNI.Release(), network.Title, r.Region.PodCIDRs[0]).
			Fix("%s", waysOut(p, r.Region))
	case r.Pods == plan.PodsUntold:
		depends := "is not written down"
		if network.Fabric.Value == provider.TableOrLAN {
			depends = "depends on which of its networks it is"
		}
		list.Warnf(CodePodsUnrouted, at, "%s of region %q sends pods' packets as they are, and whether the network of %s takes one for pod CIDR %s to the node that a host chose %s",
			r.Region.CNI.Release(), r.Region.Name, network.Title, r.Region.PodCIDRs[0], depends).
			Fix("say who knows the way: cni.podRoutes: nodes where hosts hand packets to each other over a LAN, network where that has a route to each node's pods; otherwise %s", waysOut(p, r.Region))
	}
}

// waysOut names what makes pods reach each other, so that whoever follows it is not led to
// another finding.
func waysOut(p *plan.Plan, r *schema.Region) string {
	network, known := facts.Provider(r.Provider), facts.Plugin(r.CNI.Type)
	var ways []string
	if way := tunnelWay(p, r); way != "" {
		ways = append(ways, way)
	}
	if network.PodRoutes.IsKnown() {
		ways = append(ways, routesWay(r))
	}
	if network.Fabric.Value == provider.SubnetLAN && network.Forwarding.IsKnown() {
		ways = append(ways, "where all nodes of the region stand in one subnet, cni.podRoutes: nodes, and "+network.Forwarding.Value+", on every node")
	}
	if network.Fabric.IsKnown() && network.CiliumIPAM.IsKnown() {
		way := "give pods addresses of the network itself: the provider's own plugin"
		if m, ok := known.ModeOf(plugin.PoolsOfProvider); ok && m.Name.IsKnown() {
			way += fmt.Sprintf(", or cni.ipam: %s where all regions of %s are %s's", m.Name.Value, r.CNI.Type, network.Title)
		}
		ways = append(ways, way)
	}
	return strings.Join(ways, "; or ")
}

// tunnelWay is a tunnel that the plugin has, in every region that runs it; empty where it has
// none for the region's pods.
func tunnelWay(p *plan.Plan, r *schema.Region) string {
	tunnels := facts.Plugin(r.CNI.Type).Tunnels.Value
	i := slices.IndexFunc(tunnels, func(t plugin.Tunnel) bool { return !t.Encrypts.Value && gets(p, r, t.Protocol) })
	if i < 0 {
		return ""
	}
	spec := p.Topology.Spec
	spec.Regions = slices.Clone(spec.Regions)
	overlay := r
	for j := range spec.Regions {
		if o := &spec.Regions[j]; o.CNI.Type == r.CNI.Type {
			o.CNI.Tunnel = tunnels[i].Protocol
			if o.Name == r.Name {
				overlay = o
			}
		}
	}
	since := ""
	if r.CNI.IPAM == schema.IPAMMultiPool {
		since = fmt.Sprintf(" (with ipam %s from %s on)", r.CNI.IPAM, plugin.CiliumMultiPoolTunnel)
	}
	size := strconv.Itoa(mtu.Fits(overlay))
	if mtu.Fits(overlay) < mtu.MinIPv6 && familiesOf(r.PodCIDRs).v6 {
		size = fmt.Sprintf("%d, which IPv6 needs, so that full packets to other regions travel in pieces", mtu.MinIPv6)
	}
	way := fmt.Sprintf("carry them in a tunnel: cni.tunnel: %s%s and cni.mtu: %s, in every region of %s", tunnels[i].Protocol, since, size, r.CNI.Type)
	if told := facts.Provider(r.Provider).Forwarding; told.IsKnown() && told.Value != "" && !hidden(&spec, overlay) {
		way += fmt.Sprintf(", and %s, on every node, for what pods send to nodes (%s)", told.Value, CodePodsSource)
	}
	return way
}

// gets reports whether the tunnel takes the region's pods to another node: not IPv6 where it has
// IPv4 alone, and nothing where the provider's network drops it, whatever the plugin's version.
func gets(p *plan.Plan, r *schema.Region, tunnel schema.TunnelProtocol) bool {
	if tunnel == schema.TunnelIPIP && familiesOf(r.PodCIDRs).v6 {
		return false
	}
	known := func(tunnel schema.TunnelProtocol) (codes []diag.Code) {
		alone := *p.Topology
		alone.Spec.Regions = []schema.Region{*r}
		alone.Spec.Regions[0].CNI = schema.CNI{Type: r.CNI.Type, Tunnel: tunnel}
		for _, d := range issues.Findings(plan.New(&alone)) {
			if d.Severity == diag.Error {
				codes = append(codes, d.Code)
			}
		}
		return codes
	}
	without := known(schema.TunnelNone)
	return !slices.ContainsFunc(known(tunnel), func(code diag.Code) bool { return !slices.Contains(without, code) })
}

// routesWay is routes of the network. Programs that make them make those to podCIDRs of Nodes,
// which not every plugin gives to pods, and Cilium in one of its modes.
func routesWay(r *schema.Region) string {
	network := facts.Provider(r.Provider)
	mode, ok := facts.Plugin(r.CNI.Type).ModeOf(plugin.PoolsOfNode)
	if !ok {
		return "let the network know them: cni.podRoutes: network, where something, BGP for one, gives it a route to each block that " + string(r.CNI.Type) + " gives to a node"
	}
	with := ""
	if mode.Name.IsKnown() {
		with = fmt.Sprintf(" with cni.ipam: %s in every region of %s,", mode.Name.Value, r.CNI.Type)
	}
	return fmt.Sprintf("let the network know them: cni.podRoutes: network,%s and %s, as does %s", with, network.PodRoutes.Value, network.PodRouter.Value)
}

// oneHost reports whether the region's node CIDRs have room for one host only.
func oneHost(r *schema.Region) bool {
	var seen families
	for _, c := range r.NodeCIDRs {
		own := families{v4: c.Addr().Is4(), v6: !c.Addr().Is4()}
		if !c.IsValid() || !c.IsSingleIP() || !seen.lacks(own) {
			return false
		}
		seen = seen.and(own)
	}
	return len(r.NodeCIDRs) > 0
}

// hostRoutes: a network that looks every packet up in its route table does not look at
// the neighbour that a host chose, and one of subnets does not where that is in another.
func hostRoutes(p *plan.Plan, i int, list *diag.List) {
	r := &p.Regions[i]
	network := facts.Provider(r.Region.Provider)
	if r.Pods != plan.PodsByNodes || network.FlatLAN() {
		return
	}
	if j := otherZone(r.Region); j > 0 && network.Fabric.Value == provider.SubnetLAN {
		nodes := r.Region.Gateways.Nodes
		list.Errorf(CodeHostRoutes, regionPath(i)+".cni.podRoutes", "podRoutes nodes of region %q needs all its nodes in one subnet, and gateways %q and %q are in zones %q and %q, so in different subnets of %s, between which route tables decide",
			r.Region.Name, nodes[0].Name, nodes[j].Name, nodes[0].Zone, nodes[j].Zone, network.Title).
			See(diag.Index(regionPath(i)+".gateways.nodes", j)+".zone", "gateway %q is in zone %q", nodes[j].Name, nodes[j].Zone).
			Fix("keep the region's nodes in one zone; or %s", waysOut(p, r.Region))
	}
	if !network.RoutesByTable(r.Region.Cloud() != "") {
		return
	}
	list.Errorf(CodeHostRoutes, regionPath(i)+".cni.podRoutes", "podRoutes nodes of region %q does nothing: the network of %s looks every packet up in its route table, whatever next hop a host chose", r.Region.Name, network.Title).
		Fix("%s", waysOut(p, r.Region))
}

// otherZone is the first gateway in another zone than gateway 0; 0 where there is none.
func otherZone(r *schema.Region) int {
	for j, n := range r.Gateways.Nodes {
		if n.Zone != r.Gateways.Nodes[0].Zone {
			return j
		}
	}
	return 0
}

// hidden reports whether all that the region's pods send outside its tunnel has the node's
// address: there is one tunnel for the pods of all regions, and its plugin masquerades what
// goes to nodes, to all of them.
func hidden(spec *schema.Spec, r *schema.Region) bool {
	if plan.MasqueradesToNodes(spec.Regions) {
		return true
	}
	return plan.HidesPods(spec, r) && !slices.ContainsFunc(spec.Regions, func(o schema.Region) bool {
		return o.CNI.Type != r.CNI.Type || o.CNI.Tunnel != r.CNI.Tunnel ||
			slices.ContainsFunc(o.NodeCIDRs, func(n netip.Prefix) bool { return n.IsValid() && cidr.AnyContains(spec.Cluster.ClusterCIDRs, n.Addr()) })
	})
}

// podSources: what a pod sends to a node is outside the tunnel. Where it keeps the pod's
// address, a network that takes from a host nothing but its own address drops it. With mode
// perNode every host is a gateway, which may forward.
func podSources(p *plan.Plan, i int, list *diag.List) {
	r := p.Regions[i].Region
	network := facts.Provider(r.Provider)
	forwarding := network.Forwarding
	if p.Regions[i].Pods != plan.PodsInTunnel || !forwarding.IsKnown() || forwarding.Value == "" || r.CNI.PodRoutes == schema.PodRoutesNetwork ||
		r.Network.OpenStack.PortSecurity == schema.PortSecurityDisabled || r.Gateways.Mode == schema.ModePerNode || oneHost(r) || hidden(&p.Topology.Spec, r) {
		return
	}
	list.Errorf(CodePodsSource, regionPath(i)+".cni.tunnel", "what pods of region %q send to nodes, or to pods that %s does not carry in its tunnel, leaves their node with the pod's own address, and the network of %s drops what is not from the node's",
		r.Name, r.CNI.Release(), network.Title).
		See(regionPath(i)+".provider", "the provider is %s", r.Provider).
		Fix("use a plugin that gives such packets the node's address (%s with one tunnel in every region); or let the network know pods (cni.podRoutes: network); or %s, on every node, and suppress this finding", hides(), forwarding.Value)
}

// hides are the plugins of plan.MasqueradesToNodes.
func hides() string {
	var titles []string
	for _, p := range facts.Plugins() {
		if p.Settings.Value == plugin.SettingsCilium {
			titles = append(titles, p.Title)
		}
	}
	return strings.Join(titles, " or ")
}

// sharesNodes: rules of the policy are about addresses.
func sharesNodes(r *schema.Region, i int, list *diag.List) {
	if !plan.SharesNodes(r) || !plan.PodsInNetwork(r) {
		return
	}
	j := slices.IndexFunc(r.PodCIDRs, func(p netip.Prefix) bool { return slices.Contains(r.NodeCIDRs, p) })
	list.Warnf(CodePodsShare, diag.Index(regionPath(i)+".podCIDRs", j), "nodes and pods of region %q share %s, so the policy cannot tell them apart: other regions reach every port of its nodes, as they reach its pods", r.Name, r.PodCIDRs[j]).
		Fix("give pods subnets of their own (custom networking of Amazon VPC CNI, a pod subnet on AKS) where nodes' ports must stay closed to other regions, or close them in the provider's firewall, and suppress this finding")
}

// networkTold: what leaves a host of such a network is delivered by tables that only
// the provider's own program can change. Saying nothing of them must not hide that.
func networkTold(planned *plan.Region, i int, list *diag.List) {
	r := planned.Region
	p := facts.Provider(r.Provider)
	switch {
	case r.Cloud() != "" || oneHost(r):
	case p.Fabric.Value == provider.SubnetLAN && otherZone(r) > 0:
		list.Errorf(CodeCloudUntold, regionPath(i), "nodes of region %q cannot reach other regions by all its gateways: these are in different zones, so in different subnets of %s, between which route tables decide, and the region has no network that says which", r.Name, p.Title).
			See(regionPath(i)+".provider", "the provider is %s", r.Provider).
			Fix("describe it (spec.regions[].network.%s), and run cloud/%s: see docs/cloud.md; or keep the gateways in the nodes' subnet", r.Provider, plan.CloudProgram(r.Provider))
	case p.RoutesByTable(false):
		list.Errorf(CodeCloudUntold, regionPath(i), "nodes of region %q cannot reach other regions by its gateways: the network of %s delivers by its own route table, and the region has no network that says which", r.Name, p.Title).
			See(regionPath(i)+".provider", "the provider is %s", r.Provider).
			Fix("describe it (spec.regions[].network.%s), and run cloud/%s: see docs/cloud.md", r.Provider, plan.CloudProgram(r.Provider))
	case p.Fabric.Value == provider.TableOrLAN && r.CNI.PodRoutes != schema.PodRoutesNodes:
		list.Warnf(CodeCloudUntold, regionPath(i), "whether nodes of region %q can reach other regions by its gateways is not said: %s has networks that deliver by their own route table, and hosts that hang on a LAN", r.Name, p.Title).
			See(regionPath(i)+".provider", "the provider is %s", r.Provider).
			Fix("describe the network (spec.regions[].network.%s), and run cloud/%s: see docs/cloud.md; or say that the hosts hang on a LAN: with cni.podRoutes: nodes where they have routes to each other's pods, otherwise by suppressing this finding", r.Provider, plan.CloudProgram(r.Provider))
	case p.Forwarding.IsKnown() && p.Forwarding.Value != "":
		drops, each := fmt.Sprintf("gateways of region %q forward", r.Name), "gateway"
		if p.Network.Value.Sources.IsKnown() && planned.Pods == plan.PodsByNodes {
			drops, each = drops+" and pods send", "gateway and node"
		}
		remedy := p.Forwarding.Value + " for every " + each + ", and suppress this finding"
		if p.Network.IsKnown() {
			remedy = fmt.Sprintf("describe it (spec.regions[].network.%s), and run cloud/%s, which sees to it; or %s", r.Provider, plan.CloudProgram(r.Provider), remedy)
		}
		list.Warnf(CodeSourceCheck, regionPath(i), "the network of %s drops what %s, until somebody says otherwise for each of them", p.Title, drops).
			See(regionPath(i)+".provider", "the provider is %s", r.Provider).
			Fix("%s", remedy)
	}
}
