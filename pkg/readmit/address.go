package readmit

import (
	"net/netip"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// sources are the tailnet prefixes of the gateways whose InternalIP covers accepts,
// sorted, and whether that is every gateway. A gateway whose address is not known
// brings the pool.
func (a admission) sources(covers func(netip.Addr) bool) (prefixes []netip.Prefix, all bool) {
	all = true
	for _, r := range a.topology.Spec.Regions {
		for _, n := range r.Gateways.Nodes {
			if !slices.ContainsFunc(n.Addresses(), covers) {
				all = false
				continue
			}
			own := n.TailnetPrefixes(netip.Addr.IsValid)
			if len(own) == 0 {
				own = a.gateways
			}
			prefixes = append(prefixes, own...)
		}
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes), all
}

// coversAddr reports whether the peer means the address.
func (c cidr) coversAddr(a netip.Addr) bool {
	return c.prefix.Contains(a) && !slices.ContainsFunc(c.except, func(e netip.Prefix) bool { return e.Contains(a) })
}

// reviewKubernetes: the peers of a rule are alternatives and share its ports, so the
// gateways' addresses stand beside the block that holds their nodes.
func (a admission) reviewKubernetes(p policy, list *diag.List) []edit {
	var edits []edit
	for _, spec := range p.specs() {
		for _, way := range []struct{ rules, peers string }{{"ingress", "from"}, {"egress", "to"}} {
			rules, _ := spec.child(way.rules)
			for _, rule := range rules.elements() {
				if peers, ok := rule.child(way.peers); ok {
					edits = append(edits, a.reviewBlocks(peers, list)...)
				}
			}
		}
	}
	return edits
}

func (a admission) reviewBlocks(peers place, list *diag.List) []edit {
	blocks := ipBlocks(peers)
	var edits []edit
	for _, b := range blocks {
		if of, ok := a.identified(b.prefix); ok {
			list.Warnf(CodeCIDRNeverMatch, b.at.path(), "%s names %s inside %s, and where Cilium enforces it an address block never matches nodes or pods of the cluster", b.at.where(), b.prefix, of).
				Fix("name pods by label; for nodes use a CiliumNetworkPolicy with fromEntities: [remote-node]")
		}
		if !a.byAddress {
			continue
		}
		prefixes, _ := a.sources(b.coversAddr)
		for _, s := range prefixes {
			if !slices.ContainsFunc(blocks, func(o cidr) bool { return contains(o.prefix, s) && len(o.except) == 0 }) &&
				!slices.ContainsFunc(edits, func(e edit) bool { return same(e.sibling, blockPeer(s)) }) {
				edits = append(edits, edit{peers.node, b.at, b.index(), blockPeer(s)})
			}
		}
	}
	return edits
}

// ipBlocks lists the address blocks among a rule's peers.
func ipBlocks(peers place) []cidr {
	var blocks []cidr
	for _, at := range peers.elements() {
		block := yamlnode.Field(at.node, "ipBlock")
		if p, ok := parsePrefix(text(yamlnode.Field(block, "cidr"))); ok {
			blocks = append(blocks, cidr{at, p, parsePrefixes(texts(yamlnode.Field(block, "except")))})
		}
	}
	return blocks
}

// index is the peer's place in its list.
func (c cidr) index() int { return c.at.steps[len(c.at.steps)-1].(int) }

func blockPeer(p netip.Prefix) *yaml.Node {
	return mapping(scalar("ipBlock"), mapping(scalar("cidr"), scalar(p.String())))
}
