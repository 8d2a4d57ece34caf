package validate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about where pods keep their addresses.
const (
	CodeMasqueradeGap  diag.Code = "masquerade-gap"      // pods would lose their address on the way
	CodeMasqueradeWide diag.Code = "masquerade-too-wide" // pods would keep their address where they must not
	CodeMasqueradeVia  diag.Code = "masquerade-tailnet"  // pods on gateways would get a tailnet address
)

// masquerade checks what the user states about where pods keep their addresses: each
// prefix of each region has to be inside, and nothing else.
func masquerade(t *schema.Topology) diag.List {
	var list diag.List
	nativeCIDR(t, &list)
	clusterCIDRs(t, &list)
	return list
}

// nativeCIDR checks cluster.nativeRoutingCIDR, which Cilium takes instead of a list.
func nativeCIDR(t *schema.Topology, list *diag.List) {
	const path = "spec.cluster.nativeRoutingCIDR"
	native := t.Spec.Cluster.NativeRoutingCIDR
	if !native.IsValid() {
		return
	}
	eachPrefix(t, func(p netip.Prefix, at, what string) {
		if p.Addr().Is4() == native.Addr().Is4() && !within(native, p) {
			list.Errorf(CodeMasqueradeGap, path, "native routing CIDR %s does not contain %s %s, so pods lose their address on the way there", native, what, p).
				See(at, "%s is claimed here", p).
				Fix("widen it, or leave it out: then every region's prefixes are listed")
		}
	})
	for i, e := range t.Spec.ExternalCIDRs {
		if e.IsValid() && e.Overlaps(native) {
			list.Errorf(CodeMasqueradeWide, path, "native routing CIDR %s overlaps external CIDR %s, which then sees pod addresses that it cannot answer", native, e).
				See(diag.Index("spec.externalCIDRs", i), "%s is outside the cluster", e).
				Fix("leave it out: then every region's prefixes are listed")
		}
	}
}

// clusterCIDRs checks cluster.clusterCIDRs: kube-proxy masquerades what comes to a
// service from outside, Flannel what leaves its network (flannel#864, flannel#1702).
func clusterCIDRs(t *schema.Topology, list *diag.List) {
	const path = "spec.cluster.clusterCIDRs"
	stated := t.Spec.Cluster.ClusterCIDRs
	var table bart.Lite
	for _, p := range slices.DeleteFunc(slices.Clone(stated), func(p netip.Prefix) bool { return !p.IsValid() }) {
		table.Insert(p)
	}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		plugin := facts.Plugin(r.CNI.Type)
		if len(stated) == 0 && plugin.OneNetwork.Value && len(t.Spec.Regions) > 1 {
			list.Warnf(CodeMasqueradeGap, diag.Index("spec.regions", i)+".cni", "%s of region %q masquerades everything that leaves its network, and the topology does not say whether that contains the pods of every region", plugin.Type, r.Name).
				Fix("give %s a network that contains every pod CIDR, and state it as cluster.clusterCIDRs", plugin.Title)
		}
		for j, p := range r.PodCIDRs {
			if len(stated) > 0 && p.IsValid() && !table.LookupPrefix(p) {
				list.Errorf(CodeMasqueradeGap, path, "no cluster CIDR contains pod CIDR %s of region %q, so traffic of its pods counts as external and is masqueraded", p, r.Name).
					See(fmt.Sprintf("spec.regions[%d].podCIDRs[%d]", i, j), "%s is claimed here", p).
					Fix("widen a cluster CIDR; for kube-proxy alone detectLocalMode NodeCIDR or BridgeInterface also works")
			}
		}
	}
}

// eachPrefix visits the node and pod CIDRs of every region.
func eachPrefix(t *schema.Topology, visit func(p netip.Prefix, path, what string)) {
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		for _, l := range []struct {
			field, what string
			prefixes    []netip.Prefix
		}{{"nodeCIDRs", "node CIDR", r.NodeCIDRs}, {"podCIDRs", "pod CIDR", r.PodCIDRs}} {
			for j, p := range l.prefixes {
				if p.IsValid() {
					visit(p, fmt.Sprintf("spec.regions[%d].%s[%d]", i, l.field, j), l.what)
				}
			}
		}
	}
}

// masqueradeOut: a plugin that masquerades what leaves its one network does so on whatever
// card the packet leaves by, and that has an address of the tailnet, which no node of another
// region has a way back to (flannel 0.26, pkg/trafficmngr/iptables: MASQUERADE).
func masqueradeOut(p *plan.Plan) diag.List {
	var list diag.List
	spec := &p.Topology.Spec
	for i := range spec.Regions {
		r := &spec.Regions[i]
		if len(spec.Regions) < 2 || !p.Regions[i].SourceRoute || !plan.HidesPods(spec, r) {
			continue
		}
		list.Warnf(CodeMasqueradeVia, diag.Index("spec.regions", i)+".cni", "pods on gateways of region %q reach nodes of other regions with a tailnet address, which those cannot answer: %s masquerades what leaves the cluster CIDRs (%s), and they do not contain every node CIDR",
			r.Name, r.CNI.Type, claim.Join(spec.Cluster.ClusterCIDRs)).
			See("spec.cluster.clusterCIDRs", "they are stated here").
			Fix("keep pods that need those nodes, the API server for one, off the gateways, or have the gateways leave alone what goes out by %s (iptables -t nat -I POSTROUTING -o %s -j ACCEPT, after the plugin has started); or let the plugin's network and clusterCIDRs contain the nodes as well", facts.TailscaleDevice, facts.TailscaleDevice)
	}
	return list
}

// within reports whether outer contains all of inner.
func within(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
