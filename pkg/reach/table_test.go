package reach

import (
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"net/netip"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// combination is a line of the table: what region "one" is, and what stands beside it.
type combination struct {
	provider string
	plugin   schema.CNIType
	ipam     schema.IPAM
	tunnel   schema.TunnelProtocol
	mode     schema.GatewayMode
	// runner is what runs gateways with mode perNode.
	runner    schema.Runner
	podRoutes schema.PodRoutes
	peer      peer
	gateways  gateways
	// untold: the region does not describe its network.
	untold bool
	// open: the policy allows everything between regions.
	open bool
	// narrow: the cluster's own network, where a plugin has one, holds pods alone.
	narrow bool
}

// peer is what region "two" is.
type peer string

const (
	twin     peer = "twin"     // the same again
	sameCNI  peer = "same CNI" // a LAN with the same plugin, where that can be
	otherCNI peer = "other CNI"
	third    peer = "third" // the same CNI, and a third region with another one
)

// gateways are how many region "one" has, and how they share the work.
type gateways string

const (
	one       gateways = "one"
	two       gateways = "two"
	twoZones  gateways = "two zones"
	superset  gateways = "supersets"
	tailnetIP gateways = "one, from tailnet addresses"
	rented    gateways = "three rented hosts"
)

func (c combination) String() string {
	return fmt.Sprintf("%s, %s, ipam %q, tunnel %q, %s (runner %q), podRoutes %q, peer %s, gateways %s, untold %t, narrow %t, open %t",
		c.provider, c.plugin, c.ipam, c.tunnel, c.mode, c.runner, c.podRoutes, c.peer, c.gateways, c.untold, c.narrow, c.open)
}

// combinations are all that the schema can say of provider, plugin, IPAM, tunnel, mode and
// pods' routes. What else differs takes turns.
func combinations() []combination {
	providers := []string{"acme"}
	for _, p := range facts.Providers() {
		providers = append(providers, p.Name)
	}
	var all []combination
	n := 0
	for _, provider := range providers {
		for _, plugin := range facts.Plugins() {
			start := n
			for _, ipam := range []schema.IPAM{"", schema.IPAMMultiPool, schema.IPAMKubernetes, schema.IPAMClusterPool, schema.IPAMCloud} {
				if !readsIPAM(plugin.Type) {
					n = start // the same again
				}
				for _, tunnel := range []schema.TunnelProtocol{"", schema.TunnelNone, schema.TunnelVXLAN, schema.TunnelGeneve, schema.TunnelIPIP, schema.TunnelWireGuard} {
					for _, mode := range []schema.GatewayMode{schema.ModeDaemonSet, schema.ModeStaticPod, schema.ModePerNode, schema.ModeHost} {
						for _, routes := range []schema.PodRoutes{"", schema.PodRoutesNodes, schema.PodRoutesNetwork} {
							all = append(all, combination{
								provider: provider, plugin: plugin.Type, ipam: ipam, tunnel: tunnel, mode: mode, podRoutes: routes,
								peer:     []peer{twin, sameCNI, otherCNI, third}[n%4],
								gateways: []gateways{one, two, twoZones, superset, tailnetIP}[n%5],
								runner:   runner(mode, n),
								untold:   n%7 == 6,
								narrow:   n%11 > 5,
								open:     n%13 > 9,
							})
							n++
						}
					}
				}
			}
		}
	}
	return append(all, rentedHosts(providers)...)
}

// runner takes turns, where it can be chosen.
func runner(mode schema.GatewayMode, n int) schema.Runner {
	if mode == schema.ModePerNode && n%2 == 1 {
		return schema.RunnerHost
	}
	return ""
}

// rentedHosts are regions of hosts that no network joins, whoever rents them out.
func rentedHosts(providers []string) []combination {
	var all []combination
	n := 0
	for _, provider := range providers {
		for _, plugin := range facts.Plugins() {
			for _, ipam := range []schema.IPAM{"", schema.IPAMKubernetes} {
				if ipam != "" && !readsIPAM(plugin.Type) {
					continue
				}
				for _, tunnel := range []schema.TunnelProtocol{"", schema.TunnelNone, schema.TunnelVXLAN, schema.TunnelGeneve, schema.TunnelIPIP, schema.TunnelWireGuard} {
					all = append(all, combination{
						provider: provider, plugin: plugin.Type, ipam: ipam, tunnel: tunnel, mode: schema.ModePerNode, runner: runner(schema.ModePerNode, n),
						peer: []peer{twin, sameCNI, otherCNI, third}[n%4], gateways: rented, narrow: n%11 > 5, open: n%13 > 9,
					})
					n++
				}
			}
		}
	}
	return all
}

// readsIPAM reports whether a plugin reads cni.ipam: "the source of pods' addresses for
// Cilium" (schema/topology.cue).
func readsIPAM(t schema.CNIType) bool { return t == schema.CNICilium }

// topology is what a user would write.
func (c combination) topology() *schema.Topology {
	t := &schema.Topology{APIVersion: schema.APIVersion, Kind: schema.KindTopology}
	t.Metadata.Name = "walk"
	s := &t.Spec
	s.Cluster = schema.Cluster{KubernetesVersion: "1.33.1", ClusterCIDRs: cidrs("10.0.0.0/8")}
	s.Cluster.CloudController = schema.CloudControllerNone
	s.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.8.0.5")}
	s.Tailnet = schema.Tailnet{TailscaleVersion: "1.98.0", Tag: "tag:k8s", IPPool: cidrs("100.80.0.0/16")}
	s.Tailnet.Policy.Flows = []schema.Flow{{Name: "ssh", Sources: schema.EndpointNodes, Targets: schema.EndpointNodes, Ports: []string{"tcp:22"}}}
	if c.open {
		s.Tailnet.Policy.Access = schema.AccessAllowAll
	}
	if c.narrow {
		s.Cluster.ClusterCIDRs = cidrs("10.64.0.0/10")
	}
	if c.gateways == tailnetIP {
		s.Tailnet.GatewaySource = schema.SourceTailnetIP
	}
	s.Regions = []schema.Region{c.region(), c.second()}
	if c.peer == third {
		s.Regions = append(s.Regions, combination{plugin: c.plugin, peer: otherCNI}.second())
		r := &s.Regions[2]
		r.Name, r.NodeCIDRs, r.PodCIDRs = "three", cidrs("10.16.0.0/22"), cidrs("10.80.0.0/16")
		r.Gateways.Nodes = nodes(r, []string{"10.16.0.11"}, []string{"zone-a"})
	}
	return t
}

// region is region "one".
func (c combination) region() schema.Region {
	r := schema.Region{Name: "one", Provider: c.provider, NodeCIDRs: cidrs("10.8.0.0/22"), PodCIDRs: cidrs("10.72.0.0/16"), SubnetMode: schema.SubnetModeCustom}
	r.CNI = schema.CNI{Type: c.plugin, Version: version(c.plugin), IPAM: c.ipam, Tunnel: c.tunnel, PodRoutes: c.podRoutes, MTU: 1200}
	r.Gateways.Mode, r.Gateways.Runner = c.mode, c.runner
	zones := []string{"zone-a", "zone-a"}
	addresses := []string{"10.8.0.11"}
	switch c.gateways {
	case two, superset:
		addresses, zones = append(addresses, "10.8.0.12"), []string{"", ""}
	case twoZones:
		addresses, zones[1] = append(addresses, "10.8.1.12"), "zone-b"
	}
	if c.gateways == rented {
		r.HostAddress = schema.HostAddressMade
		r.Gateways.Nodes = nodes(&r, []string{"10.8.0.11", "10.8.1.12", "10.8.0.13"}, []string{"zone-a", "zone-a", "zone-a"})
		for i := range r.Gateways.Nodes {
			r.Gateways.Nodes[i].PublicIP = netip.AddrFrom4([4]byte{9, 9, byte(i), 9})
		}
		return r
	}
	if c.mode == schema.ModePerNode {
		addresses, zones = append(addresses, "10.8.0.13"), append(zones[:len(addresses)], zones[0])
	}
	if c.gateways == superset && (c.mode == schema.ModeStaticPod || c.mode == schema.ModeHost) {
		r.Gateways.HA.Strategy = schema.HASupersets
	}
	r.Gateways.Nodes = nodes(&r, addresses, zones)
	c.describe(&r)
	return r
}

// second is region "two".
func (c combination) second() schema.Region {
	r := schema.Region{Name: "two", Provider: "bare-metal", NodeCIDRs: cidrs("10.12.0.0/22"), PodCIDRs: cidrs("10.76.0.0/16"), SubnetMode: schema.SubnetModeCustom}
	r.Gateways.Mode = schema.ModeStaticPod
	switch c.peer {
	case twin:
		r.Provider = c.provider
		r.CNI = c.region().CNI
	case sameCNI, third:
		r.CNI = c.region().CNI
		r.CNI.PodRoutes = ""
	case otherCNI:
		r.CNI = schema.CNI{Type: schema.CNICalico, Version: version(schema.CNICalico)}
		if c.plugin == schema.CNICalico {
			r.CNI = schema.CNI{Type: schema.CNICilium, Version: version(schema.CNICilium)}
		}
	}
	r.Gateways.Nodes = nodes(&r, []string{"10.12.0.11"}, []string{"zone-a"})
	c.describe(&r)
	return r
}

// nodes are gateways; with perNode the pods' blocks are those of their turn.
func nodes(r *schema.Region, addresses, zones []string) []schema.GatewayNode {
	var all []schema.GatewayNode
	for i, a := range addresses {
		n := schema.GatewayNode{Name: fmt.Sprintf("%s-%d", r.Name, i+1), InternalIP: netip.MustParseAddr(a), Zone: zones[i]}
		if r.Gateways.Mode == schema.ModePerNode {
			b := r.PodCIDRs[0].Addr().As4()
			b[2] += byte(i + 1)
			n.PodCIDRs = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4(b), 24)}
		}
		all = append(all, n)
	}
	return all
}

// describe says what the region's network is called, where there are words for it.
func (c combination) describe(r *schema.Region) {
	if c.untold {
		return
	}
	switch r.Provider {
	case "aws":
		r.Network.AWS = schema.AWSNetwork{Region: "eu-central-1", RouteTables: []string{"rtb-0a1b2c3d4e5f60718"}}
	case "gcp":
		r.Network.GCP = schema.GCPNetwork{Project: "ai-prod-4711", Name: "k8s"}
	case "azure":
		r.Network.Azure = schema.AzureNetwork{ResourceGroup: "ai", RouteTables: []string{"nodes"}}
	case "alibaba":
		r.Network.Alibaba = schema.AlibabaNetwork{Region: "eu-central-1", RouteTables: []string{"vtb-bp1a2b3c4d5e6f7g8"}}
	}
	for i := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[i]
		switch r.Provider {
		case "aws":
			n.NetworkInterface = fmt.Sprintf("eni-0a1b2c3d4e5f6071%d", i)
		case "azure":
			n.NetworkInterface = fmt.Sprintf("card-%d", i)
		case "alibaba":
			n.Instance = fmt.Sprintf("i-bp1a2b3c4d5e6f7g%d", i)
		}
	}
}

// version is one that has all that a topology may ask of the plugin.
func version(t schema.CNIType) schema.Version {
	switch t {
	case schema.CNICilium:
		return "1.18.2"
	case schema.CNICalico:
		return "3.30.2"
	}
	return ""
}

func cidrs(s ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range s {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// newWorld puts up the hosts of a combination: its gateways and, where not every node is
// one, two more in each region.
func newWorld(t *schema.Topology, f Files) (*World, error) {
	var machines []Machine
	for i := range t.Spec.Regions {
		s := &t.Spec.Regions[i]
		n := 0
		add := func(name, zone string, a netip.Addr) *Machine {
			n++
			pods := s.PodCIDRs[0].Addr().As4()
			pods[2] += byte(n)
			m := Machine{Name: name, Region: s.Name, Zone: zone, Address: a, Block: netip.PrefixFrom(netip.AddrFrom4(pods), 24)}
			m.Subnet = netip.PrefixFrom(a, 24).Masked()
			if p := networkOf(s, false); p.fabric == flat {
				m.Subnet = s.NodeCIDRs[0]
			}
			pods[3] = 9
			m.Pod = netip.AddrFrom4(pods)
			machines = append(machines, m)
			return &machines[len(machines)-1]
		}
		for j := range s.Gateways.Nodes {
			g := &s.Gateways.Nodes[j]
			m := add(g.Name, g.Zone, g.InternalIP)
			m.Gateway, m.Tailnet = true, netip.AddrFrom4([4]byte{100, 80, s.NodeCIDRs[0].Addr().As4()[1], g.InternalIP.As4()[3]})
			if len(g.PodCIDRs) > 0 {
				m.Block = g.PodCIDRs[0]
			}
		}
		if s.Gateways.Mode == schema.ModePerNode {
			continue
		}
		for _, last := range []byte{21, 22} {
			a := s.NodeCIDRs[0].Addr().As4()
			a[3] = last
			add(fmt.Sprintf("%s-plain-%d", s.Name, last), s.Gateways.Nodes[0].Zone, netip.AddrFrom4(a))
		}
	}
	return New(t, f, machines)
}

// The ports by which ends speak: kubelets, pods, and one that the topology grants to nodes.
const (
	kubelet = 10250
	podPort = 8080
	ssh     = 22
)

func port(from, to End) int {
	switch {
	case to.Pod:
		return podPort
	case from.Pod:
		return kubelet
	}
	return ssh
}

// walkAll walks from every end to every other one, and returns the first loss.
func (w *World) walkAll() (walked int, l *lost) {
	w.brief = true // every pair is asked both ways
	for _, from := range w.Ends() {
		for _, to := range w.Ends() {
			if from == to {
				continue
			}
			walked++
			if l := w.walk(from, to, port(from, to)); l != nil {
				l.why = fmt.Sprintf("%s does not reach %s: %s", from, to, l.why)
				return walked, l
			}
		}
	}
	return walked, nil
}

// verdict is what became of a combination.
type verdict struct {
	// refused are the codes of errors.
	refused []diag.Code
	// told are the warnings whose advice had to be followed.
	told   []string
	walked int
	lost   *lost
}

// judge validates a combination and, unless that refuses it, renders it and walks.
// Those that differ in an IPAM alone which nobody reads are rendered alike: of them one
// walks, and some of the others are compared with it.
func (j *judge) verdict(c combination) (v verdict, err error) {
	t := c.topology()
	list := validate.Topology(t)
	warned := map[string]bool{}
	for _, d := range list {
		if d.Severity == diag.Error {
			v.refused = append(v.refused, d.Code)
		}
		warned[string(d.Code)] = warned[string(d.Code)] || d.Severity == diag.Warning
	}
	if len(v.refused) > 0 {
		slices.Sort(v.refused)
		v.refused = slices.Compact(v.refused)
		return v, nil
	}
	key := c
	if !readsIPAM(c.plugin) {
		key.ipam = ""
	}
	old, again := j.seen[key]
	if again {
		j.skipped++
	}
	if again && j.skipped%50 != 0 {
		old.verdict.walked = 0
		return old.verdict, nil
	}
	f, err := rendered(t)
	if err != nil {
		return v, err
	}
	if again {
		if sum := f.sum(); sum != old.sum {
			return v, errors.New("an IPAM that the plugin does not read changes what is rendered")
		}
		return old.verdict, nil
	}
	w, err := newWorld(t, f)
	if err != nil {
		return v, err
	}
	v, err = w.verdict(warned, notes(t))
	j.seen[key] = judged{v, f.sum()}
	return v, err
}

// judge remembers what it has rendered.
type judge struct {
	seen    map[combination]judged
	skipped int
}

// judged is a verdict, and what the tree was that it is about.
type judged struct {
	verdict verdict
	sum     uint64
}

// seed is that of sums of trees in this run.
var seed = maphash.MakeSeed()

// sum tells trees apart, but for what they say that they were rendered from.
func (f Files) sum() uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, path := range slices.Sorted(maps.Keys(f)) {
		if path != render.FromPath {
			h.WriteString(path + "\x00" + f[path] + "\x00")
		}
	}
	return h.Sum64()
}

// rendered is the tree in memory.
func rendered(t *schema.Topology) (Files, error) {
	f := Files{}
	for file, err := range render.Files(plan.New(t), nil) {
		if err != nil {
			return nil, err
		}
		f[file.Path] = string(file.Data)
	}
	return f, nil
}

// verdict walks in every election, and once more where a finding said what has to be done
// first.
func (w *World) verdict(warned, noted map[string]bool) (v verdict, err error) {
	for _, r := range w.regions {
		has, path, err := w.havePods(r)
		if err != nil {
			return v, err
		}
		if !has {
			v.lost = lose("no node of region %q gets addresses from %s", r.name, r.pods)
			v.lost.at.File = path
			return v, nil
		}
	}
	several := slices.ContainsFunc(w.regions, func(r *region) bool { return len(r.stated.Gateways.Nodes) > 1 })
	for i, e := range elections() {
		if i > 0 && !several {
			break
		}
		w.elect(e)
		walked, l := w.walkAll()
		for l != nil && warned[l.told] && !w.told[l.told] {
			w.told[l.told] = true
			v.told = append(v.told, l.told)
			w.elect(e)
			walked, l = w.walkAll()
		}
		v.walked += walked
		if l != nil && i > 1 && l.split && noted[splitPrimaries] {
			v.told = append(v.told, splitPrimaries)
			break // packets are lost in the lab, too: the known issue says so
		}
		if l != nil && i > 0 && warned[string(validate.CodeCloudStandby)] {
			v.told = append(v.told, string(validate.CodeCloudStandby))
			break // only the first gateway may be primary: that is what it says
		}
		if l != nil {
			l.why = e.name + ": " + l.why
			v.lost = l
			return v, nil
		}
	}
	return v, nil
}

// notes are the codes of the known issues that the topology has and that nobody is warned of.
func notes(t *schema.Topology) map[string]bool {
	noted := map[string]bool{}
	for _, d := range issues.Notes(plan.New(t)) {
		noted[string(d.Code)] = true
	}
	return noted
}

// splitPrimaries is the known issue of what is lost while a region's routes have different
// primaries.
const splitPrimaries = "gateway-pods-split-primaries"

// digits tell losses of one kind apart.
var digits = regexp.MustCompile(`[0-9./]+`)

// TestEveryCombination: each is refused, or packets find their way from every node and
// pod to every other one.
func TestEveryCombination(t *testing.T) {
	// Thousands of small trees, each soon forgotten: collecting them costs a quarter of it all.
	before := debug.SetGCPercent(800)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	all := combinations()
	if len(all) < 2000 {
		t.Errorf("%d combinations", len(all))
	}
	codes, told, bad := map[diag.Code]int{}, map[string]int{}, map[string][]string{}
	refused, whole, alone, advised, walked := 0, 0, 0, 0, 0
	j := &judge{seen: map[combination]judged{}}
	for _, c := range all {
		v, err := j.verdict(c)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		walked += v.walked
		for _, code := range v.told {
			told[code]++
		}
		switch {
		case len(v.refused) > 0:
			refused++
			for _, code := range v.refused {
				codes[code]++
			}
		case v.lost != nil:
			kind := digits.ReplaceAllString(v.lost.why[strings.LastIndex(v.lost.why, ": ")+2:], "N")
			bad[kind] = append(bad[kind], fmt.Sprintf("%s%s", c, v.lost))
		default:
			whole++
			if c.gateways == rented {
				alone++
			}
			if len(v.told) > 0 {
				advised++
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(bad)) {
		t.Errorf("%s: %d combinations are neither refused nor whole, such as\n%s", kind, len(bad[kind]), bad[kind][0])
	}
	t.Logf("%d combinations: %d refused; %d whole, %d of them once a warning is heard; %d walked, by %d ways, the others rendered alike", len(all), refused, whole, advised, len(j.seen), walked)
	if alone < 100 {
		t.Errorf("rented hosts are whole in %d combinations", alone)
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		t.Logf("refused by %s: %d", code, codes[code])
		if !slices.Contains(refusals(), code) {
			t.Errorf("%s refuses combinations, and has nothing to do with what is combined", code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(told)) {
		t.Logf("whole once %s is heard: %d", code, told[code])
	}
}

// refusals are the codes that refuse what is combined here. Any other one would hide
// combinations from the walk.
func refusals() []diag.Code {
	return []diag.Code{
		"azure-ipip", validate.CodeIPAM, validate.CodeCloudUntold, validate.CodeCloudTailnet, validate.CodeElsewhere, validate.CodeTunnelOther,
		validate.CodePerNodeIPAM, validate.CodeHostRoutes, validate.CodePodsSource, validate.CodePodsUnrouted,
	}
}
