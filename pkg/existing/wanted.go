package existing

import (
	"fmt"
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// wanted is what the topology says, as objects are compared with it.
type wanted struct {
	topology *schema.Topology
	claims   *claim.Tree
	regions  map[string]bool // by name
}

func newWanted(t *schema.Topology) *wanted {
	w := &wanted{topology: t, claims: claim.NewTree(claim.Of(t)), regions: map[string]bool{}}
	for i := range t.Spec.Regions {
		w.regions[t.Spec.Regions[i].Name] = true
	}
	return w
}

// outside reports a claim that lies in none of the prefixes its role has in the
// topology.
func (w *wanted) outside(list *diag.List, c *objectClaim) {
	region, ok := w.regionOf(c)
	switch label := c.object.region(); {
	case !ok && tailnet(c):
		d := c.finding(diag.Error, CodeObjectOutside, "%s is an address of the tailnet, so the kubelet reports tailscale0's instead of its network's: it was started without --node-ip, or with the wrong one", &c.Claim)
		*list = append(*list, d.Fix("start it with --node-ip and the host's address on the network of its region (`kustomize-hybrid explain node-ip`)"))
	case !ok:
		d := c.finding(diag.Error, CodeObjectOutside, "%s lies outside the %s of the topology%s",
			&c.Claim, fieldOf(c.Role), w.meets(c))
		*list = append(*list, d.Fix("add it to %s, or change the object", whereOf(c.Role)))
	case label != "" && region != "" && label != region && w.regions[label]:
		d := c.finding(diag.Error, CodeObjectOutside, "%s belongs to region %q, and the object is labelled %s: %s",
			&c.Claim, region, regionLabel, label)
		*list = append(*list, d.Fix("correct the label, or give the object addresses of region %q", label))
	}
}

// tailnet reports whether a node says that its address is one of the tailnet's.
func tailnet(c *objectClaim) bool {
	a := c.Prefix.Addr()
	return c.Role == claim.RoleNode && c.Prefix.IsSingleIP() && (schema.TailnetIPv4().Contains(a) || schema.TailnetIPv6().Contains(a))
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

func (o *Object) region() string { return text(o.Content, "metadata", "labels", regionLabel) }
