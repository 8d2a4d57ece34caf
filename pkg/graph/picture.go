// Package graph draws a plan: its regions with what they advertise and their gateways, how
// their hosts send to other regions, the tailnet that joins them, and private links.
//
// Start with New; a Picture is then written by SVG, Mermaid or Dot, or laid out by Lay for a
// page that has its own style. The same plan gives the same bytes, whatever the order of its
// regions.
package graph

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Picture is what is drawn of a plan.
type Picture struct {
	// Name is the topology's.
	Name string
	// Tailnet says what joins all regions, a line each; the first is the title.
	Tailnet []string
	// Nodes are the regions, by name.
	Nodes []Node
	// Edges are the private links, by the regions that they join.
	Edges []Edge
}

// Node is a region.
type Node struct {
	Region, Provider string
	// Kind is what runs its gateways and how they share the work: "staticPod, relay".
	Kind string
	// Advertises and Routes count the prefixes that its gateways advertise and those that
	// its hosts send to them.
	Advertises, Routes int
	// Rows are its prefixes by what they are for.
	Rows []Row
	// Hops says how its hosts send to other regions; the gateways follow in this order.
	Hops string
	// Gateways are in failover order.
	Gateways []Gateway
}

// Row is a list of prefixes with what they are for: "nodes", "pods".
type Row struct {
	Label  string
	Values []string
}

// Gateway is a subnet router of a region.
type Gateway struct {
	Name string
	// Address is its address inside the region, Public the one that peers reach it at;
	// empty for none.
	Address, Public string
}

// Edge is a private link between two Nodes, by their indices, From < To.
type Edge struct {
	From, To int
	// MTU is the largest packet that it carries, in bytes.
	MTU int
}

// New is the picture of a plan.
func New(p *plan.Plan) Picture {
	p = p.ByName()
	tailnet := &p.Topology.Spec.Tailnet
	pic := Picture{Name: p.Topology.Metadata.Name}
	pic.Tailnet = []string{"Tailnet", fmt.Sprintf("Tailscale %s, %s", tailnet.TailscaleVersion, tailnet.Tag)}
	if leaving := p.Leaving(); len(leaving) > 0 {
		var names []string
		for _, r := range leaving {
			names = append(names, r.Region.Name)
		}
		pic.Tailnet = append(pic.Tailnet, "leaving: "+strings.Join(names, ", "))
	}
	index := map[string]int{}
	for i := range p.Regions {
		index[p.Regions[i].Region.Name] = i
		pic.Nodes = append(pic.Nodes, newNode(&p.Regions[i]))
	}
	for _, l := range p.Topology.Spec.Links {
		if e, ok := newEdge(l, index); ok {
			pic.Edges = append(pic.Edges, e)
		}
	}
	slices.SortFunc(pic.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.MTU, b.MTU))
	})
	return pic
}

func newNode(r *plan.Region) Node {
	g := &r.Region.Gateways
	n := Node{
		Region: r.Region.Name, Provider: r.Region.Provider, Kind: fmt.Sprintf("%s, %s", g.Mode, g.HA.Strategy),
		Advertises: len(r.Advertise), Routes: len(r.Transit()), Hops: hops(r),
		Rows: []Row{{"nodes", words(r.Region.NodeCIDRs)}, {"pods", words(r.Region.PodCIDRs)}},
	}
	for i := range g.Nodes {
		node := &g.Nodes[i]
		w := Gateway{Name: node.Name, Address: node.InternalIP.String()}
		if node.PublicIP.IsValid() {
			w.Public = node.PublicIP.String()
		}
		n.Gateways = append(n.Gateways, w)
	}
	return n
}

// hops says where the region's hosts send what is for other regions.
func hops(r *plan.Region) string {
	switch several := len(r.Region.Gateways.Nodes) > 1; {
	case r.RoutesInCloud():
		return cloudHops(r.Cloud) + ", by the route table of " + facts.Provider(r.Cloud.Cloud).Title
	case plan.EveryNodeIsGateway(r.Region):
		return "every host is a gateway for itself"
	case several:
		return "next hops: the first that answers"
	}
	return "next hop"
}

// cloudHops are those of a provider's routes: the first gateway, unless more is decided.
func cloudHops(c *plan.Cloud) string {
	switch {
	case c.Follows:
		return "next hop: the primary"
	case c.Spread && len(c.Gateways) > 1:
		return "next hops: all at once"
	}
	return "next hop: the first"
}

func words(prefixes []netip.Prefix) []string {
	var list []string
	for _, p := range prefixes {
		list = append(list, p.String())
	}
	return list
}

// newEdge is false for a link to a region that there is not.
func newEdge(l schema.Link, index map[string]int) (Edge, bool) {
	if len(l.Regions) != 2 {
		return Edge{}, false
	}
	from, ok := index[l.Regions[0]]
	to, also := index[l.Regions[1]]
	mtu := cmp.Or(l.MTU, defaultMTU)
	return Edge{min(from, to), max(from, to), mtu}, ok && also && from != to
}

// defaultMTU is what schema.Link says of a link without one.
const defaultMTU = 1500

// label is what an edge carries.
func (e Edge) label() string { return fmt.Sprintf("private link, MTU %d", e.MTU) }

// counts says how many prefixes go out and come in.
func (n *Node) counts() string {
	return fmt.Sprintf("advertises %d, routes to %d", n.Advertises, n.Routes)
}
