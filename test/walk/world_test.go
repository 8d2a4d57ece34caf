package walk

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// world is hosts and what stands between them, once they have the rendered files.
type world struct {
	files   files
	regions []*region
	policy  *policy
	// supersets: peers take a packet from the owner of any prefix that its source lies in.
	supersets    bool
	clusterCIDRs []netip.Prefix
	primaries    map[netip.Prefix]*host
	// told are the findings whose advice was followed.
	told map[string]bool
}

// region is a region's network and hosts.
type region struct {
	stated      *schema.Region
	name        string
	provider    string
	network     network
	nodes, pods netip.Prefix
	router      netip.Addr
	hosts       []*host
	cloud       *cloudTables
	plugin      *plugin
	// networkHasPods: pods have addresses of the network. networkRoutesPods: it has a route
	// to each host's pods. hostsRoutePods: the topology says that hosts stand in one subnet
	// and may hand packets to each other.
	networkHasPods, networkRoutesPods, hostsRoutePods bool
}

// host is a machine with one pod.
type host struct {
	region     *region
	name, zone string
	addr, pod  netip.Addr
	block      netip.Prefix
	// gateway and plain are what it is told; a host has one of them or none.
	gateway, plain *hostTables
	tailnet        netip.Addr // of a gateway
	advertised     []netip.Prefix
	routesFile     string
	rules          []rule
	tables         map[string][]route
}

func (h *host) isGateway() bool { return h.tailnet.IsValid() }

// newWorld puts up the hosts of a topology: its gateways and, where not every node is
// one, two more in each region.
func newWorld(t *schema.Topology, f files) (*world, error) {
	w := &world{files: f, told: map[string]bool{}, clusterCIDRs: t.Spec.Cluster.ClusterCIDRs}
	w.supersets = t.Spec.Tailnet.TailscaleVersion.AtLeast(1, 98, 0)
	var err error
	if w.policy, err = f.policy(); err != nil {
		return nil, err
	}
	for i := range t.Spec.Regions {
		r, err := w.newRegion(&t.Spec.Regions[i])
		if err != nil {
			return nil, err
		}
		w.regions = append(w.regions, r)
	}
	for _, r := range w.regions {
		if r.plugin, err = w.pluginOf(r); err != nil {
			return nil, err
		}
		if err := w.podsKnown(r); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) newRegion(s *schema.Region) (*region, error) {
	network, ok := networks()[s.Provider]
	if !ok {
		return nil, fmt.Errorf("nobody has written down here what the network of %s does: networks", s.Provider)
	}
	if s.HostAddress == schema.HostAddressMade {
		network = noNetwork()
	}
	r := &region{stated: s, name: s.Name, provider: s.Provider, network: network, nodes: s.NodeCIDRs[0], pods: s.PodCIDRs[0]}
	r.router = r.nodes.Addr().Next()
	var err error
	if r.cloud, err = w.files.cloudTables("regions/" + r.name + "/cloud/tables"); err != nil {
		return nil, err
	}
	plain, err := w.files.hostTables("regions/" + r.name + "/node/tables")
	if err != nil {
		return nil, err
	}
	for i := range s.Gateways.Nodes {
		n := &s.Gateways.Nodes[i]
		h := r.newHost(n.Name, n.Zone, n.InternalIP)
		h.tailnet = netip.AddrFrom4([4]byte{100, 80, r.nodes.Addr().As4()[1], h.addr.As4()[3]})
		if len(n.PodCIDRs) > 0 {
			h.block = n.PodCIDRs[0]
		}
		if err := w.gatewayFiles(h); err != nil {
			return nil, err
		}
	}
	if s.Gateways.Mode == schema.ModePerNode {
		return r, nil
	}
	for _, last := range []byte{21, 22} {
		a := r.nodes.Addr().As4()
		a[3] = last
		h := r.newHost(fmt.Sprintf("%s-plain-%d", r.name, last), s.Gateways.Nodes[0].Zone, netip.AddrFrom4(a))
		h.plain = plain
	}
	return r, nil
}

func (r *region) newHost(name, zone string, addr netip.Addr) *host {
	pods := r.pods.Addr().As4()
	pods[2] += byte(len(r.hosts) + 1)
	h := &host{region: r, name: name, zone: zone, addr: addr, block: netip.PrefixFrom(netip.AddrFrom4(pods), 24)}
	pods[3] = 9
	h.pod = netip.AddrFrom4(pods)
	r.hosts = append(r.hosts, h)
	return h
}

// gatewayFiles are the host's own where its region's gateways differ, and otherwise the region's.
func (w *world) gatewayFiles(h *host) error {
	dir := "regions/" + h.region.name + "/gateway/"
	var err error
	if h.gateway, err = w.files.hostTables(dir + h.name + "/tables"); err == nil && h.gateway == nil {
		h.gateway, err = w.files.hostTables(dir + "tables")
	}
	if err != nil {
		return err
	}
	if h.gateway == nil {
		return fmt.Errorf("gateway %s has no tables", h.name)
	}
	if h.region.network.fabric == apart && !slices.Equal(h.gateway.made, []netip.Addr{h.addr}) {
		return fmt.Errorf("host %s makes %s, and its address is %s", h.name, h.gateway.made, h.addr)
	}
	from := []string{dir + h.name + "/static-pod.yaml", dir + "static-pod.yaml", "cluster/gateway-" + h.region.name + ".yaml"}
	if h.region.stated.Gateways.OnHost() {
		from = []string{dir + h.name + ".env", dir + "gateway.env"}
	}
	h.advertised, h.routesFile, err = w.files.advertised(from...)
	return err
}

// install gives a host its rules and tables.
func (w *world) install(h *host) {
	h.tables = map[string][]route{}
	if h.gateway != nil {
		var refusals []rule
		h.tables, refusals = w.watched(h)
		h.rules = slices.Concat(gatewayRules(h.gateway, h), refusals)
		slices.SortStableFunc(h.rules, func(a, b rule) int { return a.priority - b.priority })
		h.tables[tailscaled] = w.accepted(h)
	}
	r := h.region
	table := []route{{to: netip.PrefixFrom(h.pod, 32), dev: toPod}, {to: anywhere(), dev: lan, via: r.router}}
	if !r.network.guest32 {
		table = append(table, route{to: h.subnet(), dev: lan})
	}
	if h.plain != nil {
		for _, p := range h.plain.transit() {
			for _, g := range h.plain.gateways {
				table = append(table, route{to: p, dev: lan, via: g})
			}
		}
	}
	h.tables[mainTable] = table
	// What the plugin knows depends on the rest.
	for _, o := range w.regions {
		for _, n := range o.hosts {
			if n != h {
				h.tables[mainTable] = append(h.tables[mainTable], w.pluginRoute(h, n)...)
			}
		}
	}
}

// subnet is the prefix that the host's card has: that of its zone, where there are
// several.
func (h *host) subnet() netip.Prefix {
	if h.region.network.fabric == flat {
		return h.region.nodes
	}
	return netip.PrefixFrom(h.addr, 24).Masked()
}

// pluginRoute is what the plugin on a host knows of another host's pods.
func (w *world) pluginRoute(h, n *host) []route {
	mine, theirs := h.region.plugin, n.region.plugin
	switch {
	case mine.sameOverlay(theirs):
		return []route{{to: n.block, dev: overlay, via: n.addr}}
	case mine.name != theirs.name || n.region.networkHasPods || n.region.networkRoutesPods:
		return nil
	case (mine.neighbours || w.told["pods-unrouted"] && !h.region.network.known) && h.neighbour(n) && !h.region.network.guest32:
		return []route{{to: n.block, dev: lan, via: n.addr}}
	case mine.everywhere:
		// BIRD resolves a next hop that is no neighbour by the route to it.
		var ways []route
		for _, way := range h.best(mainTable, n.addr) {
			ways = append(ways, route{to: n.block, dev: way.dev, via: way.via})
		}
		return ways
	}
	return nil
}

// best are the routes of a table with the longest prefix.
func (h *host) best(table string, dst netip.Addr) []route {
	var best []route
	for _, r := range h.tables[table] {
		switch {
		case !r.to.Contains(dst) || len(best) > 0 && r.to.Bits() < best[0].to.Bits():
		case len(best) > 0 && r.to.Bits() == best[0].to.Bits():
			best = append(best, r)
		default:
			best = []route{r}
		}
	}
	return best
}
