package validate

import (
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about what keeps routes on nodes that are not gateways.
const (
	CodeRoutesBootstrap diag.Code = "node-routes-bootstrap" // a DaemonSet that the nodes it is for cannot start
	CodeRoutesDevice    diag.Code = "node-routes-device"    // netplan without the name of a card
	CodeRoutesFabric    diag.Code = "node-routes-fabric"    // a network that routes by its own table
	CodeRoutesUnwatched diag.Code = "node-routes-unwatched" // several gateways, and nobody asks how they are
)

// nodeRoutes looks at the forms in which a region's nodes get their routes.
func nodeRoutes(p *plan.Plan) diag.List {
	var list diag.List
	t := p.Given
	homes := sync.OnceValue(func() []int { return serverHomes(t) })
	for i := range t.Spec.Regions {
		if len(t.Spec.Regions[i].NodeRoutes.Forms) == 0 {
			continue
		}
		routesBootstrap(p, i, homes(), &list)
		routesDevice(t, i, &list)
		routesFabric(&p.Regions[i], i, &list)
		routesUnwatched(t, i, &list)
	}
	return list
}

func formNames(r *schema.Region) string {
	names := make([]string, len(r.NodeRoutes.Forms))
	for i, f := range r.NodeRoutes.Forms {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

func formsPath(i int) string { return regionPath(i) + ".nodeRoutes.forms" }

// routesBootstrap: a kubelet that finds the API server through the gateways only gets
// no pod before it has the routes.
func routesBootstrap(p *plan.Plan, i int, homes []int, list *diag.List) {
	t := p.Given
	r := &t.Spec.Regions[i]
	if slices.ContainsFunc(r.NodeRoutes.Forms, func(f schema.RouteForm) bool { return f != schema.RouteFormDaemonSet }) {
		return
	}
	if !beyondTunnel(p, homes, i) {
		return // one address that needs no gateway is enough
	}
	o := &t.Spec.Regions[homes[0]]
	told, _ := t.Spec.Cluster.APIServer.Told()
	list.Errorf(CodeRoutesBootstrap, formsPath(i), "nodes of region %q reach the API server in region %q through the gateways only, and get no pod of a DaemonSet before they have the routes that it would add",
		r.Name, o.Name).
		See(apiServerPath, "%s lies in region %q", told, o.Name).
		Fix("add %s to the forms: the routes are there before the kubelet asks for the API server", bootForms(t.Spec.Cluster.Distribution))
}

// routesDevice: a file that netplan is to merge has to name what it merges with.
func routesDevice(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	if r.NodeRoutes.Has(schema.RouteFormNetplan) && r.NodeRoutes.Device == "" {
		list.Errorf(CodeRoutesDevice, formsPath(i), "form netplan of region %q has no device, and netplan stores routes under the network card that they use", r.Name).
			Fix("set nodeRoutes.device to the LAN card's name in the netplan files of the region's nodes, such as eth0")
	}
}

// routesFabric: what reaches the network of some providers is delivered by its
// destination, whichever neighbour the host chose.
func routesFabric(planned *plan.Region, i int, list *diag.List) {
	r := planned.Region
	if planned.ByTable || r.HostAddress == schema.HostAddressMade {
		return // whoever names a route table is told so already, and no network delivers to made addresses
	}
	if facts.Provider(r.Provider).RoutesByTable(r.Cloud() != "") {
		list.Warnf(CodeRoutesFabric, formsPath(i), "region %q asks for routes on hosts (%s), and the network of %s delivers by its own route table whatever next hop a host chooses",
			r.Name, formNames(r), r.Provider).
			Fix("point the provider's route table at the gateways; keep the forms only for hosts on a network of their own, and suppress this finding then")
	}
}

// routesUnwatched: these forms keep a gateway whose host answers and whose tunnel is
// dead, and with it its share of the connections.
func routesUnwatched(t *schema.Topology, i int, list *diag.List) {
	r := &t.Spec.Regions[i]
	if len(r.Gateways.Nodes) < 2 || slices.ContainsFunc(r.NodeRoutes.Forms, func(f schema.RouteForm) bool {
		return f == schema.RouteFormSystemd || f == schema.RouteFormCloudInit || f == schema.RouteFormDaemonSet || f == schema.RouteFormMachineConfig
	}) {
		return
	}
	list.Warnf(CodeRoutesUnwatched, formsPath(i), "region %q has %d gateways, and none of the forms %s checks their health: connections through one whose tunnel is dead are lost until it is back",
		r.Name, len(r.Gateways.Nodes), formNames(r)).
		Fix("add systemd or daemonSet to the forms: they run the watch, whose routes take precedence over static ones")
}

// bootForms are the forms by which hosts of the distribution have routes from their start on.
func bootForms(d schema.Distribution) string {
	if facts.Distribution(d).MachineConfig.IsKnown() {
		return string(schema.RouteFormMachineConfig)
	}
	return "systemd or cloudInit"
}
