package readmit

import (
	"net/netip"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// reviewKubernetes: the peers of a rule are alternatives and share its ports, so the
// gateways' addresses stand beside the block that holds their nodes, and among the
// exceptions of a block that leaves them out. Nobody opens connections to a gateway's
// tailnet address, so egress stays as it is.
func (a admission) reviewKubernetes(p policy, list *diag.List) []edit {
	var edits []edit
	for _, spec := range p.specs() {
		for _, way := range []struct{ rules, peers string }{{"ingress", "from"}, {"egress", "to"}} {
			rules, _ := spec.child(way.rules)
			for _, rule := range rules.elements() {
				peers, ok := rule.child(way.peers)
				if !ok {
					continue
				}
				a.checkBlocks(peers, way.rules == "egress", list)
				if way.rules == "ingress" && a.byAddress {
					edits = append(edits, a.reviewBlocks(peers, list)...)
				}
			}
		}
	}
	return edits
}

// checkBlocks finds blocks that Cilium does not match.
func (a admission) checkBlocks(peers place, egress bool, list *diag.List) {
	for _, b := range ipBlocks(peers) {
		if of, ok := a.identified(b.prefix, egress); ok {
			list.Warnf(CodeCIDRNeverMatch, b.at.path(), "%s names %s inside %s, and where Cilium enforces it an address block never matches nodes or pods of the cluster",
				b.at.where(), b.prefix, of).
				Fix("name pods by label; for nodes use a CiliumNetworkPolicy with fromEntities: [remote-node]")
		}
	}
}

func (a admission) reviewBlocks(peers place, list *diag.List) []edit {
	blocks := ipBlocks(peers)
	alternatives := make([]peer, len(blocks))
	for i, b := range blocks {
		alternatives[i] = b.peer()
	}
	v := judge(a.each, alternatives...)
	var edits []edit
	for i, b := range blocks {
		for _, g := range v.add {
			if !alternatives[i].matches(g.node) {
				continue
			}
			for _, t := range g.tailnet {
				added := func(e edit) bool { return same(e.value, blockPeer(t)) }
				if !slices.ContainsFunc(alternatives, func(p peer) bool { return p.matches(t) || slices.Contains(p.exclusions, t) }) &&
					!slices.ContainsFunc(edits, added) {
					edits = append(edits, edit{in: peers.node, at: b.at, because: b.at, index: b.at.index(), value: blockPeer(t),
						change: Change{Rule: RuleKubernetesBlock, Effect: Admits, Addresses: []netip.Prefix{t}}})
				}
			}
		}
		edits = append(edits, b.leaveOut(alternatives[i], v.leaveOut)...)
	}
	a.cannotLeaveOut(peers, v, list)
	return edits
}

// cannotLeaveOut says which gateways stay admitted by a rule that leaves out their nodes.
func (a admission) cannotLeaveOut(at place, v verdict, list *diag.List) {
	if len(v.unknown) > 0 {
		list.Warnf(CodeSelectsNodes, at.path(), "%s leaves out the node of gateway %s, whose own traffic comes from an address that is not known and is not left out",
			at.where(), strings.Join(v.unknown, ", ")).
			Fix("state the gateway's tailnetIP")
	}
}

// leaveOut adds gateways to the exceptions of the block that leaves out their nodes.
func (c cidr) leaveOut(p peer, gateways []gateway) []edit {
	var forgotten []netip.Prefix
	for _, g := range gateways {
		if p.forgets(g) {
			forgotten = append(forgotten, g.tailnet...)
		}
	}
	block, _ := c.at.child("ipBlock")
	return leaveOut(block, "except", forgotten, Change{Rule: RuleKubernetesLeft, Effect: Denies})
}

// leaveOut adds prefixes to the list of exclusions that at has under the key; a new one
// where it has none.
func leaveOut(at place, key string, prefixes []netip.Prefix, c Change) []edit {
	if len(prefixes) == 0 {
		return nil
	}
	listed, _ := at.child(key)
	if existing := listed.elements(); len(existing) > 0 {
		last := existing[len(existing)-1]
		var edits []edit
		for _, p := range prefixes {
			c.Addresses = []netip.Prefix{p}
			edits = append(edits, edit{in: listed.node, at: last, because: at, index: last.index(), value: scalar(p.String()), change: c})
		}
		return edits
	}
	values := sequence()
	for _, p := range prefixes {
		values.Content = append(values.Content, scalar(p.String()))
	}
	c.Addresses = prefixes
	return []edit{{in: at.node, at: at, because: at, key: key, value: values, change: c}}
}

// peer is the block as it is matched.
func (c cidr) peer() peer {
	return peer{
		means:      func(p netip.Prefix) bool { return contains(c.prefix, p) },
		leavesOut:  func(p netip.Prefix) bool { return touches(c.except, p) },
		exclusions: c.except,
	}
}

// ipBlocks lists the address blocks among a rule's peers.
func ipBlocks(peers place) []cidr {
	var blocks []cidr
	for _, at := range peers.elements() {
		block := yamlnode.Field(at.node, "ipBlock")
		if p, ok := parsePrefix(text(yamlnode.Field(block, "cidr"))); ok {
			blocks = append(blocks, cidr{at: at, prefix: p, except: parsePrefixes(texts(yamlnode.Field(block, "except")))})
		}
	}
	return blocks
}

func blockPeer(p netip.Prefix) *yaml.Node {
	return mapping(scalar("ipBlock"), mapping(scalar("cidr"), scalar(p.String())))
}
