package validate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
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
		podsRouted(r, i, &list)
		hostRoutes(r, i, &list)
		sharesNodes(r.Region, i, &list)
		networkTold(r.Region, i, &list)
	}
	return list
}

// podsRouted: with native routing the network between the nodes must be able to route
// pods' prefixes (cilium 1.17.4, Documentation/network/concepts/routing.rst).
func podsRouted(r *plan.Region, i int, list *diag.List) {
	if oneHost(r.Region) || len(r.Region.PodCIDRs) == 0 {
		return
	}
	p := facts.Provider(r.Region.Provider)
	at := regionPath(i) + ".cni"
	switch r.Pods {
	case plan.PodsUnrouted:
		list.Errorf(CodePodsUnrouted, at, "pods of two nodes of region %q cannot reach each other: %s sends their packets as they are, and the network of %s has no route to pod CIDR %s",
			r.Region.Name, r.Region.CNI.Release(), p.Title, r.Region.PodCIDRs[0]).
			Fix("%s", waysOut(r.Region, p))
	case plan.PodsUntold:
		depends := "is not written down"
		if p.Fabric.Value == provider.TableOrLAN {
			depends = "depends on which of its networks it is"
		}
		list.Warnf(CodePodsUnrouted, at, "%s of region %q sends pods' packets as they are, and whether the network of %s takes one for pod CIDR %s to the node that a host chose %s",
			r.Region.CNI.Release(), r.Region.Name, p.Title, r.Region.PodCIDRs[0], depends).
			Fix("say who knows the way: cni.podRoutes: nodes where hosts hand packets to each other over a LAN, network where that has a route to each node's pods; otherwise %s", waysOut(r.Region, p))
	}
}

// waysOut names what makes pods reach each other.
func waysOut(r *schema.Region, p provider.Provider) string {
	overlay := *r
	overlay.CNI.Tunnel = schema.TunnelVXLAN
	since := ""
	if r.CNI.IPAM == schema.IPAMMultiPool {
		since = fmt.Sprintf(" (with ipam %s from %s on)", r.CNI.IPAM, plugin.CiliumMultiPoolTunnel)
	}
	ways := []string{fmt.Sprintf("carry them in a tunnel: cni.tunnel: vxlan%s and cni.mtu: %d, in every region of %s", since, mtu.Fits(&overlay), r.CNI.Type)}
	if p.PodRoutes.IsKnown() {
		ways = append(ways, "let the network know them: cni.podRoutes: network, and "+p.PodRoutes.Value)
	}
	if p.Fabric.Value == provider.SubnetLAN && p.Forwarding.IsKnown() {
		ways = append(ways, "where all nodes of the region stand in one subnet, cni.podRoutes: nodes, and "+p.Forwarding.Value+", on every node")
	}
	if p.Fabric.IsKnown() && p.PodAddresses.Value {
		ways = append(ways, fmt.Sprintf("give pods addresses of the network itself: the provider's own plugin, or cni.ipam: cloud where all regions are %s's", p.Title))
	}
	return strings.Join(ways, "; or ")
}

// oneHost reports whether the region's node CIDRs have room for one host only.
func oneHost(r *schema.Region) bool {
	seen := map[bool]bool{}
	for _, c := range r.NodeCIDRs {
		if !c.IsValid() || !c.IsSingleIP() || seen[c.Addr().Is4()] {
			return false
		}
		seen[c.Addr().Is4()] = true
	}
	return len(r.NodeCIDRs) > 0
}

// hostRoutes: a network that looks every packet up in its route table does not look at
// the neighbour that a host chose.
func hostRoutes(r *plan.Region, i int, list *diag.List) {
	p := facts.Provider(r.Region.Provider)
	if r.Region.CNI.PodRoutes != schema.PodRoutesNodes || r.Region.CNI.Tunnel != schema.TunnelNone || !p.RoutesByTable(r.Region.Cloud() != "") {
		return
	}
	list.Errorf(CodeHostRoutes, regionPath(i)+".cni.podRoutes", "podRoutes nodes of region %q does nothing: the network of %s looks every packet up in its route table, whatever next hop a host chose", r.Region.Name, p.Title).
		Fix("%s", waysOut(r.Region, p))
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
func networkTold(r *schema.Region, i int, list *diag.List) {
	p := facts.Provider(r.Provider)
	switch {
	case r.Cloud() != "" || oneHost(r):
	case p.RoutesByTable(false):
		list.Errorf(CodeCloudUntold, regionPath(i), "nodes of region %q cannot reach other regions by its gateways: the network of %s delivers by its own route table, and the region has no network that says which", r.Name, p.Title).
			See(regionPath(i)+".provider", "the provider is %s", r.Provider).
			Fix("describe it (spec.regions[].network.%s), and run cloud/%s: see docs/cloud.md", r.Provider, plan.CloudProgram(r.Provider))
	case p.Fabric.Value == provider.TableOrLAN && r.CNI.PodRoutes != schema.PodRoutesNodes:
		list.Warnf(CodeCloudUntold, regionPath(i), "whether nodes of region %q can reach other regions by its gateways is not said: %s has networks that deliver by their own route table, and hosts that hang on a LAN", r.Name, p.Title).
			See(regionPath(i)+".provider", "the provider is %s", r.Provider).
			Fix("describe the network (spec.regions[].network.%s), and run cloud/%s: see docs/cloud.md; or say that the hosts hang on a LAN: with cni.podRoutes: nodes where they have routes to each other's pods, otherwise by suppressing this finding", r.Provider, plan.CloudProgram(r.Provider))
	case p.Forwarding.IsKnown() && p.Forwarding.Value != "":
		remedy := p.Forwarding.Value + " for every gateway, and suppress this finding"
		if p.Network.IsKnown() {
			remedy = fmt.Sprintf("describe it (spec.regions[].network.%s), and run cloud/%s, which sees to it; or %s", r.Provider, plan.CloudProgram(r.Provider), remedy)
		}
		list.Warnf(CodeSourceCheck, regionPath(i), "the network of %s drops what gateways of region %q forward, until somebody says otherwise for each of them", p.Title, r.Name).
			See(regionPath(i)+".provider", "the provider is %s", r.Provider).
			Fix("%s", remedy)
	}
}
