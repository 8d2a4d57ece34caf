package host

import (
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// hostFile is a file of the tree and where it goes on a host.
type hostFile struct {
	tree.File
	// Host is an absolute path.
	Host string
}

// forms are the forms, beyond tables, in which the topology wants what hosts of one
// region run.
type forms struct {
	fleet  *Fleet
	plan   *plan.Region
	region *schema.Region
	header string
	node   Node
	// transit is what a host that is not a gateway sends to the gateways.
	transit []netip.Prefix
}

func newForms(f *Fleet, r *plan.Region, n Node) *forms {
	forms := &forms{fleet: f, plan: r, region: r.Region, header: f.header, node: n}
	if len(r.Region.NodeRoutes.Forms) > 0 {
		forms.transit = r.Transit()
	}
	return forms
}

// distribution is whose kubelet the units come before.
func (f *forms) distribution() schema.Distribution {
	return f.fleet.plan.Topology.Spec.Cluster.Distribution
}

// path is where a file of the region stands in the tree.
func (f *forms) path(name string) string { return tree.InRegion(f.region.Name, name) }

// files are those that are asked for. None of those below node/ is for a gateway:
// there, a route to another region outside the tunnel is a tunnel inside a tunnel.
func (f *forms) files() ([]tree.File, error) {
	files := f.gatewayForms()
	if f.plan.HasForm(schema.RouteFormSystemd) {
		files = append(files, f.nodeUnits()...)
	}
	if f.plan.HasForm(schema.RouteFormNetworkd) {
		files = append(files, f.networkdFiles()...)
	}
	if f.plan.HasForm(schema.RouteFormNetworkd) || f.plan.HasForm(schema.RouteFormNetplan) {
		files = append(files, f.sysctlFile())
	}
	if f.plan.HasForm(schema.RouteFormNetworkManager) {
		files = append(files, f.dispatcherFile())
	}
	typed, err := f.typedForms()
	return append(asFiles(files), typed...), err
}

func asFiles(files []hostFile) []tree.File {
	list := make([]tree.File, len(files))
	for i, f := range files {
		list[i] = f.File
	}
	return list
}

// gatewayForms are those that are for gateways, too.
func (f *forms) gatewayForms() []hostFile {
	files := f.addressUnits()
	if f.region.NodeRoutes.Has(schema.RouteFormSystemd) || f.region.Gateways.OnHost() {
		files = append(files, f.gatewayUnits()...)
	}
	if f.region.NodeRoutes.Has(schema.RouteFormNetworkd) {
		files = append(files, f.networkdFile("gateway"))
	}
	return files
}

// typedForms are those in YAML.
func (f *forms) typedForms() ([]tree.File, error) {
	var files []tree.File
	if f.plan.HasForm(schema.RouteFormNetplan) {
		data, err := tree.Documents(f.header+f.netplanNote(), f.netplan())
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: f.path("node/netplan.yaml"), Data: data})
	}
	if f.plan.HasForm(schema.RouteFormCloudInit) {
		data, err := tree.Documents("#cloud-config\n"+f.header+f.cloudInitNote(), f.cloudInit())
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: f.path("node/cloud-init.yaml"), Data: data})
	}
	for i := range f.plan.Hosts {
		h := &f.plan.Hosts[i]
		userData, note, ok := f.gatewayUserData(h)
		if !ok {
			continue
		}
		data, err := tree.Documents("#cloud-config\n"+f.header+note, userData)
		if err != nil {
			return nil, err
		}
		files = append(files, tree.File{Path: f.path("gateway/" + Dir(h) + "cloud-init.yaml"), Data: data})
	}
	return files, nil
}

// hostFile is a text file below the region's directory, opened by our header and by
// where it goes.
func (f *forms) hostFile(path, host, text string) hostFile {
	return hostFile{
		tree.File{Path: f.path(path), Data: []byte(f.header + "# goes to " + host + "\n" + text)},
		host,
	}
}

// notOnGateways is a line of warning for files that cannot look where they are.
func (f *forms) notOnGateways() string {
	return "# Never on a gateway (" + strings.Join(f.plan.GatewayNames(), ", ") + "): it keeps its routes itself.\n"
}
