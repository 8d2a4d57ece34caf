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

// edit puts sibling behind the rule at.
type edit struct {
	// rules is the list that at is element index of.
	rules   *yaml.Node
	at      place
	index   int
	sibling *yaml.Node
}

// apply carries the edits out, the last one first, so that earlier indexes hold.
func apply(edits []edit) {
	for _, e := range slices.Backward(edits) {
		e.rules.Content = slices.Insert(e.rules.Content, e.index+1, e.sibling)
	}
}

// review returns the rules that p lacks, in the order of the document.
func (a admission) review(p policy, list *diag.List) []edit {
	switch p.language {
	case kubernetes:
		return a.reviewKubernetes(p, list)
	case calico:
		return a.reviewCalico(p, list)
	}
	return a.reviewCilium(p, list)
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
		if !a.sound(s, rule, list) {
			continue
		}
		for _, sibling := range a.siblings(s, rule, list) {
			if !slices.ContainsFunc(rules.node.Content, func(r *yaml.Node) bool { return same(r, sibling) }) &&
				!slices.ContainsFunc(edits, func(e edit) bool { return same(e.sibling, sibling) }) {
				edits = append(edits, edit{rules.node, rule, i, sibling})
			}
		}
	}
	return edits
}

// siblings is the rule that has to stand beside rule, if any.
func (a admission) siblings(s section, rule place, list *diag.List) []*yaml.Node {
	peers := a.substitutes(texts(yamlnode.Field(rule.node, s.way+"Entities")))
	if len(peers) == 0 {
		return nil
	}
	a.checkCopy(s, rule, list)
	sibling := mapping(scalar(s.way+"CIDRSet"), sequence(peers...))
	for _, name := range []string{"toPorts", "icmps", "authentication"} {
		part := yamlnode.Field(rule.node, name)
		if isNull(part) || s.deny && name == "authentication" {
			continue
		}
		sibling.Content = append(sibling.Content, scalar(name), s.copyPart(name, part))
	}
	return []*yaml.Node{sibling}
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

// substitutes are the CIDR peers that stand for the gateways among entities. The
// entity cluster contains remote-node; all and world contain every address that no
// node or pod has, so gateways are in already; host is the node itself (cilium
// 1.17.4, pkg/policy/api/entity.go).
func (a admission) substitutes(entities []string) []*yaml.Node {
	has := func(e string) bool { return slices.Contains(entities, e) }
	switch {
	case !a.active || has("all") || has("world"):
		return nil
	case has("remote-node") || has("cluster"):
		return []*yaml.Node{mapping(scalar("cidrGroupRef"), scalar(GroupName))}
	case has("kube-apiserver"):
		return cidrPeers(a.controlPlane)
	}
	return nil
}

func cidrPeers(prefixes []netip.Prefix) []*yaml.Node {
	var peers []*yaml.Node
	for _, p := range prefixes {
		peers = append(peers, mapping(scalar("cidr"), scalar(p.String())))
	}
	return peers
}
