package validate

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about network plugins.
const (
	CodeDeviceTunnel diag.Code = "cilium-device-tunnel" // a device pattern that takes tailscale0
	CodeIPAM         diag.Code = "cilium-ipam"          // an IPAM that cannot give regions their CIDRs
	CodeTunnelFamily diag.Code = "cni-tunnel-family"    // a tunnel that cannot carry a family
	CodeTunnelOther  diag.Code = "cni-tunnel-unknown"   // a tunnel that the plugin does not have
	CodeElsewhere    diag.Code = "cni-elsewhere"        // a plugin of another provider's network
	CodeClusterWide  diag.Code = "cni-cluster-wide"     // regions differ in what a cluster has once
	CodeVersionSkew  diag.Code = "cni-version-skew"     // versions that are not made to meet
	CodeMixedCNI     diag.Code = "cni-mixed"            // identities that another plugin does not know
)

// networkPlugins checks each region's plugin, and what the plugins of several regions
// have to agree on.
func networkPlugins(p *plan.Plan) diag.List {
	var list diag.List
	full := p.Topology
	sharing := sharersOf(full)
	for i := range full.Spec.Regions {
		devicePatterns(full, i, &list)
		atHome(full, i, &list)
		regionPools(full, i, sharing[full.Spec.Regions[i].CNI.Type], &list)
		tunnelKnown(full, i, &list)
		tunnelFamily(full, i, &list)
		againstFirst(full, sharing[full.Spec.Regions[i].CNI.Type].first, i, &list)
	}
	mixedCNI(full, &list)
	return list
}

// devicePatterns refuses patterns that make a plugin which is told its network cards
// attach to the tunnel.
func devicePatterns(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	usual := facts.Plugin(r.CNI.Type).Devices
	if !usual.IsKnown() {
		return
	}
	for j, d := range r.CNI.Devices {
		path := fmt.Sprintf("spec.regions[%d].cni.devices[%d]", i, j)
		prefix, wild := strings.CutSuffix(d, "+")
		switch {
		case wild && strings.HasPrefix(facts.TailscaleDevice, prefix) || d == facts.TailscaleDevice:
			list.Errorf(CodeDeviceTunnel, path, "device pattern %q of region %q matches %s, which is not a network card", d, r.Name, facts.TailscaleDevice).
				Fix("name the cards of the region's nodes, such as %s", strings.Join(usual.Value, ", "))
		case strings.HasPrefix(d, "!") && !facts.Since(plugin.CiliumDeviceExclusion).Contains(r.CNI.Version):
			list.Errorf(CodeDeviceTunnel, path, "device pattern %q of region %q excludes a device, which %s does not understand", d, r.Name, r.CNI.Release()).
				Fix("name the cards that are meant instead")
		}
	}
}

// regionPools refuses modes that cannot give each region its own pod CIDRs, where the
// plugin has a choice.
func regionPools(t *schema.Topology, i int, with sharers, list *diag.List) {
	r := &t.Spec.Regions[i]
	mode := facts.Plugin(r.CNI.Type).Mode(r.CNI.IPAM)
	if !mode.Name.IsKnown() || r.Provider == "" {
		return
	}
	path, elsewhere := regionPath(i)+".cni.ipam", with.elsewhere(t, r)
	switch {
	case mode.Pools.Value == plugin.PoolsOfProvider && !facts.Provider(r.Provider).CiliumIPAM.IsKnown():
		list.Errorf(CodeIPAM, path, "IPAM %s of region %q takes pods' addresses from the provider's network, and %s has no way to take them from that of %s", r.CNI.IPAM, r.Name, r.CNI.Release(), facts.Provider(r.Provider).Title).
			Fix("set ipam: multi-pool, or kubernetes where something else gives nodes their podCIDRs").Propose(string(schema.IPAMMultiPool))
	case len(t.Spec.Regions) < 2:
	case mode.Pools.Value == plugin.PoolsOfCluster && with.count == 1:
		// The one list is this region's.
	case mode.Pools.Value == plugin.PoolsOfCluster:
		list.Errorf(CodeIPAM, path, "IPAM %s has one list for the whole cluster and cannot give region %q its pod CIDRs", r.CNI.IPAM, r.Name).
			Fix("set ipam: multi-pool, or kubernetes where something else gives nodes their podCIDRs").Propose(string(schema.IPAMMultiPool))
	case mode.Pools.Value == plugin.PoolsOfProvider && elsewhere != none:
		o := &t.Spec.Regions[elsewhere]
		list.Errorf(CodeIPAM, path, "IPAM %s of region %q takes addresses from the network of %s, and region %q, which runs %s, too, is of %s", r.CNI.IPAM, r.Name, facts.Provider(r.Provider).Title, o.Name, r.CNI.Type, o.Provider).
			See(regionPath(elsewhere)+".cni", "region %q runs %s", o.Name, o.CNI.Type).
			Fix("run the provider's own plugin in region %q, or another one than %s in region %q; or set ipam: multi-pool everywhere, and give the pods of region %q prefixes of their own, and a tunnel (cni.tunnel) or routes of the network (cni.podRoutes)", r.Name, r.CNI.Type, o.Name, r.Name)
	}
}

// sharers are the regions that run one plugin.
type sharers struct {
	count int
	// first is the first of them, and other the first of another provider than that one's, or none.
	first, other int
}

// sharersOf are those of each plugin.
func sharersOf(t *schema.Topology) map[schema.CNIType]sharers {
	all := map[schema.CNIType]sharers{}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		s, there := all[r.CNI.Type]
		switch {
		case !there:
			s = sharers{first: i, other: none}
		case s.other == none && r.Provider != t.Spec.Regions[s.first].Provider:
			s.other = i
		}
		s.count++
		all[r.CNI.Type] = s
	}
	return all
}

// elsewhere is the first of them that is of another provider than the region; none where
// there is no such.
func (s sharers) elsewhere(t *schema.Topology, r *schema.Region) int {
	if t.Spec.Regions[s.first].Provider != r.Provider {
		return s.first
	}
	return s.other
}

// atHome: a plugin that takes pods' addresses from a provider's network runs nowhere else.
func atHome(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	p := facts.Plugin(r.CNI.Type)
	if !p.Home.IsKnown() || r.Provider == "" || r.Provider == p.Home.Value {
		return
	}
	list.Errorf(CodeElsewhere, regionPath(i)+".cni.type", "%s takes pods' addresses from the network of %s, and region %q is of provider %q", p.Title, facts.Provider(p.Home.Value).Title, r.Name, r.Provider).
		See(regionPath(i)+".provider", "the provider is %q", r.Provider).
		Fix("write the plugin that runs on the region's nodes")
}

// tunnelKnown: what a plugin does not have, it does not do: pods' packets would travel as
// they are, while hosts and the policy count on the tunnel.
func tunnelKnown(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	p := facts.Plugin(r.CNI.Type)
	if _, ok := p.Tunnel(r.CNI.Tunnel); ok || r.CNI.Tunnel == schema.TunnelNone || !p.Tunnels.IsKnown() {
		return
	}
	has := []string{string(schema.TunnelNone)}
	for _, t := range p.Tunnels.Value {
		has = append(has, string(t.Protocol))
	}
	list.Errorf(CodeTunnelOther, regionPath(i)+".cni.tunnel", "tunnel %s of region %q is not one that %s has, so nothing would carry pods' packets between nodes", r.CNI.Tunnel, r.Name, p.Title).
		Fix("set what it is configured to do: %s", strings.Join(has, ", "))
}

// tunnelFamily: IP in IP carries IPv4 only (calico v3.32.1, ippools CRD: "IPIP is not
// supported on IPv6 pools").
func tunnelFamily(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	if r.CNI.Tunnel != schema.TunnelIPIP {
		return
	}
	for j, p := range r.PodCIDRs {
		if p.IsValid() && p.Addr().Is6() {
			list.Errorf(CodeTunnelFamily, diag.Index("spec.regions", i)+".cni.tunnel", "tunnel ipip of region %q cannot carry pod CIDR %s", r.Name, p).
				See(fmt.Sprintf("spec.regions[%d].podCIDRs[%d]", i, j), "%s is claimed here", p).
				Fix("set tunnel: vxlan or none").Propose(string(schema.TunnelVXLAN))
		}
	}
}

// againstFirst compares a region's plugin with the first region that has the same one.
func againstFirst(t *schema.Topology, first, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	if first == i {
		return
	}
	o := &t.Spec.Regions[first]
	for _, s := range [...]struct{ field, mine, theirs string }{
		{"tunnel", string(r.CNI.Tunnel), string(o.CNI.Tunnel)},
		{"ipam", string(r.CNI.IPAM), string(o.CNI.IPAM)},
		{"dataPlane", string(r.CNI.DataPlane), string(o.CNI.DataPlane)},
	} {
		if s.mine != s.theirs {
			list.Errorf(CodeClusterWide, fmt.Sprintf("spec.regions[%d].cni.%s", i, s.field),
				"%s %q of region %q differs from %q of region %q, and %s has one for the whole cluster", s.field, s.mine, r.Name, s.theirs, o.Name, r.CNI.Type).
				See(fmt.Sprintf("spec.regions[%d].cni.%s", first, s.field), "%q is set here", s.theirs).
				Fix("use the same in every region that runs %s", r.CNI.Type)
		}
	}
	versionSkew(t, first, i, list)
}

// versionSkew: the plugins of one cluster are one installation; agents a minor
// version apart meet during every upgrade, more is not tested.
func versionSkew(t *schema.Topology, first, i int, list *diag.List) {
	o, r := &t.Spec.Regions[first], &t.Spec.Regions[i]
	if o.CNI.Version == "" || r.CNI.Version == "" || o.CNI.Version.MinorSkew(r.CNI.Version) <= 1 {
		return
	}
	list.Warnf(CodeVersionSkew, fmt.Sprintf("spec.regions[%d].cni.version", i), "%s of region %q and %s of region %q are more than a minor version apart, and a cluster has one installation of %s",
		r.CNI.Release(), r.Name, o.CNI.Release(), o.Name, r.CNI.Type).
		See(fmt.Sprintf("spec.regions[%d].cni.version", first), "%s is stated here", o.CNI.Version).
		Fix("run the same version in every region, one minor version apart at most while you upgrade")
}

// mixedCNI: Cilium knows nodes and pods by what its own agents publish (cilium
// 1.17.4, pkg/node/manager/manager.go), so those of another plugin are the world.
func mixedCNI(t *schema.Topology, list *diag.List) {
	cilium, other := none, none // the first of each
	for i := range t.Spec.Regions {
		first := &other
		if facts.Plugin(t.Spec.Regions[i].CNI.Type).Policies.Value == plugin.PoliciesCilium {
			first = &cilium
		}
		if *first == none {
			*first = i
		}
	}
	if cilium == none || other == none {
		return
	}
	c, o := &t.Spec.Regions[cilium], &t.Spec.Regions[other]
	list.Warnf(CodeMixedCNI, diag.Index("spec.regions", other)+".cni.type",
		"to %s of region %q the nodes and pods of region %q, which runs %s, are the world: fromEntities remote-node and cluster and selectors by label do not match them",
		c.CNI.Release(), c.Name, o.Name, o.CNI.Release()).
		See(diag.Index("spec.regions", cilium)+".cni.type", "region %q runs cilium", c.Name).
		Fix("name them by CIDR in Cilium's policies, keep each plugin's DaemonSet to its own regions by node label, and leave kube-proxy on where Cilium does not replace it")
}
