package host

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Installed is a file where a host has it, which is an absolute path.
type Installed struct {
	Path       string
	Executable bool
	Data       []byte
}

// Unit reports whether the file is a unit that somebody has to enable, and its name. The
// others are brought by one that is.
func (i Installed) Unit() (name string, ok bool) {
	name, ok = strings.CutPrefix(i.Path, unitDir+"/")
	return name, ok && strings.Contains(string(i.Data), "\n[Install]\n")
}

// OnGateway are the files of a gateway's host: programs, tables, and the units that run
// them before a kubelet does. There are none where a DaemonSet's pods bring the programs,
// but for those by which networkd is told to leave them alone.
func OnGateway(f *Fleet, r *plan.Region, h *plan.Host) []Installed {
	return installedAs(newForms(f, r, f.Node(r)).onGateway(program.Files(), h))
}

func (f *forms) onGateway(programs []program.File, h *plan.Host) []hostFile {
	files := f.addressUnits()
	files = append(files, f.gatewayUnits()...)
	if f.region.NodeRoutes.Has(schema.RouteFormNetworkd) {
		files = append(files, f.networkdFile("gateway"))
	}
	if f.region.Gateways.Mode != schema.ModeDaemonSet {
		files = append(f.installed(programs, f.fleet.GatewayTables(f.plan, h)), files...)
	}
	if f.region.Gateways.OnHost() {
		env := envFiles(f.header, f.plan, h, environment(f.fleet.plan, f.plan, h))
		files = append(files, hostFile{env[0], ProgramDir + "/gateway.env"})
	}
	return files
}

// OnNode are the files of a host that is not a gateway: programs, tables, and the units
// that run them, whichever form brings them there. There are none where such hosts have
// no routes.
func OnNode(f *Fleet, r *plan.Region) []Installed {
	if !r.HostRoutes() {
		return nil
	}
	node := f.Node(r)
	forms := newForms(f, r, node)
	files := append(forms.installed(program.NodeFiles(), node.Tables), forms.nodeUnits()...)
	if r.HasForm(schema.RouteFormNetworkd) {
		files = append(files, forms.networkdFile("node"))
	}
	return installedAs(files)
}

func installedAs(files []hostFile) []Installed {
	list := make([]Installed, len(files))
	for i, f := range files {
		list[i] = Installed{f.Host, f.Executable, f.Data}
	}
	return list
}
