package plan

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// BlockSource is who gives each node of a region its block of pods' addresses.
type BlockSource uint8

const (
	// BlocksElsewhere: the plugin itself or the provider's network; nothing is read from a
	// Node object.
	BlocksElsewhere BlockSource = iota + 1
	// BlocksByController: kube-controller-manager, which has one range for the whole cluster.
	BlocksByController
	// BlocksByObjects: the Node objects that are rendered.
	BlocksByObjects
)

// NodeObject is what is decided for a Node object that is there before its kubelet
// registers. The kubelet then adds nothing of its own but what describes its host
// (kubernetes v1.33.1, pkg/kubelet/kubelet_node_status.go: tryRegisterWithAPIServer,
// updateDefaultLabels), so labels, taints and providerID have to be in the object.
type NodeObject struct {
	Name string
	// PodCIDRs are one for each family at most, in the order of the families of the
	// cluster's own ranges.
	PodCIDRs   []netip.Prefix
	ProviderID string
	Labels     map[string]string
	Taints     []schema.Taint
}

// NodesPath is where the output tree has the Node objects of a region.
func NodesPath(region string) string { return "cluster/nodes-" + region + ".yaml" }

// AtHome reports whether the region is one of the cloud that the cluster's cloud controller
// manager knows. That deletes a Node whose instance is not there yet, and completes one
// only that has the taint with which a kubelet registers a new Node (kubernetes v1.33.1,
// cloud-provider, controllers/nodelifecycle and controllers/node).
func (r *Region) AtHome() bool {
	home, ok := facts.WithController(r.plan.Topology.Spec.Cluster.CloudController)
	return ok && home.Name == r.Region.Provider
}

// blocks decides who gives them: the objects where all nodes are known by name.
func (r *Region) blocks() BlockSource {
	switch {
	case facts.Plugin(r.Region.CNI.Type).Mode(r.Region.CNI.IPAM).Pools.Value != plugin.PoolsOfNode:
		return BlocksElsewhere
	case r.AtHome(), len(r.Region.Nodes) == 0 && r.Region.Gateways.Mode != schema.ModePerNode:
		return BlocksByController
	}
	return BlocksByObjects
}

// NodeObjects lists the region's Node objects in the order in which the topology has their
// nodes, gateways of mode perNode first; none where somebody else gives nodes their blocks.
func (r *Region) NodeObjects() []NodeObject {
	if r.Blocks != BlocksByObjects {
		return nil
	}
	var list []NodeObject
	listed := map[string]*schema.Node{}
	for i := range r.Region.Nodes {
		listed[r.Region.Nodes[i].Name] = &r.Region.Nodes[i]
	}
	gateways := map[string]*schema.GatewayNode{}
	for i := range r.Region.Gateways.Nodes {
		g := &r.Region.Gateways.Nodes[i]
		gateways[g.Name] = g
		if r.Region.Gateways.Mode != schema.ModePerNode {
			continue
		}
		n := schema.Node{Name: g.Name}
		if own := listed[g.Name]; own != nil {
			n = *own
		}
		n.PodCIDRs = g.PodCIDRs
		list = append(list, r.nodeObject(n, g))
	}
	for _, n := range r.Region.Nodes {
		if r.Region.Gateways.Mode != schema.ModePerNode {
			list = append(list, r.nodeObject(n, gateways[n.Name]))
		}
	}
	return list
}

// nodeObject: g is nil where the node is not a gateway.
func (r *Region) nodeObject(n schema.Node, g *schema.GatewayNode) NodeObject {
	o := NodeObject{Name: n.Name, PodCIDRs: r.plan.inClusterOrder(n.PodCIDRs), ProviderID: n.ProviderID, Labels: r.NodeLabels(), Taints: n.Taints}
	// Nobody else says where the node is: cloud controller managers label their own. kube-proxy
	// and the scheduler read it.
	maps.Copy(o.Labels, r.placeLabels(g))
	if g != nil {
		maps.Copy(o.Labels, r.GatewayLabels())
	}
	if home, ok := facts.WithController(r.plan.Topology.Spec.Cluster.CloudController); ok {
		c := home.Controller.Value
		if c.ForeignLabel.IsKnown() {
			o.Labels[c.ForeignLabel.Value] = "true"
		}
		if o.ProviderID == "" && c.ForeignID.IsKnown() {
			o.ProviderID = c.ForeignID.Value + "://" + r.Region.Name + "/" + n.Name
		}
	}
	maps.Copy(o.Labels, n.Labels)
	return o
}

// inClusterOrder sorts blocks as the cluster has its families: kube-controller-manager
// looks for the first of a node's blocks in the first of its ranges, for the second in the
// second (kubernetes v1.33.1, pkg/controller/nodeipam/ipam/range_allocator.go: occupyCIDRs).
func (p *Plan) inClusterOrder(blocks []netip.Prefix) []netip.Prefix {
	sorted := sortedPrefixes(blocks) // IPv4 first
	for _, of := range [][]netip.Prefix{p.Topology.Spec.Cluster.ClusterCIDRs, p.Topology.Spec.Cluster.ServiceCIDRs} {
		if len(of) > 0 && of[0].IsValid() {
			if of[0].Addr().Is6() {
				slices.Reverse(sorted)
			}
			break
		}
	}
	return sorted
}

// ClusterRanges are what kube-controller-manager gives out blocks of, where it does: the
// topology says it, or it is the default of a distribution that runs it by itself. Empty
// where nobody knows. With a Node that has a block elsewhere it does not start (kubernetes
// v1.33.1, pkg/controller/nodeipam/ipam/range_allocator.go: NewCIDRRangeAllocator).
func (p *Plan) ClusterRanges() []netip.Prefix {
	c := &p.Topology.Spec.Cluster
	if len(c.ClusterCIDRs) > 0 || c.Distribution == "" {
		return c.ClusterCIDRs
	}
	var list []netip.Prefix
	if d := facts.Distribution(c.Distribution); !d.Home.IsKnown() {
		for _, r := range d.Pods.Value {
			list = append(list, r.Prefix)
		}
	}
	return list
}

// PoolBlock is what each node gets of a region's own pool, as a prefix length: the plugin's
// usual one where the user states none, and no block is larger than the narrowest of the
// pool's prefixes.
func PoolBlock(cidrs []netip.Prefix, stated, usual int) int {
	if stated != 0 {
		return stated
	}
	size := usual
	for _, c := range cidrs {
		size = max(size, c.Bits())
	}
	return size
}
