package host

import (
	"strconv"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
)

const networkdDropIn = "kustomize-hybrid.conf"

// networkdFiles are the routes as networkd keeps them, all gateways of a route in one.
func (f *forms) networkdFiles() []hostFile {
	return []hostFile{
		f.hostFile("node/networkd/network.conf", "/etc/systemd/network/<the LAN card's .network file>.d/"+networkdDropIn, f.networkdRoutes()),
		f.networkdFile("node"),
	}
}

// networkdFile keeps networkd from removing what others set: on gateways, too, whose
// rules and tables it would take along.
func (f *forms) networkdFile(role string) hostFile {
	return f.hostFile(role+"/networkd/networkd.conf", "/etc/systemd/networkd.conf.d/"+networkdDropIn, networkdForeign())
}

// networkdForeign (systemd 252, networkd.conf(5)) is read when networkd starts.
func networkdForeign() string {
	return sections(section("Network", "ManageForeignRoutes=no", "ManageForeignRoutingPolicyRules=no"))
}

// networkdRoutes is a drop-in, since a second .network file for the same card would
// replace the first.
func (f *forms) networkdRoutes() string {
	var routes []string
	for _, r := range f.staticRoutes() {
		routes = append(routes, section("Route", networkdRoute(r)...))
	}
	return f.notOnGateways() + staticNote(f.plan) + "# networkctl status <card> names the .network file; networkctl reload applies this.\n" + sections(routes...)
}

// networkdRoute (systemd 252, systemd.network(5)): several gateways share the load,
// a connection keeps its own.
func networkdRoute(r staticRoute) []string {
	lines := []string{"Destination=" + r.Prefix.String()}
	for _, h := range r.Hops {
		if len(r.Hops) == 1 {
			lines = append(lines, "Gateway="+h.String())
		} else {
			lines = append(lines, "MultiPathRoute="+h.String())
		}
	}
	return append(lines, "Metric="+strconv.Itoa(staticMetric), "MTUBytes="+strconv.Itoa(facts.TailscaleMTU))
}
