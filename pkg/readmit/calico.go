package readmit

import (
	"net/netip"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// reviewCalico puts a rule beside each one whose nets hold a gateway's InternalIP,
// with the same action, protocol and ports: Calico's rules take effect in order, so
// it stands directly behind (calico v3.32.1, api/pkg/apis/projectcalico/v3).
func (a admission) reviewCalico(p policy, list *diag.List) []edit {
	var edits []edit
	if !a.byAddress {
		return nil
	}
	for _, spec := range p.specs() {
		for _, way := range []struct{ rules, peer string }{{"ingress", "source"}, {"egress", "destination"}} {
			rules, _ := spec.child(way.rules)
			for i, rule := range rules.elements() {
				sibling := a.calicoSibling(p, rule, way.peer, list)
				if sibling != nil && !slices.ContainsFunc(rules.node.Content, func(r *yaml.Node) bool { return same(r, sibling) }) {
					edits = append(edits, edit{rules.node, rule, i, sibling})
				}
			}
		}
	}
	return edits
}

// calicoSibling is nil where the rule names no gateway by address.
func (a admission) calicoSibling(p policy, rule place, peer string, list *diag.List) *yaml.Node {
	at, ok := rule.child(peer)
	if !ok {
		return nil
	}
	prefixes, all := a.sources(calicoNets(at.node))
	if len(prefixes) == 0 || holdsAll(parsePrefixes(texts(yamlnode.Field(at.node, "nets"))), prefixes) {
		return nil
	}
	for _, by := range []string{"selector", "namespaceSelector", "serviceAccounts", "services"} {
		if !isNull(yamlnode.Field(at.node, by)) {
			list.Warnf(CodeSelectsNodes, at.path(), "%s names nodes by address and by %s, and the gateways' own traffic comes from %s, to which that does not apply", at.where(), by, join(prefixes)).
				Fix("add a rule with selector %q and the same ports", gatewaySelector)
			return nil
		}
	}
	sibling := clone(rule.node)
	replace(sibling, peer, calicoPeer(p, yamlnode.Field(sibling, peer), prefixes, all))
	return sibling
}

// calicoNets reports which addresses a peer's nets and notNets mean.
func calicoNets(peer *yaml.Node) func(netip.Addr) bool {
	nets, not := parsePrefixes(texts(yamlnode.Field(peer, "nets"))), parsePrefixes(texts(yamlnode.Field(peer, "notNets")))
	return func(a netip.Addr) bool {
		holds := func(p netip.Prefix) bool { return p.Contains(a) }
		return slices.ContainsFunc(nets, holds) && !slices.ContainsFunc(not, holds)
	}
}

// holdsAll reports whether each of inner lies in one of outer: then the gateways are
// in already.
func holdsAll(outer, inner []netip.Prefix) bool {
	return !slices.ContainsFunc(inner, func(i netip.Prefix) bool {
		return !slices.ContainsFunc(outer, func(o netip.Prefix) bool { return contains(o, i) })
	})
}

// gatewaySelector finds the GlobalNetworkSet of the gateways.
const gatewaySelector = NetworkSetLabel + " == 'true'"

// calicoPeer is the peer with the gateways in place of its nets: the network set
// where it means all of them, their addresses where it means some.
func calicoPeer(p policy, peer *yaml.Node, prefixes []netip.Prefix, all bool) *yaml.Node {
	instead := mapping()
	if !all {
		nets := sequence()
		for _, s := range prefixes {
			nets.Content = append(nets.Content, scalar(s.String()))
		}
		instead.Content = append(instead.Content, scalar("nets"), nets)
	} else {
		instead.Content = append(instead.Content, scalar("selector"), scalar(gatewaySelector))
		if p.kind == "NetworkPolicy" {
			// A namespaced policy sees network sets of its namespace only, unless told so.
			instead.Content = append(instead.Content, scalar("namespaceSelector"), scalar("global()"))
		}
	}
	for i := 0; i+1 < len(peer.Content); i += 2 {
		if name := peer.Content[i].Value; name != "nets" && name != "notNets" {
			instead.Content = append(instead.Content, peer.Content[i], peer.Content[i+1])
		}
	}
	return instead
}

// replace sets the value of a key that m has.
func replace(m *yaml.Node, name string, value *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			m.Content[i+1] = value
		}
	}
}
