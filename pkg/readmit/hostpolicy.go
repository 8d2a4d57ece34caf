package readmit

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
)

// checkSpec judges a specification as a whole: a host policy with ingress rules
// drops everything else that reaches the node, and so the tunnel, unless some rule
// lets its UDP in from the world.
func (a admission) checkSpec(spec place, list *diag.List) {
	selector, isHost := spec.child("nodeSelector")
	rules, ok := spec.child("ingress")
	if !isHost || !ok || !a.mayBeGateway(selector.node) {
		return
	}
	if !slices.ContainsFunc(elements(rules.node), admitsTunnel) {
		list.Warnf(CodeDropsTunnel, rules.path(), "%s filters what reaches hosts that may be gateways and does not admit UDP to port %d from the world, which the tunnel needs",
			rules.where(), facts.TailscalePort).
			Fix("add {fromEntities: [world], toPorts: [{ports: [{port: %q, protocol: UDP}]}]}", strconv.Itoa(facts.TailscalePort))
	}
}

// mayBeGateway reports whether the selector can mean a gateway: it does not where it
// asks for another value of a label that gateways are known to have.
func (a admission) mayBeGateway(selector *yaml.Node) bool {
	want := yamlnode.Field(selector, "matchLabels")
	for _, r := range a.topology.Spec.Regions {
		other := false
		for label, value := range r.Gateways.NodeSelector {
			asked := yamlnode.Field(want, label)
			other = other || asked != nil && text(asked) != value
		}
		if !other {
			return true
		}
	}
	return false
}

func admitsTunnel(rule *yaml.Node) bool {
	return fromAnywhere(rule) && isNull(yamlnode.Field(rule, "icmps")) && toTunnel(yamlnode.Field(rule, "toPorts"))
}

func fromAnywhere(rule *yaml.Node) bool {
	named := false
	for _, kind := range sections()[0].peers() {
		named = named || !isNull(yamlnode.Field(rule, kind))
	}
	entities := texts(yamlnode.Field(rule, "fromEntities"))
	return !named || slices.Contains(entities, "world") || slices.Contains(entities, "all") ||
		slices.ContainsFunc(sections()[0].cidrs(place{node: rule}), func(c cidr) bool {
			return c.prefix == netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		})
}

// toTunnel reports whether ports, a rule's toPorts, leave the tunnel's port open.
func toTunnel(ports *yaml.Node) bool {
	if isNull(ports) {
		return true
	}
	return slices.ContainsFunc(elements(ports), func(set *yaml.Node) bool {
		return slices.ContainsFunc(elements(yamlnode.Field(set, "ports")), isTunnel)
	})
}

func isTunnel(port *yaml.Node) bool {
	protocol := strings.ToUpper(text(yamlnode.Field(port, "protocol")))
	if protocol != "UDP" && protocol != "ANY" && protocol != "" {
		return false
	}
	first, err := strconv.Atoi(text(yamlnode.Field(port, "port")))
	if err != nil {
		return false
	}
	last, _ := strconv.Atoi(text(yamlnode.Field(port, "endPort")))
	return first == 0 || first <= facts.TailscalePort && facts.TailscalePort <= max(first, last)
}
