package acl

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// place is one kind of address in a region.
type place int

const (
	nodes place = iota
	pods
	apiServer
	balancer // the address that stands for all API servers
	gateways // the tailnet addresses of the gateways, by tag
)

// key is a number of its own for each list of places.
func key(places []place) int {
	n := 0
	for _, p := range places {
		n = n*int(gateways+2) + int(p) + 1
	}
	return n
}

// site is a region with the names that stand for its addresses.
type site struct {
	region *schema.Region
	plan   *plan.Region
	tag    string
	// selectors are what a rule says for each place: aliases, and a tag for gateways.
	selectors [gateways + 1][]string
	// probes are aliases of one address each, one for each alias of the same place:
	// the tests that a control server takes name single addresses.
	probes [gateways + 1][]string
	hosts  []Host
}

// newSite names what rules and tests say about the region. Aliases are unique
// because no suffix of one is the suffix of another.
func newSite(s *schema.Spec, planned *plan.Region) *site {
	r := planned.Region
	st := &site{region: r, plan: planned, tag: s.Tailnet.GatewayTag(r.Name)}
	base := schema.TagName(s.Tailnet.Tag) + "-" + r.Name
	st.prefixes(nodes, base+"-nodes", base+"-node-probe", r.NodeCIDRs)
	own := slices.DeleteFunc(slices.Clone(r.PodCIDRs), func(p netip.Prefix) bool { return slices.Contains(r.NodeCIDRs, p) })
	st.prefixes(pods, base+"-pods", base+"-pod-probe", own)
	st.share(r)
	for _, p := range s.Cluster.APIServer.In(r.Advertised()) {
		st.servers(base+"-api", p)
	}
	if at, ok := s.Cluster.APIServer.Balancer(); ok && cidr.AnyContains(r.Advertised(), at.Addr()) {
		st.address(balancer, base+"-api-endpoint", at.Addr())
	}
	st.selectors[gateways] = []string{st.tag}
	return st
}

// Aliases are the names that the topology's policy gives the region's addresses: of
// each prefix, of an address inside it for the tests, and of the API server.
func Aliases(s *schema.Spec, r *plan.Region) []Host { return newSite(s, r).hosts }

// prefixes gives each prefix an alias, and each alias an address for the tests.
func (s *site) prefixes(p place, name, probe string, prefixes []netip.Prefix) {
	for _, prefix := range cidr.Sorted(prefixes) {
		i := len(s.selectors[p])
		s.selectors[p] = append(s.selectors[p], numbered(name, i))
		s.probes[p] = append(s.probes[p], numbered(probe, i))
		s.hosts = append(s.hosts,
			Host{numbered(name, i), prefix.String()},
			Host{numbered(probe, i), s.sample(prefix).String()})
	}
}

// share has pods go by the names of node prefixes that are theirs, too.
func (s *site) share(r *schema.Region) {
	for i, p := range cidr.Sorted(r.NodeCIDRs) {
		if slices.Contains(r.PodCIDRs, p) {
			s.selectors[pods] = append(s.selectors[pods], s.selectors[nodes][i])
			s.probes[pods] = append(s.probes[pods], s.probes[nodes][i])
		}
	}
}

// servers names a place of API servers: an address, or a prefix, which goes by the name of
// the nodes where it is all of theirs.
func (s *site) servers(name string, p netip.Prefix) {
	if p.IsSingleIP() {
		s.address(apiServer, name, p.Addr())
		return
	}
	if i := slices.Index(cidr.Sorted(s.region.NodeCIDRs), p); i >= 0 {
		s.selectors[apiServer] = append(s.selectors[apiServer], s.selectors[nodes][i])
		s.probes[apiServer] = append(s.probes[apiServer], s.probes[nodes][i])
		return
	}
	s.prefixes(apiServer, name, name+"-probe", []netip.Prefix{p})
}

// address gives an address an alias, which is its own probe.
func (s *site) address(p place, name string, a netip.Addr) {
	alias := numbered(name, len(s.selectors[p]))
	s.selectors[p] = append(s.selectors[p], alias)
	s.probes[p] = append(s.probes[p], alias)
	s.hosts = append(s.hosts, Host{alias, a.String()})
}

// sample is an address inside the prefix: a gateway's where one lies there, the
// second address otherwise.
func (s *site) sample(p netip.Prefix) netip.Addr {
	for _, n := range s.region.Gateways.Nodes {
		for _, a := range n.Addresses() {
			if p.Contains(a) {
				return a
			}
		}
	}
	if next := p.Addr().Next(); p.Contains(next) {
		return next
	}
	return p.Addr()
}

// numbered is the name alone for the first of its kind, and name-2, name-3 after it.
func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + "-" + strconv.Itoa(i+1)
}
