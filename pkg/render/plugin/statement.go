package plugin

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// statement is regions/<region>/cni/by-hand.txt: what the region's network plugin must
// be told by hand, each item with the value to put in.
func (p settings) statement(r *plan.Region) string {
	var b strings.Builder
	c := r.Region.CNI
	b.WriteString(p.header())
	fmt.Fprintf(&b, "Region %s: %s.\n\n", r.Region.Name, strings.TrimSpace(string(c.Type)+" "+string(c.Version)))
	fmt.Fprintf(&b, "Pods keep their own address towards %s, and are masqueraded towards everything else.\n\n", commaPrefixes(p.KeepsSource))
	for _, item := range slices.Concat(p.everyPlugin(r), p.perPlugin(r)) {
		b.WriteString("- " + item + "\n")
	}
	return b.String()
}

// everyPlugin is what all nodes of a region need.
func (p settings) everyPlugin(r *plan.Region) []string {
	items := []string{
		fmt.Sprintf("Register every node with `--node-labels=%s` and an explicit `--node-ip`: settings by region find the node by this label when its plugin starts, and without the address the kubelet may take one from the tailnet.", spellLabels(r.NodeLabels())),
	}
	if r.Region.Gateways.Mode != schema.ModeDaemonSet && r.Region.CNI.Type == schema.CNICilium && r.Region.CNI.HostRouting == schema.HostRoutingBPF {
		items = append(items, fmt.Sprintf("Register gateways with `--node-labels=%s` as well.", spellLabels(r.GatewayLabels())))
	}
	if r.Region.CNI.Type != schema.CNICilium && r.Region.CNI.MTU > 0 {
		items = append(items, fmt.Sprintf("Tell the plugin that pods' MTU is %d.", r.Region.CNI.MTU))
	}
	if r.Region.CNI.Type != schema.CNICilium {
		items = append(items, fmt.Sprintf("kube-proxy: leave `clusterCIDR` empty, set `detectLocalMode: NodeCIDR`, or let it contain every region's pod CIDRs (%s): what it takes for an outsider it masquerades.", commaPrefixes(p.allPods())))
	}
	return items
}

// perPlugin is what the plugin itself needs.
func (p settings) perPlugin(r *plan.Region) []string {
	keeps4, _ := byFamily(p.KeepsSource)
	switch r.Region.CNI.Type {
	case schema.CNICilium:
		return ciliumStatement(r)
	case schema.CNICalico:
		return calicoStatement(r)
	case schema.CNIFlannel:
		return p.flannelStatement()
	case schema.CNIKubeRouter:
		// kube-router pkg/controllers/routing/network_routes_controller.go: ipsets
		// kube-router-pod-subnets and kube-router-node-ips.
		return []string{"kube-router masquerades towards addresses that are neither a node's InternalIP nor in a node's podCIDR, and it knows those of every region: nothing to set. Its routes to nodes of other regions come from BGP; run it with `--enable-overlay=false` and let node/routes.sh keep them."}
	case schema.CNIAWSVPC:
		// amazon-vpc-cni-k8s pkg/networkutils/network.go: envExcludeSNATCIDRs.
		return []string{fmt.Sprintf("Set `AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=%s` on the DaemonSet aws-node (IPv4 only; other entries are skipped), or `AWS_VPC_K8S_CNI_EXTERNALSNAT=true` where a NAT gateway does the rest.", strings.Join(prefixTexts(keeps4), ",")),
			"Pods' addresses come from the VPC, so this plugin runs in this region only: keep the DaemonSet off other regions by node affinity."}
	case schema.CNIAzure:
		return []string{"Azure CNI: " + masqAgent(p.KeepsSource),
			"Route tables need an entry for each remote prefix: Azure drops 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10 outside the virtual network otherwise."}
	}
	return append(p.googleStatement(r), fmt.Sprintf("Exempt %s from masquerading in whatever way the plugin has.", commaPrefixes(p.KeepsSource)))
}

// googleStatement: GKE masquerades by ip-masq-agent or, with Dataplane V2, by an
// EgressNATPolicy (cloud.google.com/kubernetes-engine/docs/concepts/ip-masquerade-agent).
func (p settings) googleStatement(r *plan.Region) []string {
	if r.Region.Provider != schema.ProviderGCP {
		return nil
	}
	return []string{"On GKE: " + masqAgent(p.KeepsSource) + " With Dataplane V2 on Autopilot the EgressNATPolicy called `default` takes the same prefixes under `spec.action: NoSNAT`, `spec.destinations[].cidr`."}
}

func masqAgent(keeps []netip.Prefix) string {
	return fmt.Sprintf("put `nonMasqueradeCIDRs: [%s]` and `masqLinkLocal: false` into the key `config` of ConfigMap `ip-masq-agent` in kube-system.", commaPrefixes(keeps))
}

func ciliumStatement(r *plan.Region) []string {
	items := []string{
		"Merge `cni/cilium-values.yaml` into the values of the cluster's Cilium chart, apply `cilium.yaml` of this directory before the region's agents start, and restart agents that have started already: they read a CiliumNodeConfig once.",
	}
	if r.Region.CNI.IPAM == schema.IPAMMultiPool {
		items = append(items, "Each node must match exactly one region's CiliumNodeConfig: one that matches none waits for a pool called `default` and never becomes ready.",
			"A pool's CIDRs may grow; its mask size, and a CIDR that is in use, must stay.")
	}
	if r.Region.CNI.IPAM == schema.IPAMKubernetes {
		items = append(items, "Node.spec.podCIDR must lie in this region's pod CIDRs: the controller manager has one range for the whole cluster, so set it, or the annotation `network.cilium.io/ipv4-pod-cidr`, when the node registers.")
	}
	return items
}

func calicoStatement(r *plan.Region) []string {
	return []string{
		"Apply `cni/calico.yaml` and `calico.yaml` of this directory with calicoctl, or with kubectl where Calico's API server runs. With neither, write `crd.projectcalico.org/v1` for the apiVersion. FelixConfiguration `default` exists already: merge the two fields into it.",
		"Delete or disable the pool `default-ipv4-ippool` before pods start, or nodes take addresses from it.",
		"Let nodes find their address by `IP_AUTODETECTION_METHOD=kubernetes-internal-ip`: detection does not leave tailscale0 out.",
		"Calico's pod MTU does not look at tailscale0: TCP is clamped on the gateways, UDP is not.",
	}
}

// flannelStatement: Flannel masquerades what leaves its one network (flannel#864,
// flannel#1702), and k3s is Flannel unless told otherwise.
func (p settings) flannelStatement() []string {
	network := "a prefix that contains every region's pod CIDRs (" + commaPrefixes(p.allPods()) + ")"
	if stated := p.Topology.Spec.Cluster.ClusterCIDRs; len(stated) > 0 {
		network = commaPrefixes(stated)
	}
	return []string{
		fmt.Sprintf("Flannel's `Network` in net-conf.json, and on k3s `--cluster-cidr`, must be %s: it masquerades what leaves that.", network),
		"Pods reach nodes outside that network, " + commaPrefixes(p.allNodes()) + " among them, with their own node's address, unless it contains those as well.",
		"Backend vxlan carries pods' packets to every node by UDP port 8472, other regions' too: state `cni.tunnel: vxlan`, so that the tailnet policy lets it through. Backend host-gw works inside a flat LAN only and logs an error for every other node.",
	}
}

func (p settings) allPods() []netip.Prefix {
	return p.gather(func(r *schema.Region) []netip.Prefix { return r.PodCIDRs })
}

func (p settings) allNodes() []netip.Prefix {
	return p.gather(func(r *schema.Region) []netip.Prefix { return r.NodeCIDRs })
}

func (p settings) gather(of func(*schema.Region) []netip.Prefix) []netip.Prefix {
	var all []netip.Prefix
	for i := range p.Regions {
		all = append(all, of(p.Regions[i].Region)...)
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}

// spellLabels writes labels as the kubelet's flag takes them.
func spellLabels(labels map[string]string) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, k+"="+labels[k])
	}
	return strings.Join(all, ",")
}
