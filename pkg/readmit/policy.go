package readmit

import (
	"fmt"
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
)

// languageOf reports false for what is not a policy, and for kinds that name no peers.
func languageOf(apiVersion, kind string) (language, bool) {
	group, version, _ := strings.Cut(apiVersion, "/")
	if version == "" {
		return 0, false
	}
	switch group + " " + kind {
	case "cilium.io CiliumNetworkPolicy", "cilium.io CiliumClusterwideNetworkPolicy":
		return cilium, true
	case "networking.k8s.io NetworkPolicy":
		return kubernetes, true
	case "projectcalico.org NetworkPolicy", "projectcalico.org GlobalNetworkPolicy",
		"crd.projectcalico.org NetworkPolicy", "crd.projectcalico.org GlobalNetworkPolicy":
		return calico, true
	}
	return 0, false
}

// policy is a network policy as it was written.
type policy struct {
	item     *yaml.RNode
	language language
	// doc is the item's mapping without aliases: the item's own where it has none,
	// else a copy.
	doc                               *yaml.Node
	apiVersion, kind, namespace, name string
}

// readPolicy reports false for what is not a network policy and for one that cannot be
// read, which is a finding.
func readPolicy(item *yaml.RNode, list *diag.List) (policy, bool) {
	if item.IsNilOrEmpty() {
		return policy{}, false
	}
	doc := item.YNode()
	p := policy{
		item: item, doc: doc,
		apiVersion: text(yamlnode.Field(doc, "apiVersion")),
		kind:       text(yamlnode.Field(doc, "kind")),
	}
	var ok bool
	if p.language, ok = languageOf(p.apiVersion, p.kind); !ok {
		return policy{}, false
	}
	meta := yamlnode.Field(doc, "metadata")
	p.namespace, p.name = text(yamlnode.Field(meta, "namespace")), text(yamlnode.Field(meta, "name"))
	plain, err := withoutAliases(doc)
	if err != nil {
		list.Errorf(CodeMalformed, p.path(), "%s cannot be read: %v", p, err).
			Fix("write it so that the API server accepts it")
		return policy{}, false
	}
	p.doc = plain
	return p, true
}

// String names the policy as messages do.
func (p policy) String() string {
	if p.namespace == "" {
		return fmt.Sprintf("%s %q", p.kind, p.name)
	}
	return fmt.Sprintf("%s %q", p.kind, p.namespace+"/"+p.name)
}

// path is where findings about the policy are: its kind and name stand for the root
// of its document.
func (p policy) path() string {
	return fmt.Sprintf("%s[%q]", p.kind, strings.TrimPrefix(p.namespace+"/"+p.name, "/"))
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

// path is the place as a finding names it.
func (at place) path() string {
	p := at.policy.path()
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
	return strings.TrimPrefix(strings.TrimPrefix(at.path(), at.policy.path()), ".") + " of " + at.policy.String()
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
