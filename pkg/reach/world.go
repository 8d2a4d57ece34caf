package reach

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// World is hosts and what stands between them, once they have the rendered files.
type World struct {
	files   Files
	regions []*region
	policy  *policy
	// supersets: peers take a packet from the owner of any prefix that its source lies in.
	supersets    bool
	clusterCIDRs []netip.Prefix
	primaries    map[netip.Prefix]*host
	// told are the findings whose advice was followed.
	told map[string]bool
	// brief: of answers, only those to tailnet addresses are walked. It is for who asks every
	// pair both ways.
	brief bool
	// removed are parts that are not there, and controlGone says that nobody elects.
	removed     map[string]bool
	controlGone bool
	elected     election
	guards      []NetworkPolicy
	// firstAlone: only the first gateways are primaries. assumes are the findings that the
	// topology accepts, and what is therefore taken for granted.
	firstAlone bool
	assumes    []string
	// now is the policy of this election, without what is removed, and seen what follows from it.
	now  *policy
	seen map[sight]bool
}

// region is a region's network and hosts.
type region struct {
	stated      *schema.Region
	name        string
	provider    string
	network     network
	nodes, pods []netip.Prefix
	router      netip.Addr
	hosts       []*host
	cloud       *cloudTables
	plugin      *plugin
	// linked are those whose routers a private link joins, which the owner has told the way to
	// nodes and pods.
	linked []*region
	// networkHasPods: pods have addresses of the network. networkRoutesPods: it has a route
	// to each host's pods. hostsRoutePods: the topology says that hosts stand in one subnet
	// and may hand packets to each other.
	networkHasPods, networkRoutesPods, hostsRoutePods bool
}

// Machine is a host that a world has: a gateway of the topology, or a node that is none.
type Machine struct {
	Name, Region, Zone string
	Address            netip.Addr
	// Pod is the address of its pod, and Block what the plugin has given the host for pods. A
	// host whose Pod is the zero address has none.
	Pod   netip.Addr
	Block netip.Prefix
	// Subnet is what the host's card has; the zero prefix leaves it to the region's prefixes.
	Subnet netip.Prefix
	// Tailnet is a gateway's address in the tailnet.
	Tailnet netip.Addr
	// Gateway reports whether it is one.
	Gateway bool
	// Drops says that the host's own firewall forwards nothing that no line accepts, as on
	// hosts with Docker or ufw.
	Drops bool
}

// host is a machine with what it was given.
type host struct {
	region     *region
	name, zone string
	addr, pod  netip.Addr
	block      netip.Prefix
	card       netip.Prefix
	drops      bool
	gone       bool
	// gateway and plain are what it is told; a host has one of them or none.
	gateway, plain *hostTables
	tailnet        netip.Addr // of a gateway
	tags           []string
	advertised     []netip.Prefix
	routesAt       Place
	rules          []rule
	tables         map[string][]route
	lines          []chainLine
}

func (h *host) isGateway() bool { return h.tailnet.IsValid() }

// New puts up machines of a topology with the files that were rendered for it. Regions
// without a machine are left out: their prefixes are in the files, and nobody is there.
//
// It is an error where a file has a form that is not known here.
func New(t *schema.Topology, files Files, machines []Machine) (*World, error) {
	w := &World{files: files, told: map[string]bool{}, removed: map[string]bool{}, clusterCIDRs: t.Spec.Cluster.ClusterCIDRs}
	w.assume(t)
	w.supersets = facts.Since(facts.TailscaleSupersets).Contains(t.Spec.Tailnet.TailscaleVersion)
	var err error
	if w.policy, err = files.policy(); err != nil {
		return nil, err
	}
	for i := range t.Spec.Regions {
		s := &t.Spec.Regions[i]
		of := slices.DeleteFunc(slices.Clone(machines), func(m Machine) bool { return m.Region != s.Name })
		if len(of) == 0 {
			continue
		}
		r, err := w.newRegion(s, of)
		if err != nil {
			return nil, err
		}
		w.regions = append(w.regions, r)
	}
	w.link(t.Spec.Links)
	for _, r := range w.regions {
		if r.plugin, err = w.pluginOf(r); err != nil {
			return nil, err
		}
		if err := w.podsKnown(r); err != nil {
			return nil, err
		}
	}
	w.notKnown(t)
	w.elect(elections()[0])
	return w, nil
}

// notKnown says what no packet is asked about, and what nobody has looked up.
func (w *World) notKnown(t *schema.Topology) {
	six := func(p netip.Prefix) bool { return p.Addr().Is6() }
	said := map[string]bool{}
	for _, r := range w.regions {
		if !said["IPv6"] && (slices.ContainsFunc(r.stated.NodeCIDRs, six) || slices.ContainsFunc(r.stated.PodCIDRs, six)) {
			said["IPv6"] = true
			w.assumes = append(w.assumes, "IPv6 is not walked: all that is said is of IPv4")
		}
		if known := facts.Plugin(r.stated.CNI.Type); !known.OneNetwork.IsKnown() && !said[known.Title] {
			said[known.Title] = true
			w.assumes = append(w.assumes, fmt.Sprintf("pods of %s keep their addresses on the way to other regions: nobody here knows what it masquerades", known.Title))
		}
	}
}

// assume takes for done what warnings tell that the topology accepts: who suppresses one has
// done it, or lives with it.
func (w *World) assume(t *schema.Topology) {
	for _, s := range t.Spec.Suppressions {
		switch s.Code {
		case standbyRefuses:
			w.firstAlone = true
			w.assumes = append(w.assumes, s.Code+" is suppressed: the first gateway of each region is its primary")
		case "fabric-source-check", "pods-unrouted", "masquerade-tailnet":
			w.told[s.Code] = true
			w.assumes = append(w.assumes, s.Code+" is suppressed: what it asks for is done")
		}
	}
}

// standbyRefuses is the finding about networks that hand packets to one gateway, whoever is
// primary. standbyDrops is about gateways that keep their tailnet addresses, and no cure.
const (
	standbyRefuses = "cloud-standby-refuses"
	standbyDrops   = "gateway-source-standby"
)

// Heed takes for done what warnings with these codes tell.
func (w *World) Heed(codes ...string) {
	for _, code := range codes {
		w.told[code] = true
	}
	w.elect(w.elected)
}

// Assumes are sentences about what is taken for granted, since the topology says so or since
// nobody knows.
func (w *World) Assumes() []string { return w.assumes }

func (w *World) link(links []schema.Link) {
	for _, r := range w.regions {
		for i := range links {
			for _, o := range w.regions {
				if o != r && links[i].Other(r.name) == o.name {
					r.linked = append(r.linked, o)
				}
			}
		}
	}
}

// ipv4 keeps the prefixes of that family.
func ipv4(list []netip.Prefix) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(list), func(p netip.Prefix) bool { return !p.Addr().Is4() })
}

func (w *World) newRegion(s *schema.Region, machines []Machine) (*region, error) {
	r := &region{stated: s, name: s.Name, provider: s.Provider, nodes: ipv4(s.NodeCIDRs), pods: ipv4(s.PodCIDRs)}
	if len(r.nodes) == 0 {
		return nil, fmt.Errorf("region %q has no IPv4, and packets of IPv6 are not walked", s.Name)
	}
	r.router = r.nodes[0].Masked().Addr().Next()
	var err error
	if r.cloud, err = w.files.cloudTables("regions/" + r.name + "/cloud/tables"); err != nil {
		return nil, err
	}
	r.network = networkOf(s, r.cloud != nil)
	plain, err := w.files.hostTables("regions/" + r.name + "/node/tables")
	if err != nil {
		return nil, err
	}
	for _, m := range machines {
		h := &host{region: r, name: m.Name, zone: m.Zone, addr: m.Address, pod: m.Pod, block: m.Block, card: m.Subnet, drops: m.Drops}
		r.hosts = append(r.hosts, h)
		if !m.Gateway {
			h.plain = plain
			continue
		}
		h.tailnet = m.Tailnet
		if err := w.gatewayFiles(h); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// gatewayFiles are the host's own where its region's gateways differ, and otherwise the region's.
func (w *World) gatewayFiles(h *host) error {
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
	from := []string{dir + h.name + "/static-pod.yaml", dir + "static-pod.yaml", dir + h.name + "/machine-config.yaml", dir + "machine-config.yaml", "cluster/gateway-" + h.region.name + ".yaml"}
	if h.region.stated.Gateways.OnHost() {
		from = []string{dir + h.name + ".env", dir + "gateway.env"}
	}
	h.advertised, h.routesAt, err = w.files.advertised(from...)
	h.tags = w.files.tags(h.routesAt.File)
	h.advertised = ipv4(h.advertised)
	return err
}

// install gives a host its rules, tables and firewall.
func (w *World) install(h *host) {
	h.tables, h.lines, h.rules = map[string][]route{}, nil, nil
	if h.gateway != nil {
		var refusals []rule
		h.tables, refusals = w.watched(h)
		h.rules = slices.Concat(gatewayRules(h.gateway, h), refusals)
		slices.SortStableFunc(h.rules, func(a, b rule) int { return a.priority - b.priority })
		h.tables[tailscaled] = w.accepted(h)
		h.lines = chainLines(h.gateway)
	}
	r := h.region
	table := []route{{to: anywhere(), dev: lan, via: r.router}}
	if h.pod.IsValid() {
		table = append(table, route{to: netip.PrefixFrom(h.pod, 32), dev: toPod})
	}
	table = append(table, h.connected()...)
	if h.plain != nil {
		table = append(table, w.nodeRoutes(h)...)
	}
	h.tables[mainTable] = table
	// What the plugin knows depends on the rest.
	for _, o := range w.regions {
		for _, n := range o.hosts {
			if n != h && n.block.IsValid() {
				h.tables[mainTable] = append(h.tables[mainTable], w.pluginRoute(h, n)...)
			}
		}
	}
	w.take(h)
}

// connected are the routes that a host's card has by itself: to its subnet. Where subnets
// are the zones' and nobody says which they are, the hosts of its zone stand for it.
func (h *host) connected() []route {
	if h.region.network.guest32 {
		return nil
	}
	if h.card.IsValid() {
		return []route{{to: h.card, dev: lan}}
	}
	var all []route
	if h.region.network.fabric == flat {
		for _, p := range h.region.nodes {
			if p.Contains(h.addr) {
				all = append(all, route{to: p, dev: lan})
			}
		}
		return all
	}
	for _, n := range h.region.hosts {
		if n != h && n.neighbour(h) {
			all = append(all, route{to: netip.PrefixFrom(n.addr, 32), dev: lan})
		}
	}
	return all
}

// nodeRoutes are what node-watch.sh keeps on a node that is no gateway: by all gateways
// that answer (host/node-wanted.awk).
func (w *World) nodeRoutes(h *host) []route {
	var all []route
	for _, p := range h.plain.remote {
		all = append(all, h.viaGateways(p, "remote")...)
	}
	for _, p := range h.plain.source {
		all = append(all, h.viaGateways(p, "source")...)
	}
	return all
}

func (h *host) viaGateways(p netip.Prefix, kind string) []route {
	var all []route
	for _, g := range h.plain.gateways {
		if n := h.region.at(g); n == nil || !n.gone {
			all = append(all, route{to: p, dev: lan, via: g, at: h.plain.at(kind, p)})
		}
	}
	return all
}

// at is the host with an address; nil where there is none.
func (r *region) at(a netip.Addr) *host {
	i := slices.IndexFunc(r.hosts, func(h *host) bool { return h.addr == a })
	if i < 0 {
		return nil
	}
	return r.hosts[i]
}

// pluginRoute is what the plugin on a host knows of another host's pods.
func (w *World) pluginRoute(h, n *host) []route {
	mine, theirs := h.region.plugin, n.region.plugin
	at := Place{File: mine.file}
	switch {
	case mine.sameOverlay(theirs):
		return []route{{to: n.block, dev: overlay, via: n.addr, at: at}}
	case mine.name != theirs.name || n.region.networkHasPods || n.region.networkRoutesPods:
		return nil
	case (mine.neighbours || w.told["pods-unrouted"] && !h.region.network.known) && h.neighbour(n) && !h.region.network.guest32:
		return []route{{to: n.block, dev: lan, via: n.addr, at: at}}
	case mine.everywhere:
		// BIRD resolves a next hop that is no neighbour by the route to it.
		var ways []route
		for _, way := range h.best(mainTable, n.addr) {
			ways = append(ways, route{to: n.block, dev: way.dev, via: way.via, at: at})
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
