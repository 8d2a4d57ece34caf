package validate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about Node objects that are written before nodes join.
const (
	CodeNodeObjectBlock     diag.Code = "node-object-block"     // a block that the node cannot have
	CodeNodeObjectDuplicate diag.Code = "node-object-duplicate" // two nodes with one name
	CodeNodeObjectHome      diag.Code = "node-object-home"      // a cloud that makes its own Nodes
	CodeNodeObjectUnused    diag.Code = "node-object-unused"    // a list that nothing is made of
)

// nodeObjects checks the nodes whose Node objects are to be written, and what those say.
func nodeObjects(p *plan.Plan) diag.List {
	var list diag.List
	names := nodeNames(p, &list)
	for i := range p.Regions {
		n := listedNodes{p: p, given: &p.Given.Spec.Regions[i], planned: &p.Regions[i], index: i, names: names}
		n.region(&list)
	}
	return list
}

// nodeNames knows where each node stands that a region lists, and finds names that stand
// twice: a gateway may be listed in its own region.
func nodeNames(p *plan.Plan, list *diag.List) map[string]string {
	if !listsNodes(p) {
		return nil
	}
	listed, gateways := map[string]string{}, map[string]place{}
	for i := range p.Given.Spec.Regions {
		for j, g := range p.Given.Spec.Regions[i].Gateways.Nodes {
			gateways[g.Name] = place{i, j, "name"}
		}
	}
	for i := range p.Given.Spec.Regions {
		for j, n := range p.Given.Spec.Regions[i].Nodes {
			at := diag.Index(regionPath(i)+".nodes", j) + ".name"
			other, twice := listed[n.Name]
			if g, ok := gateways[n.Name]; ok && g.region != i {
				other, twice = g.path(), true
			}
			if twice && n.Name != "" {
				list.Errorf(CodeNodeObjectDuplicate, at, "node %q stands twice, and a cluster has one Node of that name", n.Name).
					See(other, "it stands here, too").Fix("write the name of the Kubernetes node, in the region where it is")
			}
			listed[n.Name] = at
		}
	}
	return listed
}

// listsNodes reports whether some region lists its nodes.
func listsNodes(p *plan.Plan) bool {
	for i := range p.Regions {
		if len(p.Regions[i].Region.Nodes) > 0 {
			return true
		}
	}
	return false
}

// listedNodes are the nodes of one region, as they were given and as they are planned.
type listedNodes struct {
	p       *plan.Plan
	given   *schema.Region
	planned *plan.Region
	index   int
	names   map[string]string
	owners  blockOwners
}

func (n *listedNodes) path() string { return regionPath(n.index) }

func (n *listedNodes) region(list *diag.List) {
	perNode := n.given.Gateways.Mode == schema.ModePerNode
	switch {
	case n.planned.Blocks == plan.BlocksElsewhere:
		if len(n.given.Nodes) > 0 {
			list.Errorf(CodeNodeObjectUnused, n.path()+".nodes", "region %q lists its nodes, and %s does not take pods' addresses from Node objects, so nothing would be made of the list", n.given.Name, n.given.CNI.Release()).
				See(n.path()+".cni", "the network plugin is chosen here").
				Fix("drop nodes, or set cni.ipam: %s where the plugin has that", schema.IPAMKubernetes)
		}
	case n.planned.AtHome() && (perNode || len(n.given.Nodes) > 0):
		n.home(list, perNode)
	case n.planned.Blocks == plan.BlocksByObjects:
		n.owners = blockOwners{region: n.given, index: n.index}
		for j := range n.given.Gateways.Nodes {
			n.gateway(list, j, perNode)
		}
		for j := range n.given.Nodes {
			n.node(list, j, perNode)
		}
	}
}

// home: who lists nodes counts on objects; with perNode the blocks may have been read from
// the nodes.
func (n *listedNodes) home(list *diag.List, perNode bool) {
	home, _ := facts.WithController(n.p.Topology.Spec.Cluster.CloudController)
	d := &diag.Diagnostic{Severity: diag.Error, Code: CodeNodeObjectHome, Path: n.path() + ".nodes"}
	if len(n.given.Nodes) == 0 {
		d.Severity, d.Path = diag.Info, n.path()+".gateways.mode"
	}
	d.Message = fmt.Sprintf("no Node objects are rendered for region %q: %s takes a Node that is there before its instance for one of a deleted instance, and completes none that a kubelet did not register itself",
		n.given.Name, controllerOf(home, n.p.Given.Spec.Cluster.CloudController != ""))
	wayOut := "drop nodes, and use a plugin with pools for each region"
	if perNode {
		wayOut = "write into podCIDRs what the nodes have got once they have joined (kubectl get node NODE -o jsonpath={.spec.podCIDRs})"
	}
	*list = append(*list, d.Fix("%s; say which cloud controller manager runs (spec.cluster.cloudController), %s if none does", wayOut, schema.CloudControllerNone))
}

// gateway: with perNode it has its blocks itself, which perNode has checked; otherwise it
// is a node as any other.
func (n *listedNodes) gateway(list *diag.List, j int, perNode bool) {
	g, at := &n.given.Gateways.Nodes[j], diag.Index(n.path()+".gateways.nodes", j)
	if perNode {
		n.object(list, g.Name, at+".podCIDRs", g.PodCIDRs)
		return
	}
	if n.names[g.Name] == "" {
		list.Errorf(CodeNodeObjectBlock, at+".name", "gateway %q of region %q has no Node object, and the region lists its nodes: its pods would get addresses from anywhere in the cluster's range", g.Name, n.given.Name).
			See(n.path()+".nodes", "the nodes are listed here").Fix("list the gateways, too, each with its podCIDRs")
	}
}

func (n *listedNodes) node(list *diag.List, j int, perNode bool) {
	node, at := &n.given.Nodes[j], diag.Index(n.path()+".nodes", j)
	if perNode {
		n.ofGateway(list, node, at)
		return
	}
	want, have := familiesOf(n.given.PodCIDRs), familiesOf(node.PodCIDRs)
	if have.lacks(want) {
		list.Errorf(CodeNodeObjectBlock, at, "node %q of region %q has %s of its own, and the region's pods have %s: a Node's blocks are given once, so nobody adds what is missing",
			node.Name, n.given.Name, ownBlocks(have), want).Fix("write a block of each family into its podCIDRs")
	}
	for k, p := range node.PodCIDRs {
		if !p.IsValid() {
			continue
		}
		b := block{p, node.Name, diag.Index(at+".podCIDRs", k)}
		if !claim.InAny(p, n.given.PodCIDRs) {
			list.Errorf(CodeNodeObjectBlock, b.path, "pod CIDR %s of node %q lies in none of the pod CIDRs of region %q (%s), which are what other regions route to it",
				p, node.Name, n.given.Name, claim.Join(n.given.PodCIDRs)).Fix("write the node's block inside them, or add its network to the region's podCIDRs")
		}
		n.overlap(list, b)
	}
	n.object(list, node.Name, at+".podCIDRs", node.PodCIDRs)
}

// ofGateway: with perNode a listed node adds to what its gateway says.
func (n *listedNodes) ofGateway(list *diag.List, node *schema.Node, at string) {
	j := slices.IndexFunc(n.given.Gateways.Nodes, func(g schema.GatewayNode) bool { return g.Name == node.Name })
	if j < 0 {
		list.Errorf(CodeNodeObjectUnused, at+".name", "node %q of region %q is not among its gateways, and with mode perNode every node is one", node.Name, n.given.Name).
			See(n.path()+".gateways.mode", "mode perNode is chosen here").Fix("list it in gateways.nodes, with its podCIDRs")
		return
	}
	if len(node.PodCIDRs) > 0 {
		list.Errorf(CodeNodeObjectUnused, at+".podCIDRs", "node %q of region %q has podCIDRs here, and with mode perNode those of its gateway are what it gets", node.Name, n.given.Name).
			See(diag.Index(n.path()+".gateways.nodes", j), "its gateway is listed here").Fix("drop podCIDRs here")
	}
}

// overlap: two nodes with the same block give two pods the same address.
func (n *listedNodes) overlap(list *diag.List, b block) {
	o := &n.owners
	if i := o.first(b.Prefix); i != none {
		other := &o.taken[i]
		list.Errorf(CodeNodeObjectBlock, b.path, "pod CIDR %s of node %q overlaps pod CIDR %s of node %q, so pods of both get the same addresses", b.Prefix, b.node, other.Prefix, other.node).
			See(other.path, "%s is claimed here", other.Prefix).Fix("give each node blocks of its own")
	}
	o.add(b)
}

// object: what an API server refuses in a Node (kubernetes v1.33.1,
// pkg/apis/core/validation/validation.go: ValidateNode), and what kube-controller-manager
// does not start with.
func (n *listedNodes) object(list *diag.List, node, at string, blocks []netip.Prefix) {
	if second := secondOfFamily(blocks); second != none {
		list.Errorf(CodeNodeObjectBlock, diag.Index(at, second), "pod CIDR %s is the second of its family for node %q, and a Node has one of each", blocks[second], node).
			Fix("give the node one block that is as large as it needs")
	}
	stated := n.p.ClusterRanges()
	if len(stated) == 0 {
		return
	}
	for k, b := range blocks {
		if b.IsValid() && !claim.InAny(b, stated) {
			d := list.Errorf(CodeNodeObjectBlock, diag.Index(at, k), "pod CIDR %s of node %q lies outside the cluster's range (%s): kube-controller-manager, where it gives out blocks, does not start while a Node has another one", b, node, claim.Join(stated))
			if len(n.p.Given.Spec.Cluster.ClusterCIDRs) > 0 {
				d.See("spec.cluster.clusterCIDRs", "the range is stated here")
			}
			d.Fix("write a block inside the range, or state in spec.cluster.clusterCIDRs the --cluster-cidr with which kube-controller-manager runs")
		}
	}
}
