package readmit

import (
	"net/netip"
	"slices"
	"strings"
)

// Rule names the reason for which a policy is changed. docs/kustomize.md has a row for each.
type Rule string

// The rules, by the language of the policy.
const (
	RuleCiliumNodes     Rule = "cilium-nodes"          // a rule admits or denies nodes by entity
	RuleCiliumAPI       Rule = "cilium-kube-apiserver" // a rule admits API servers, and a gateway is one's host
	RuleKubernetesBlock Rule = "kubernetes-block"      // a block holds a gateway's node
	RuleKubernetesLeft  Rule = "kubernetes-except"     // an exception holds a gateway's node
	RuleCalicoNets      Rule = "calico-nets"           // nets hold a gateway's node
	RuleCalicoSet       Rule = "calico-set"            // a selector finds a set that holds one
	RuleCalicoService   Rule = "calico-service"        // the API server's Service has one
	RuleCalicoLeft      Rule = "calico-not-nets"       // a gateway's node is left out
	RuleCalicoOwn       Rule = "calico-own-set"        // a selector finds the gateways' own set
)

// Rules lists every rule.
func Rules() []Rule {
	return []Rule{
		RuleCiliumNodes, RuleCiliumAPI, RuleKubernetesBlock, RuleKubernetesLeft,
		RuleCalicoNets, RuleCalicoSet, RuleCalicoService, RuleCalicoLeft, RuleCalicoOwn,
	}
}

// Effect is what a change does to traffic that comes from its addresses.
type Effect string

// The effects. A policy of Calico's can also pass traffic on or log it.
const (
	Admits Effect = "admits"
	Denies Effect = "denies"
	Passes Effect = "passes on"
	Logs   Effect = "logs"
)

// Change is what is done to a policy: to traffic from which addresses, where, and by which
// rule. Most are edits; our own objects make the rest. A change that admits widens the
// policy.
type Change struct {
	Rule   Rule   `json:"rule"`
	Effect Effect `json:"effect"`
	// Object is the policy.
	Object Object `json:"object"`
	// Path is the rule, or the part of one, that made the change necessary.
	Path      string         `json:"path"`
	Addresses []netip.Prefix `json:"addresses"`
}

// changes lists what edits do, those of one rule in one place as one.
func changes(edits []edit) []Change {
	var all []Change
	for _, e := range edits {
		c := e.change
		c.Object, c.Path = e.at.policy.Object, e.because.path()
		i := slices.IndexFunc(all, func(o Change) bool {
			return o.Rule == c.Rule && o.Effect == c.Effect && o.Path == c.Path && o.Object == c.Object
		})
		if i < 0 {
			all = append(all, c)
			continue
		}
		all[i].Addresses = append(slices.Clone(all[i].Addresses), c.Addresses...)
	}
	return all
}

// effectOf is what a rule with the action does (calico v3.32.1,
// api/pkg/apis/projectcalico/v3/policy_common.go: Action).
func effectOf(action string) Effect {
	switch strings.ToLower(action) {
	case "deny":
		return Denies
	case "pass", "next-tier":
		return Passes
	case "log":
		return Logs
	}
	return Admits
}

// opposite is what happens to those whom a rule with the effect no longer means.
func (e Effect) opposite() Effect {
	if e == Denies {
		return Admits
	}
	return Denies
}
