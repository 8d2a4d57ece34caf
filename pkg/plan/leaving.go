package plan

import (
	"cmp"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Before is the plan of the same topology before its leaving regions were said to leave:
// what their hosts, their clouds and the cluster have until it is taken back. It is the plan
// itself where none leaves.
func (p *Plan) Before() *Plan { return p.before() }

func (p *Plan) planBefore() *Plan {
	if len(p.Given.Spec.Leaving) == 0 {
		return p
	}
	return New(BeforeLeaving(p.Given))
}

// BeforeLeaving is the topology with its leaving regions among the others, after them.
func BeforeLeaving(t *schema.Topology) *schema.Topology {
	before := *t
	before.Spec.Regions = slices.Concat(t.Spec.Regions, t.Spec.Leaving)
	before.Spec.Leaving = nil
	return &before
}

// Leaving are the regions that are being taken away, as Before has planned them, by name.
func (p *Plan) Leaving() []*Region {
	before, stay := p.Before(), len(p.Regions)
	var list []*Region
	for i := stay; i < len(before.Regions); i++ {
		list = append(list, &before.Regions[i])
	}
	slices.SortFunc(list, func(a, b *Region) int { return cmp.Compare(a.Region.Name, b.Region.Name) })
	return list
}

// PluginObjects reports whether the region's network plugin is told of it by objects of its
// own.
func (r *Region) PluginObjects() bool {
	settings := facts.Plugin(r.Region.CNI.Type).Settings.Value
	return settings == plugin.SettingsCilium || settings == plugin.SettingsCalico
}

// LeavingPath is where what takes a leaving region back stands in the tree, with a slash.
func LeavingPath(region string) string { return "leaving/" + region + "/" }
