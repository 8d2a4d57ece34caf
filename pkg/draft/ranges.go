package draft

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// What is proposed: 254 hosts of a region, 256 of them with the usual blocks of pods, and a range
// of services.
const (
	nodeBits    = 24
	podBits     = 16
	serviceBits = 16
)

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
		free, err := s.free(ipam.Request{Role: claim.RoleNode, Bits: nodeBits, Avoid: s.known.pods}, fmt.Sprintf("the hosts of region %q", r.Name))
		if err != nil {
			return err
		}
		r.NodeCIDRs = []netip.Prefix{free}
		s.propose(regionPath(i)+".nodeCIDRs", "the network on which the hosts have their addresses", usual, free.String())
	}
	if err := s.services(); err != nil {
		return err
	}
	return s.pods()
}

// FullError says that what somebody answered leaves nothing for what has to be proposed.
type FullError struct {
	// Region is the index of the answer that takes the most, Key what of it: "nodes" or "pods".
	Region int
	Key    string
	Prefix netip.Prefix
	// For is what nothing is free for, and Within where it was looked for.
	For    string
	Within []netip.Prefix
	// Say is the key by which somebody chooses that range; empty where none does.
	Say string
}

func (e *FullError) Error() string {
	way := "name the range that there really is"
	if e.Say != "" {
		way += ", or choose the other ranges yourself, by " + e.Say + "="
	}
	return fmt.Sprintf("%s %s leaves nothing free in %s for %s: %s", e.Key, e.Prefix, claim.Join(e.Within), e.For, way)
}

// free is a prefix that nobody has. Where what was read leaves none, one that is not free is taken:
// the topology is written in any case, and what it says of the overlap is above the field.
func (s *sketch) free(r ipam.Request, whose string) (netip.Prefix, error) {
	free, err := ipam.Suggest(s.Topology, r)
	if err == nil {
		return free[0], nil
	}
	return s.none(r, whose)
}

// none is what stands for a prefix where none is free.
func (s *sketch) none(r ipam.Request, whose string) (netip.Prefix, error) {
	within := []netip.Prefix{r.Within}
	if !r.Within.IsValid() {
		within = schema.PrivateBlocks()[:3]
	}
	if full := s.fullest(within); full != nil {
		full.For, full.Within = whose, within
		full.Say = map[claim.Role]string{claim.RoleNode: "nodes", claim.RolePod: "pods"}[r.Role]
		return netip.Prefix{}, full
	}
	if p, ok := part(within[0], r.Bits, s.spec().Cluster.ServiceCIDRs); ok {
		return p, nil
	}
	return netip.PrefixFrom(within[0].Addr(), r.Bits), nil
}

// fullest is the widest answer that takes from the prefixes; nil where there is none, and where what
// was read may have taken more.
func (s *sketch) fullest(within []netip.Prefix) *FullError {
	var full *FullError
	for i, r := range s.answers.Regions {
		for _, of := range []struct {
			key  string
			list []netip.Prefix
		}{{"nodes", r.Nodes}, {"pods", r.Pods}} {
			for _, p := range of.list {
				whole := slices.ContainsFunc(within, func(w netip.Prefix) bool { return claim.InAny(w, []netip.Prefix{p}) })
				takes := whole || !s.read && overlap([]netip.Prefix{p}, within)
				if takes && (full == nil || p.Bits() < full.Prefix.Bits()) {
					full = &FullError{Region: i, Key: of.key, Prefix: p}
				}
			}
		}
	}
	return full
}

// addressesIn are addresses of hosts of a region that somebody named. Those that no host has say
// nothing of a network: what is wrong with them is said of themselves, and of nothing that was made
// of them.
func (s *sketch) addressesIn(i int) []netip.Addr {
	var list []netip.Addr
	for _, g := range s.spec().Regions[i].Gateways.Nodes {
		list = append(list, g.InternalIP)
	}
	if i == 0 {
		list = append(list, s.answers.APIServers...)
	}
	return slices.DeleteFunc(list, func(a netip.Addr) bool {
		_, nobodys := claim.Hostless(claim.Host(a))
		return nobodys
	})
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
	free, err := s.free(ipam.Request{Role: claim.RoleService, Bits: serviceBits, Avoid: s.known.pods}, "services")
	if err != nil {
		return err
	}
	c.ServiceCIDRs = []netip.Prefix{free}
	s.propose("spec.cluster.serviceCIDRs", "the range of services", "what the API server has to be told, too", free.String())
	return nil
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
			var err error
			if free, err = s.none(ipam.Request{Role: claim.RolePod, Bits: bits, Within: within}, fmt.Sprintf("the pods of region %q", r.Name)); err != nil {
				return err
			}
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
	free, err := s.free(ipam.Request{Role: claim.RolePod, Bits: podBits - room(regions)}, "pods")
	return free, podBits, err
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
