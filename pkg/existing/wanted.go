package existing

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// wanted is what the topology says, as objects are compared with it.
type wanted struct {
	// topology has its leaving regions among the others, after them: their nodes are there
	// until somebody takes them away. plan is made of it.
	topology *schema.Topology
	plan     *plan.Plan
	stay     int // how many of its regions do not leave
	claims   *claim.Tree
	regions  map[string]bool // by name

	named     map[string]place           // gateways and listed nodes, by name
	gatewayAt map[netip.Addr]place       // gateways, by address
	objects   map[string]plan.NodeObject // rendered Node objects, by name
	selectors []map[string]string        // of gateways, by region

	schemes map[string]bool // of the providerIDs that Nodes have
	servers map[string]bool // flags that have been compared
	shown   dump
	common  []common
}

// place is where the topology names a node; gateway is nil where it is none.
type place struct {
	region  int
	gateway *schema.GatewayNode
	path    string
}

func newWanted(t *schema.Topology, objects []Object) *wanted {
	before := plan.BeforeLeaving(t)
	w := &wanted{
		topology: before, plan: plan.New(before), stay: len(t.Spec.Regions), claims: claim.NewTree(claim.WithDefaults(before)),
		regions: map[string]bool{}, named: map[string]place{}, gatewayAt: map[netip.Addr]place{}, objects: map[string]plan.NodeObject{}, schemes: map[string]bool{}, servers: map[string]bool{},
	}
	for i := range w.plan.Regions {
		w.addRegion(i)
	}
	for i := range objects {
		if o := &objects[i]; o.Group() == "" && o.Kind == "Node" {
			_, scheme := providerID(o)
			w.schemes[scheme] = true
		}
	}
	w.shown = newDump(objects)
	return w
}

func (w *wanted) addRegion(i int) {
	r := &w.plan.Regions[i]
	w.regions[r.Region.Name] = true
	w.selectors = append(w.selectors, r.GatewayLabels())
	for j := range r.Region.Nodes {
		w.named[r.Region.Nodes[j].Name] = place{i, nil, diag.Index(w.path(r)+".nodes", j)}
	}
	for j := range r.Region.Gateways.Nodes {
		g := &r.Region.Gateways.Nodes[j]
		at := place{i, g, diag.Index(w.path(r)+".gateways.nodes", j)}
		w.named[g.Name] = at
		for _, a := range g.Addresses() {
			w.gatewayAt[a] = at
		}
	}
	for _, o := range r.NodeObjects() {
		w.objects[o.Name] = o
	}
}

// path is where the topology has the region.
func (w *wanted) path(r *plan.Region) string {
	for i := range w.plan.Regions {
		switch {
		case w.plan.Regions[i].Region != r.Region:
		case i < w.stay:
			return diag.Index("spec.regions", i)
		default:
			return diag.Index("spec.leaving", i-w.stay)
		}
	}
	return "spec.regions"
}

func (w *wanted) leaves(region string) bool {
	return slices.ContainsFunc(w.plan.Regions[w.stay:], func(r plan.Region) bool { return r.Region.Name == region })
}

// home is the region whose nodeCIDRs hold the address.
func (w *wanted) home(address netip.Prefix) (region int, ok bool) {
	c := w.claims.First(w.claims.Covering(address), func(c *claim.Claim) bool { return c.Role == claim.RoleNode && c.Region >= 0 })
	if c == nil {
		return 0, false
	}
	return int(c.Region), true
}

// isTailnet reports whether the address is one that a device of the tailnet has.
func (w *wanted) isTailnet(a netip.Addr) bool {
	return slices.ContainsFunc(append([]netip.Prefix{schema.TailnetIPv4(), schema.TailnetIPv6()}, w.topology.Spec.Tailnet.IPPool...), func(p netip.Prefix) bool { return p.IsValid() && p.Contains(a) })
}

// outside reports a claim that lies in none of the prefixes its role has in the
// topology.
func (w *wanted) outside(list *diag.List, c *objectClaim) {
	region, ok := w.regionOf(c)
	switch label := c.object.region(); {
	case !ok && c.Role == claim.RoleNode && c.Prefix.IsSingleIP() && w.isTailnet(c.Prefix.Addr()):
		d := c.finding(diag.Error, CodeObjectOutside, "%s is an address of the tailnet, so the kubelet reports tailscale0's instead of its network's: it was started without --node-ip, or with the wrong one", &c.Claim)
		*list = append(*list, d.Fix("start it with --node-ip and the host's address on the network of its region (`kustomize-hybrid explain node-ip`)"))
	case !ok:
		d := c.finding(diag.Error, CodeObjectOutside, "%s lies outside the %s of the topology%s",
			&c.Claim, fieldOf(c.Role), w.meets(c))
		*list = append(*list, d.Fix("%s", w.wayIn(c)))
	case label != "" && region != "" && label != region && w.regions[label]:
		d := c.finding(diag.Error, CodeObjectOutside, "%s belongs to region %q, and the object is labelled %s: %s",
			&c.Claim, region, regionLabel, label)
		*list = append(*list, d.Fix("correct the label, or give the object addresses of region %q", label))
	}
}

// wayIn is what to do about a claim that lies outside: to add it to the topology where that
// does not lead into the next finding.
func (w *wanted) wayIn(c *objectClaim) string {
	owners, taken := map[string]bool{}, claim.Special(c.Prefix)
	for i := range w.claims.Overlapping(c.Prefix) {
		o := &w.claims.Claims[i]
		// Whoever is a single address is part of something that is named besides.
		if !o.Prefix.IsSingleIP() && o.Default == "" {
			taken = taken || o.Role != c.Role
			owners[o.Owner] = true
		}
	}
	switch taken = taken || len(owners) > 1; {
	case taken && c.Role == claim.RoleNode && c.Prefix.IsSingleIP():
		return "give the node an address of its region (its kubelet's --node-ip): no region can have this one"
	case taken:
		return "change the object: no region can have this prefix"
	case c.Role == claim.RoleService:
		return "write what the cluster has into spec.cluster.serviceCIDRs, or change the object"
	}
	for owner := range owners {
		return fmt.Sprintf("write it into the %s of region %q, in the place of what it contains, or change the object", fieldOf(c.Role), owner)
	}
	return fmt.Sprintf("add it to %s, or change the object", whereOf(c.Role))
}

// meets says what the claim collides with instead.
func (w *wanted) meets(c *objectClaim) string {
	other := w.claims.First(w.claims.Overlapping(c.Prefix), func(o *claim.Claim) bool { return !o.Prefix.IsSingleIP() })
	if other == nil {
		return ""
	}
	return fmt.Sprintf(", and %s the %s", claim.Relation(c.Prefix, other.Prefix), other)
}

// regionOf finds the region whose prefixes hold the claim; "" for what the whole
// cluster shares.
func (w *wanted) regionOf(c *objectClaim) (string, bool) {
	holder := w.claims.First(w.claims.Covering(c.Prefix), func(o *claim.Claim) bool { return o.Role == c.Role })
	if holder == nil {
		return "", false
	}
	return holder.Owner, true
}

// closest is the region that shares most of the prefixes, the first of several; nil
// where none overlaps.
func (w *wanted) closest(says []netip.Prefix) *schema.Region {
	shared := map[int32]int{}
	for _, p := range says {
		for region := range w.advertisers(p) {
			shared[region]++
		}
	}
	var best int32
	for i, n := range shared {
		if n > shared[best] || n == shared[best] && i < best {
			best = i
		}
	}
	if shared[best] == 0 {
		return nil
	}
	return &w.topology.Spec.Regions[best]
}

// advertisers are the regions that advertise something of the prefix.
func (w *wanted) advertisers(p netip.Prefix) map[int32]bool {
	regions := map[int32]bool{}
	for i := range w.claims.Overlapping(p) {
		if c := &w.claims.Claims[i]; c.Role.Advertised() {
			regions[c.Region] = true
		}
	}
	return regions
}

// regionLabel is the well-known label of a node's region (kubernetes 1.33,
// k8s.io/api core/v1 LabelTopologyRegion). A cloud's own region names need not be the
// topology's, so it only counts where it names one of those.
const regionLabel = "topology.kubernetes.io/region"

func (o *Object) region() string { return decoded.Text(o.Content, "metadata", "labels", regionLabel) }
