package render

import (
	"fmt"
	"strconv"
	"strings"
)

const networkdDropIn = "kustomize-hybrid.conf"

// networkdFiles are the routes as networkd keeps them, all gateways of a route in one.
func (g *gateway) networkdFiles() []hostFile {
	return []hostFile{
		g.hostFile("node/networkd/network.conf", "/etc/systemd/network/<the LAN card's .network file>.d/"+networkdDropIn, g.networkdRoutes()),
		g.networkdFile("node"),
	}
}

// networkdFile keeps networkd from removing what others set: on gateways, too, whose
// rules and tables it would take along.
func (g *gateway) networkdFile(role string) hostFile {
	return g.hostFile(role+"/networkd/networkd.conf", "/etc/systemd/networkd.conf.d/"+networkdDropIn, networkdForeign())
}

// networkdForeign (systemd 252, networkd.conf(5)) is read when networkd starts.
func networkdForeign() string {
	return sections(section("Network", "ManageForeignRoutes=no", "ManageForeignRoutingPolicyRules=no"))
}

// networkdRoutes is a drop-in, since a second .network file for the same card would
// replace the first.
func (g *gateway) networkdRoutes() string {
	var routes []string
	for _, r := range g.staticRoutes() {
		routes = append(routes, section("Route", networkdRoute(r)...))
	}
	return g.notOnGateways() + g.staticNote() + "# networkctl status <card> names the .network file; networkctl reload applies this.\n" + sections(routes...)
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
	return append(lines, "Metric="+strconv.Itoa(staticMetric), "MTUBytes="+strconv.Itoa(tunnelMTU))
}

// staticNote says what routes without a watch cannot do.
func (g *gateway) staticNote() string {
	note := "# A static route asks nobody how a gateway is: the kernel leaves out one whose host is gone"
	if g.watched() {
		return note + ", not one\n# whose tunnel is dead. The watch (watch.sh, as a unit or a DaemonSet) does, and its routes come before these.\n"
	}
	return note + ".\n"
}

// sysctlFile has the kernel settings of routes.sh, for hosts that get their routes
// without it.
func (g *gateway) sysctlFile() hostFile {
	text := `
# By address and port, so that one pair of hosts uses all gateways but no connection
# changes its gateway on the way.
net.ipv4.fib_multipath_hash_policy = 1
# A gateway whose host is gone does not answer ARP: the kernel then leaves it out.
net.ipv4.fib_multipath_use_neigh = 1
`
	if g.hasIPv6() {
		text += "net.ipv6.fib_multipath_hash_policy = 1\n"
	}
	return g.hostFile("node/sysctl.conf", "/etc/sysctl.d/60-kustomize-hybrid.conf", text)
}

// netplanFile is what we write of a netplan file (netplan 0.106, netplan-yaml).
type netplanFile struct {
	Network netplanNetwork `json:"network"`
}

type netplanNetwork struct {
	Version   int                      `json:"version"`
	Ethernets map[string]netplanDevice `json:"ethernets,omitempty"`
	Bonds     map[string]netplanDevice `json:"bonds,omitempty"`
	VLANs     map[string]netplanDevice `json:"vlans,omitempty"`
	Bridges   map[string]netplanDevice `json:"bridges,omitempty"`
}

type netplanDevice struct {
	Routes []netplanRoute `json:"routes"`
}

type netplanRoute struct {
	To     string `json:"to"`
	Via    string `json:"via"`
	Metric int    `json:"metric"`
	MTU    int    `json:"mtu"`
}

// netplan gives each route one gateway, the first: it knows no route with several, and
// one more with a worse metric would never be used.
func (g *gateway) netplan() netplanFile {
	var device netplanDevice
	for _, r := range g.staticRoutes() {
		device.Routes = append(device.Routes, netplanRoute{
			To: r.Prefix.String(), Via: r.Hops[0].String(), Metric: staticMetric, MTU: tunnelMTU,
		})
	}
	name := g.Region.NodeRoutes.Device
	devices := map[string]netplanDevice{name: device}
	n := netplanNetwork{Version: 2}
	switch {
	case strings.HasPrefix(name, "vlan"), strings.Contains(name, "."):
		n.VLANs = devices
	case strings.HasPrefix(name, "bond"):
		n.Bonds = devices
	case strings.HasPrefix(name, "br"):
		n.Bridges = devices
	default:
		n.Ethernets = devices
	}
	return netplanFile{n}
}

// netplanNote says where the file goes and what it leaves undone.
func (g *gateway) netplanNote() string {
	return fmt.Sprintf(`# goes to /etc/netplan/60-kustomize-hybrid.yaml (mode 0600), beside the file that sets %s up; netplan merges the two
%s%s# netplan has no routes with several gateways: these use %s alone.
`, g.Region.NodeRoutes.Device, g.notOnGateways(), g.staticNote(), g.gatewayNames()[0])
}
