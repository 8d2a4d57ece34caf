package render

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// cniFiles are the settings that make the network plugins of all regions one network:
// under cni/ what the cluster has once, under regions/<region>/cni/ what each region
// has of its own. They are files to merge into an installation that exists, not
// objects to apply with the rest: their kinds are the plugins'.
func (p *Plan) cniFiles() ([]File, error) {
	w := fileWriter{header: p.header()}
	if r := p.firstWith(schema.CNICilium); r != nil {
		w.yaml("cni/cilium-values.yaml", p.ciliumValues(r))
	}
	if r := p.firstWith(schema.CNICalico); r != nil {
		w.yaml("cni/calico.yaml", p.calicoClusterObjects(r)...)
	}
	for i := range p.Regions {
		r := &p.Regions[i]
		dir := "regions/" + r.Region.Name + "/cni/"
		switch r.Region.CNI.Type {
		case schema.CNICilium:
			w.yaml(dir+"cilium.yaml", p.ciliumRegionObjects(r)...)
		case schema.CNICalico:
			w.yaml(dir+"calico.yaml", calicoRegionPools(r)...)
		}
		w.text(dir+"by-hand.txt", p.statement(r))
	}
	return w.files, w.err
}

// firstWith is the first region, by name, that runs the plugin; nil where none does.
func (p *Plan) firstWith(t schema.CNIType) *plan.Region {
	i := slices.IndexFunc(p.Regions, func(r plan.Region) bool { return r.Region.CNI.Type == t })
	if i < 0 {
		return nil
	}
	return &p.Regions[i]
}

// fileWriter collects files and keeps the first error.
type fileWriter struct {
	header string
	files  []File
	err    error
}

// yaml adds a file of one document for each value.
func (w *fileWriter) yaml(path string, values ...any) {
	data := []byte(w.header)
	for i, v := range values {
		document, err := toYAML(v)
		if err != nil && w.err == nil {
			w.err = err
		}
		if i > 0 {
			data = append(data, "---\n"...)
		}
		data = append(data, document...)
	}
	w.files = append(w.files, File{Path: path, Data: data})
}

func (w *fileWriter) text(path, text string) {
	w.files = append(w.files, File{Path: path, Data: []byte(text)})
}

// keepsSource lists where pods go with their own address: every region's nodes and
// pods, and what the user adds. Sorted.
func keepsSource(t *schema.Topology) []netip.Prefix {
	all := slices.Clone(t.Spec.Cluster.NonMasqueradeCIDRs)
	for i := range t.Spec.Regions {
		all = append(all, t.Spec.Regions[i].Advertised()...)
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}

// nodeLabels are what a kubelet of the region must register its node with, so that
// the region's settings find it when its network plugin starts. The label is our own:
// topology.kubernetes.io/region is the cloud's, and says us-central1 there.
func nodeLabels(r *plan.Region) map[string]string {
	return map[string]string{schema.RegionLabel: r.Region.Name}
}

// flatLAN says that the region's nodes reach each other without a router that has to
// know pods' prefixes. In a cloud the fabric routes, and a route by way of another
// node is dropped there.
func flatLAN(r *schema.Region) bool {
	switch r.Provider {
	case schema.ProviderAlibaba, schema.ProviderAWS, schema.ProviderAzure, schema.ProviderGCP, "huawei", "oracle", "hetzner":
		return false
	}
	return true
}

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
