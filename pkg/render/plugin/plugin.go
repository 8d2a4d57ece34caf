// Package plugin spells the settings that make the network plugins of all regions one
// network, and what must be done by hand. They are files to merge into an installation
// that exists, not objects to apply with the rest: their kinds are the plugins'.
//
// Start with New; ClusterFiles and RegionFiles spell.
package plugin

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// Settings is a plan, about to be spelled for network plugins.
type Settings struct {
	*plan.Plan
	said lists
}

// New works out once what the files of several regions say.
func New(p *plan.Plan) *Settings { return &Settings{p, newLists(p)} }

// ClusterFiles are what the cluster has once, under cni/.
func (p *Settings) ClusterFiles() ([]tree.File, error) {
	var files []tree.File
	if p.said.file != "" {
		files = append(files, tree.File{Path: listsPath, Data: []byte(p.header() + p.said.file)})
	}
	if r := p.firstWith(plugin.SettingsCilium); r != nil {
		data, err := tree.Documents(p.header(), p.ciliumValues(r))
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: "cni/cilium-values.yaml", Data: data})
	}
	if r := p.firstWith(plugin.SettingsCalico); r != nil {
		data, err := tree.Documents(p.header(), p.calicoClusterObjects(r)...)
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: "cni/calico.yaml", Data: data})
	}
	if r := p.firstWith(plugin.SettingsCanal); r != nil {
		objects, err := p.canalClusterObjects(r)
		if err != nil {
			return nil, err
		}
		data, err := tree.Documents(p.header(), objects...)
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: "cni/canal.yaml", Data: data})
	}
	return files, nil
}

// RegionFiles are what the region has of its own, under regions/<region>/cni/.
func (p *Settings) RegionFiles(r *plan.Region) ([]tree.File, error) {
	dir := tree.InRegion(r.Region.Name, "cni/")
	files := []tree.File{{Path: dir + "by-hand.txt", Data: []byte(p.statement(r))}}
	if !r.PluginObjects() {
		return files, nil
	}
	name := "cilium.yaml"
	if settingsOf(r) == plugin.SettingsCalico {
		name = "calico.yaml"
	}
	data, err := p.RegionObjects(r)
	return append(files, tree.File{Path: dir + name, Data: data}), err
}

// RegionObjects are the objects by which the plugin is told of the region.
func (p *Settings) RegionObjects(r *plan.Region) ([]byte, error) {
	objects := ciliumRegionObjects(r)
	if settingsOf(r) == plugin.SettingsCalico {
		objects = calicoRegionPools(r)
	}
	return tree.Documents(p.header(), objects...)
}

func (p *Settings) header() string { return tree.Header(p.Topology.Metadata.Name) }

// settingsOf is the form of the settings that the region's plugin has; the zero value
// where we render none.
func settingsOf(r *plan.Region) plugin.Settings {
	return facts.Plugin(r.Region.CNI.Type).Settings.Value
}

// firstWith is the first region, by name, whose plugin has settings of that form; nil
// where none has.
func (p *Settings) firstWith(form plugin.Settings) *plan.Region {
	i := slices.IndexFunc(p.Regions, func(r plan.Region) bool { return settingsOf(&r) == form })
	if i < 0 {
		return nil
	}
	return &p.Regions[i]
}
