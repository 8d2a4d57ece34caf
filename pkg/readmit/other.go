package readmit

import (
	"net/netip"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// reviewOther reads a policy in a language that is not edited here, and says where it names
// gateways' nodes as sources. AdminNetworkPolicy, BaselineAdminNetworkPolicy and
// ClusterNetworkPolicy name sources as pods and namespaces alone, and nodes and networks as
// destinations only (network-policy-api 0eec1b0, apis/v1alpha1/shared_types.go and
// apis/v1alpha2/clusternetworkpolicy_types.go: IngressPeer, EgressPeer), so they have
// nothing to readmit; others' dialects do.
func (a admission) reviewOther(p policy, list *diag.List) {
	if !a.active && !a.byAddress {
		return
	}
	for _, spec := range p.specs() {
		for _, field := range []string{"ingress", "ipBlocks"} {
			listed, _ := spec.child(field)
			for _, at := range listed.elements() {
				a.checkOther(at, list)
			}
		}
	}
}

func (a admission) checkOther(at place, list *diag.List) {
	var nets []netip.Prefix
	var nodes string
	walk(at.node, func(key string, n *yaml.Node) {
		if p, ok := parsePrefix(text(n)); ok {
			nets = append(nets, p)
		}
		if (key == "nodes" || key == "nodeSelector") && nodes == "" {
			nodes = key
		}
	})
	for _, g := range a.each {
		outside := slices.ContainsFunc(g.tailnet, func(t netip.Prefix) bool { return !holds(nets, t) })
		how := ""
		if i := slices.IndexFunc(nets, func(n netip.Prefix) bool { return contains(n, g.node) }); i >= 0 {
			how = nets[i].String()
		} else if nodes != "" {
			how = nodes
		}
		if outside && how != "" {
			list.Warnf(CodeSelectsNodes, at.path(), "%s names the node of gateway %s by %s in a language that is not edited here, and the gateways' own traffic comes from %s",
				at.where(), g.name, how, join(a.gateways)).
				Fix("add the gateways' addresses to it as blocks, or set gatewaySource: internalIP")
			return
		}
	}
}

// walk visits every value below a node, with the key it stands under.
func walk(n *yaml.Node, visit func(key string, value *yaml.Node)) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			visit(n.Content[i].Value, n.Content[i+1])
			walk(n.Content[i+1], visit)
		}
	case yaml.SequenceNode:
		for _, e := range n.Content {
			visit("", e)
			walk(e, visit)
		}
	}
}
