package host

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// staticRoute is a prefix and all gateways that carry it, in failover order, for tools
// that keep routes without asking how the gateways are.
type staticRoute struct {
	Prefix netip.Prefix
	Hops   []netip.Addr
}

// staticMetric is worse than what node-routes.sh sets (0 for IPv4, the kernel's 1024 for
// IPv6), so that the watch decides where it runs beside a static route.
const staticMetric = 4096

// staticRoutes are the routes of a node that is not a gateway, in order of prefix. A
// prefix of a family in which no gateway has an address is not among them.
func (f *forms) staticRoutes() []staticRoute {
	var routes []staticRoute
	for _, p := range f.transit {
		r := staticRoute{Prefix: p}
		for _, n := range f.region.Gateways.Nodes {
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

// hasIPv6 reports whether any of the routes is IPv6.
func hasIPv6(transit []netip.Prefix) bool {
	return slices.ContainsFunc(transit, func(p netip.Prefix) bool { return p.Addr().Is6() })
}

// staticNote says what routes without a watch cannot do.
func staticNote(r *plan.Region) string {
	note := "# A static route asks nobody how a gateway is: the kernel leaves out one whose host is gone"
	if r.Watched() {
		return note + ", not one\n# whose tunnel is dead. The watch (node-watch.sh, as a unit or a DaemonSet) does, and its routes come before these.\n"
	}
	return note + ".\n"
}

// sysctlFile has the kernel settings of node-routes.sh, for hosts that get their routes
// without it.
func (f *forms) sysctlFile() hostFile {
	text := `
# By address and port, so that one pair of hosts uses all gateways but no connection
# changes its gateway on the way.
net.ipv4.fib_multipath_hash_policy = 1
# A gateway whose host is gone does not answer ARP: the kernel then leaves it out.
net.ipv4.fib_multipath_use_neigh = 1
`
	if hasIPv6(f.transit) {
		text += "net.ipv6.fib_multipath_hash_policy = 1\n"
	}
	return f.hostFile("node/sysctl.conf", "/etc/sysctl.d/60-kustomize-hybrid.conf", text)
}
