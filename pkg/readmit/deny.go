package readmit

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// checkDeny judges a rule that denies traffic from what holds the gateways' addresses. No
// allow rule wins over it (cilium 1.17.4, pkg/policy/rule.go), so the gateways lose what
// nodes have: that is an error where some rule admits nodes to the same endpoints and
// ports, a warning where it may, and a note where none does, since the gateways then lose
// nothing that nodes have.
func (a admission) checkDeny(at place, what string, rule place, list *diag.List) {
	if a.deniesNodes(rule) {
		return
	}
	admitting, sure := place{}, no
	for _, p := range a.among.policies {
		for _, allow := range a.admittingNodes(p) {
			both := min(overlap(subjectOf(rule), subjectOf(allow)), ciliumPorts(rule.node).shares(allowedPorts(allow)))
			if both > sure {
				admitting, sure = allow, both
			}
		}
	}
	if spec := specOf(rule); sure != yes && defaultsOpen(spec) {
		field, _ := spec.child("enableDefaultDeny")
		admitting, sure = field, yes
	}
	what += ", which contains the gateways' tailnet addresses " + join(a.gateways)
	if sure != no {
		a.denies(at, what, admitting, sure, "no allow rule wins over a deny rule", list)
		return
	}
	*list = append(*list, &diag.Diagnostic{
		Severity: diag.Info, Code: CodeDeniesGateways, Path: at.path(),
		Message: at.where() + " denies " + what + ", and no policy here admits nodes to the same endpoints and ports, so the gateways lose nothing",
		Remedy:  "nothing, unless a policy elsewhere admits nodes there: then leave the gateways out (except)",
	})
}

// denies says that the deny rule at takes from the gateways what the other gives to nodes.
// The law is that by which the first of them decides.
func (a admission) denies(at place, what string, admitting place, sure answer, law string, list *diag.List) {
	severity, where := diag.Error, "the same endpoints and ports"
	if sure == undecided {
		severity, where = diag.Warning, "endpoints and ports that may be the same"
	}
	*list = append(*list, &diag.Diagnostic{
		Severity: severity, Code: CodeDeniesGateways, Path: at.path(),
		Message: at.where() + " denies " + what + ", and " + admitting.where() + " admits nodes to " + where + ": " + law,
		Remedy:  "leave the gateways out (except), turn the rule into allow rules, or set gatewaySource: internalIP",
		Related: []diag.Related{{Path: admitting.path(), Message: "nodes are admitted here"}},
	})
}

// deniesNodes reports whether nodes are denied as well: by the rule itself, or by one
// beside it for the same ports or all.
func (a admission) deniesNodes(rule place) bool {
	all := func(r *yaml.Node) bool {
		return slices.ContainsFunc(texts(yamlnode.Field(r, "fromEntities")), isNodes) || !namesPeers(r)
	}
	if all(rule.node) {
		return true
	}
	beside, _ := specOf(rule).child("ingressDeny")
	return slices.ContainsFunc(beside.elements(), func(r place) bool {
		ports := yamlnode.Field(r.node, "toPorts")
		return all(r.node) && isNull(yamlnode.Field(r.node, "icmps")) &&
			(isNull(ports) || !isNull(yamlnode.Field(rule.node, "toPorts")) && same(ports, yamlnode.Field(rule.node, "toPorts")))
	})
}

// specOf is the specification that a rule of some section stands in.
func specOf(rule place) place { return rule.up(2) }

// namesPeers reports whether a rule says from whom.
func namesPeers(rule *yaml.Node) bool {
	return slices.ContainsFunc(sections()[0].peers(), func(kind string) bool { return !isNull(yamlnode.Field(rule, kind)) })
}

// defaultsOpen reports whether a specification leaves its endpoints open to whom no rule
// denies (cilium 1.17.4, pkg/policy/api/rule.go: DefaultDenyConfig).
func defaultsOpen(spec place) bool {
	return text(yamlnode.Field(yamlnode.Field(spec.node, "enableDefaultDeny"), "ingress")) == "false"
}

// admittingNodes lists the rules of a policy that Cilium lets nodes in by. A rule that names
// nobody and no ports admits nobody (cilium 1.17.4, Documentation/security/policy/language.rst),
// and a block of Kubernetes' never means nodes.
func (a admission) admittingNodes(p policy) []place {
	var all []place
	for _, spec := range p.specs() {
		ingress, _ := spec.child("ingress")
		for _, rule := range ingress.elements() {
			if p.in == cilium && a.admitsNodes(rule.node) ||
				p.in == kubernetes && len(elements(yamlnode.Field(rule.node, "from"))) == 0 {
				all = append(all, rule)
			}
		}
	}
	return all
}

func (a admission) admitsNodes(rule *yaml.Node) bool {
	entities := texts(yamlnode.Field(rule, "fromEntities"))
	api := slices.Contains(entities, "kube-apiserver") && len(a.controlPlane)+len(a.unnamed) > 0
	open := !namesPeers(rule) && !(isNull(yamlnode.Field(rule, "toPorts")) && isNull(yamlnode.Field(rule, "icmps")))
	return api || open || slices.ContainsFunc(entities, isNodes) || len(elements(yamlnode.Field(rule, "fromNodes"))) > 0 || selectsNodes(rule)
}

// selectsNodes reports whether fromEndpoints asks for nodes by the label that stands for
// the entity (cilium 1.17.4, pkg/labels/labels.go: LabelSourceReserved).
func selectsNodes(rule *yaml.Node) bool {
	return slices.ContainsFunc(elements(yamlnode.Field(rule, "fromEndpoints")), func(selector *yaml.Node) bool {
		labels := yamlnode.Field(selector, "matchLabels")
		return labels != nil && len(labels.Content) == 2 && yamlnode.Field(labels, reservedRemoteNode) != nil &&
			len(elements(yamlnode.Field(selector, "matchExpressions"))) == 0
	})
}

const reservedRemoteNode = "reserved:remote-node"

func allowedPorts(rule place) ports {
	if rule.policy.in == kubernetes {
		return kubernetesPorts(rule.node)
	}
	return ciliumPorts(rule.node)
}

// subject is whom a specification is about: hosts or pods, by label.
type subject struct {
	hosts  bool
	labels map[string]string
	// more reports conditions besides labels, which are not read.
	more bool
}

// subjectOf reads the selector of the specification that a rule stands in. The namespace of
// a policy is a label like others (cilium 1.17.4, pkg/k8s/apis/cilium.io/utils/utils.go).
func subjectOf(rule place) subject {
	const namespace = "io.kubernetes.pod.namespace"
	spec := specOf(rule)
	s := subject{labels: map[string]string{}}
	selector := yamlnode.Field(spec.node, "endpointSelector")
	if nodes := yamlnode.Field(spec.node, "nodeSelector"); nodes != nil {
		s.hosts, selector = true, nodes
	}
	if rule.policy.in == kubernetes {
		selector = yamlnode.Field(spec.node, "podSelector")
	}
	for name, value := range stringMap(yamlnode.Field(selector, "matchLabels")) {
		s.labels[strings.TrimPrefix(strings.TrimPrefix(name, "k8s:"), "any:")] = value
	}
	s.more = len(elements(yamlnode.Field(selector, "matchExpressions"))) > 0
	if !strings.Contains(rule.policy.Kind, "Clusterwide") {
		s.labels[namespace] = rule.policy.Namespace
	}
	return s
}

// overlap answers whether some endpoint is the subject of both: surely where one has every
// condition of the other, and not where they ask for two values of one label.
func overlap(a, b subject) answer {
	if a.hosts != b.hosts {
		return no
	}
	for name, value := range a.labels {
		if other, ok := b.labels[name]; ok && other != value {
			return no
		}
	}
	if !a.more && within(a.labels, b.labels) || !b.more && within(b.labels, a.labels) {
		return yes
	}
	return undecided
}

// within reports whether inner has no condition that outer lacks.
func within(inner, outer map[string]string) bool {
	for name := range inner {
		if _, ok := outer[name]; !ok {
			return false
		}
	}
	return true
}
