package change

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// settings are the fields that differ, of the cluster, of the tailnet, and of regions and
// gateways that both topologies have. Who is there, and by which prefixes, is told elsewhere.
func settings(before, after *schema.Topology) []Change {
	was, is := facets{}, facets{}
	top := func(f facets, t *schema.Topology) {
		spec := t.Spec
		spec.Regions, spec.Leaving = nil, nil
		flatten(f, "", document(spec))
		f.add("metadata.name", t.Metadata.Name)
	}
	top(was, before)
	top(is, after)
	regions := map[string]*schema.Region{}
	for i := range before.Spec.Regions {
		regions[before.Spec.Regions[i].Name] = &before.Spec.Regions[i]
	}
	for i := range after.Spec.Regions {
		if old := regions[after.Spec.Regions[i].Name]; old != nil {
			region(was, is, old, &after.Spec.Regions[i])
		}
	}
	return append(differences(Settings, was, is), reordered(was, is)...)
}

// reordered are lists that both have, with the same values in another order: a topology in
// normal form keeps that of a list of values, since the first may be the one that counts.
func reordered(was, is facets) []Change {
	var list []Change
	for _, s := range slices.Sorted(maps.Keys(is)) {
		if !slices.Equal(was[s], is[s]) && len(was[s]) == len(is[s]) && len(without(was[s], is[s]))+len(without(is[s], was[s])) == 0 {
			list = append(list, Change{Kind: Settings, Op: Altered, Subjects: []string{s}, Note: "the same values in another order"})
		}
	}
	return together(list)
}

// region flattens a region that both topologies have, and its gateways that both have.
func region(was, is facets, old, now *schema.Region) {
	flatten(was, old.Name, document(bare(*old)))
	flatten(is, old.Name, document(bare(*now)))
	for field, lists := range map[string][2][]netip.Prefix{"nodeCIDRs": {old.NodeCIDRs, now.NodeCIDRs}, "podCIDRs": {old.PodCIDRs, now.PodCIDRs}} {
		if a, b := texts("", lists[0]), texts("", lists[1]); len(a) == len(b) && len(without(a, b)) == 0 {
			was.add(old.Name+"."+field, a...) // other values are told by prefixes
			is.add(old.Name+"."+field, b...)
		}
	}
	for _, a := range old.Gateways.Nodes {
		for _, b := range now.Gateways.Nodes {
			if a.Name == b.Name {
				flatten(was, a.Name, document(a))
				flatten(is, b.Name, document(b))
			}
		}
	}
}

// bare is a region without what other kinds tell.
func bare(r schema.Region) schema.Region {
	r.NodeCIDRs, r.PodCIDRs, r.Gateways.Nodes = nil, nil, nil
	return r
}

// document is a value as JSON has it.
func document(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return nil // the topology was read from as much
	}
	var d any
	if json.Unmarshal(data, &d) != nil {
		return nil
	}
	return d
}

// flatten adds each scalar below v by its path, and each list as a whole.
func flatten(f facets, path string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			flatten(f, strings.TrimPrefix(path+"."+k, "."), v[k])
		}
	case []any:
		for _, e := range v {
			f.add(path, compact(e))
		}
	default:
		f.add(path, compact(v))
	}
}

// compact spells a value in a few words.
func compact(v any) string {
	object, ok := v.(map[string]any)
	if !ok {
		if list, ok := v.([]any); ok {
			words := make([]string, len(list))
			for i := range list {
				words[i] = compact(list[i])
			}
			return "[" + strings.Join(words, ", ") + "]"
		}
		return fmt.Sprint(v)
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(object)) {
		words = append(words, k+": "+compact(object[k]))
	}
	return "{" + strings.Join(words, ", ") + "}"
}
