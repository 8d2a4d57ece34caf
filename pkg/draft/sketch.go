package draft

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// What is proposed: 254 hosts of a region, 256 of them with the usual blocks of pods, a range of
// services, and the addresses of hosts in their network.
const (
	nodeBits    = 24
	podBits     = 16
	serviceBits = 16

	serverHost  = 5
	gatewayHost = 11
)

// New drafts a topology of answers, and of what files say of a cluster. Whatever neither says is
// chosen, and noted. The error is a lack of room for what has to be proposed.
func New(a Answers, objects ...existing.Object) (*Draft, error) {
	d := &Draft{Topology: &schema.Topology{APIVersion: schema.APIVersion, Kind: schema.KindTopology}, Notes: map[string][]string{}, read: len(objects) > 0}
	k := read(objects)
	d.Findings = k.list
	s := &sketch{Draft: d, known: k, answers: a}
	if err := s.draw(); err != nil {
		return nil, err
	}
	d.Findings.Sort()
	return d, nil
}

// sketch is a draft that is being made.
type sketch struct {
	*Draft
	known   *known
	answers Answers
}

func (s *sketch) spec() *schema.Spec { return &s.Topology.Spec }

func (s *sketch) distribution() distributionFacts {
	return facts.Distribution(s.spec().Cluster.Distribution)
}

func (s *sketch) draw() error {
	s.Topology.Metadata = schema.Metadata{
		Name: cmp.Or(s.answers.Name, "my-cluster"), Annotations: map[string]string{"config.kubernetes.io/local-config": "true"},
	}
	s.cluster()
	s.tailnet()
	s.regions()
	if err := s.addresses(); err != nil {
		return err
	}
	for i := range s.spec().Regions {
		s.network(i)
		s.plugin(i)
		s.gateways(i)
	}
	s.apiServer()
	return nil
}

func (s *sketch) cluster() {
	c, k := &s.spec().Cluster, s.known
	c.Distribution = cmp.Or(s.answers.Distribution, k.distribution)
	if c.Distribution == "" {
		c.Distribution = facts.Distribution("").Name
		s.propose("spec.cluster.distribution", "what installed the cluster", usual, string(c.Distribution))
	}
	c.KubernetesVersion = cmp.Or(s.answers.KubernetesVersion, k.kubernetes)
	if c.KubernetesVersion == "" {
		c.KubernetesVersion = facts.KubernetesVersions().Read.Value.Newest
		s.propose("spec.cluster.kubernetesVersion", "the API server's version", usual, string(c.KubernetesVersion))
	}
	c.ServiceCIDRs = k.services
	if known := s.distribution(); !known.Home.IsKnown() && !known.KeepsNodes.Value {
		s.controller()
	}
}

// controller: which one runs shows by the providerIDs that it gave.
func (s *sketch) controller() {
	for _, n := range s.known.nodes {
		if p := facts.Provider(n.provider); p.Controller.IsKnown() && n.provider != "" {
			s.spec().Cluster.CloudController = p.Controller.Value.Name
			return
		}
	}
	s.spec().Cluster.CloudController = schema.CloudControllerNone
	s.note("spec.cluster.cloudController", "The cloud controller manager that runs, if one does: some delete the nodes of other providers.")
}

func (s *sketch) tailnet() {
	t := &s.spec().Tailnet
	*t = s.known.tailnet
	t.TailscaleVersion = cmp.Or(s.answers.TailscaleVersion, t.TailscaleVersion)
	if t.TailscaleVersion == "" {
		t.TailscaleVersion = facts.TailscaleVersions().Read.Value.Newest
		s.note("spec.tailnet.tailscaleVersion", "The version that gateways are to run.")
	}
	t.ControlURL = cmp.Or(s.answers.ControlURL, t.ControlURL)
	t.Tag = cmp.Or(t.Tag, "tag:k8s")
	t.Policy.TagPerRegion = true
	s.note("spec.tailnet.policy", "Each region's gateways have a tag of their own, so that a host of one cannot have another's routes approved.")
}

// regions are those that were read, those of answers, and where that is none, two.
func (s *sketch) regions() {
	list := s.fromNodes()
	for _, r := range s.known.regions {
		i := slices.IndexFunc(list, func(o schema.Region) bool { return o.Provider == r.Provider })
		switch {
		case i < 0:
			list = append(list, r)
		case len(r.NodeCIDRs) > 0:
			list[i].NodeCIDRs = r.NodeCIDRs
		}
	}
	list = append(list, s.fromRouters(list)...)
	for _, r := range s.answers.Regions {
		i := slices.IndexFunc(list, func(o schema.Region) bool { return o.Name == r.Name })
		if i < 0 {
			i, list = len(list), append(list, schema.Region{Name: r.Name})
		}
		g := &list[i]
		g.Provider = cmp.Or(r.Provider, g.Provider)
		if len(r.Nodes) > 0 {
			g.NodeCIDRs = r.Nodes
		}
		if len(r.Pods) > 0 {
			g.PodCIDRs = r.Pods
		}
		if len(r.Gateways) > 0 {
			g.Gateways.Nodes = r.Gateways
		}
	}
	if len(list) == 0 {
		list = []schema.Region{{Name: "home"}, {Name: "gpu-dc"}}
		s.note("spec.regions", "A proposal: the first region is where the API server is.")
	}
	for i := range list {
		if list[i].Provider == "" {
			list[i].Provider = facts.FirstProvider().Name
			s.propose(regionPath(i)+".provider", "who runs the network", usual, list[i].Provider)
		}
	}
	if len(list) == 1 {
		s.note("spec.regions", "Only one region was found: add the others, since joining them is what this is for.")
		if s.read {
			s.Findings.Warnf(CodeUnknown, "spec.regions", "what was read shows one region, and gateways join two or more").Fix("add the others, by --region or in the topology")
		}
	}
	s.spec().Regions = list
}

// fromNodes makes regions of Nodes.
func (s *sketch) fromNodes() []schema.Region {
	var list []schema.Region
	groups := s.known.groups()
	for i, g := range groups {
		r := schema.Region{Name: g.name, Provider: g.provider}
		var all []netip.Addr
		for _, n := range g.nodes {
			all = append(all, n.addresses...)
		}
		for _, v4 := range []bool{true, false} {
			if of := ofFamily(all, v4); len(of) > 0 {
				r.NodeCIDRs = append(r.NodeCIDRs, cover(of, nodeBits))
			}
		}
		if len(all) > 0 {
			s.propose(regionPath(i)+".nodeCIDRs", "the whole network of the hosts", "the smallest that holds the addresses of the nodes", show(r.NodeCIDRs))
		}
		s.podsOfNodes(i, &r, g, groups)
		r.Gateways.Nodes = s.hosts(i, g)
		list = append(list, r)
	}
	return list
}

// podsOfNodes: where the regions' blocks lie apart, what covers them; otherwise the blocks.
func (s *sketch) podsOfNodes(i int, r *schema.Region, g group, groups []group) {
	blocks := s.blocks(g)
	if len(groups) == 1 && len(s.known.pods) > 0 {
		r.PodCIDRs = s.known.pods
		return
	}
	if len(blocks) == 0 {
		return
	}
	covers := coverAll(blocks)
	for j := range groups {
		if others := s.blocks(groups[j]); j != i && overlap(covers, others) {
			r.PodCIDRs = blocks
			s.propose(regionPath(i)+".podCIDRs", "a range of pods that is this region's own", "what its nodes have today, among the blocks of other regions: a node that joins may get one outside", show(blocks))
			return
		}
	}
	r.PodCIDRs = covers
	s.propose(regionPath(i)+".podCIDRs", "the range of this region's pods", "the smallest that holds the blocks of its nodes", show(covers))
}

func (s *sketch) blocks(g group) []netip.Prefix {
	var list []netip.Prefix
	for _, n := range g.nodes {
		list = append(list, s.known.podsOf(n.name)...)
	}
	slices.SortFunc(list, netip.Prefix.Compare)
	return slices.Compact(list)
}

// coverAll is a prefix for each family.
func coverAll(blocks []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, v4 := range []bool{true, false} {
		var ends []netip.Addr
		bits := 0
		for _, b := range blocks {
			if b.Addr().Is4() == v4 {
				ends, bits = append(ends, b.Addr(), claim.Last(b)), max(bits, b.Bits())
			}
		}
		if len(ends) > 0 {
			list = append(list, cover(ends, bits))
		}
	}
	return list
}

func overlap(a, b []netip.Prefix) bool {
	return slices.ContainsFunc(a, func(p netip.Prefix) bool { return slices.ContainsFunc(b, p.Overlaps) })
}

// hosts are the gateways of a region: the nodes that a router's selector chooses, or one.
func (s *sketch) hosts(i int, g group) []schema.GatewayNode {
	var list []schema.GatewayNode
	for _, n := range g.nodes {
		if len(n.addresses) > 0 && s.selected(n) {
			list = append(list, hostOf(n))
		}
	}
	if len(list) > 0 {
		return list
	}
	nodes := slices.Clone(g.nodes)
	slices.SortStableFunc(nodes, func(a, b node) int { return cmp.Compare(boolInt(a.server), boolInt(b.server)) })
	for _, n := range nodes {
		if len(n.addresses) > 0 {
			s.propose(regionPath(i)+".gateways.nodes", "which nodes are to be gateways", usual, n.name)
			return []schema.GatewayNode{hostOf(n)}
		}
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func hostOf(n node) schema.GatewayNode {
	g := schema.GatewayNode{Name: n.name, InternalIP: n.addresses[0], Zone: n.zone}
	if len(n.addresses) > 1 && n.addresses[0].Is4() && n.addresses[1].Is6() {
		g.InternalIPv6 = n.addresses[1]
	}
	if provider.SampleOf(n.provider).Instance != "" {
		g.Instance = n.instance
	}
	return g
}

// selected reports whether a router that was read runs on the node.
func (s *sketch) selected(n node) bool {
	return slices.ContainsFunc(s.known.routers, func(r router) bool {
		for name, value := range r.selector {
			if n.labels[name] != value {
				return false
			}
		}
		return len(r.selector) > 0
	})
}

// fromRouters makes a region of each set of advertised routes: which are pods' and which nodes'
// nobody says.
func (s *sketch) fromRouters(others []schema.Region) []schema.Region {
	var list []schema.Region
	for i, r := range s.known.routers {
		if slices.ContainsFunc(others, func(o schema.Region) bool { return overlap(r.routes, slices.Concat(o.NodeCIDRs, o.PodCIDRs)) }) {
			continue // it is one of theirs
		}
		i += len(others)
		region := schema.Region{Name: label(fmt.Sprintf("site-%d", i+1))}
		routes := slices.Clone(r.routes)
		slices.SortStableFunc(routes, func(a, b netip.Prefix) int { return cmp.Compare(b.Bits(), a.Bits()) })
		region.NodeCIDRs = routes[:1]
		region.PodCIDRs = routes[1:]
		s.propose(regionPath(i)+".nodeCIDRs", "which routes of "+r.ID()+" are its nodes'", "the longest prefix, and the others are taken for its pods'", show(region.NodeCIDRs))
		if r.static {
			region.Gateways.Mode = schema.ModeStaticPod
		}
		list = append(list, region)
	}
	// A static pod is where the API server is not.
	slices.SortStableFunc(list, func(a, b schema.Region) int {
		return cmp.Compare(boolInt(a.Gateways.Mode != ""), boolInt(b.Gateways.Mode != ""))
	})
	return list
}

func regionPath(i int) string { return diag.Index("spec.regions", i) }

// addresses proposes the ranges that nobody named.
func (s *sketch) addresses() error {
	for i := range s.spec().Regions {
		r := &s.spec().Regions[i]
		if len(r.NodeCIDRs) > 0 {
			continue
		}
		if named := s.addressesIn(i); len(named) > 0 {
			r.NodeCIDRs = []netip.Prefix{cover(named, nodeBits)}
			s.propose(regionPath(i)+".nodeCIDRs", "the network of the hosts", "the smallest that holds the addresses that were named", show(r.NodeCIDRs))
			continue
		}
		free, err := ipam.Suggest(s.Topology, ipam.Request{Role: claim.RoleNode, Bits: nodeBits, Avoid: s.known.pods})
		if err != nil {
			return err
		}
		r.NodeCIDRs = free
		s.propose(regionPath(i)+".nodeCIDRs", "the network on which the hosts have their addresses", usual, show(free))
	}
	if err := s.services(); err != nil {
		return err
	}
	return s.pods()
}

// addressesIn are addresses of hosts of a region that somebody named.
func (s *sketch) addressesIn(i int) []netip.Addr {
	var list []netip.Addr
	for _, g := range s.spec().Regions[i].Gateways.Nodes {
		list = append(list, g.InternalIP)
	}
	if i == 0 {
		list = append(list, s.answers.APIServers...)
	}
	return list
}

// services takes the distribution's own range, where it can be used.
func (s *sketch) services() error {
	c := &s.spec().Cluster
	if len(c.ServiceCIDRs) > 0 {
		return nil
	}
	for _, r := range s.distribution().Services.Value {
		if s.usable(r.Prefix) {
			c.ServiceCIDRs = []netip.Prefix{r.Prefix}
			if s.read {
				s.propose("spec.cluster.serviceCIDRs", "the range of services", "the distribution's own", r.Prefix.String())
			}
			return nil
		}
	}
	free, err := ipam.Suggest(s.Topology, ipam.Request{Role: claim.RoleService, Bits: serviceBits, Avoid: s.known.pods})
	c.ServiceCIDRs = free
	s.propose("spec.cluster.serviceCIDRs", "the range of services", "what the API server has to be told, too", show(free))
	return err
}

// usable reports whether a range is a private one that no region has.
func (s *sketch) usable(p netip.Prefix) bool {
	return claim.InAny(p, schema.PrivateBlocks()[:3]) && !slices.ContainsFunc(s.spec().Regions, func(r schema.Region) bool {
		return overlap([]netip.Prefix{p}, slices.Concat(r.NodeCIDRs, r.PodCIDRs))
	})
}

// pods proposes pods' ranges: one range holds those of all regions, since kube-proxy, the
// controller manager and some plugins know one.
func (s *sketch) pods() error {
	var taken []netip.Prefix
	for i := range s.spec().Regions {
		s.homePods(i)
		taken = append(taken, s.spec().Regions[i].PodCIDRs...)
	}
	missing := slices.ContainsFunc(s.spec().Regions, func(r schema.Region) bool { return len(r.PodCIDRs) == 0 })
	c := &s.spec().Cluster
	c.ClusterCIDRs = s.known.pods
	within, bits, err := s.block(missing)
	if err != nil {
		return err
	}
	if len(c.ClusterCIDRs) == 0 && missing {
		c.ClusterCIDRs = []netip.Prefix{within}
	}
	for i := range s.spec().Regions {
		r := &s.spec().Regions[i]
		if len(r.PodCIDRs) > 0 {
			continue
		}
		free, ok := part(within, bits, taken)
		if !ok {
			return fmt.Errorf("nothing is free in %s for the pods of region %q: name their range", within, r.Name)
		}
		r.PodCIDRs, taken = []netip.Prefix{free}, append(taken, free)
		s.propose(regionPath(i)+".podCIDRs", "where the pods have their addresses", usual, free.String())
	}
	if !allIn(taken, c.ClusterCIDRs) {
		c.ClusterCIDRs = nil // it is somebody's who did not think of these regions: validate says what follows
	}
	return nil
}

func allIn(list, within []netip.Prefix) bool {
	return !slices.ContainsFunc(list, func(p netip.Prefix) bool { return !claim.InAny(p, within) })
}

// homePods: pods of a plugin that is the provider's own have addresses of its network.
func (s *sketch) homePods(i int) {
	r := &s.spec().Regions[i]
	if p := s.pluginOf(r); len(r.PodCIDRs) == 0 && p.Home.IsKnown() && p.Home.Value == r.Provider {
		r.PodCIDRs = slices.Clone(r.NodeCIDRs)
	}
}

// block is where pods' ranges are cut from, and how long they are.
func (s *sketch) block(needed bool) (within netip.Prefix, bits int, err error) {
	regions := len(s.spec().Regions)
	if len(s.known.pods) > 0 && s.known.pods[0].Addr().Is4() {
		within = s.known.pods[0]
		return within, min(within.Bits()+room(regions), 30), nil
	}
	if usual := s.distribution().Pods.Value; len(usual) > 0 && s.usable(usual[0].Prefix) {
		return usual[0].Prefix, usual[0].Prefix.Bits() + room(regions), nil
	}
	if !needed {
		return netip.Prefix{}, 0, nil
	}
	free, err := ipam.Suggest(s.Topology, ipam.Request{Role: claim.RolePod, Bits: podBits - room(regions)})
	if err != nil {
		return netip.Prefix{}, 0, err
	}
	return free[0], podBits, nil
}

// part is the first part of a prefix, of that length, that overlaps none of the others.
func part(of netip.Prefix, bits int, taken []netip.Prefix) (netip.Prefix, bool) {
	for p := netip.PrefixFrom(of.Masked().Addr(), bits); of.Contains(p.Addr()); p = netip.PrefixFrom(claim.Last(p).Next(), bits) {
		if !slices.ContainsFunc(taken, p.Overlaps) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// room is how many bits tell n regions apart, and leave as much again for others.
func room(n int) int {
	bits := 1
	for 1<<bits < n+1 {
		bits++
	}
	return bits
}

// network describes the provider's network, where routes in it can be rendered.
func (s *sketch) network(i int) {
	r := &s.spec().Regions[i]
	sample := provider.SampleOf(r.Provider)
	if r.SubnetMode = sample.SubnetMode; r.SubnetMode != "" {
		s.note(regionPath(i)+".subnetMode", "Or auto, where the provider makes the subnets: it keeps a range for them.")
	}
	if r.Network = sample.Network; len(r.Network.Clouds()) > 0 {
		s.propose(regionPath(i)+".network", "what the provider calls its network", "a name to be replaced by your own, so that routes to the gateways are rendered", sampleNames)
	}
}

// sampleNames is what stands where a name has to be the user's.
const sampleNames = "change-me"

// pluginOf is the plugin of a region: one that is a provider's own runs in that one's regions.
func (s *sketch) pluginOf(r *schema.Region) pluginFacts {
	p := facts.Plugin(cmp.Or(s.answers.Plugin, s.known.plugin, s.usualPlugin()))
	if p.Home.IsKnown() && p.Home.Value != r.Provider && slices.ContainsFunc(s.spec().Regions, func(o schema.Region) bool { return o.Provider == p.Home.Value }) {
		return facts.FirstPlugin()
	}
	return *p
}

// usualPlugin is what a cluster runs of which nobody says it: of a managed one that was read, its
// provider's own.
func (s *sketch) usualPlugin() schema.CNIType {
	home := s.distribution().Home
	for _, p := range facts.Plugins() {
		if s.read && home.IsKnown() && p.Home.IsKnown() && p.Home.Value == home.Value {
			return p.Type
		}
	}
	return facts.FirstPlugin().Type
}

// plugin chooses how pods' packets travel.
func (s *sketch) plugin(i int) {
	r := &s.spec().Regions[i]
	p := s.pluginOf(r)
	path := regionPath(i) + ".cni"
	if s.answers.Plugin == "" && s.known.plugin == "" {
		s.propose(path, "the network plugin", usual, p.Title)
	}
	if p.Type == s.known.plugin {
		r.CNI = s.known.cni
	}
	r.CNI.Type = p.Type
	r.CNI.Version = cmp.Or(s.answers.PluginVersion, r.CNI.Version)
	if r.CNI.Version == "" && p.Versions.Read.IsKnown() {
		r.CNI.Version = p.Versions.Read.Value.Newest
		if s.known.plugin != "" {
			s.propose(path, "the version of the plugin", usual, string(r.CNI.Version))
		}
	}
	if r.CNI.Tunnel == "" {
		r.CNI.Tunnel = tunnelOf(p)
	}
	if r.CNI.MTU == 0 && mtu.Encapsulates(r) {
		r.CNI.MTU = mtu.Fits(r)
	}
}

// tunnelOf is what carries pods everywhere: networks of providers have no routes to them.
func tunnelOf(p pluginFacts) schema.TunnelProtocol {
	if p.Carries.IsKnown() {
		return p.Carries.Value
	}
	i := slices.IndexFunc(p.Tunnels.Value, func(t plugin.Tunnel) bool { return !t.Encrypts.Value })
	if i < 0 {
		return ""
	}
	return p.Tunnels.Value[i].Protocol
}

// gateways chooses what runs them, and proposes hosts.
func (s *sketch) gateways(i int) {
	r := &s.spec().Regions[i]
	known := s.distribution()
	switch {
	case r.Gateways.Mode != "" && known.StartsAlone.Value:
	case i == 0:
		r.Gateways.Mode = schema.ModeDaemonSet
	case known.StartsAlone.Value:
		r.Gateways.Mode = schema.ModeStaticPod
	default:
		r.Gateways.Mode = schema.ModeHost
	}
	if r.Gateways.Mode == schema.ModeDaemonSet {
		r.Gateways.NodeSelector = s.selector()
	}
	sample := provider.SampleOf(r.Provider)
	if len(r.Gateways.Nodes) == 0 {
		r.Gateways.Nodes = []schema.GatewayNode{{Name: r.Name + "-1", InternalIP: host(r.NodeCIDRs[0], gatewayHost)}}
		s.propose(regionPath(i)+".gateways.nodes", "which nodes are to be gateways, by their names and addresses", usual, r.Gateways.Nodes[0].Name)
	}
	for j := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[j]
		n.Zone, n.Instance, n.NetworkInterface = cmp.Or(n.Zone, sample.Zone), cmp.Or(n.Instance, sample.Instance), cmp.Or(n.NetworkInterface, sample.NetworkInterface)
	}
}

// selector is that of a DaemonSet that was read, or ours.
func (s *sketch) selector() map[string]string {
	for _, r := range s.known.routers {
		if len(r.selector) > 0 {
			return r.selector
		}
	}
	return map[string]string{"tailscale": "true"}
}

// apiServer is where kubelets find the API server.
func (s *sketch) apiServer() {
	a, k := &s.spec().Cluster.APIServer, s.known
	a.Endpoint = k.endpoint
	a.Addresses = cmpOr(s.answers.APIServers, k.servers)
	for _, n := range k.nodes {
		if n.server && len(n.addresses) > 0 && len(s.answers.APIServers) == 0 && !slices.Contains(a.Addresses, n.addresses[0]) {
			a.Addresses = append(a.Addresses, n.addresses[0])
		}
	}
	if len(a.Addresses) == 0 {
		a.Addresses = []netip.Addr{host(s.spec().Regions[0].NodeCIDRs[0], serverHost)}
		s.propose("spec.cluster.apiServer", "the API servers' own addresses", usual, a.Addresses[0].String())
	}
}

func cmpOr[T any](a, b []T) []T {
	if len(a) > 0 {
		return a
	}
	return b
}

// host is the nth address of a prefix.
func host(p netip.Prefix, n int) netip.Addr {
	a := p.Masked().Addr()
	for range n {
		a = a.Next()
	}
	return a
}
