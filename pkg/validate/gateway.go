package validate

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about the names and addresses of regions and gateways.
const (
	CodeRegionDuplicate  diag.Code = "region-duplicate"           // two regions with one name
	CodeGatewayDuplicate diag.Code = "gateway-duplicate"          // two gateways with one name or address
	CodeGatewayOutside   diag.Code = "gateway-outside-node-cidrs" // its address is not its region's
	CodeGatewayNobodys   diag.Code = "gateway-address-kept"       // the network's own, its broadcast, or the provider's
	CodeGatewayTailnetIP diag.Code = "gateway-tailnet-ip"         // not from the pool
	CodeGatewayPublicIP  diag.Code = "gateway-public-ip"          // the tunnel's endpoint is inside the tunnel
	CodeNodeLabel        diag.Code = "node-label-restricted"      // a label that a kubelet may not set
	CodeSelectorShared   diag.Code = "gateway-selector-shared"    // two DaemonSets that choose the same nodes
)

// names finds regions and gateways that share a name or an address, which files,
// objects and routes are told apart by.
func names(t *schema.Topology) diag.List {
	var list diag.List
	hosts := 0
	for i := range t.Spec.Regions {
		hosts += len(t.Spec.Regions[i].Gateways.Nodes)
	}
	regions, nodes, addresses := make(seen[string], len(t.Spec.Regions)), make(seen[string], hosts), make(seen[netip.Addr], hosts)
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		if at := (place{i, none, "name"}); r.Name != "" && regions.twice(r.Name, at) {
			regions.report(&list, CodeRegionDuplicate, at, r.Name, "region name %q",
				"give the region a name of its own: it names files and objects")
		}
		for j := range r.Gateways.Nodes {
			n := &r.Gateways.Nodes[j]
			if at := (place{i, j, "name"}); n.Name != "" && nodes.twice(n.Name, at) {
				nodes.report(&list, CodeGatewayDuplicate, at, n.Name, "gateway name %q",
					"write the name of the Kubernetes node: no two nodes share one")
			}
			for field, a := range gatewayAddresses(n) {
				if at := (place{i, j, field}); addresses.twice(a.Addr(), at) {
					addresses.report(&list, CodeGatewayDuplicate, at, a.Addr(), "gateway address %s",
						"write the address of this host: no two hosts share one")
				}
			}
		}
	}
	return list
}

// place is a field of a region or, where gateway is not none, of one of its gateways. It is
// spelled where something is said of it.
type place struct {
	region, gateway int
	field           string
}

func (p place) path() string {
	if p.gateway == none {
		return regionPath(p.region) + "." + p.field
	}
	return gatewayPath(p.region, p.gateway) + "." + p.field
}

// gatewayPath is where the j-th gateway of region i stands.
func gatewayPath(i, j int) string { return diag.Index(regionPath(i)+".gateways.nodes", j) }

// gatewayAddresses yields every address of a gateway that must be its own, by field.
func gatewayAddresses(n *schema.GatewayNode) func(yield func(string, netip.Prefix) bool) {
	return func(yield func(string, netip.Prefix) bool) {
		public := n.PublicIP
		if n.UnderNAT || public == n.InternalIP {
			public = netip.Addr{} // hosts behind one NAT share its public address
		}
		each := func(name string, a netip.Addr) bool { return !a.IsValid() || yield(name, claim.Host(a)) }
		_ = each("internalIP", n.InternalIP) && each("internalIPv6", n.InternalIPv6) && each("publicIP", public) &&
			each("tailnetIP", n.TailnetIP) && each("tailnetIPv6", n.TailnetIPv6)
	}
}

// seen remembers where a value was met first.
type seen[T comparable] map[T]place

// twice remembers where the value stands, unless it was met before.
func (s seen[T]) twice(value T, at place) bool {
	if _, met := s[value]; met {
		return true
	}
	s[value] = at
	return false
}

func (s seen[T]) report(list *diag.List, code diag.Code, at place, value T, what, remedy string) {
	list.Errorf(code, at.path(), what+" appears twice", value).See(s[value].path(), what+" appears here first", value).Fix("%s", remedy)
}

// gateways checks the addresses of each gateway against its region and the tailnet.
func gateways(x *index) diag.List {
	var list diag.List
	t := x.t
	advertised := sync.OnceValue(func() *claim.Tree {
		return claim.NewTreeOf(x.stated(), func(c *claim.Claim) bool { return c.Role.Advertised() })
	})
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		for j := range r.Gateways.Nodes {
			g := gateway{r, &r.Gateways.Nodes[j], i, j}
			g.inside(&list)
			g.nobodys(&list)
			g.tailnetIP(&list, t)
			g.publicIP(&list, advertised)
		}
	}
	return list
}

type gateway struct {
	region *schema.Region
	node   *schema.GatewayNode

	regionIndex, index int
}

func (g *gateway) path() string { return gatewayPath(g.regionIndex, g.index) }

// inside: a gateway answers for its region's nodes from an address of theirs; from
// another one, its neighbours cannot use it as a next hop.
func (g *gateway) inside(list *diag.List) {
	for i, internal := range [...]netip.Addr{g.node.InternalIP, g.node.InternalIPv6} {
		a, field := claim.Host(internal), [...]string{"internalIP", "internalIPv6"}[i]
		if !internal.IsValid() || claim.InAny(a, g.region.NodeCIDRs) {
			continue
		}
		if _, ok := claim.Hostless(a); ok {
			continue // no host has it, wherever
		}
		list.Errorf(CodeGatewayOutside, g.path()+"."+field, "%s %s of gateway %q lies in none of the node CIDRs of region %q (%s)",
			field, claim.Show(a), g.node.Name, g.region.Name, claim.Join(g.region.NodeCIDRs)).
			Fix("write the gateway's address on the region's network, or add that network to nodeCIDRs")
	}
}

// nobodys: the ends of a network are its own address, its broadcast, and what the provider
// keeps there, such as its router; where hosts are named one by one, there are no ends.
func (g *gateway) nobodys(list *diag.List) {
	a := g.node.InternalIP
	for i, c := range g.region.NodeCIDRs {
		if !c.IsValid() || !c.Contains(a) || !a.Is4() || c.Bits() > 30 {
			continue
		}
		keeps := kept(g.region.Provider)
		from := number(a) - number(c.Masked().Addr())
		to := uint32(blocksIn(c.Bits(), 32)) - 1 - from
		who := ""
		switch {
		case from == 0:
			who = "is the network's own address"
		case to == 0:
			who = "is its broadcast address"
		case from < uint32(keeps.First) || to < uint32(keeps.Last):
			who = "is one that " + facts.Provider(g.region.Provider).Title + " keeps for itself"
		default:
			continue
		}
		list.Errorf(CodeGatewayNobodys, g.path()+".internalIP", "internalIP %s of gateway %q can be no host's: in node CIDR %s of region %q it %s", a, g.node.Name, c, g.region.Name, who).
			See(diag.Index(regionPath(g.regionIndex)+".nodeCIDRs", i), "node CIDR %s is claimed here", c).
			Fix("write the address of the host itself; where the host does have it, because its network is wider, write that network as the node CIDR")
		return
	}
}

// number is an IPv4 address as a number.
func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

// tailnetIP must come from where the tailnet takes its addresses.
func (g *gateway) tailnetIP(list *diag.List, t *schema.Topology) {
	if a := g.node.TailnetIPv6; a.IsValid() && !schema.TailnetIPv6().Contains(a) {
		list.Errorf(CodeGatewayTailnetIP, g.path()+".tailnetIPv6", "tailnetIPv6 %s of gateway %q lies outside %s, which holds the IPv6 addresses of every tailnet",
			a, g.node.Name, schema.TailnetIPv6()).Fix("write what `tailscale ip -6` prints on the host")
	}
	a := g.node.TailnetIP
	if !a.IsValid() || !a.Is4() {
		if a.IsValid() && !schema.TailnetIPv6().Contains(a) {
			list.Errorf(CodeGatewayTailnetIP, g.path()+".tailnetIP", "tailnetIP %s of gateway %q lies outside %s, which holds the IPv6 addresses of every tailnet",
				a, g.node.Name, schema.TailnetIPv6()).Fix("write what `tailscale ip` prints on the host")
		}
		return
	}
	if pool := tailnetPool(t); !claim.InAny(claim.Host(a), pool) {
		list.Errorf(CodeGatewayTailnetIP, g.path()+".tailnetIP", "tailnetIP %s of gateway %q lies outside the tailnet's pool (%s)",
			a, g.node.Name, claim.Join(pool)).Fix("write what `tailscale ip -4` prints on the host, or add its pool to spec.tailnet.ipPool")
	}
}

// publicIP is where peers send the tunnel's own packets: behind an advertised route,
// whosever, they would go into the tunnel that they carry, and rule 5180 refuses that, so
// that only relays are left. A host that nobody gave another address has its internalIP
// there.
func (g *gateway) publicIP(list *diag.List, advertised func() *claim.Tree) {
	a, field := g.node.PublicIP, "publicIP"
	if !a.IsValid() {
		a, field = g.node.InternalIP, "internalIP"
		if !a.IsValid() || schema.IsInside(claim.Host(a)) {
			return
		}
	}
	if c, ok := advertised().Lookup(a.Unmap().WithZone("")); ok {
		list.Errorf(CodeGatewayPublicIP, g.path()+"."+field, "%s %s of gateway %q lies inside the %s, so other gateways would send the tunnel's packets into the tunnel, and reach it by relays only",
			field, a, g.node.Name, c).See(c.Path(), "%s is claimed here", c).
			Fix("advertise a prefix that does not contain the gateway's public address; where a host has no other one, choose a private prefix and say hostAddress: made, with mode perNode or for a single host: it makes its internalIP before its kubelet starts (docs/hosts.md)")
		return
	}
	if field == "internalIP" {
		return
	}
	if schema.IsInside(claim.Host(a)) && !g.node.UnderNAT {
		list.Warnf(CodeGatewayPublicIP, g.path()+".publicIP", "publicIP %s of gateway %q is private, so peers outside its network cannot reach it",
			a, g.node.Name).Fix("write the address that peers see, or set underNAT: true")
	}
}

// nodeLabels finds labels of gateways that no kubelet can give its own node.
func nodeLabels(t *schema.Topology) diag.List {
	var list diag.List
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		if len(r.Gateways.NodeSelector) == 0 {
			continue
		}
		for _, label := range slices.Sorted(maps.Keys(r.Gateways.NodeSelector)) {
			if restricted(label) {
				path := diag.Field(diag.Index("spec.regions", i)+".gateways.nodeSelector", label)
				list.Warnf(CodeNodeLabel, path, "label %q selects the gateways of region %q, and a kubelet may not give it to its own node", label, r.Name).
					Fix("choose a label outside kubernetes.io, such as example.com/gateway, or have an administrator set it")
			}
		}
	}
	return list
}

// restricted reports whether NodeRestriction keeps a kubelet from setting the label
// (k8s.io/kubelet v0.33.1, pkg/apis/well_known_labels.go).
func restricted(label string) bool {
	domain, name, ok := strings.Cut(label, "/")
	if !ok || !inDomain(domain, "kubernetes.io") && !inDomain(domain, "k8s.io") {
		return false
	}
	if inDomain(domain, "kubelet.kubernetes.io") || inDomain(domain, "node.kubernetes.io") {
		return false
	}
	return !slices.Contains([]string{
		"kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "kubernetes.io/instance-type",
		"beta.kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type",
		"topology.kubernetes.io/zone", "topology.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
	}, domain+"/"+name)
}

func inDomain(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}
