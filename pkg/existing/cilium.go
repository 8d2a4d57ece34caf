package existing

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// isCiliumConfig reports whether the object is what Cilium's chart makes of its values
// (cilium 1.17.4, install/kubernetes/cilium/templates/cilium-configmap.yaml). The names of
// its keys below are from there.
func isCiliumConfig(o *Object) bool { return o.Kind == "ConfigMap" && o.Name == "cilium-config" }

// isMasqConfig reports whether it is where Cilium goes with pods' own addresses (cilium
// 1.17.4, install/kubernetes/cilium/templates/cilium-ip-masq-agent.yaml).
func isMasqConfig(o *Object) bool { return o.Kind == "ConfigMap" && o.Name == "ip-masq-agent" }

// configFields reads the pools of Cilium's cluster-pool mode. They are where Cilium's
// default of 10.0.0.0/8 shows, which no topology states.
func configFields(o *Object, r *reading) {
	if !isCiliumConfig(o) || decoded.Text(o.Content, "data", "ipam") != string(schema.IPAMClusterPool) {
		return
	}
	for _, key := range []string{"cluster-pool-ipv4-cidr", "cluster-pool-ipv6-cidr"} {
		r.commas(claim.RolePod, diag.Field("data", key), decoded.Text(o.Content, "data", key))
	}
}

// configCheck compares how the cluster's Cilium runs with what is rendered for it, and does
// not look at other ConfigMaps.
func configCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	i := slices.IndexFunc(w.plan.Regions[:w.stay], func(r plan.Region) bool {
		return facts.Plugin(r.Region.CNI.Type).Settings.Value == plugin.SettingsCilium
	})
	if i < 0 {
		return
	}
	c := &cilium{Object: o, w: w, list: list, region: &w.plan.Regions[i]}
	switch {
	case isMasqConfig(o):
		c.masqList()
	case isCiliumConfig(o):
		// The pools of another mode go with it.
		if c.mode() {
			eachInside(w, list, o, claims)
		}
		c.routing()
		c.masquerading()
		c.blocks()
		c.hosts()
		c.packets()
	}
}

// cilium is its ConfigMap beside the first region that runs it: what all of them share.
type cilium struct {
	*Object
	w      *wanted
	list   *diag.List
	region *plan.Region
}

// runs is what a key says; empty where it is not there, and its default is the version's.
func (c *cilium) runs(key string) string { return decoded.Text(c.Content, "data", key) }

// each calls visit for the regions that run Cilium and stay.
func (c *cilium) each(visit func(*plan.Region)) {
	for i := range c.w.plan.Regions[:c.w.stay] {
		if r := &c.w.plan.Regions[i]; facts.Plugin(r.Region.CNI.Type).Settings.Value == plugin.SettingsCilium {
			visit(r)
		}
	}
}

func (c *cilium) report(s diag.Severity, key, format string, args ...any) *diag.Diagnostic {
	d := c.finding(s, CodeObjectDiffers, diag.Field("data", key), format, args...)
	*c.list = append(*c.list, d)
	return d
}

// differs compares one key with what is rendered, and says what follows.
func (c *cilium) differs(s diag.Severity, key, want, then string) *diag.Diagnostic {
	runs := c.runs(key)
	if runs == "" || runs == want {
		return nil
	}
	d := c.report(s, key, "%s of %s is %s, and for region %q %s is rendered: %s", key, c.ID(), runs, c.region.Region.Name, want, then)
	return d.See(c.w.path(c.region)+".cni", "%s is rendered for this", want)
}

// mode compares where pods' addresses come from: the IPAM mode must not change while
// workloads have addresses of it (cilium 1.17.4,
// Documentation/network/concepts/ipam/index.rst), and our values say the topology's.
func (c *cilium) mode() bool {
	r := c.region.Region
	mode := string(facts.Plugin(r.CNI.Type).Mode(r.CNI.IPAM).Name.Value)
	if r.CNI.IPAM == schema.IPAMCloud {
		mode = facts.Provider(r.Provider).CiliumIPAM.Or("")
	}
	if mode == "" {
		return true
	}
	d := c.differs(diag.Error, "ipam", mode, "pods lose their addresses where the mode of a running Cilium changes")
	if d == nil {
		return true
	}
	d.Message = strings.Replace(d.Message, " "+mode+" is rendered", " mode "+mode+" is rendered", 1)
	d.Fix("%s, or make the cluster anew; never merge the other mode into its values", keepsMode(c.w.plan.Topology, r, c.runs("ipam"), c.w.stay))
	return false
}

// keepsMode is how a topology says the IPAM mode that runs, which Cilium calls by other names
// where it takes addresses from a provider, and what else that asks of it.
func keepsMode(t *schema.Topology, r *schema.Region, runs string, stay int) string {
	known, mode := facts.Plugin(r.CNI.Type), schema.IPAM(runs)
	has := func(m plugin.Mode) bool { return m.Name.Value == mode }
	again := func(o schema.Region) bool { return o.Name != r.Name && o.CNI.Type == r.CNI.Type }
	switch {
	case slices.ContainsFunc(facts.Providers(), func(p provider.Provider) bool { return p.CiliumIPAM.Value == runs }) && !slices.ContainsFunc(known.Modes.Value, has):
		return fmt.Sprintf("set cni.ipam: %s, where all regions that run Cilium are that provider's", schema.IPAMCloud)
	case !slices.ContainsFunc(known.Modes.Value, has):
		return "say cni.type: other, with which nothing is rendered for Cilium"
	case known.Mode(mode).Pools.Value == plugin.PoolsOfCluster && slices.ContainsFunc(t.Spec.Regions[:stay], again):
		return fmt.Sprintf("set cni.ipam: %s in one region, which gets the whole list of that mode, and run another plugin in the others", mode)
	}
	blocks := "with node blocks that lie in each region's podCIDRs"
	if known.Mode(mode).Pools.Value == plugin.PoolsOfNode {
		blocks += ", and state spec.cluster.clusterCIDRs, which those come from"
	}
	return fmt.Sprintf("set cni.ipam: %s in every region that runs Cilium, %s", mode, blocks)
}

// routing compares how pods' packets travel between nodes.
func (c *cilium) routing() {
	tunnel := c.region.Region.CNI.Tunnel
	routing := "native"
	encapsulates := tunnel == schema.TunnelVXLAN || tunnel == schema.TunnelGeneve
	if encapsulates {
		routing = "tunnel"
	}
	const outage = "while agents restart, nodes with the one and nodes with the other mode do not reach each other's pods"
	protocol := schema.TunnelProtocol(c.runs("tunnel-protocol"))
	fix := "plan an outage for the change"
	switch {
	case encapsulates:
		fix = "write cni.tunnel: none in every region that runs Cilium, or " + fix
	case protocol != "":
		fix = c.tunnelAdvice(protocol) + ", or " + fix
	}
	if d := c.differs(diag.Warning, "routing-mode", routing, outage); d != nil {
		d.Fix("%s", fix)
	} else if encapsulates {
		if d := c.differs(diag.Warning, "tunnel-protocol", string(tunnel), outage); d != nil {
			d.Fix("%s, or plan an outage for the change", c.tunnelAdvice(protocol))
		}
	}
	if c.runs("routing-mode") != routing || encapsulates {
		return
	}
	byNodes := false
	c.each(func(r *plan.Region) { byNodes = byNodes || r.Pods == plan.PodsByNodes })
	then := "nodes have no routes to the pods of their neighbours"
	if !byNodes {
		then = "agents make routes to nodes that are no neighbours"
	}
	c.merged("auto-direct-node-routes", strconv.FormatBool(byNodes), then)
	if byNodes && c.runs("auto-direct-node-routes") == "true" {
		c.merged("direct-routing-skip-unreachable", "true", "agents fail to make routes to the nodes of other regions")
	}
	c.merged("enable-wireguard", strconv.FormatBool(tunnel == schema.TunnelWireGuard), "how large pods' packets are, and which ports nodes need, differs")
}

// tunnelAdvice is tunnelAdvice for all of Cilium's regions, with the version that it needs.
func (c *cilium) tunnelAdvice(by schema.TunnelProtocol) string {
	advice := tunnelAdvice(c.region.Region, by) + " in every region that runs Cilium"
	cni := c.region.Region.CNI
	if cni.IPAM == schema.IPAMMultiPool && !facts.Since(plugin.CiliumMultiPoolTunnel).Contains(cni.Version) {
		advice += fmt.Sprintf(", with cni.version: %s or later, the first that has ipam multi-pool in a tunnel", plugin.CiliumMultiPoolTunnel)
	}
	return advice
}

// merged compares a key that merging our values changes without an outage.
func (c *cilium) merged(key, want, then string) {
	if d := c.differs(diag.Warning, key, want, then); d != nil {
		d.Fix("merge cni/cilium-values.yaml into the values of the cluster's Cilium chart, and restart its agents")
	}
}

// masquerading compares which pods' packets leave with a node's address.
func (c *cilium) masquerading() {
	c.merged("enable-ipv4-masquerade", "true", "pods' packets leave for the internet with addresses that nobody answers to")
	if slices.ContainsFunc(c.w.plan.KeepsSource(), func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		c.merged("enable-ipv6", "true", "pods have no IPv6 addresses")
		c.merged("enable-ipv6-masquerade", "true", "pods' packets leave for the internet with addresses that nobody answers to")
	}
	if c.runs("enable-ipv4-masquerade") != "false" {
		c.merged("enable-bpf-masquerade", "true", "without it Cilium does not read the list of networks to which pods keep their addresses")
	}
	c.native()
}

// native compares the one prefix inside which pods keep their addresses.
func (c *cilium) native() {
	const key = "ipv4-native-routing-cidr"
	runs, err := netip.ParsePrefix(c.runs(key))
	if err != nil || c.runs("enable-ip-masq-agent") == "true" {
		return
	}
	if stated := c.w.plan.Topology.Spec.Cluster.NativeRoutingCIDR; stated.IsValid() && stated.Addr().Is4() {
		if d := c.differs(diag.Warning, key, stated.String(), "where pods keep their addresses is judged by that one"); d != nil {
			d.Related[0].Path = "spec.cluster.nativeRoutingCIDR"
			d.Fix("write nativeRoutingCIDR: %s, or merge cni/cilium-values.yaml into the values of the cluster's Cilium chart", runs)
		}
		return
	}
	if beyond := c.beyond([]netip.Prefix{runs}); len(beyond) > 0 {
		c.report(diag.Warning, key, "%s of %s is %s, which does not contain %s: pods reach those with their node's address, and network policies there take them for nodes", key, c.ID(), runs, claim.Join(beyond)).
			Fix("merge cni/cilium-values.yaml, which has a list instead, into the values of the cluster's Cilium chart, and restart its agents")
	}
}

// beyond lists where pods are to keep their addresses, and do not with these prefixes; of
// their family alone.
func (c *cilium) beyond(keeps []netip.Prefix) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(c.w.plan.KeepsSource()), func(p netip.Prefix) bool {
		family := slices.ContainsFunc(keeps, func(k netip.Prefix) bool { return k.Addr().Is4() == p.Addr().Is4() })
		return !family || claim.InAny(p, keeps)
	})
}

// masqList compares the list of Cilium's ip-masq-agent.
func (c *cilium) masqList() {
	var says struct {
		NonMasqueradeCIDRs []string `yaml:"nonMasqueradeCIDRs"`
	}
	if err := yaml.Unmarshal([]byte(c.runs("config")), &says); err != nil {
		return
	}
	var keeps []netip.Prefix
	for _, s := range says.NonMasqueradeCIDRs {
		if p, err := netip.ParsePrefix(s); err == nil {
			keeps = append(keeps, p.Masked())
		}
	}
	if beyond := c.beyond(keeps); len(beyond) > 0 {
		c.report(diag.Warning, "config", "nonMasqueradeCIDRs of %s (%s) do not contain %s: pods reach those with their node's address, and network policies there take them for nodes", c.ID(), claim.Join(keeps), claim.Join(beyond)).
			Fix("merge cni/cilium-values.yaml into the values of the cluster's Cilium chart")
	}
}

// blocks compares what a node gets of the one pool: it stays for as long as nodes have blocks
// of it.
func (c *cilium) blocks() {
	if c.runs("ipam") != string(schema.IPAMClusterPool) || c.region.Region.CNI.IPAM != schema.IPAMClusterPool {
		return
	}
	for _, f := range []struct {
		key, field string
		size       int
	}{
		{"cluster-pool-ipv4-mask-size", "nodeBlockSizeIPv4", c.region.Region.CNI.NodeBlockSizeIPv4},
		{"cluster-pool-ipv6-mask-size", "nodeBlockSizeIPv6", c.region.Region.CNI.NodeBlockSizeIPv6},
	} {
		if f.size == 0 {
			continue
		}
		if d := c.differs(diag.Error, f.key, strconv.Itoa(f.size), "nodes keep the blocks that they have, and the pool is not cut anew"); d != nil {
			d.Related[0].Path += "." + f.field
			d.Fix("write cni.%s: %s", f.field, c.runs(f.key))
		}
	}
}

// hosts compares the way through the host, which decides whether the MSS of TCP is clamped.
func (c *cilium) hosts() {
	c.merged("enable-host-legacy-routing", strconv.FormatBool(c.region.Region.CNI.HostRouting == schema.HostRoutingLegacy), "whether pods' packets meet the MSS clamp of gateways differs")
	// cilium 1.17.4, Documentation/network/kubernetes/kubeproxy-free.rst: Direct Server Return.
	if mode := c.runs("bpf-lb-mode"); mode == "dsr" && c.runs("kube-proxy-replacement") == "true" {
		c.report(diag.Warning, "bpf-lb-mode", "bpf-lb-mode of %s is dsr: replies leave another region with a source address that is none of its own, which networks that check sources drop", c.ID()).
			Fix("set loadBalancer.mode: snat in the values of the cluster's Cilium chart, or keep the backends of NodePorts and load balancers in the region that clients come to")
	}
}

// packets compares how large pods' packets are with what the topology counts on. Cilium
// calls mtu that of the network below (cilium 1.17.4, pkg/mtu/mtu.go); a region that states
// cni.mtu has a CiliumNodeConfig, which wins.
func (c *cilium) packets() {
	runs, err := strconv.Atoi(c.runs("mtu"))
	if err != nil || runs == 0 {
		return
	}
	differ := &regionList{}
	c.each(func(r *plan.Region) {
		if r.Region.CNI.MTU == 0 && mtu.Pod(r.Region) != runs-mtu.Overhead(r.Region) {
			differ.add(r)
		}
	})
	if len(differ.regions) > 0 {
		first := differ.regions[0].Region
		pod := runs - mtu.Overhead(first)
		differ.show(c.w, c.report(diag.Warning, "mtu", "mtu of %s makes pods send packets of %d bytes, and for %s the topology counts on %d, as network cards there have it", c.ID(), pod, differ, mtu.Pod(first))).
			Fix("write cni.mtu: %d", pod)
	}
}

func ciliumNodeFields(o *Object, r *reading) {
	for i, a := range decoded.Items(o.Content, "spec", "addresses") {
		if decoded.Text(a, "type") == "InternalIP" {
			r.add(claim.RoleNode, diag.Index("spec.addresses", i)+".ip", decoded.Text(a, "ip"))
		}
	}
	r.list(claim.RolePod, "spec.ipam.podCIDRs", decoded.Items(o.Content, "spec", "ipam", "podCIDRs"))
	for i, a := range decoded.Items(o.Content, "spec", "ipam", "pools", "allocated") {
		field := diag.Index("spec.ipam.pools.allocated", i) + ".cidrs"
		r.list(claim.RolePod, field, decoded.Items(a, "cidrs"))
	}
}

func ciliumPoolFields(o *Object, r *reading) {
	r.list(claim.RolePod, "spec.ipv4.cidrs", decoded.Items(o.Content, "spec", "ipv4", "cidrs"))
	r.list(claim.RolePod, "spec.ipv6.cidrs", decoded.Items(o.Content, "spec", "ipv6", "cidrs"))
}

// ciliumNodeCheck: the blocks of a node lie in the region that its address lies in, or
// packets to its pods go to another one.
func ciliumNodeCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	var home *plan.Region
	for _, c := range claims {
		if i, ok := w.home(c.Prefix); ok && c.Role == claim.RoleNode {
			home = &w.plan.Regions[i]
			break
		}
	}
	if home != nil && w.leaves(home.Region.Name) {
		return
	}
	for i := range claims {
		if !w.stray(list, &claims[i], home) {
			w.outside(list, &claims[i])
		}
	}
}

// stray reports a block of a node that lies in another region than the node.
func (w *wanted) stray(list *diag.List, c *objectClaim, home *plan.Region) bool {
	r, ok := w.podsOf(c.Prefix)
	if c.Role != claim.RolePod || home == nil || !ok || r.Region.Name == home.Region.Name {
		return false
	}
	d := c.finding(diag.Error, CodeObjectOutside, "%s belongs to region %q, and the node itself to region %q: packets to its pods go to region %[2]q", &c.Claim, r.Region.Name, home.Region.Name)
	d.See(w.path(r)+".podCIDRs", "%s lies in these", c.Prefix)
	*list = append(*list, d.Fix("label the node %s=%s, drain and delete it, and let it join again", schema.RegionLabel, home.Region.Name))
	return true
}

// ciliumPoolCheck compares a region's own pool: the size of its blocks must stay (cilium
// 1.17.4, Documentation/network/concepts/ipam/multi-pool.rst).
func ciliumPoolCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	eachInside(w, list, o, claims)
	i := slices.IndexFunc(w.plan.Regions[:w.stay], func(r plan.Region) bool { return r.Region.Name == o.Name })
	if i < 0 || w.plan.Regions[i].Region.CNI.IPAM != schema.IPAMMultiPool {
		return
	}
	r := w.plan.Regions[i].Region
	usual := facts.Plugin(r.CNI.Type).Mode(r.CNI.IPAM).Blocks.Value
	for _, f := range []struct {
		at, field     string
		stated, usual int
		is            func(netip.Addr) bool
	}{
		{"ipv4", "nodeBlockSizeIPv4", r.CNI.NodeBlockSizeIPv4, usual.IPv4, netip.Addr.Is4},
		{"ipv6", "nodeBlockSizeIPv6", r.CNI.NodeBlockSizeIPv6, usual.IPv6, netip.Addr.Is6},
	} {
		cidrs := slices.DeleteFunc(slices.Clone(r.PodCIDRs), func(p netip.Prefix) bool { return !p.IsValid() || !f.is(p.Addr()) })
		runs, want := number(decoded.Dig(o.Content, "spec", f.at, "maskSize")), plan.PoolBlock(cidrs, f.stated, f.usual)
		if runs == 0 || len(cidrs) == 0 || runs == want {
			continue
		}
		d := o.finding(diag.Error, CodeObjectDiffers, "spec."+f.at+".maskSize", "maskSize of %s is %d, and for region %q %d is rendered: the size of a pool's blocks must stay", o.ID(), runs, r.Name, want)
		d.See(w.path(&w.plan.Regions[i])+".cni", "%d is rendered for this", want)
		*list = append(*list, d.Fix("write cni.%s: %d", f.field, runs))
	}
}
