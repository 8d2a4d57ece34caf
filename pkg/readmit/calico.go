package readmit

import (
	"net/netip"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// reviewCalico puts a rule beside each one whose source is a gateway's node, by nets or by
// a set that holds it, with the same action, protocol and ports: Calico's rules take effect
// in order, so it stands directly behind (calico v3.32.1,
// api/pkg/apis/projectcalico/v3). A rule that leaves the node out leaves the gateway out,
// too. Nobody opens connections to a gateway's tailnet address, so egress stays as it is.
func (a admission) reviewCalico(p policy, list *diag.List) (edits []edit, found []Change) {
	if !a.byAddress {
		return nil, nil
	}
	for _, spec := range p.specs() {
		rules, _ := spec.child("ingress")
		for i, rule := range rules.elements() {
			source, ok := rule.child("source")
			if !ok {
				continue
			}
			m := a.calicoMatch(source)
			v := judge(a.ofVersion(text(yamlnode.Field(rule.node, "ipVersion"))), m.peer())
			m.checkSource(source, a, list)
			effect := effectOf(text(yamlnode.Field(rule.node, "action")))
			if len(v.add) > 0 {
				sibling := clone(rule.node)
				replace(sibling, "source", m.instead(yamlnode.Field(sibling, "source"), tailnets(v.add), v.all))
				added := func(e edit) bool { return same(e.value, sibling) }
				behind := rules.node.Content[:min(i+2, len(rules.node.Content))]
				if !slices.ContainsFunc(behind, func(r *yaml.Node) bool { return same(r, sibling) }) && !slices.ContainsFunc(edits, added) {
					edits = append(edits, edit{in: rules.node, at: rule, because: rule, index: i, value: sibling,
						change: Change{Rule: m.because, Effect: effect, Addresses: tailnets(v.add)}})
				}
			}
			edits = append(edits, leaveOut(source, "notNets", tailnets(v.leaveOut), Change{Rule: RuleCalicoLeft, Effect: effect.opposite()})...)
			a.cannotLeaveOut(source, v, list)
			found = append(found, a.findsOwn(source, m, effect)...)
		}
	}
	return edits, found
}

// findsOwn reports gateways whose node the source does not mean and whom it finds by their
// own set, which every selector finds that does not ask for a label: no edit of ours, but
// our set makes it so.
func (a admission) findsOwn(source place, m calicoMatch, effect Effect) []Change {
	if strings.Contains(text(yamlnode.Field(source.node, "selector")), NetworkSetLabel) {
		return nil
	}
	with, without := m.peer(), m.withoutOurs().peer()
	var own []gateway
	for _, g := range a.each {
		if !with.means(g.node) && slices.ContainsFunc(g.tailnet, func(t netip.Prefix) bool { return with.matches(t) && !without.matches(t) }) {
			own = append(own, g)
		}
	}
	if len(own) == 0 {
		return nil
	}
	return []Change{{Rule: RuleCalicoOwn, Effect: effect, Object: source.policy.Object, Path: source.path(), Addresses: tailnets(own)}}
}

// withoutOurs is the match where our own set does not exist.
func (m calicoMatch) withoutOurs() calicoMatch {
	m.sets = slices.DeleteFunc(slices.Clone(m.sets), (*set).isOurs)
	return m
}

// ofVersion are the gateways in the family that a rule's ipVersion asks for.
func (a admission) ofVersion(version string) []gateway {
	return slices.DeleteFunc(slices.Clone(a.each), func(g gateway) bool {
		return version == "4" && g.node.Addr().Is6() || version == "6" && g.node.Addr().Is4()
	})
}

// calicoMatch is a rule's source: what it names by address and by sets of addresses.
type calicoMatch struct {
	nets, notNets []netip.Prefix
	// bySet reports that endpoints are selected, and sets are those that are.
	bySet        bool
	sets, notIn  []*set
	undecidedSet []*set
	// podsOnly names a field that no address outside a pod meets.
	podsOnly string
	// meant are the addresses of our own set where the rule leaves it out by its label.
	meant   []netip.Prefix
	because Rule
	// everywhere reports that a policy of one namespace needs to say that it means sets of
	// the whole cluster.
	everywhere bool
}

// calicoMatch reads a source as Calico does: selectors of a policy with a namespace find
// sets of that namespace, unless a namespaceSelector says otherwise, and notSelector knows
// no namespaces (calico v3.32.1,
// libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go).
func (a admission) calicoMatch(source place) calicoMatch {
	field := func(name string) string { return text(yamlnode.Field(source.node, name)) }
	m := calicoMatch{
		nets:       parsePrefixes(texts(yamlnode.Field(source.node, "nets"))),
		notNets:    parsePrefixes(texts(yamlnode.Field(source.node, "notNets"))),
		because:    RuleCalicoNets,
		everywhere: !strings.HasSuffix(source.policy.Kind, "GlobalNetworkPolicy"),
	}
	selector, namespaces, not := field("selector"), field("namespaceSelector"), field("notSelector")
	m.bySet = selector != "" || namespaces != "" || not != "" && m.everywhere
	for _, s := range a.among.sets {
		if m.bySet {
			m.put(s, min(a.inScope(s, namespaces, source.policy, m.everywhere), selects(selector, s.own)))
		}
		if not != "" && selects(not, s.own) != no {
			s.named = true
			m.notIn = append(m.notIn, s)
			if s.isOurs() && strings.Contains(not, NetworkSetLabel) {
				m.meant = append(m.meant, s.nets...)
			}
		}
	}
	if m.bySet {
		m.because = RuleCalicoSet
	}
	if !isNull(yamlnode.Field(source.node, "serviceAccounts")) {
		m.podsOnly = "serviceAccounts"
	}
	a.readService(&m, source)
	return m
}

// put adds a set that the source means, or may mean.
func (m *calicoMatch) put(s *set, found answer) {
	s.named = s.named || found != no
	switch found {
	case yes:
		m.sets = append(m.sets, s)
	case undecided:
		m.undecidedSet = append(m.undecidedSet, s)
	}
}

// readService: of Services, only the API server's is known to have nodes behind it.
func (a admission) readService(m *calicoMatch, source place) {
	service := yamlnode.Field(source.node, "services")
	if isNull(service) {
		return
	}
	m.podsOnly = "services"
	namespace := text(yamlnode.Field(service, "namespace"))
	if namespace == "" {
		namespace = source.policy.Namespace
	}
	if text(yamlnode.Field(service, "name")) == "kubernetes" && namespace == "default" {
		m.podsOnly, m.because = "", RuleCalicoService
		for _, addr := range a.topology.Spec.Cluster.APIServer.Addresses {
			m.nets = append(m.nets, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
}

// inScope reports whether the policy's source looks for the set at all.
func (a admission) inScope(s *set, namespaces string, p policy, everywhere bool) answer {
	if namespaces == "" {
		return answerOf(!everywhere || s.Kind == "NetworkSet" && s.Namespace == p.Namespace)
	}
	// all() means every namespace, and global() what is in none.
	namespaces = strings.ReplaceAll(namespaces, "all()", "has(projectcalico.org/name)")
	namespaces = strings.ReplaceAll(namespaces, "global()", "!has(projectcalico.org/name)")
	return selects(namespaces, a.namespaceLabels(s))
}

// own answers about the set's labels.
func (s *set) own(name string) (string, answer) {
	if name == "projectcalico.org/namespace" && s.Kind == "NetworkSet" {
		return s.Namespace, yes
	}
	value, ok := s.labels[name]
	return value, answerOf(ok)
}

// namespaceLabels answers about those of the set's namespace: its name is a label, and the
// rest is known where the Namespace is among the objects.
func (a admission) namespaceLabels(s *set) labels {
	return func(name string) (string, answer) {
		if s.Kind != "NetworkSet" {
			return "", no
		}
		if name == "projectcalico.org/name" || name == "kubernetes.io/metadata.name" {
			return s.Namespace, yes
		}
		known, ok := a.among.namespaces[s.Namespace]
		if !ok {
			return "", undecided
		}
		value, has := known[name]
		return value, answerOf(has)
	}
}

// peer is the source as it is matched: by address, and where it selects, by the sets.
func (m calicoMatch) peer() peer {
	in := func(sets []*set, test func([]netip.Prefix, netip.Prefix) bool, q netip.Prefix) bool {
		return slices.ContainsFunc(sets, func(s *set) bool { return test(s.nets, q) })
	}
	return peer{
		means: func(q netip.Prefix) bool {
			return m.podsOnly == "" && (len(m.nets) == 0 || holds(m.nets, q)) && (!m.bySet || in(m.sets, holds, q))
		},
		leavesOut:  func(q netip.Prefix) bool { return touches(m.notNets, q) || in(m.notIn, touches, q) },
		exclusions: append(slices.Clone(m.notNets), m.meant...),
	}
}

// isOurs reports whether the set is the gateways' own.
func (s *set) isOurs() bool {
	_, ok := s.labels[NetworkSetLabel]
	return ok
}

// checkSource says where a source means nodes in a way that cannot be followed.
func (m calicoMatch) checkSource(source place, a admission, list *diag.List) {
	for _, s := range m.undecidedSet {
		if g, ok := a.nodeIn(s.nets); ok {
			list.Warnf(CodeSelectsNodes, source.path(), "%s may select %s, which holds the node of gateway %s: the labels of its namespace are not known here",
				source.where(), s, g.name).
				Fix("give the Namespace along, or add a rule with selector %q and the same ports", gatewaySelector)
		}
	}
	if by := m.unfollowed(source, a); by != "" && len(m.undecidedSet) == 0 {
		list.Warnf(CodeSelectsNodes, source.path(), "%s names nodes by address and by %s, and the gateways' own traffic comes from %s, to which that does not apply", source.where(), by, join(a.gateways)).
			Fix("add a rule with selector %q and the same ports", gatewaySelector)
	}
}

// unfollowed names the field that keeps a source, which names a gateway's node by address,
// from being followed: a selector may find host endpoints, which are not known here.
func (m calicoMatch) unfollowed(source place, a admission) string {
	g, ok := a.nodeIn(m.nets)
	if !ok || touches(m.notNets, g.node) {
		return ""
	}
	if m.podsOnly != "" {
		return m.podsOnly
	}
	if !m.bySet || slices.ContainsFunc(m.sets, func(s *set) bool { _, ok := a.nodeIn(s.nets); return ok }) {
		return ""
	}
	for _, name := range []string{"selector", "namespaceSelector", "notSelector"} {
		if !isNull(yamlnode.Field(source.node, name)) {
			return name
		}
	}
	return ""
}

// nodeIn names a gateway whose node the prefixes hold while they lack the address that its
// own traffic comes from.
func (a admission) nodeIn(nets []netip.Prefix) (gateway, bool) {
	for _, g := range a.each {
		if holds(nets, g.node) && slices.ContainsFunc(g.tailnet, func(t netip.Prefix) bool { return !holds(nets, t) }) {
			return g, true
		}
	}
	return gateway{}, false
}

// checkSets says which sets hold nodes of gateways where no policy here refers to them.
func (a admission) checkSets(list *diag.List) {
	if !a.byAddress {
		return
	}
	for _, s := range a.among.sets {
		if g, ok := a.nodeIn(s.nets); ok && !s.named && s.Kind != "HostEndpoint" {
			list.Warnf(CodeSelectsNodes, s.Path()+".spec.nets", "%s holds the node of gateway %s and not the address that its own traffic comes from, and no policy here refers to it: one elsewhere that does would not mean the gateways, which come from %s",
				s, g.name, join(a.gateways)).
				Fix("give the policies that refer to it along, or add a rule with selector %q beside theirs", gatewaySelector)
		}
	}
}

// noteDestinations notes which sets a policy of Calico's refers to as destinations.
func (a admission) noteDestinations(p policy) {
	if p.in != calico {
		return
	}
	for _, spec := range p.specs() {
		for _, way := range []string{"ingress", "egress"} {
			rules, _ := spec.child(way)
			for _, rule := range rules.elements() {
				if to, ok := rule.child("destination"); ok {
					a.calicoMatch(to)
				}
			}
		}
	}
}

// gatewaySelector finds the GlobalNetworkSet of the gateways.
const gatewaySelector = NetworkSetLabel + " == 'true'"

// instead is the source with the gateways in place of what it names: the network set where
// it means all of them, their addresses where it means some.
func (m calicoMatch) instead(source *yaml.Node, prefixes []netip.Prefix, all bool) *yaml.Node {
	instead := mapping()
	if !all {
		nets := sequence()
		for _, s := range prefixes {
			nets.Content = append(nets.Content, scalar(s.String()))
		}
		instead.Content = append(instead.Content, scalar("nets"), nets)
	} else {
		instead.Content = append(instead.Content, scalar("selector"), scalar(gatewaySelector))
		if m.everywhere {
			// A namespaced policy sees network sets of its namespace only, unless told so.
			instead.Content = append(instead.Content, scalar("namespaceSelector"), scalar("global()"))
		}
	}
	for i := 0; i+1 < len(source.Content); i += 2 {
		if name := source.Content[i].Value; name == "ports" || name == "notPorts" {
			instead.Content = append(instead.Content, source.Content[i], source.Content[i+1])
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

// calicoPorts are those that a rule is about.
func calicoPorts(rule *yaml.Node) ports {
	protocol := strings.ToUpper(text(yamlnode.Field(rule, "protocol")))
	if isNull(yamlnode.Field(rule, "protocol")) {
		return nil
	}
	listed := texts(yamlnode.Field(yamlnode.Field(rule, "destination"), "ports"))
	if len(listed) == 0 {
		return ports{{protocol: protocol, first: 0, last: 65535}}
	}
	var all ports
	for _, l := range listed {
		first, last, _ := strings.Cut(l, ":")
		all = append(all, newPort(protocol, first, last))
	}
	return all
}
