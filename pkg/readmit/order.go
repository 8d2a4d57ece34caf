package readmit

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// decision is a rule that Calico enforces, and gateways that it decides over: as themselves
// and not as nodes where it denies, as nodes where it admits.
type decision struct {
	rule     place
	gateways []gateway
	ports    ports
}

// checkOrder finds rules that deny gateways before another admits their nodes: of Calico's
// rules the first that matches decides, in one policy and over policies. A rule that comes
// before no such rule takes nothing from the gateways.
func (a admission) checkOrder(list *diag.List) {
	if !a.byAddress || !slices.ContainsFunc(a.topology.Spec.Regions, usesCalico) {
		return
	}
	denials, allowances := a.decisions()
	for _, d := range denials {
		worst, sure := decision{}, no
		for _, w := range allowances {
			w.gateways = slices.DeleteFunc(slices.Clone(w.gateways), func(g gateway) bool {
				return !slices.ContainsFunc(d.gateways, func(o gateway) bool { return o.node == g.node })
			})
			if found := min(precedes(d.rule, w.rule), d.ports.shares(w.ports)); len(w.gateways) > 0 && found > sure {
				worst, sure = w, found
			}
		}
		if sure != no {
			a.denies(d.rule, "the gateways' tailnet addresses "+join(tailnets(worst.gateways)), worst.rule, sure, "the first rule that matches decides", list)
		}
	}
}

// decisions lists the rules that deny gateways and do not mean their nodes, and those that
// admit nodes of gateways.
func (a admission) decisions() (denials, allowances []decision) {
	for _, p := range a.among.policies {
		for _, spec := range p.specs() {
			ingress, _ := spec.child("ingress")
			for _, rule := range ingress.elements() {
				effect, peers, ports := a.decides(rule)
				var gateways []gateway
				for _, g := range a.each {
					any := func(test func(p peer) bool) bool { return slices.ContainsFunc(peers, test) }
					admitted := any(func(p peer) bool { return p.matches(g.node) })
					denied := !any(func(p peer) bool { return p.means(g.node) }) &&
						any(func(p peer) bool { return slices.ContainsFunc(g.tailnet, p.matches) })
					if effect == Admits && admitted || effect == Denies && denied {
						gateways = append(gateways, g)
					}
				}
				switch {
				case len(gateways) == 0:
				case effect == Denies:
					denials = append(denials, decision{rule, gateways, ports})
				default:
					allowances = append(allowances, decision{rule, gateways, ports})
				}
			}
		}
	}
	return denials, allowances
}

// decides reads an ingress rule of a policy that Calico enforces: what it does, to whom, on
// which ports.
func (a admission) decides(rule place) (Effect, []peer, ports) {
	everybody := []peer{{
		means:     func(netip.Prefix) bool { return true },
		leavesOut: func(netip.Prefix) bool { return false },
	}}
	switch rule.policy.in {
	case calico:
		effect := effectOf(text(yamlnode.Field(rule.node, "action")))
		source, ok := rule.child("source")
		if !ok {
			return effect, everybody, calicoPorts(rule.node)
		}
		return effect, []peer{a.calicoMatch(source).peer()}, calicoPorts(rule.node)
	case kubernetes:
		from, _ := rule.child("from")
		if len(from.elements()) == 0 {
			return Admits, everybody, kubernetesPorts(rule.node)
		}
		var peers []peer
		for _, b := range ipBlocks(from) {
			peers = append(peers, b.peer())
		}
		return Admits, peers, kubernetesPorts(rule.node)
	}
	return "", nil, nil
}

// precedes answers whether the first rule decides before the second over some endpoint of
// both. Policies take effect by order and name in their tier, and whose tier comes first
// is not known here (calico v3.32.1, api/pkg/apis/projectcalico/v3/globalnetworkpolicy.go;
// Kubernetes' policies have order 1000: libcalico-go/lib/backend/k8s/conversion).
func precedes(first, second place) answer {
	p, q := first.policy, second.policy
	if p.doc == q.doc {
		return answerOf(first.index() < second.index())
	}
	if p.staged() != q.staged() || p.Namespace != "" && q.Namespace != "" && p.Namespace != q.Namespace {
		return no
	}
	before := undecided
	if x, y := specOf(first), specOf(second); tier(x) == tier(y) {
		before = answerOf(order(x) < order(y) || order(x) == order(y) && p.Name < q.Name)
	}
	return min(before, sameEndpoints(specOf(first), specOf(second)))
}

// staged reports whether the policy is one that is not enforced yet.
func (p policy) staged() bool { return strings.HasPrefix(p.Kind, "Staged") }

func tier(spec place) string {
	if t := text(yamlnode.Field(spec.node, "tier")); t != "" {
		return t
	}
	return "default"
}

func order(spec place) float64 {
	if spec.policy.in == kubernetes {
		return 1000
	}
	if o, err := strconv.ParseFloat(text(yamlnode.Field(spec.node, "order")), 64); err == nil {
		return o
	}
	return math.Inf(1)
}

// sameEndpoints answers whether two specifications have endpoints in common: surely where
// one selects all, or both say the same.
func sameEndpoints(a, b place) answer {
	all := func(at place) bool {
		if at.policy.in == kubernetes {
			selector := yamlnode.Field(at.node, "podSelector")
			return isNull(selector) || len(selector.Content) == 0
		}
		s := text(yamlnode.Field(at.node, "selector"))
		return (s == "" || s == "all()") && text(yamlnode.Field(at.node, "namespaceSelector")) == "" &&
			text(yamlnode.Field(at.node, "serviceAccountSelector")) == ""
	}
	said := func(at place) string {
		return strings.Join([]string{at.policy.Namespace, text(yamlnode.Field(at.node, "selector")),
			text(yamlnode.Field(at.node, "namespaceSelector")), text(yamlnode.Field(at.node, "serviceAccountSelector"))}, "\n")
	}
	if all(a) || all(b) || a.policy.in == calico && b.policy.in == calico && said(a) == said(b) {
		return yes
	}
	return undecided
}
