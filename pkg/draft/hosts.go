package draft

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Proposed addresses of hosts, as their place in the network of a region.
const (
	serverHost  = 5
	gatewayHost = 11
)

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
	var made []string // names that stand for the provider's own
	for j := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[j]
		for _, f := range []struct {
			field *string
			name  string
		}{{&n.Zone, sample.Zone}, {&n.Instance, sample.Instance}, {&n.NetworkInterface, sample.NetworkInterface}} {
			if *f.field != "" || f.name == "" {
				continue
			}
			if *f.field = f.name; !slices.Contains(made, f.name) {
				made = append(made, f.name)
			}
		}
	}
	if len(made) > 0 {
		s.propose(regionPath(i)+".gateways.nodes", "what the provider calls the gateways and where they are", "to be replaced by your own, since routes name them", strings.Join(made, ", "))
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
