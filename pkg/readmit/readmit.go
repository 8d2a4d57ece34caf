// Package readmit lets the gateways back in where a policy admits nodes.
//
// Traffic that a gateway itself originates towards another region leaves from its
// tailnet address, 100.x, unless a source route gives it the node's own. Cilium
// knows nodes by their InternalIP and ExternalIP only, so to it such traffic comes
// from the world, and "fromEntities: [remote-node]" drops it (cilium 1.17.4,
// pkg/k8s/node.go, pkg/node/manager/manager.go).
//
// The cure is a sibling: a rule beside the one that names nodes, with the same ports
// and the gateways' addresses for peers. It has to be a rule of its own, since Cilium
// refuses two kinds of peers in one, and it has to repeat the ports, since without
// them it would open all. The addresses stand in one CiliumCIDRGroup, so that
// policies need no edit when gateways change.
//
// Kubernetes' NetworkPolicies and Calico's name nodes by address, or by a set of addresses.
// There a block or a set that holds a gateway's InternalIP gets the gateway's tailnet
// addresses beside it, where some region runs another plugin than Cilium, which lets no
// block match a node; and an exception that holds it gets them, too.
//
// Only what comes from gateways is at stake. Nobody opens connections to their tailnet
// addresses, so rules for egress stay as they are.
//
// Start with Policies, which edits documents in place and keeps their comments and
// order. Patches says the same as JSON 6902 patches. Group is the object that both
// refer to. All three take the plan of a valid topology (package validate) and change nothing
// unless it says gatewaySource: tailnetIP; findings about policies come either way.
package readmit

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// Policies adds to every network policy among items, and in Lists among them, the rules
// that readmit the gateways. It returns what it changed, in the order of the items, and
// what it found wrong with the policies, sorted. A second call changes nothing. A policy
// that it cannot read stays as it is and is a finding.
func Policies(p *plan.Plan, items []*yaml.RNode) ([]Change, diag.List) {
	reviews, list := reviewAll(p, items)
	for _, r := range reviews {
		if len(r.edits) > 0 {
			r.policy.item.SetYNode(r.policy.root)
			apply(r.edits)
		}
	}
	return changesOf(reviews), list
}

// Count is how many network policies there are among items, and in Lists among them.
func Count(items []*yaml.RNode) int {
	return len(survey(readObjects(items, &diag.List{})).policies)
}

// Patches returns what Policies would do as one patch for each policy that changes,
// in the order of items, and leaves items alone.
func Patches(p *plan.Plan, items []*yaml.RNode) ([]Patch, []Change, diag.List) {
	reviews, list := reviewAll(p, items)
	var patches []Patch
	var patched []review
	for _, r := range reviews {
		if len(r.edits) == 0 {
			patched = append(patched, r)
			continue
		}
		p, ok := newPatch(r, &list)
		if ok && isNew(p, patches, r.policy, &list) {
			patches, patched = append(patches, p), append(patched, r)
		}
	}
	list.Sort()
	return patches, changesOf(patched), list
}

// review is one policy and what is to be done to it, and what is so without.
type review struct {
	policy policy
	edits  []edit
	found  []Change
}

func changesOf(reviews []review) []Change {
	var all []Change
	for _, r := range reviews {
		all = append(append(all, changes(r.edits)...), r.found...)
	}
	return all
}

// reviewAll returns the policies that need an edit or are widened without one, and all
// findings, sorted.
func reviewAll(p *plan.Plan, items []*yaml.RNode) ([]review, diag.List) {
	var reviews []review
	var list diag.List
	a := newAdmission(p)
	a.among = survey(readObjects(items, &list))
	a.among.sets = append(a.among.sets, ownSet(p)...)
	for _, one := range a.among.policies {
		a.noteDestinations(one)
		edits, found := a.review(one, &list)
		if len(edits)+len(found) > 0 {
			reviews = append(reviews, review{one, edits, found})
		}
	}
	a.checkOrder(&list)
	a.checkSets(&list)
	list.Sort()
	return reviews, list
}
