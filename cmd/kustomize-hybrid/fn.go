package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio/kioutil"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/suppress"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// function is the KRM function: a ResourceList in, a ResourceList out.
//
// kustomize shows only standard error and the exit code, and takes an empty output
// for "delete everything". So nothing is printed before all of it is known, findings
// go to standard error and into the results (for kpt, which reads those), and the
// items are printed whatever happens: a caller that looks at the exit code first
// never sees them, one that does not loses nothing.
func (c cli) function() error {
	rl, err := readResourceList(c.in)
	if err != nil {
		return c.failed(err)
	}
	list, err := process(rl)
	if err != nil && !errors.Is(err, errFindings) {
		_ = c.report(list)
		return c.failed(err)
	}
	out, err := rl.bytes()
	reported := c.report(list)
	if err != nil {
		return c.failed(err)
	}
	if _, werr := c.out.Write(out); werr != nil {
		return fmt.Errorf("write standard output: %w", werr)
	}
	return reported
}

// failed prints a failure: kustomize shows standard error and an exit code, and any other
// code than 1 adds nothing.
func (c cli) failed(err error) error {
	fmt.Fprintf(c.err, "kustomize-hybrid: %s\n", foreign.Line(err.Error()))
	return errFindings
}

// process plays the role that the function configuration's kind names: a function
// cannot see which list of the kustomization it stands in.
func process(rl *resourceList) (diag.List, error) {
	config := rl.config
	if config.IsNilOrEmpty() {
		return nil, errors.New("standard input does not hold a ResourceList with a functionConfig; " +
			"to check a topology, use 'kustomize-hybrid validate FILE'")
	}
	if config.YNode().Kind != yaml.MappingNode {
		return nil, errors.New("the functionConfig is no mapping: it has an apiVersion, a kind and a metadata.name")
	}
	if config.GetApiVersion() != schema.APIVersion {
		return nil, fmt.Errorf("the functionConfig is a %s of %s; this function takes %s",
			config.GetKind(), config.GetApiVersion(), schema.APIVersion)
	}
	role, ok := roles()[config.GetKind()]
	if !ok {
		return nil, fmt.Errorf("the functionConfig is of kind %q; use Transform (transformers), Topology (generators) or Validate (validators)",
			config.GetKind())
	}
	before := slices.Clone(rl.items)
	list, err := role(rl)
	list = slices.DeleteFunc(list, func(d *diag.Diagnostic) bool { return d.Severity == diag.Info })
	list.Sort()
	if err == nil {
		err = findingsError(list)
	}
	if err != nil {
		rl.items, rl.results = before, nil
	}
	rl.results = append(results(list, config), rl.results...)
	return list, err
}

func roles() map[string]func(*resourceList) (diag.List, error) {
	return map[string]func(*resourceList) (diag.List, error){
		schema.KindTopology:  generate,
		schema.KindTransform: transform,
		schema.KindValidate:  validateItems,
	}
}

// generate is the generator: the functionConfig is the topology, and kustomize hands
// it over among the items, too. That item is not echoed: kustomize would load its
// whole OpenAPI schema to copy its comments back, at 28 ms a call.
func generate(rl *resourceList) (diag.List, error) {
	in, err := hybrid.ReadNodes(rl.config)
	if err != nil {
		return nil, err
	}
	added, list, err := objects(in)
	if err != nil || findingsError(list) != nil {
		return list, err
	}
	items := slices.DeleteFunc(slices.Clone(rl.items), func(i item) bool { return sameObject(i.node, rl.config) })
	rl.items = append(items, added...)
	return list, nil
}

// transform adds the cluster objects of the Topology among the items, and readmits
// the gateways in the policies that pass through. What it changes there is a result.
func transform(rl *resourceList) (diag.List, error) {
	config, list := configured(rl.config)
	if findingsError(list) != nil {
		return list, nil
	}
	nodes := rl.nodes()
	topology, err := find(nodes, config.(*schema.Transform).Spec.Topology)
	if err != nil {
		return nil, err
	}
	in, err := hybrid.ReadNodes(topology)
	if err != nil {
		return nil, err
	}
	added, found, err := objects(in)
	if list = append(list, found...); err != nil || findingsError(list) != nil {
		return list, err
	}
	t := in.Documents[0].Topology
	changes, found := readmit.Policies(plan.New(t), nodes)
	rl.results = changed(changes)
	list = append(list, suppress.Left(t.Spec.Suppressions, found, "")...)
	if findingsError(list) != nil {
		return list, nil
	}
	if set := readmit.NetworkSetFor(plan.New(t), nodes); set != nil {
		labels := set.GetLabels()
		maps.Copy(labels, cluster.Labels(plan.New(t)))
		if err := set.SetLabels(labels); err != nil {
			return list, err
		}
		added = append(added, item{node: set})
	}
	rl.items, list, err = merge(rl.items, added, list)
	return suppress.Left(t.Spec.Suppressions, list, ""), err
}

// validateItems checks the Topology among the items, and returns none: kustomize
// compares a validator's items with what it gave, and finds its own annotations
// there (kustomize#5036). kpt wants them back.
func validateItems(rl *resourceList) (diag.List, error) {
	config, list := configured(rl.config)
	items := rl.nodes()
	if !fromKpt(items) {
		rl.items = nil
	}
	if findingsError(list) != nil {
		return list, nil
	}
	spec := config.(*schema.Validate).Spec
	topology, err := find(items, spec.Topology)
	if err != nil {
		return nil, err
	}
	in, err := hybrid.ReadNodes(topology, items...)
	if err != nil {
		return nil, err
	}
	return append(list, hybrid.Validate(in, hybrid.Options{Strict: spec.Strict, Today: spec.Today})...), nil
}

// fromKpt tells kpt from kustomize: both say in which file an item stands (kustomize
// only behind another function), and kustomize v5.8.2 adds an annotation of its own.
func fromKpt(items []*yaml.RNode) bool {
	return slices.ContainsFunc(items, func(n *yaml.RNode) bool {
		path, _, err := kioutil.GetFileAnnotations(n)
		return err == nil && path != "" && n.GetAnnotations()["kustomize.config.k8s.io/id"] == ""
	})
}

// find returns the Topology among the items by its name; an empty one means the only one.
func find(items []*yaml.RNode, want string) (*yaml.RNode, error) {
	var found []*yaml.RNode
	var names []string
	for _, n := range items {
		if n.GetApiVersion() == schema.APIVersion && n.GetKind() == schema.KindTopology {
			names = append(names, n.GetName())
			if want == "" || want == n.GetName() {
				found = append(found, n)
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(names) == 0:
		return nil, errors.New(`there is no Topology among the resources: list its file under resources:, ` +
			`with the annotation config.kubernetes.io/local-config: "true"`)
	case len(found) == 0:
		return nil, fmt.Errorf("spec.topology is %q, and the resources hold %s", want, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("the resources hold %d topologies (%s): name one in spec.topology", len(names), strings.Join(names, ", "))
}

// configured reads the function's configuration, which is a document of ours like any other.
func configured(config *yaml.RNode) (any, diag.List) {
	own, _ := load.ReadOwn(load.Object{Node: config})
	return own.Document, own.Findings
}

// objects renders what goes to the API server; none where a finding is an error.
func objects(in hybrid.Input) ([]item, diag.List, error) {
	rendered, list, err := hybrid.Objects(in, hybrid.Options{})
	if err != nil || rendered == nil {
		return nil, list, err
	}
	var items []item
	for o, err := range rendered {
		if err != nil {
			return nil, list, err
		}
		items = append(items, item{rendered: o.YAML})
	}
	return items, list, nil
}

// merge adds objects of ours to the items. One that is there already, from an earlier
// run, is replaced; somebody else's of the same name is a finding.
func merge(items, added []item, list diag.List) ([]item, diag.List, error) {
	merged := slices.Clone(items)
	for _, a := range added {
		id := a.node
		if id == nil {
			var err error
			if id, err = identity(a.rendered); err != nil {
				return nil, list, fmt.Errorf("a rendered object: %w", err)
			}
		}
		i := slices.IndexFunc(items, func(i item) bool { return sameObject(i.node, id) })
		switch {
		case i < 0:
			merged = append(merged, a)
		case merged[i].node != nil && merged[i].node.GetLabels()[cluster.ManagedByLabel] == cluster.ManagedBy:
			merged[i] = a
		default:
			list.Errorf(hybrid.CodeObjectExists, objectName(id), "%s is among the resources already, and the topology renders one of that name", objectName(id)).
				Fix("remove it from the resources, or rename it")
		}
	}
	return merged, list, nil
}

func sameObject(a, b *yaml.RNode) bool {
	return a.GetApiVersion() == b.GetApiVersion() && a.GetKind() == b.GetKind() &&
		a.GetName() == b.GetName() && a.GetNamespace() == b.GetNamespace()
}

func objectName(n *yaml.RNode) string {
	if ns := n.GetNamespace(); ns != "" {
		return n.GetKind() + " " + ns + "/" + n.GetName()
	}
	return n.GetKind() + " " + n.GetName()
}

// results are the findings in the form that kpt shows.
func results(list diag.List, config *yaml.RNode) []result {
	var all []result
	for _, d := range list {
		r := result{
			Message:  d.Message,
			Severity: d.Severity.String(),
			ResourceRef: &yaml.ResourceIdentifier{
				TypeMeta: yaml.TypeMeta{APIVersion: config.GetApiVersion(), Kind: config.GetKind()},
				NameMeta: nameOf(config),
			},
			Field: &resultField{Path: d.Path},
			Tags:  map[string]string{"code": string(d.Code)},
		}
		if d.Remedy != "" {
			r.Message += "; " + d.Remedy
		}
		if d.ProposedValue != "" {
			r.Field.ProposedValue = d.ProposedValue
		}
		all = append(all, r)
	}
	return all
}

// nameOf is the name of an object, empty where its metadata is no mapping: kyaml panics then.
func nameOf(n *yaml.RNode) yaml.NameMeta {
	if m := n.Field(yaml.MetadataField); m.IsNilOrEmpty() || m.Value.YNode().Kind != yaml.MappingNode {
		return yaml.NameMeta{}
	}
	return yaml.NameMeta{Name: n.GetName(), Namespace: n.GetNamespace()}
}

// changed are the edits to policies in the form that kpt shows.
func changed(changes []readmit.Change) []result {
	var all []result
	for _, c := range changes {
		addresses := make([]string, len(c.Addresses))
		for i, p := range c.Addresses {
			addresses[i] = p.String()
		}
		all = append(all, result{
			Message:  fmt.Sprintf("%s now %s %s", c.Object, c.Effect, strings.Join(addresses, ", ")),
			Severity: diag.Info.String(),
			ResourceRef: &yaml.ResourceIdentifier{
				TypeMeta: yaml.TypeMeta{APIVersion: c.Object.APIVersion, Kind: c.Object.Kind},
				NameMeta: yaml.NameMeta{Name: c.Object.Name, Namespace: c.Object.Namespace},
			},
			Field: &resultField{Path: strings.TrimPrefix(strings.TrimPrefix(c.Path, c.Object.Path()), ".")},
			Tags:  map[string]string{"rule": string(c.Rule), "effect": string(c.Effect), "addresses": strings.Join(addresses, ",")},
		})
	}
	return all
}
