package readmit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// object is one that policies are made of or refer to: an item, or what stands inside an
// item that is a List.
type object struct {
	item *yaml.RNode
	// root is the item's content without aliases: the item's own where it has none, else a
	// copy. doc is the object in it.
	root, doc *yaml.Node
	Object
}

// Object is what an object is called.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
	// Inside is the place in a List, such as `items[1] of List "all"`; empty for what stands
	// alone.
	Inside string `json:"inside,omitempty"`
}

// describe reads what an object says of itself; items of a typed list need not repeat it.
func describe(o object, apiVersion, kind string) object {
	meta := yamlnode.Field(o.doc, "metadata")
	o.APIVersion, o.Kind = text(yamlnode.Field(o.doc, "apiVersion")), text(yamlnode.Field(o.doc, "kind"))
	if o.Kind == "" && o.APIVersion == "" {
		o.APIVersion, o.Kind = apiVersion, kind
	}
	o.Namespace, o.Name = text(yamlnode.Field(meta, "namespace")), text(yamlnode.Field(meta, "name"))
	return o
}

// String names the object as messages do.
func (o Object) String() string {
	s := fmt.Sprintf("%s %q", o.Kind, strings.TrimPrefix(o.Namespace+"/"+o.Name, "/"))
	if o.Inside != "" {
		s += " (" + o.Inside + ")"
	}
	return s
}

// Path is where findings about the object are: its kind and name stand for the root of its
// document.
func (o Object) Path() string {
	return fmt.Sprintf("%s[%q]", o.Kind, strings.TrimPrefix(o.Namespace+"/"+o.Name, "/"))
}

// group is the object's API group; ok is false where it has none, as in v1.
func (o Object) group() (string, bool) {
	group, _, ok := strings.Cut(o.APIVersion, "/")
	return group, ok
}

// isList reports whether an object is a list of others: a v1 List, or one of a kind's own.
func (o object) isList() bool {
	items := yamlnode.Field(o.doc, "items")
	return strings.HasSuffix(o.Kind, "List") && items != nil && items.Kind == yaml.SequenceNode
}

// matters reports whether anything here asks about objects of the kind.
func (o object) matters() bool {
	if _, ok := o.language(); ok {
		return true
	}
	_, isSet := o.setField()
	return isSet || o.APIVersion == "v1" && o.Kind == "Namespace"
}

// readObjects lists what matters among items, lists opened. What cannot be read is a
// finding and is left out.
func readObjects(items []*yaml.RNode, list *diag.List) []object {
	var all []object
	for _, item := range items {
		if item.IsNilOrEmpty() {
			continue
		}
		o := describe(object{item: item, root: item.YNode(), doc: item.YNode()}, "", "")
		if !o.matters() && !o.isList() {
			continue
		}
		plain, err := withoutAliases(o.doc)
		if err != nil {
			list.Errorf(CodeMalformed, o.Path(), "%s cannot be read: %v", o, err).
				Fix("write it so that the API server accepts it")
			continue
		}
		o.root, o.doc = plain, plain
		all = append(all, o.open()...)
	}
	return all
}

// open returns the object, or the objects in it that matter.
func (o object) open() []object {
	if !o.isList() {
		if !o.matters() {
			return nil
		}
		return []object{o}
	}
	var all []object
	kind := strings.TrimSuffix(o.Kind, "List")
	for i, doc := range elements(yamlnode.Field(o.doc, "items")) {
		in := object{item: o.item, root: o.root, doc: doc, Object: Object{Inside: fmt.Sprintf("items[%d] of %s", i, o.Kind)}}
		if o.Name != "" {
			in.Inside += fmt.Sprintf(" %q", o.Name)
		}
		if o.Inside != "" {
			in.Inside += ", " + o.Inside
		}
		all = append(all, describe(in, o.APIVersion, kind).open()...)
	}
	return all
}

// set is a named set of addresses: what rules refer to by a label or by its name.
type set struct {
	object
	labels map[string]string
	nets   []netip.Prefix
	// named reports that some rule here refers to it.
	named bool
}

// setField is the field in which an object of the kind lists its addresses (calico v3.32.1,
// api/pkg/apis/projectcalico/v3: GlobalNetworkSet, NetworkSet, HostEndpoint; cilium 1.17.4
// and 1.18.0, pkg/k8s/apis/cilium.io: CiliumCIDRGroup).
func (o object) setField() (string, bool) {
	group, _ := o.group()
	switch o.Kind {
	case "GlobalNetworkSet", "NetworkSet":
		return "nets", isCalico(group)
	case "HostEndpoint":
		return "expectedIPs", isCalico(group)
	case "CiliumCIDRGroup":
		return "externalCIDRs", group == "cilium.io"
	}
	return "", false
}

func isCalico(group string) bool {
	return group == "projectcalico.org" || group == "crd.projectcalico.org"
}

func (o object) set(field string) *set {
	s := &set{object: o, labels: stringMap(yamlnode.Field(yamlnode.Field(o.doc, "metadata"), "labels"))}
	s.nets = parsePrefixes(texts(yamlnode.Field(yamlnode.Field(o.doc, "spec"), field)))
	return s
}

// stringMap reads the scalars of a mapping.
func stringMap(n *yaml.Node) map[string]string {
	m := map[string]string{}
	if n == nil || n.Kind != yaml.MappingNode {
		return m
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		m[n.Content[i].Value] = text(n.Content[i+1])
	}
	return m
}

// surroundings are the objects that rules refer to, and the policies beside a policy.
type surroundings struct {
	policies   []policy
	sets       []*set // Calico's
	groups     []*set // Cilium's
	namespaces map[string]map[string]string
}

func survey(objects []object) surroundings {
	s := surroundings{namespaces: map[string]map[string]string{}}
	for _, o := range objects {
		field, isSet := o.setField()
		language, isPolicy := o.language()
		switch {
		case isPolicy:
			s.policies = append(s.policies, policy{o, language})
		case isSet && o.Kind == "CiliumCIDRGroup":
			s.groups = append(s.groups, o.set(field))
		case isSet:
			s.sets = append(s.sets, o.set(field))
		default:
			s.namespaces[o.Name] = stringMap(yamlnode.Field(yamlnode.Field(o.doc, "metadata"), "labels"))
		}
	}
	return s
}

// holds reports whether one of the prefixes contains all of p.
func holds(prefixes []netip.Prefix, p netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(o netip.Prefix) bool { return contains(o, p) })
}

// touches reports whether one of the prefixes contains some of p.
func touches(prefixes []netip.Prefix, p netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, p.Overlaps)
}

// ownSet is the set that is rendered of the gateways, which selectors may find.
func ownSet(p *plan.Plan) []*set {
	nets := NetworkSet(p)
	if nets == nil {
		return nil
	}
	return []*set{{object: object{Object: Object{Kind: "GlobalNetworkSet", Name: GroupName}}, labels: map[string]string{NetworkSetLabel: "true"}, nets: nets}}
}
