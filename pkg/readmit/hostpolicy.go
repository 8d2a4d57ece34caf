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
	for _, need := range a.hostPorts() {
		if !slices.ContainsFunc(elements(rules.node), func(rule *yaml.Node) bool { return admits(rule, need.port) }) {
			list.Warnf(CodeDropsTunnel, rules.path(), "%s filters what reaches hosts that may be gateways and does not admit UDP to port %d from the world, which %s needs",
				rules.where(), need.port, need.who).
				Fix("add {fromEntities: [world], toPorts: [{ports: [{port: %q, protocol: UDP}]}]}", strconv.Itoa(need.port))
		}
	}
}

// hostPort is a UDP port of gateways' hosts, and who needs it.
type hostPort struct {
	port int
	who  string
}

// hostPorts are the tunnel's, and those of peer relays, each once.
func (a admission) hostPorts() []hostPort {
	list := []hostPort{{facts.TailscalePort, "the tunnel"}}
	for i := range a.topology.Spec.Regions {
		r := &a.topology.Spec.Regions[i]
		relay := hostPort{r.Gateways.PeerRelay, "a peer relay"}
		if relay.port != 0 && !slices.Contains(list, relay) {
			list = append(list, relay)
		}
	}
	return list
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

func admits(rule *yaml.Node, port int) bool {
	return fromAnywhere(rule) && isNull(yamlnode.Field(rule, "icmps")) && toPort(yamlnode.Field(rule, "toPorts"), port)
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

// toPort reports whether ports, a rule's toPorts, leave a UDP port open.
func toPort(ports *yaml.Node, port int) bool {
	if isNull(ports) {
		return true
	}
	return slices.ContainsFunc(elements(ports), func(set *yaml.Node) bool {
		return slices.ContainsFunc(elements(yamlnode.Field(set, "ports")), func(p *yaml.Node) bool { return isPort(p, port) })
	})
}

func isPort(port *yaml.Node, wanted int) bool {
	protocol := strings.ToUpper(text(yamlnode.Field(port, "protocol")))
	if protocol != "UDP" && protocol != "ANY" && protocol != "" {
		return false
	}
	first, err := strconv.Atoi(text(yamlnode.Field(port, "port")))
	if err != nil {
		return false
	}
	last, _ := strconv.Atoi(text(yamlnode.Field(port, "endPort")))
	return first == 0 || first <= wanted && wanted <= max(first, last)
}
