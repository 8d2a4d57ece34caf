package validate

import (
	"iter"
	"net/netip"

	"github.com/gaissmai/bart"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about blocks of single nodes, and fields that nothing reads.
const (
	CodePerNodeMissing diag.Code = "per-node-missing"     // a node whose pods nobody advertises
	CodePerNodeOutside diag.Code = "per-node-outside"     // its block is not its region's
	CodePerNodeOverlap diag.Code = "per-node-overlap"     // two nodes with the same pods' addresses
	CodePerNodeIPAM    diag.Code = "per-node-ipam"        // a plugin that gives nodes no block for good
	CodeFieldUnused    diag.Code = "gateway-field-unused" // a field that its mode or strategy does not read
)

// perNode checks the blocks of pods' addresses that nodes have for themselves.
func perNode(p *plan.Plan) diag.List {
	var list diag.List
	for i := range p.Regions {
		r := &p.Given.Spec.Regions[i]
		own := blockOwners{region: r, index: i}
		for j := range r.Gateways.Nodes {
			if r.Gateways.Mode == schema.ModePerNode {
				own.node(&list, j)
			}
			own.unused(&list, j)
		}
		if r.Gateways.Mode == schema.ModePerNode {
			own.plugin(&list)
		}
		own.runner(&list)
		own.noOthers(&list, p.Regions[i].Region)
	}
	return list
}

// blockOwners remembers which node of a region has which block.
type blockOwners struct {
	region *schema.Region
	index  int
	taken  []block
	table  bart.Table[int] // the first block of each prefix, into taken
}

type block struct {
	netip.Prefix
	node, path string
}

func (o *blockOwners) path() string { return regionPath(o.index) }

func (o *blockOwners) at(j int) string { return gatewayPath(o.index, j) }

// node: a node's pods have the addresses of its blocks, which it alone advertises.
func (o *blockOwners) node(list *diag.List, j int) {
	n := &o.region.Gateways.Nodes[j]
	want, have := familiesOf(o.region.PodCIDRs), familiesOf(n.PodCIDRs)
	if have.lacks(want) {
		list.Errorf(CodePerNodeMissing, o.at(j), "node %q of region %q has %s of its own, and the region's pods have %s: nobody advertises what is missing, so no other region reaches those pods",
			n.Name, o.region.Name, ownBlocks(have), want).Fix("add the node's block of each family to its podCIDRs, as `kubectl get node %s -o jsonpath={.spec.podCIDRs}` prints it", n.Name)
	}
	for k, p := range n.PodCIDRs {
		if !p.IsValid() {
			continue
		}
		b := block{p, n.Name, diag.Index(o.at(j)+".podCIDRs", k)}
		if !claim.InAny(p, o.region.PodCIDRs) {
			list.Errorf(CodePerNodeOutside, b.path, "pod CIDR %s of node %q lies in none of the pod CIDRs of region %q (%s), which are what other regions route to it",
				p, n.Name, o.region.Name, claim.Join(o.region.PodCIDRs)).Fix("write the node's block inside them, or add its network to the region's podCIDRs")
		}
		o.claim(list, b)
	}
}

func ownBlocks(f families) string {
	if f.empty() {
		return "no podCIDRs"
	}
	return f.String() + " podCIDRs"
}

// claim: an address has one owner among peers, so of two nodes that advertise it one
// gets nothing (measured in namespaces with tailscaled 1.84.3).
func (o *blockOwners) claim(list *diag.List, b block) {
	if i := o.first(b.Prefix); i != none {
		other := &o.taken[i]
		list.Errorf(CodePerNodeOverlap, b.path, "pod CIDR %s of node %q overlaps pod CIDR %s of node %q, and peers take packets of an address from one of them only",
			b.Prefix, b.node, other.Prefix, other.node).See(other.path, "%s is claimed here", other.Prefix).Fix("give each node blocks of its own")
	}
	o.add(b)
}

func (o *blockOwners) add(b block) {
	if _, ok := o.table.Get(b.Prefix); !ok {
		o.table.Insert(b.Prefix, len(o.taken))
	}
	o.taken = append(o.taken, b)
}

// first finds the first block that overlaps the prefix.
func (o *blockOwners) first(p netip.Prefix) int {
	found := none
	for _, all := range []iter.Seq2[netip.Prefix, int]{o.table.Supernets(p), o.table.Subnets(p)} {
		for _, i := range all {
			if found == none || i < found {
				found = i
			}
		}
	}
	return found
}

// unused: a field that nothing reads is a mode that somebody believes in.
func (o *blockOwners) unused(list *diag.List, j int) {
	n, g := &o.region.Gateways.Nodes[j], &o.region.Gateways
	for _, f := range []struct {
		name, reader string
		stray        bool
	}{
		{"podCIDRs", "mode perNode", len(n.PodCIDRs) > 0 && g.Mode != schema.ModePerNode},
		{"nodeRouter", "mode perNode", n.NodeRouter && g.Mode != schema.ModePerNode},
		{"supersets", "strategy supersets", len(n.Supersets) > 0 && g.HA.Strategy != schema.HASupersets},
	} {
		if f.stray {
			list.Errorf(CodeFieldUnused, o.at(j)+"."+f.name, "gateway %q of region %q sets %s, which only %s reads, and the region has not chosen that",
				n.Name, o.region.Name, f.name, f.reader).See(o.path()+".gateways.mode", "the region's mode is %s", g.Mode).Fix("drop %s, or choose %s", f.name, f.reader)
		}
	}
}

// runner: the other modes say themselves what runs their gateways.
func (o *blockOwners) runner(list *diag.List) {
	if g := &o.region.Gateways; g.Runner != "" && g.Mode != schema.ModePerNode {
		list.Errorf(CodeFieldUnused, o.path()+".gateways.runner", "region %q says runner: %s, which only mode perNode reads", o.region.Name, g.Runner).
			See(o.path()+".gateways.mode", "the region's mode is %s", g.Mode).Fix("drop runner; mode host runs gateways as services of their hosts")
	}
}

// noOthers: routes to a gateway are for nodes that are none. Units are for gateways, too,
// and user data for those that make their own address or are services of their hosts.
func (o *blockOwners) noOthers(list *diag.List, planned *schema.Region) {
	if !plan.EveryNodeIsGateway(planned) {
		return
	}
	userData := planned.HostAddress == schema.HostAddressMade || planned.Gateways.OnHost()
	why, at, chosen := "with mode perNode", o.path()+".gateways.mode", "mode perNode is chosen here"
	if planned.Gateways.Mode != schema.ModePerNode {
		why, at, chosen = "where hosts make their own addresses", o.path()+".gateways.nodes", "the region's only host is listed here"
	}
	for k, f := range o.region.NodeRoutes.Forms {
		if f == schema.RouteFormSystemd || userData && f == schema.RouteFormCloudInit {
			continue
		}
		list.Errorf(CodeFieldUnused, diag.Index(o.path()+".nodeRoutes.forms", k), "region %q wants routes as %s for nodes that are not gateways, and %s every node is a gateway",
			o.region.Name, f, why).See(at, "%s", chosen).Fix("drop %s", f)
	}
}

// plugin: the address of a pod has to lie in the block of its node for as long as the
// node lives, or its node's tunnel drops it.
func (o *blockOwners) plugin(list *diag.List) {
	c := o.region.CNI
	mode, cure := facts.Plugin(c.Type).Mode(c.IPAM), "use mode daemonSet, staticPod or host here"
	if mode.Stays.Value || !mode.Stays.IsKnown() {
		return
	}
	if mode.Cure.IsKnown() {
		cure = mode.Cure.Value + ", or " + cure
	}
	list.Errorf(CodePerNodeIPAM, o.path()+".cni", "%s in region %q %s, so pods get addresses that their node does not advertise, and peers drop what those send",
		c.Release(), o.region.Name, mode.Roaming.Value).See(o.path()+".gateways.mode", "mode perNode is chosen here").Fix("%s", cure)
}
