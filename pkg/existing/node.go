package existing

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// nodeFields: kube-controller-manager may fill in podCIDRs that the network plugin
// never uses, so those are soft.
func nodeFields(o *Object, r *reading) {
	for i, a := range decoded.Items(o.Content, "status", "addresses") {
		if decoded.Text(a, "type") == "InternalIP" {
			r.add(claim.RoleNode, diag.Index("status.addresses", i)+".address", decoded.Text(a, "address"))
		}
	}
	before := len(r.claims)
	r.list(claim.RolePod, "spec.podCIDRs", decoded.Items(o.Content, "spec", "podCIDRs"))
	for i := range r.claims[before:] {
		r.claims[before+i].soft = true
	}
}

// node is a Node beside what the topology says of it.
type node struct {
	*Object
	w    *wanted
	list *diag.List
	// addresses are its InternalIPs in the kubelet's order, pods its blocks.
	addresses, pods []objectClaim
	// region is where the topology has it, by its name or its address; nil where it has it
	// nowhere.
	region *plan.Region
	// gateway is nil where the region does not name it among its gateways, and path is where
	// that stands.
	gateway *schema.GatewayNode
	path    string
}

// nodeCheck compares a Node with the region that it belongs to. A node of a region that is
// leaving is known, and nothing is asked of it any more.
func nodeCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	n := &node{Object: o, w: w, list: list}
	for _, c := range claims {
		switch {
		case c.Role == claim.RoleNode:
			n.addresses = append(n.addresses, c)
		default:
			n.pods = append(n.pods, c)
		}
	}
	n.locate()
	if n.region != nil && w.leaves(n.region.Region.Name) {
		return
	}
	if !n.isElsewhere() {
		eachInside(w, list, o, n.addresses)
	}
	n.checkBlocks()
	n.checkLabels()
	n.checkProviderID()
	n.checkTaints()
	n.checkKubelet()
	serverCheck(w, list, o)
}

func (n *node) report(s diag.Severity, code diag.Code, field, format string, args ...any) *diag.Diagnostic {
	d := n.finding(s, code, field, format, args...)
	*n.list = append(*n.list, d)
	return d
}

// locate finds the region: a name that the topology has says more than an address.
func (n *node) locate() {
	if at, ok := n.w.named[n.Name]; ok {
		n.region, n.gateway, n.path = &n.w.plan.Regions[at.region], at.gateway, at.path
		return
	}
	for _, c := range n.addresses {
		if i, ok := n.w.home(c.Prefix); ok {
			n.region = &n.w.plan.Regions[i]
			return
		}
	}
}

// isElsewhere reports a gateway whose Node has another address than the topology, and a Node
// that has a gateway's address under another name. Routes, firewalls and policies go by the
// topology's.
func (n *node) isElsewhere() bool {
	if n.gateway == nil {
		return n.isMisnamed()
	}
	if n.region.Region.Gateways.Replaced == schema.ReplacedAnyAddress || len(n.addresses) == 0 {
		return false
	}
	found := false
	has := func(a netip.Addr) bool {
		return slices.ContainsFunc(n.addresses, func(c objectClaim) bool { return c.Prefix.Addr() == a })
	}
	if first := &n.addresses[0]; n.gateway.InternalIP.IsValid() && first.Prefix.Addr() != n.gateway.InternalIP {
		n.addressDiffers(first, "internalIP", n.gateway.InternalIP)
		found = true
	}
	if a := n.gateway.InternalIPv6; a.IsValid() && !has(a) && !found {
		n.report(diag.Error, CodeObjectDiffers, "status.addresses", "%s has no InternalIP %s, and the topology says that it is the second one of gateway %q of region %q: what is sent there over IPv6 reaches nobody", n.ID(), a, n.Name, n.region.Region.Name).
			See(n.path+".internalIPv6", "%s stands here", a).
			Fix("tell the kubelet of %s both addresses (--node-ip=%s,%s), or drop internalIPv6", n.Name, n.gateway.InternalIP, a)
		found = true
	}
	return found
}

func (n *node) addressDiffers(first *objectClaim, field string, want netip.Addr) {
	is, region := first.Prefix.Addr(), n.region.Region
	d := first.finding(diag.Error, CodeObjectDiffers, "%s says that its InternalIP is %s, and the topology has gateway %q of region %q at %s: nodes, route tables and policies send to %[5]s, where this gateway is not",
		n.ID(), is, n.Name, region.Name, want)
	d.See(n.path+"."+field, "%s stands here", want)
	*n.list = append(*n.list, d)
	kubelet := "tell its kubelet --node-ip=" + want.String() + ", if the host has that address"
	switch home, ok := n.w.home(first.Prefix); {
	case n.w.isTailnet(is):
		d.Fix("tell its kubelet --node-ip=%s: a node's own address is never the tailnet's", want)
	case ok && n.w.plan.Regions[home].Region.Name == region.Name:
		d.Fix("write internalIP: %s, or %s", is, kubelet)
	case ok:
		d.Fix("%s; %s belongs to region %q", kubelet, is, n.w.plan.Regions[home].Region.Name)
	default:
		d.Fix("%s; or add the network of %s to the nodeCIDRs of region %q and write internalIP: %[2]s", kubelet, is, region.Name)
	}
}

func (n *node) isMisnamed() bool {
	for i := range n.addresses {
		c := &n.addresses[i]
		at, ok := n.w.gatewayAt[c.Prefix.Addr()]
		if !ok || at.gateway.Name == n.Name || n.w.plan.Regions[at.region].Region.Gateways.Replaced == schema.ReplacedAnyAddress {
			continue
		}
		d := c.finding(diag.Error, CodeObjectDiffers, "%s has the address of gateway %q of region %q, %s: what is made for the gateway by its name finds no node", n.ID(), at.gateway.Name, n.w.plan.Regions[at.region].Region.Name, c.Prefix.Addr())
		d.See(at.path+".name", "the gateway is called %s here", at.gateway.Name)
		*n.list = append(*n.list, d.Fix("write name: %s, which is what Kubernetes calls the node", n.Name))
		n.region, n.gateway, n.path = &n.w.plan.Regions[at.region], at.gateway, at.path
		return true
	}
	return false
}

// checkBlocks compares its podCIDRs: where the plugin takes pods' addresses from them they
// are what the topology says, and elsewhere nobody reads them.
func (n *node) checkBlocks() {
	if n.region == nil {
		eachInside(n.w, n.list, n.Object, n.pods)
		return
	}
	r := n.region.Region
	if facts.Plugin(r.CNI.Type).Mode(r.CNI.IPAM).Pools.Value != plugin.PoolsOfNode {
		n.checkOwnBlocks()
		return
	}
	if n.checkOwnBlocks() {
		return
	}
	for i := range n.pods {
		n.pods[i].soft = false
		if !n.w.stray(n.list, &n.pods[i], n.region) {
			n.w.outside(n.list, &n.pods[i])
		}
		n.checkBlockSize(&n.pods[i])
	}
}

// checkOwnBlocks compares them with the node's own blocks, where the topology states some: a
// Node's podCIDRs can only be set once (kubernetes v1.33.1,
// pkg/apis/core/validation/validation.go: ValidateNodeUpdate).
func (n *node) checkOwnBlocks() (found bool) {
	want, where := n.ownBlocks()
	if len(want) == 0 || len(n.pods) == 0 {
		return false
	}
	var has []netip.Prefix
	for _, c := range n.pods {
		has = append(has, c.Prefix)
	}
	if slices.Equal(sorted(slices.Clone(want)), sorted(slices.Clone(has))) {
		return false
	}
	severity := diag.Error
	if facts.Plugin(n.region.Region.CNI.Type).Mode(n.region.Region.CNI.IPAM).Pools.Value != plugin.PoolsOfNode {
		severity = diag.Warning
	}
	d := n.report(severity, CodeObjectDiffers, "spec.podCIDRs", "%s has podCIDRs %s, and the topology says %s: they are advertised for this node and cannot be changed while it exists", n.ID(), claim.Join(has), claim.Join(want))
	d.See(where, "%s stands here", claim.Join(want))
	inside := func(p netip.Prefix) bool { return claim.InAny(p, n.region.Region.PodCIDRs) }
	if slices.ContainsFunc(has, func(p netip.Prefix) bool { return !inside(p) }) {
		d.Fix("drain and delete the Node, and let it join again with the topology's blocks: %s is in none of the podCIDRs of region %q", claim.Join(has), n.region.Region.Name)
		return true
	}
	d.Fix("write podCIDRs: [%s], or drain and delete the Node and let it join again", claim.Join(has))
	return true
}

func (n *node) ownBlocks() (blocks []netip.Prefix, where string) {
	if n.gateway != nil && len(n.gateway.PodCIDRs) > 0 {
		return n.gateway.PodCIDRs, n.path + ".podCIDRs"
	}
	if o, ok := n.w.objects[n.Name]; ok {
		return o.PodCIDRs, n.w.named[n.Name].path + ".podCIDRs"
	}
	return nil, ""
}

func (n *node) checkBlockSize(c *objectClaim) {
	cni := n.region.Region.CNI
	size, field := cni.NodeBlockSizeIPv4, "nodeBlockSizeIPv4"
	if c.Prefix.Addr().Is6() {
		size, field = cni.NodeBlockSizeIPv6, "nodeBlockSizeIPv6"
	}
	if size == 0 || size == c.Prefix.Bits() {
		return
	}
	at := n.w.path(n.region) + ".cni." + field
	n.share(fmt.Sprintf("block %s %s %d", n.region.Region.Name, field, c.Prefix.Bits()), c.field, func(o *Object, who, _ string) *diag.Diagnostic {
		return o.finding(diag.Warning, CodeObjectDiffers, c.field, "kube-controller-manager has given out blocks of /%d, to %s, and region %q counts on /%d: how many nodes and pods fit is another number", c.Prefix.Bits(), who, n.region.Region.Name, size).
			See(at, "/%d stands here", size).Fix("write cni.%s: %d", field, c.Prefix.Bits())
	})
}

// checkTaints: the pods that we render tolerate every taint, so none keeps a gateway off. A
// taint that the topology states and the Node lacks keeps nobody off, and the one that a
// kubelet sets for a cloud controller manager stays where none looks after the node.
func (n *node) checkTaints() {
	taints := decoded.Items(n.Content, "spec", "taints")
	if o, ok := n.w.objects[n.Name]; ok {
		for _, want := range o.Taints {
			has := func(t any) bool {
				return decoded.Text(t, "key") == want.Key && decoded.Text(t, "value") == want.Value && decoded.Text(t, "effect") == string(want.Effect)
			}
			if !slices.ContainsFunc(taints, has) {
				says := want.Key + ":" + string(want.Effect)
				if want.Value != "" {
					says = want.Key + "=" + want.Value + ":" + string(want.Effect)
				}
				n.report(diag.Warning, CodeObjectDiffers, "spec.taints", "%s lacks taint %s, which the topology states: pods that it should keep off run there", n.ID(), says).
					See(n.w.named[n.Name].path, "the node stands here").Fix("kubectl taint node %s %s", n.Name, says)
			}
		}
	}
	waits := func(t any) bool { return decoded.Text(t, "key") == facts.UninitializedTaint }
	if i := slices.IndexFunc(taints, waits); i >= 0 && n.region != nil && n.w.noController(n.region) {
		n.report(diag.Warning, CodeObjectDiffers, diag.Index("spec.taints", i), "%s waits for a cloud controller manager (taint %s), and none looks after region %q: it gets few pods, and its addresses are nobody's to set", n.ID(), facts.UninitializedTaint, n.region.Region.Name).
			Fix("let its kubelet run without --cloud-provider=external, and kubectl taint node %s %s-", n.Name, facts.UninitializedTaint)
	}
}

// checkKubelet compares versions: a kubelet is never newer than the API server, and only so
// many minor versions older.
func (n *node) checkKubelet() {
	runs := schema.Version(strings.TrimPrefix(decoded.Text(n.Content, "status", "nodeInfo", "kubeletVersion"), "v"))
	server := n.w.topology.Spec.Cluster.KubernetesVersion
	if runs == "" || server == "" || !isRelease(string(runs)) {
		return
	}
	const field = "status.nodeInfo.kubeletVersion"
	skew, newer := runs.MinorSkew(server), runs.Compare(server) > 0 && runs.Minor() != server.Minor()
	if !newer && skew <= facts.KubeletSkew {
		return
	}
	n.share("kubelet "+runs.Minor(), field, func(o *Object, who, _ string) *diag.Diagnostic {
		if newer {
			return o.finding(diag.Warning, CodeObjectDiffers, field, "kubelet %s runs on %s, and the topology says that the API server is %s: a kubelet is never newer than its API server", runs, who, server).
				See("spec.cluster.kubernetesVersion", "%s stands here", server).
				Fix("write into kubernetesVersion what `kubectl version` says of the server, or upgrade the API server first")
		}
		return o.finding(diag.Warning, CodeObjectDiffers, field, "kubelet %s runs on %s, %d minor versions older than API server %s of the topology: Kubernetes supports %d", runs, who, skew, server, facts.KubeletSkew).
			See("spec.cluster.kubernetesVersion", "%s stands here", server).
			Fix("upgrade it, or write into kubernetesVersion what `kubectl version` says of the server")
	})
}
