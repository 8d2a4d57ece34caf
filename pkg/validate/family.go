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

// The codes of the findings about address families and service ranges.
const (
	CodeFamily         diag.Code = "family-mixed"          // address families that do not meet
	CodeServiceSize    diag.Code = "service-cidr-size"     // larger or smaller than the API server takes
	CodeServiceVersion diag.Code = "service-cidrs-version" // several, before Kubernetes can
	CodeClusterCIDR    diag.Code = "cluster-cidr"          // one range for all regions where there are several
)

// families is which address families a list has.
type families struct{ v4, v6 bool }

func familiesOf(prefixes []netip.Prefix) families {
	var f families
	for _, p := range prefixes {
		f.v4 = f.v4 || p.IsValid() && p.Addr().Is4()
		f.v6 = f.v6 || p.IsValid() && p.Addr().Is6()
	}
	return f
}

// familyOfHost is that of an address, as claim.Host has it; none where there is no address.
func familyOfHost(a netip.Addr) families {
	a = a.Unmap()
	return families{v4: a.Is4(), v6: a.Is6()}
}

// and is what f and other have between them.
func (f families) and(other families) families {
	return families{v4: f.v4 || other.v4, v6: f.v6 || other.v6}
}

func (f families) empty() bool { return !f.v4 && !f.v6 }

// lacks reports whether other has a family that f has not.
func (f families) lacks(other families) bool { return other.v4 && !f.v4 || other.v6 && !f.v6 }

func (f families) String() string {
	switch {
	case f.v4 && f.v6:
		return "IPv4 and IPv6"
	case f.v4:
		return "IPv4"
	case f.v6:
		return "IPv6"
	}
	return "neither"
}

// mixedFamilies: pods of one family need nodes that route it and services that they
// can call, and a cluster has the same families everywhere.
func mixedFamilies(t *schema.Topology) diag.List {
	var list diag.List
	services := familiesOf(t.Spec.Cluster.ServiceCIDRs)
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		nodes, pods := familiesOf(r.NodeCIDRs), familiesOf(r.PodCIDRs)
		if pods.empty() || nodes.empty() {
			continue // a finding of loading
		}
		if nodes.lacks(pods) {
			list.Errorf(CodeFamily, regionPath(i)+".nodeCIDRs", "region %q has pods with %s and nodes with %s, so nothing can be the next hop for its pods", r.Name, pods, nodes).
				See(regionPath(i)+".podCIDRs", "pods have %s", pods).Fix("give the nodes addresses of the same family")
		}
		if !services.empty() && pods.lacks(services) {
			list.Errorf(CodeFamily, regionPath(i)+".podCIDRs", "region %q has pods with %s and the cluster services with %s, so its pods cannot call all of them", r.Name, pods, services).
				See("spec.cluster.serviceCIDRs", "services have %s", services).Fix("give the pods a prefix of each family that services have")
		}
	}
	return list
}

// services checks what the API server accepts for service ranges.
func services(t *schema.Topology) diag.List {
	var list diag.List
	first := map[bool]netip.Prefix{}
	for i, p := range t.Spec.Cluster.ServiceCIDRs {
		if !p.IsValid() {
			continue
		}
		at := diag.Index("spec.cluster.serviceCIDRs", i)
		serviceSize(t, &list, at, p)
		if other, again := first[p.Addr().Is4()]; again {
			severalServices(t, &list, at, p, other)
		} else {
			first[p.Addr().Is4()] = p
		}
	}
	return list
}

// serviceSize: a service range has as many host bits as the API server and the
// distribution take.
func serviceSize(t *schema.Topology, list *diag.List, at string, p netip.Prefix) {
	least := facts.Distribution(t.Spec.Cluster.Distribution).LeastServiceBits.Value
	length := p.Addr().BitLen()
	if bits := length - p.Bits(); p.Bits() > 0 && (bits > facts.MostServiceBits || bits < least) {
		list.Errorf(CodeServiceSize, at, "service CIDR %s has %d host bits, and %s takes %d to %d", p, bits, claim.Distribution(t), least, facts.MostServiceBits).
			Fix("use a prefix from /%d to /%d", length-facts.MostServiceBits, length-least)
	}
}

// severalServices: before the ServiceCIDR API was there, an API server had one range
// for each family.
func severalServices(t *schema.Topology, list *diag.List, at string, p, first netip.Prefix) {
	v := t.Spec.Cluster.KubernetesVersion
	if v.Before(1, 33, 0) {
		list.Errorf(CodeServiceVersion, at, "service CIDR %s is the second of its family after %s, and Kubernetes %s has one for each: ServiceCIDR objects, which add more, came with 1.33", p, first, v).
			Fix("keep one service CIDR for each family, or upgrade to Kubernetes 1.33")
	}
}

// clusterCIDR: where kube-controller-manager hands out the nodes' blocks it does so
// from one range for each family (kubernetes 1.33.1, --cluster-cidr), which knows
// nothing of regions.
func clusterCIDR(p *plan.Plan) diag.List {
	var list diag.List
	stated := p.Given.Spec.Cluster.ClusterCIDRs
	for i := range p.Regions {
		r := p.Regions[i].Region
		if p.Regions[i].Blocks == plan.BlocksElsewhere || len(p.Regions) < 2 {
			continue
		}
		if second := secondOfFamily(stated); second != none {
			list.Errorf(CodeClusterCIDR, diag.Index("spec.cluster.clusterCIDRs", second),
				"cluster CIDR %s is the second of its family, and %s of region %q takes each node's block from kube-controller-manager, which has one for each", stated[second], r.CNI.Type, r.Name).
				See(regionPath(i)+".cni", "%s is used here", r.CNI.Type).
				Fix("state one prefix for each family that contains the pod CIDRs of every region, or use a plugin with pools for each region")
			return list
		}
		blocksOfNodes(&list, p, i)
	}
	return list
}

// blocksOfNodes: who states the range has looked at it, and the topology may follow what it
// gave out.
func blocksOfNodes(list *diag.List, p *plan.Plan, i int) {
	r, at, stated := &p.Regions[i], regionPath(i)+".cni", p.Given.Spec.Cluster.ClusterCIDRs
	d := &diag.Diagnostic{Severity: diag.Warning, Code: CodeClusterCIDR, Path: at}
	wayOut := "use a plugin with pools for each region (Cilium multi-pool, Calico IPPools)"
	switch {
	case r.Blocks == plan.BlocksByObjects && len(p.ClusterRanges()) == 0:
		d.Message = fmt.Sprintf("Node objects give nodes of region %q their blocks, and kube-controller-manager, where it gives out any, does not start while a Node has a block outside its --cluster-cidr, which is not stated", r.Region.Name)
		wayOut = "state spec.cluster.clusterCIDRs, which blocks are then compared with; where kube-controller-manager gives out none (--allocate-node-cidrs=false), one prefix for each family that contains every region's podCIDRs"
	case r.Blocks == plan.BlocksByObjects, len(stated) > 0 && allInAny(stated, r.Region.PodCIDRs):
		return
	default:
		d.Message = fmt.Sprintf("%s takes each node's block from kube-controller-manager, which has one --cluster-cidr for each family and cannot tell regions apart, so nodes of region %q may get blocks outside its pod CIDRs (%s)",
			r.Region.CNI.Type, r.Region.Name, claim.Join(r.Region.PodCIDRs))
		if len(stated) > 0 {
			d.Severity = diag.Info
			d.See("spec.cluster.clusterCIDRs", "blocks come from %s", claim.Join(stated))
		}
		if !r.AtHome() {
			wayOut += fmt.Sprintf(", or list every node of the region with its podCIDRs (%s.nodes): %s gives them, to be created before they join", regionPath(i), plan.NodesPath(r.Region.Name))
		}
		if len(stated) == 0 {
			wayOut += "; state the --cluster-cidr as spec.cluster.clusterCIDRs either way"
		}
	}
	*list = append(*list, d.Fix("%s", wayOut))
}

// allInAny reports whether every prefix lies in one of those.
func allInAny(prefixes, outer []netip.Prefix) bool {
	return !slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.IsValid() && !claim.InAny(p, outer) })
}

// secondOfFamily finds the first prefix that shares its family with an earlier one.
func secondOfFamily(prefixes []netip.Prefix) int {
	for i, p := range prefixes {
		for _, q := range prefixes[:i] {
			if p.IsValid() && q.IsValid() && p.Addr().Is4() == q.Addr().Is4() {
				return i
			}
		}
	}
	return none
}
