package readmit

import (
	"net/netip"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func malformed(list *diag.List, at place, want string) {
	list.Errorf(CodeMalformed, at.path(), "%s is not %s", at.where(), want).
		Fix("write it so that the API server accepts it")
}

// sound reports whether rule is one that Cilium takes, and adds what is wrong with it.
func (a admission) sound(s section, rule place, list *diag.List) bool {
	if rule.node.Kind != yaml.MappingNode {
		malformed(list, rule, "a mapping")
		return false
	}
	a.checkPeers(s, rule, list)
	return s.onePeerKind(rule, list)
}

// onePeerKind finds what the API server accepts and the agent then ignores, keeping
// the policy's older version without a word to anyone (cilium 1.17.4,
// pkg/policy/k8s/cilium_network_policy.go).
func (s section) onePeerKind(rule place, list *diag.List) bool {
	used := slices.DeleteFunc(s.peers(), func(kind string) bool { return len(elements(yamlnode.Field(rule.node, kind))) == 0 })
	if len(used) > 1 {
		list.Errorf(CodeMixedPeers, rule.path(), "%s combines %s; Cilium refuses the policy and keeps its older version",
			rule.where(), strings.Join(used, " and ")).
			Fix("give each kind of peer a rule of its own, with the same toPorts")
		return false
	}
	if len(elements(yamlnode.Field(rule.node, "icmps"))) > 0 && len(elements(yamlnode.Field(rule.node, "toPorts"))) > 0 {
		list.Errorf(CodeMixedPeers, rule.path(), "%s combines icmps and toPorts; Cilium refuses the policy and keeps its older version", rule.where()).
			Fix("give icmps a rule of its own")
		return false
	}
	return true
}

// checkPeers judges whom the rule names.
func (a admission) checkPeers(s section, rule place, list *diag.List) {
	if nodes, ok := rule.child(s.way + "Nodes"); ok && a.active && s.way == "from" {
		list.Warnf(CodeSelectsNodes, nodes.path(), "%s selects nodes by label, and the gateways' own traffic comes from %s, which has no labels",
			nodes.where(), join(a.gateways)).
			Fix("add a rule with %sEntities: [remote-node] or %sCIDRSet: [{cidrGroupRef: %s}] and the same ports", s.way, s.way, GroupName)
	}
	if entities, ok := rule.child(s.way + "Entities"); ok {
		a.checkEntities(s, entities, rule, list)
	}
	for _, c := range append(s.cidrs(rule), a.groupCIDRs(s, rule)...) {
		a.checkCIDR(s, c, rule, list)
	}
}

func (a admission) checkEntities(s section, entities, rule place, list *diag.List) {
	if s.way != "from" {
		return
	}
	names := texts(entities.node)
	if s.deny && a.active && slices.Contains(names, "world") {
		a.checkDeny(entities, "world", rule, list)
	}
	if nodes := slices.IndexFunc(names, isNodes); s.deny && !a.fromTailnet() && nodes >= 0 {
		*list = append(*list, &diag.Diagnostic{
			Severity: diag.Info, Code: CodeDeniesGateways, Path: entities.path(),
			Message: entities.where() + " denies " + names[nodes] + ", and with gatewaySource: internalIP the gateways' own traffic comes from nodes like any other",
			Remedy:  "nothing, if the rule is meant to do that",
		})
	}
	onlyAPI := slices.Contains(names, "kube-apiserver") &&
		!slices.ContainsFunc(names, func(n string) bool {
			return slices.Contains([]string{"remote-node", "cluster", "all", "world"}, n)
		})
	if a.active && onlyAPI && len(a.unnamed) > 0 {
		list.Warnf(CodeAPIServer, entities.path(), "%s names the API server, and gateway %s on its node has no known tailnet address to readmit",
			entities.where(), strings.Join(a.unnamed, ", ")).
			Fix("state the gateway's tailnetIP")
	}
}

// isNodes reports whether an entity contains the nodes of other regions.
func isNodes(entity string) bool {
	return entity == "remote-node" || entity == "cluster" || entity == "all"
}

// cidr is a CIDR peer of a rule.
type cidr struct {
	at     place
	prefix netip.Prefix
	except []netip.Prefix
	// group is the group that lists it, where the rule itself does not.
	group *set
}

// String is the peer as messages name it.
func (c cidr) String() string {
	if c.group == nil {
		return c.prefix.String()
	}
	return c.prefix.String() + " of " + c.group.String()
}

// cidrs lists the CIDR peers that can be read; what cannot is the API server's to
// refuse.
func (s section) cidrs(rule place) []cidr {
	var all []cidr
	if plain, ok := rule.child(s.way + "CIDR"); ok {
		for _, at := range plain.elements() {
			if p, ok := parsePrefix(text(at.node)); ok {
				all = append(all, cidr{at: at, prefix: p})
			}
		}
	}
	if set, ok := rule.child(s.way + "CIDRSet"); ok {
		for _, at := range set.elements() {
			if p, ok := parsePrefix(text(yamlnode.Field(at.node, "cidr"))); ok {
				all = append(all, cidr{at: at, prefix: p, except: parsePrefixes(texts(yamlnode.Field(at.node, "except")))})
			}
		}
	}
	return all
}

// groupCIDRs lists the CIDR peers of groups that are among the objects, by name or, from
// 1.18 on, by label (cilium 1.18.0, pkg/policy/api/cidr.go). Our own group means what it
// says.
func (a admission) groupCIDRs(s section, rule place) []cidr {
	var all []cidr
	peers, _ := rule.child(s.way + "CIDRSet")
	for _, at := range peers.elements() {
		name, selector := text(yamlnode.Field(at.node, "cidrGroupRef")), yamlnode.Field(at.node, "cidrGroupSelector")
		for _, g := range a.among.groups {
			found := g.Name == name || selector != nil && matches(selector, g.labels)
			if !found || g.Name == GroupName {
				continue
			}
			for _, p := range g.nets {
				all = append(all, cidr{at: at, prefix: p, group: g})
			}
		}
	}
	return all
}

// matches reports whether labels meet a label selector (kubernetes v1.33.1, apimachinery
// pkg/apis/meta/v1: LabelSelector).
func matches(selector *yaml.Node, labels map[string]string) bool {
	for name, value := range stringMap(yamlnode.Field(selector, "matchLabels")) {
		if has, ok := labels[name]; !ok || has != value {
			return false
		}
	}
	return !slices.ContainsFunc(elements(yamlnode.Field(selector, "matchExpressions")), func(e *yaml.Node) bool {
		value, has := labels[text(yamlnode.Field(e, "key"))]
		listed := slices.Contains(texts(yamlnode.Field(e, "values")), value)
		switch text(yamlnode.Field(e, "operator")) {
		case "In":
			return !has || !listed
		case "NotIn":
			return has && listed
		case "Exists":
			return !has
		}
		return has
	})
}

func parsePrefixes(all []string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, s := range all {
		if p, ok := parsePrefix(s); ok {
			prefixes = append(prefixes, p)
		}
	}
	return prefixes
}

// parsePrefix reads a CIDR or, as fromCIDR allows, a bare address.
func parsePrefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// covers reports whether some address of p is meant by the peer.
func (c cidr) covers(p netip.Prefix) bool {
	return c.prefix.Overlaps(p) && !slices.ContainsFunc(c.except, func(e netip.Prefix) bool {
		return contains(e, p)
	})
}

func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr()) // which says no of what is invalid
}

func (a admission) checkCIDR(s section, c cidr, rule place, list *diag.List) {
	if s.deny {
		if a.active && s.way == "from" && slices.ContainsFunc(a.gateways, c.covers) {
			a.checkDeny(c.at, c.String(), rule, list)
		}
		return
	}
	if of, ok := a.identified(c.prefix, s.way == "to"); ok {
		list.Warnf(CodeCIDRNeverMatch, c.at.path(), "%s names %s inside %s, and Cilium's CIDR rules never match nodes or pods of the cluster",
			c.at.where(), c, of).
			Fix("name them by entity (remote-node, cluster) or by label")
	}
}

// identified reports whether all of p belongs to nodes or pods that Cilium knows by
// identity: CIDR rules do not select those unless policy-cidr-match-mode says nodes
// (cilium 1.17.4, pkg/ipcache/metadata.go). With a source route that goes for the
// gateways' tailnet addresses, too: nothing ever comes from them, whatever goes there.
func (a admission) identified(p netip.Prefix, egress bool) (string, bool) {
	for _, r := range a.topology.Spec.Regions {
		if !usesCilium(r) {
			continue
		}
		for _, own := range r.Advertised() {
			if contains(own, p) {
				return own.String() + " of region " + r.Name, true
			}
		}
	}
	if a.fromTailnet() || egress {
		return "", false
	}
	for _, whole := range []netip.Prefix{schema.TailnetIPv4(), schema.TailnetIPv6()} {
		if contains(whole, p) {
			return whole.String() + ", from which nothing comes with gatewaySource: internalIP", true
		}
	}
	return "", false
}

// checkCopy says what a sibling cannot carry over.
func (a admission) checkCopy(s section, rule place, list *diag.List) {
	if requires, ok := rule.child(s.way + "Requires"); ok {
		list.Warnf(CodeRequires, requires.path(), "%s constrains endpoints by label, which the rule that readmits %s cannot do",
			requires.where(), join(a.gateways)).
			Fix("check that the gateways may have these ports without it")
	}
	mode := yamlnode.Field(yamlnode.Field(rule.node, "authentication"), "mode")
	if !s.deny && text(mode) == "required" {
		list.Warnf(CodeAuthentication, rule.path(), "%s requires mutual authentication, and the gateways' addresses %s have no identity to authenticate",
			rule.where(), join(a.gateways)).
			Fix("expect their traffic to be dropped, or set gatewaySource: internalIP")
	}
}

func join(prefixes []netip.Prefix) string {
	all := make([]string, len(prefixes))
	for i, p := range prefixes {
		all[i] = p.String()
	}
	return strings.Join(all, ", ")
}
