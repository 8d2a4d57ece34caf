package readmit

import (
	"net/netip"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// section is one of the four lists of rules in a specification.
type section struct {
	name string
	// way is the word its peers start with: "from" or "to".
	way string
	// deny reports whether its rules deny; such a rule has ports and no more.
	deny bool
}

// sections is a fixed list (cilium 1.17.4, pkg/policy/api/rule.go).
func sections() []section {
	return []section{
		{"ingress", "from", false},
		{"ingressDeny", "from", true},
		{"egress", "to", false},
		{"egressDeny", "to", true},
	}
}

// peers lists the fields that name peers; a rule may use one of them (cilium 1.17.4,
// pkg/policy/api/rule_validation.go: "combining X and Y is not supported yet").
func (s section) peers() []string {
	kinds := []string{"Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups"}
	if s.way == "to" {
		kinds = append(kinds, "Services", "FQDNs")
	}
	for i := range kinds {
		kinds[i] = s.way + kinds[i]
	}
	return kinds
}

// edit adds a value to a policy: behind an element of a list, or under a key of a mapping.
type edit struct {
	in *yaml.Node
	// at is the element, or the mapping: what must not have changed before the edit is made.
	at    place
	index int
	key   string
	value *yaml.Node
	// because is what made the edit necessary.
	because place
	change  Change
}

// apply carries the edits out, the last one first, so that earlier indexes hold.
func apply(edits []edit) {
	for _, e := range slices.Backward(edits) {
		if e.key != "" {
			e.in.Content = append(e.in.Content, scalar(e.key), e.value)
			continue
		}
		e.in.Content = slices.Insert(e.in.Content, e.index+1, e.value)
	}
}

// review returns what p lacks, in the order of the document, and what it gets without an edit.
func (a admission) review(p policy, list *diag.List) ([]edit, []Change) {
	switch p.in {
	case kubernetes:
		return a.reviewKubernetes(p, list), nil
	case calico:
		return a.reviewCalico(p, list)
	case other:
		a.reviewOther(p, list)
		return nil, nil
	}
	return a.reviewCilium(p, list), nil
}

func (a admission) reviewCilium(p policy, list *diag.List) []edit {
	var edits []edit
	for _, spec := range p.specs() {
		if spec.node.Kind != yaml.MappingNode {
			malformed(list, spec, "a mapping")
			continue
		}
		a.checkSpec(spec, list)
		for _, s := range sections() {
			edits = append(edits, a.reviewSection(s, spec, list)...)
		}
	}
	return edits
}

func (a admission) reviewSection(s section, spec place, list *diag.List) []edit {
	rules, ok := spec.child(s.name)
	if !ok {
		return nil
	}
	if rules.node.Kind != yaml.SequenceNode {
		malformed(list, rules, "a list")
		return nil
	}
	var edits []edit
	for i, rule := range rules.elements() {
		if !a.sound(s, rule, list) || s.way != "from" {
			continue
		}
		because, addresses, peers := a.substitutes(rule.node)
		if len(peers) == 0 {
			continue
		}
		a.checkCopy(s, rule, list)
		sibling := s.sibling(rule, peers)
		if !slices.ContainsFunc(rules.node.Content, func(r *yaml.Node) bool { return same(r, sibling) }) &&
			!slices.ContainsFunc(edits, func(e edit) bool { return same(e.value, sibling) }) {
			edits = append(edits, edit{in: rules.node, at: rule, because: rule, index: i, value: sibling,
				change: Change{Rule: because, Effect: s.effect(), Addresses: addresses}})
		}
	}
	return edits
}

func (s section) effect() Effect {
	if s.deny {
		return Denies
	}
	return Admits
}

// sibling is the rule that stands beside rule, with other peers.
func (s section) sibling(rule place, peers []*yaml.Node) *yaml.Node {
	sibling := mapping(scalar(s.way+"CIDRSet"), sequence(peers...))
	for _, name := range []string{"toPorts", "icmps", "authentication"} {
		part := yamlnode.Field(rule.node, name)
		if isNull(part) || s.deny && name == "authentication" {
			continue
		}
		sibling.Content = append(sibling.Content, scalar(name), s.copyPart(name, part))
	}
	return sibling
}

// copyPart copies part of a rule. The ports of a deny rule have no layer 7 (cilium
// 1.17.4, pkg/policy/api/l4.go: PortDenyRule).
func (s section) copyPart(name string, part *yaml.Node) *yaml.Node {
	c := clone(part)
	if !s.deny || name != "toPorts" {
		return c
	}
	for i, ports := range c.Content {
		if only := yamlnode.Field(ports, "ports"); only != nil {
			c.Content[i] = mapping(scalar("ports"), only)
		}
	}
	return c
}

// substitutes are the CIDR peers that stand for the gateways among those of an ingress rule,
// and their addresses. The entity cluster contains remote-node; all and world contain every
// address that no node or pod has, so gateways are in already; host is the node itself
// (cilium 1.17.4, pkg/policy/api/entity.go).
func (a admission) substitutes(rule *yaml.Node) (Rule, []netip.Prefix, []*yaml.Node) {
	entities := texts(yamlnode.Field(rule, "fromEntities"))
	has := func(e string) bool { return slices.Contains(entities, e) }
	switch {
	case !a.active || has("all") || has("world"):
	case has("remote-node") || has("cluster") || selectsNodes(rule):
		return RuleCiliumNodes, a.gateways, []*yaml.Node{mapping(scalar("cidrGroupRef"), scalar(GroupName))}
	case has("kube-apiserver"):
		return RuleCiliumAPI, a.controlPlane, cidrPeers(a.controlPlane)
	}
	return "", nil, nil
}

func cidrPeers(prefixes []netip.Prefix) []*yaml.Node {
	var peers []*yaml.Node
	for _, p := range prefixes {
		peers = append(peers, mapping(scalar("cidr"), scalar(p.String())))
	}
	return peers
}
