// Package plugin spells the settings that make the network plugins of all regions one
// network, and what must be done by hand. They are files to merge into an installation
// that exists, not objects to apply with the rest: their kinds are the plugins'.
//
// Start with ClusterFiles and RegionFiles.
package plugin

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// settings is a plan, about to be spelled for network plugins.
type settings struct{ *plan.Plan }

// ClusterFiles are what the cluster has once, under cni/.
func ClusterFiles(p *plan.Plan) ([]tree.File, error) {
	s := settings{p}
	var files []tree.File
	if r := s.firstWith(plugin.SettingsCilium); r != nil {
		data, err := tree.Documents(s.header(), s.ciliumValues(r))
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: "cni/cilium-values.yaml", Data: data})
	}
	if r := s.firstWith(plugin.SettingsCalico); r != nil {
		data, err := tree.Documents(s.header(), s.calicoClusterObjects(r)...)
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: "cni/calico.yaml", Data: data})
	}
	return files, nil
}

// RegionFiles are what the region has of its own, under regions/<region>/cni/.
func RegionFiles(p *plan.Plan, r *plan.Region) ([]tree.File, error) {
	s := settings{p}
	dir := tree.InRegion(r.Region.Name, "cni/")
	files := []tree.File{{Path: dir + "by-hand.txt", Data: []byte(s.statement(r))}}
	var name string
	var objects []any
	switch settingsOf(r) {
	case plugin.SettingsCilium:
		name, objects = "cilium.yaml", ciliumRegionObjects(r)
	case plugin.SettingsCalico:
		name, objects = "calico.yaml", calicoRegionPools(r)
	default:
		return files, nil
	}
	data, err := tree.Documents(s.header(), objects...)
	return append(files, tree.File{Path: dir + name, Data: data}), err
}

func (p settings) header() string { return tree.Header(p.Topology.Metadata.Name) }

// settingsOf is the form of the settings that the region's plugin has; the zero value
// where we render none.
func settingsOf(r *plan.Region) plugin.Settings {
	return facts.Plugin(r.Region.CNI.Type).Settings.Value
}

// firstWith is the first region, by name, whose plugin has settings of that form; nil
// where none has.
func (p settings) firstWith(form plugin.Settings) *plan.Region {
	i := slices.IndexFunc(p.Regions, func(r plan.Region) bool { return settingsOf(&r) == form })
	if i < 0 {
		return nil
	}
	return &p.Regions[i]
}

// flatLAN reports whether the region's nodes reach each other without a router that has
// to know pods' prefixes. In a cloud the fabric routes, and a route by way of another
// node is dropped there; so it may be at a provider that is not known.
func flatLAN(r *schema.Region) bool { return facts.Provider(r.Provider).FlatLAN() }

// byFamily splits prefixes into IPv4 and IPv6.
func byFamily(prefixes []netip.Prefix) (v4, v6 []netip.Prefix) {
	for _, p := range prefixes {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return v4, v6
}

func prefixTexts(prefixes []netip.Prefix) []string {
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return texts
}

// commaPrefixes spells prefixes for people.
func commaPrefixes(prefixes []netip.Prefix) string { return strings.Join(prefixTexts(prefixes), ", ") }
