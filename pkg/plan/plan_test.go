package plan_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func twoRegions(regions ...schema.Region) *schema.Topology {
	t := &schema.Topology{APIVersion: schema.APIVersion, Kind: schema.KindTopology}
	t.Metadata.Name = "test"
	t.Spec.Tailnet = schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"}
	t.Spec.Regions = regions
	return t
}

func region(name, nodes, pods string, gateways ...string) schema.Region {
	r := schema.Region{
		Name: name, Provider: "bare-metal",
		NodeCIDRs: []netip.Prefix{netip.MustParsePrefix(nodes)},
		PodCIDRs:  []netip.Prefix{netip.MustParsePrefix(pods)},
		CNI:       schema.CNI{Type: schema.CNICilium, Version: "1.17.4"},
		Gateways:  schema.Gateways{Mode: schema.ModeDaemonSet},
	}
	for i, g := range gateways {
		r.Gateways.Nodes = append(r.Gateways.Nodes, schema.GatewayNode{
			Name: fmt.Sprintf("%s-%d", name, i+1), InternalIP: netip.MustParseAddr(g),
		})
	}
	return r
}

// Fields that were left out are filled in on a copy.
func ExampleNew() {
	topology := &schema.Topology{Spec: schema.Spec{Tailnet: schema.Tailnet{TailscaleVersion: "1.84.3"}}}
	fmt.Println(plan.New(topology).Topology.Spec.Tailnet.Image)
	fmt.Println(topology.Spec.Tailnet.Image == "")
	// Output:
	// ghcr.io/tailscale/tailscale:v1.84.3
	// true
}

// What each region's nodes send to their gateways: what the others advertise.
func ExampleRegion_Transit() {
	p := plan.New(twoRegions(
		region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11"),
		region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11")))
	for i := range p.Regions {
		fmt.Println(p.Regions[i].Region.Name, p.Regions[i].Transit())
	}
	// Output:
	// cloud [10.142.0.0/20 10.143.0.0/24]
	// dc [10.0.0.0/22 10.61.0.0/16]
}

// A plan of a complete topology says the same again.
func TestCompleteOnce(t *testing.T) {
	top := twoRegions(
		region("b", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"),
		region("a", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"))
	top.Spec.Regions[0].Gateways.Mode = schema.ModeStaticPod
	top.Spec.Regions[0].Gateways.HA.Strategy = schema.HASupersets
	once := plan.New(top)
	if twice := plan.New(once.Topology); fmt.Sprint(twice.Topology) != fmt.Sprint(once.Topology) {
		t.Errorf("%v\n%v", once.Topology, twice.Topology)
	}
	if len(top.Spec.Regions[0].Gateways.Nodes[0].Supersets) != 0 {
		t.Error("the topology was changed")
	}
	named := once.ByName()
	if named.Regions[0].Region.Name != "a" || named.ByName() != named || once.Regions[0].Region.Name != "b" {
		t.Errorf("regions are %s, %s", named.Regions[0].Region.Name, named.Regions[1].Region.Name)
	}
}

// What the planner chooses takes in nothing foreign, whatever lies around: compared
// with a look at each prefix of the topology.
func TestSupersetsEqualOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	fit := 0
	for range 2000 {
		top := randomTopology(random)
		for i := range top.Spec.Regions {
			top.Spec.Regions[i].Gateways.HA.Strategy = schema.HASupersets
		}
		p := plan.New(top)
		for i := range p.Regions {
			want := slowSupersets(&top.Spec, i)
			for j, n := range p.Regions[i].Region.Gateways.Nodes {
				if !slices.Equal(n.Supersets, want[j]) {
					t.Fatalf("gateway %d of region %d: %v, want %v in %+v", j, i, n.Supersets, want[j], top.Spec)
				}
			}
			if p.Regions[i].SupersetsFit() {
				fit++
			}
		}
	}
	if fit < 100 {
		t.Errorf("supersets fit %d times: the regions are too crowded to show anything", fit)
	}
}

// slowSupersets chooses by looking at every prefix of the topology for each candidate.
func slowSupersets(s *schema.Spec, i int) [][]netip.Prefix {
	own := s.Regions[i].Advertised()
	taken := slices.Clone(own)
	for _, n := range s.Regions[i].Gateways.Nodes {
		taken = append(taken, n.Supersets...)
	}
	var all [][]netip.Prefix
	for _, n := range s.Regions[i].Gateways.Nodes {
		chosen := n
		for _, p := range own {
			if len(n.Supersets) > 0 || chosen.Covers(p) {
				continue
			}
			for bits := p.Bits() - 1; bits > 0; bits-- {
				wide := netip.PrefixFrom(p.Addr(), bits).Masked()
				if !schema.IsPrivate(wide) || slices.ContainsFunc(foreignTo(s, i), wide.Overlaps) {
					break
				}
				if !slices.Contains(taken, wide) {
					chosen.Supersets = append(slices.Clone(chosen.Supersets), wide)
					taken = append(taken, wide)
					break
				}
			}
		}
		all = append(all, chosen.Supersets)
	}
	return all
}

func foreignTo(s *schema.Spec, i int) []netip.Prefix {
	all := slices.Concat(s.Cluster.ServiceCIDRs, s.ExternalCIDRs, []netip.Prefix{schema.TailnetIPv4(), schema.TailnetIPv6()})
	hosts := slices.Clone(s.Cluster.APIServer.Addresses)
	for j := range s.Regions {
		all = slices.Concat(all, s.Regions[j].TransitCIDRs, s.Regions[j].FabricCIDRs)
		if j != i {
			all = slices.Concat(all, s.Regions[j].NodeCIDRs, s.Regions[j].PodCIDRs)
		}
		for _, n := range s.Regions[j].Gateways.Nodes {
			hosts = append(hosts, n.PublicIP)
		}
	}
	for _, a := range hosts {
		if a.IsValid() && !slices.ContainsFunc(s.Regions[i].Advertised(), func(p netip.Prefix) bool { return p.Contains(a) }) {
			all = append(all, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return slices.DeleteFunc(all, func(p netip.Prefix) bool { return !p.IsValid() })
}

// New decides about whatever loading can give, and so do the methods of its regions.
func TestNewIsTotal(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		p := plan.New(randomTopology(random)).ByName()
		p.GatewayPrefixes()
		for i := range p.Regions {
			r := &p.Regions[i]
			r.Remote()
			r.Transit()
			r.Tunnel()
			r.Advice()
			r.Devices()
			if r.Cloud != nil {
				r.Cloud.Routes()
				r.Cloud.Rules()
			}
			if got := r.NodeRouters(); !slices.IsSorted(got) || len(got) == 0 != (len(r.Region.Gateways.Nodes) == 0 || r.Apart) {
				t.Fatalf("node routers %v of %+v", got, r.Region.Gateways)
			}
			for j := range r.Region.Gateways.Nodes {
				r.Routes(j)
			}
		}
	}
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// randomTopology leaves out, repeats and mixes up what it can, and puts the zero value
// where loading does for what it could not read.
func randomTopology(r *rand.Rand) *schema.Topology {
	t := &schema.Topology{}
	t.Metadata.Name = pick(r, "", "x", "a-long-name-of-a-topology")
	s := &t.Spec
	s.Cluster.ServiceCIDRs = randomPrefixes(r, 2)
	s.Cluster.NonMasqueradeCIDRs = randomPrefixes(r, 1)
	s.Cluster.APIServer.Addresses = []netip.Addr{randomAddr(r), {}}
	s.ExternalCIDRs = randomPrefixes(r, 1)
	s.Tailnet.TailscaleVersion = pick[schema.Version](r, "", "1.84.3", "1.98.0", "x")
	s.Tailnet.GatewaySource = pick(r, "", schema.SourceTailnetIP)
	s.Tailnet.NetfilterMode = pick(r, "", schema.NetfilterOn)
	s.Tailnet.IPPool = randomPrefixes(r, 1)
	s.Tailnet.Auth.WorkloadIdentity.ClientID = pick(r, "", "T1")
	for range r.IntN(4) {
		s.Regions = append(s.Regions, randomRegion(r))
	}
	return t
}

func randomRegion(r *rand.Rand) schema.Region {
	g := schema.Region{
		Name:     pick(r, "", "a", "b", "region-with-a-very-long-name"),
		Provider: pick(r, "", "bare-metal", schema.ProviderAWS, schema.ProviderGCP, schema.ProviderAzure, schema.ProviderAlibaba),
		MaxNodes: r.IntN(3), NodeCIDRs: randomPrefixes(r, 2), PodCIDRs: randomPrefixes(r, 2), FabricCIDRs: randomPrefixes(r, 1),
	}
	g.Network.AWS.Region = pick(r, "", "eu-central-1")
	g.Network.GCP.Project = pick(r, "", "p")
	g.Network.Azure.ResourceGroup = pick(r, "", "p")
	g.Network.Alibaba.Region = pick(r, "", "p")
	g.Network.EgressFiltered = r.IntN(2) == 0
	g.CNI.Type = pick(r, "", schema.CNICilium, schema.CNICalico)
	g.HostAddress = pick(r, "", schema.HostAddressGiven, schema.HostAddressMade)
	g.Gateways.Mode = pick(r, "", schema.ModeDaemonSet, schema.ModeStaticPod, schema.ModePerNode)
	g.Gateways.HA.Strategy = pick(r, "", schema.HASingle, schema.HARelay, schema.HASupersets)
	for range r.IntN(3) {
		g.Gateways.Nodes = append(g.Gateways.Nodes, schema.GatewayNode{
			Name: pick(r, "", "n", "auth"), InternalIP: randomAddr(r), InternalIPv6: randomAddr(r), PublicIP: randomAddr(r),
			TailnetIP: randomAddr(r), PodCIDRs: randomPrefixes(r, 1), NodeRouter: r.IntN(2) == 0,
			Supersets: pick(r, nil, randomPrefixes(r, 1)), Zone: pick(r, "", "z"),
		})
	}
	return g
}

func randomPrefixes(r *rand.Rand, most int) []netip.Prefix {
	var list []netip.Prefix
	for range r.IntN(most + 1) {
		a := randomAddr(r)
		if !a.IsValid() {
			list = append(list, netip.Prefix{})
			continue
		}
		list = append(list, netip.PrefixFrom(a, 8+r.IntN(a.BitLen()-7)))
	}
	return list
}

// randomAddr is invalid, IPv4 or IPv6, close to others.
func randomAddr(r *rand.Rand) netip.Addr {
	switch r.IntN(5) {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom16([16]byte{0xfd, byte(r.IntN(2)), 14: byte(r.IntN(2))})
	}
	return netip.AddrFrom4([4]byte{10, byte(r.IntN(4) << r.IntN(6)), byte(r.IntN(4)), byte(r.IntN(256))})
}
