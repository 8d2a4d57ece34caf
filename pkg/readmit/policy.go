package readmit

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// language is what a policy is written in.
type language int

const (
	cilium     language = iota + 1 // cilium 1.17.4, pkg/k8s/apis/cilium.io/v2
	kubernetes                     // kubernetes v1.33.1, api/networking/v1
	calico                         // calico v3.32.1, api/pkg/apis/projectcalico/v3
	other                          // somebody's: it is read as far as it names nodes
)

// language reports false for what is not a policy. Calico's staged policies say what would
// be enforced, and are edited as what they stage. Groups that list blocks of addresses are
// read like the policies that refer to them.
func (o object) language() (language, bool) {
	group, ok := o.group()
	kind := o.Kind
	switch {
	case !ok:
		return 0, false
	case group == "cilium.io" && (kind == "CiliumNetworkPolicy" || kind == "CiliumClusterwideNetworkPolicy"):
		return cilium, true
	case group == "networking.k8s.io" && kind == "NetworkPolicy", isCalico(group) && kind == "StagedKubernetesNetworkPolicy":
		return kubernetes, true
	case isCalico(group) && slices.Contains([]string{"NetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy", "StagedGlobalNetworkPolicy"}, kind):
		return calico, true
	case strings.HasSuffix(kind, "NetworkPolicy"),
		strings.HasSuffix(kind, "Group") && yamlnode.Field(yamlnode.Field(o.doc, "spec"), "ipBlocks") != nil:
		return other, true
	}
	return 0, false
}

// policy is a network policy as it was written.
type policy struct {
	object
	in language
}

// specs lists the policy's specifications, each with its path in the document: spec
// and every element of specs.
func (p policy) specs() []place {
	var all []place
	root := place{p, nil, p.doc}
	if spec, ok := root.child("spec"); ok {
		all = append(all, spec)
	}
	if specs, ok := root.child("specs"); ok {
		all = append(all, specs.elements()...)
	}
	return all
}

// place is a node of a policy and the way to it: strings and ints.
type place struct {
	policy policy
	steps  []any
	node   *yaml.Node
}

func (at place) child(name string) (place, bool) {
	n := yamlnode.Field(at.node, name)
	return place{at.policy, append(at.steps[:len(at.steps):len(at.steps)], name), n}, !isNull(n)
}

func (at place) elements() []place {
	nodes := elements(at.node)
	all := make([]place, len(nodes))
	for i, n := range nodes {
		all[i] = place{at.policy, append(at.steps[:len(at.steps):len(at.steps)], i), n}
	}
	return all
}

// up is the place n steps above.
func (at place) up(n int) place {
	above := place{at.policy, nil, at.policy.doc}
	for _, s := range at.steps[:len(at.steps)-n] {
		switch s := s.(type) {
		case int:
			above = above.elements()[s]
		case string:
			above, _ = above.child(s)
		}
	}
	return above
}

// index is the place's number in its list.
func (at place) index() int { return at.steps[len(at.steps)-1].(int) }

// path is the place as a finding names it.
func (at place) path() string {
	p := at.policy.Path()
	for _, s := range at.steps {
		switch s := s.(type) {
		case int:
			p = diag.Index(p, s)
		case string:
			p = diag.Field(p, s)
		}
	}
	return p
}

// where is the place as a message names it.
func (at place) where() string {
	return strings.TrimPrefix(strings.TrimPrefix(at.path(), at.policy.Path()), ".") + " of " + at.policy.String()
}

// pointer is the place as JSON Pointer names it (RFC 6901). The names in it are ours
// and need no escape.
func pointer(steps []any) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "/%v", s)
	}
	return b.String()
}
