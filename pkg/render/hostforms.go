package render

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// nodeScriptDir is where a node that is not a gateway has its scripts.
const nodeScriptDir = "/etc/kustomize-hybrid/node"

// hostFile is a file of the tree and where it goes on a host.
type hostFile struct {
	File
	// Host is an absolute path.
	Host string
}

// formFiles are the forms, beyond the scripts, in which the topology wants what hosts
// run. None of those below node/ is for a gateway: there, a route to another region
// outside the tunnel is a tunnel inside a tunnel.
func (g *gateway) formFiles() ([]File, error) {
	files := g.gatewayForms()
	if g.routed(schema.RouteFormSystemd) {
		files = append(files, g.nodeUnits()...)
	}
	if g.routed(schema.RouteFormNetworkd) {
		files = append(files, g.networkdFiles()...)
	}
	if g.routed(schema.RouteFormNetworkd) || g.routed(schema.RouteFormNetplan) {
		files = append(files, g.sysctlFile())
	}
	if g.routed(schema.RouteFormNetworkManager) {
		files = append(files, g.dispatcherFile())
	}
	typed, err := g.typedForms()
	return append(asFiles(files), typed...), err
}

func asFiles(files []hostFile) []File {
	tree := make([]File, len(files))
	for i, f := range files {
		tree[i] = f.File
	}
	return tree
}

// gatewayForms are those that are for gateways, too.
func (g *gateway) gatewayForms() []hostFile {
	var files []hostFile
	if g.Region.NodeRoutes.Has(schema.RouteFormSystemd) {
		files = append(files, g.gatewayUnits()...)
	}
	if g.Region.NodeRoutes.Has(schema.RouteFormNetworkd) {
		files = append(files, g.networkdFile("gateway"))
	}
	return files
}

// routed says that the form is asked for, and that there are scripts for it to run: none
// where no gateway is known.
func (g *gateway) routed(f schema.RouteForm) bool {
	return g.Region.NodeRoutes.Has(f) && g.Region.Gateways.Mode != schema.ModePerNode && len(g.nodeScripts()) > 0
}

// typedForms are those in YAML.
func (g *gateway) typedForms() ([]File, error) {
	w := fileWriter{header: g.plan.header()}
	if g.routed(schema.RouteFormNetplan) {
		w.header = g.plan.header() + g.netplanNote()
		w.yaml(g.path("node/netplan.yaml"), g.netplan())
	}
	if g.routed(schema.RouteFormCloudInit) {
		w.header = "#cloud-config\n" + g.plan.header() + g.cloudInitNote()
		w.yaml(g.path("node/cloud-init.yaml"), g.cloudInit())
	}
	return w.files, w.err
}

// hostFile is a text file below the region's directory, opened by our header and by
// where it goes.
func (g *gateway) hostFile(path, host, text string) hostFile {
	return hostFile{
		File{Path: g.path(path), Data: []byte(g.plan.header() + "# goes to " + host + "\n" + text)},
		host,
	}
}

// nodeScripts are the scripts of a node that is not a gateway; the watch is missing
// where there is one gateway only.
func (g *gateway) nodeScripts() []hostFile {
	var scripts []hostFile
	for _, f := range g.files {
		if name, ok := strings.CutPrefix(f.Path, g.path("node/")); ok {
			scripts = append(scripts, hostFile{f, nodeScriptDir + "/" + name})
		}
	}
	return scripts
}

// watched says that a node has several gateways to choose from, and so a watch.
func (g *gateway) watched() bool { return len(g.Region.Gateways.Nodes) > 1 }

// staticRoute is a prefix and all gateways that carry it, in failover order, for tools
// that keep routes without asking how the gateways are.
type staticRoute struct {
	Prefix netip.Prefix
	Hops   []netip.Addr
}

// staticMetric is worse than what routes.sh sets (0 for IPv4, the kernel's 1024 for
// IPv6), so that the watch decides where it runs beside a static route.
const staticMetric = 4096

// staticRoutes are the routes of a node that is not a gateway, in order of prefix. A
// prefix of a family in which no gateway has an address is not among them.
func (g *gateway) staticRoutes() []staticRoute {
	var routes []staticRoute
	for _, p := range g.Transit() {
		r := staticRoute{Prefix: p}
		for _, n := range g.Region.Gateways.Nodes {
			for _, a := range n.Addresses() {
				if a.Is4() == p.Addr().Is4() {
					r.Hops = append(r.Hops, a)
				}
			}
		}
		if len(r.Hops) > 0 {
			routes = append(routes, r)
		}
	}
	return routes
}

// gatewayNames are the hosts that none of this is for.
func (g *gateway) gatewayNames() []string {
	names := make([]string, len(g.Region.Gateways.Nodes))
	for i, n := range g.Region.Gateways.Nodes {
		names[i] = n.Name
	}
	return names
}

// notOnGateways is a line of warning for files that cannot look where they are.
func (g *gateway) notOnGateways() string {
	return "# Never on a gateway (" + strings.Join(g.gatewayNames(), ", ") + "): it keeps its routes itself.\n"
}

// hasIPv6 reports whether any of the region's routes is IPv6.
func (g *gateway) hasIPv6() bool {
	return slices.ContainsFunc(g.Transit(), func(p netip.Prefix) bool { return p.Addr().Is6() })
}
