package change

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Phase is one part of a change: a topology of its own, that stands until the next one does.
type Phase struct {
	Number int    `json:"number"` // from 1
	Title  string `json:"title"`
	// Note is why phases that could have been two are one.
	Note string `json:"note,omitempty"`
	// Changes and Restarts are those from the phase before, the first one's from the old
	// topology.
	Changes  []Change  `json:"changes"`
	Restarts []Restart `json:"restarts"`
	// Do is what is done, in order, and Undo what takes it back to the phase before.
	Do   []Action `json:"do"`
	Undo []Action `json:"undo"`

	// Topology is what the phase reaches, and Before what it starts from.
	Topology, Before *schema.Topology `json:"-"`
	// Back is a topology by which its undo goes where it has added regions: they leave. Nil
	// where it goes straight to Before.
	Back *schema.Topology `json:"-"`
}

// Phases are the topologies by which a change goes, in order; the last one is after. What is
// new comes first and beside the old, what is old goes last. A topology in between that refused
// finds fault with is left out, and the next phase says so. There are none where nothing
// differs.
func Phases(before, after *schema.Topology, refused func(*schema.Topology) string) []Phase {
	d := deriver{before: before, after: after, now: before, refused: refused}
	for _, next := range []func() *schema.Topology{d.upgraded, d.bothTags, d.both, d.altered, d.left} {
		d.take(next())
	}
	d.phase(after)
	return d.phases
}

// deriver walks from one topology to another.
type deriver struct {
	before, after, now *schema.Topology
	refused            func(*schema.Topology) string
	phases             []Phase
	note               string
}

// take goes on to a topology in between, if it may stand and is none of the two beside it.
func (d *deriver) take(t *schema.Topology) {
	if Same(t, d.now) || Same(t, d.after) {
		return
	}
	if why := d.refused(t); why != "" {
		d.note = "the way there is one step, since what lies in between is refused: " + why
		return
	}
	d.phase(t)
}

func (d *deriver) phase(t *schema.Topology) {
	if Same(t, d.now) {
		return
	}
	p := Phase{Number: len(d.phases) + 1, Title: title(d.now, t), Note: d.note, Topology: t, Before: d.now}
	if added := absent(t, d.now); len(added) > 0 {
		p.Back = leaving(d.now, added)
	}
	d.phases = append(d.phases, p)
	d.now, d.note = t, ""
}

// Same reports whether two topologies say the same, whatever the order of their regions.
func Same(a, b *schema.Topology) bool {
	x, errX := json.Marshal(a.Normal())
	y, errY := json.Marshal(b.Normal())
	return errX == nil && errY == nil && string(x) == string(y)
}

// copied is a topology with regions of its own, so that they can be changed. Their lists are
// still those of the other: a list is replaced, or cut to its length before it grows.
func copied(t *schema.Topology) *schema.Topology {
	c := *t
	c.Spec.Regions = slices.Clone(t.Spec.Regions)
	for i := range c.Spec.Regions {
		c.Spec.Regions[i].Gateways.Nodes = slices.Clip(c.Spec.Regions[i].Gateways.Nodes)
	}
	c.Spec.Leaving = slices.Clone(t.Spec.Leaving)
	return &c
}

// newer reports whether gateways get a newer Tailscale: that comes first, and an older one
// last, since settings may need the newer.
func (d *deriver) newer() bool {
	return d.after.Spec.Tailnet.TailscaleVersion.Compare(d.before.Spec.Tailnet.TailscaleVersion) > 0
}

// upgraded is the old topology with the new Tailscale.
func (d *deriver) upgraded() *schema.Topology {
	if !d.newer() {
		return d.now
	}
	t := copied(d.now)
	to := &d.after.Spec.Tailnet
	t.Spec.Tailnet.TailscaleVersion, t.Spec.Tailnet.Image = to.TailscaleVersion, to.Image
	return t
}

// bothTags has gateways carry their next tag beside the one that they have: devices get it
// while nothing depends on it.
func (d *deriver) bothTags() *schema.Topology {
	t := copied(d.now)
	tag(t, &d.after.Spec.Tailnet)
	return t
}

// tag adds a region's tag of another tailnet to its gateways.
func tag(t *schema.Topology, other *schema.Tailnet) {
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		more := other.GatewayTag(r.Name)
		if more == t.Spec.Tailnet.GatewayTag(r.Name) {
			continue
		}
		r.Gateways.Nodes = slices.Clone(r.Gateways.Nodes) // they may be another topology's
		for j := range r.Gateways.Nodes {
			n := &r.Gateways.Nodes[j]
			if !slices.Contains(n.Tags, more) {
				n.Tags = append(slices.Clone(n.Tags), more)
			}
		}
	}
}

// both has what is new beside what is old: regions, prefixes, gateways.
func (d *deriver) both() *schema.Topology {
	t := copied(d.now)
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		if to := named(d.after.Spec.Regions, r.Name); to != nil {
			r.NodeCIDRs, r.PodCIDRs = union(to.NodeCIDRs, r.NodeCIDRs), union(to.PodCIDRs, r.PodCIDRs)
			for _, n := range to.Gateways.Nodes {
				if !hasGateway(r, n.Name) {
					r.Gateways.Nodes = append(r.Gateways.Nodes, n)
				}
			}
		}
	}
	for _, r := range d.after.Spec.Regions {
		if named(t.Spec.Regions, r.Name) == nil {
			t.Spec.Regions = append(t.Spec.Regions, r)
		}
	}
	t.Spec.Leaving = slices.DeleteFunc(t.Spec.Leaving, func(r schema.Region) bool { return named(d.after.Spec.Regions, r.Name) != nil })
	t.Spec.Cluster.ClusterCIDRs = union(d.after.Spec.Cluster.ClusterCIDRs, t.Spec.Cluster.ClusterCIDRs)
	t.Spec.Cluster.NonMasqueradeCIDRs = union(d.after.Spec.Cluster.NonMasqueradeCIDRs, t.Spec.Cluster.NonMasqueradeCIDRs)
	if wide := d.after.Spec.Cluster.NativeRoutingCIDR; wide.IsValid() && t.Spec.Cluster.NativeRoutingCIDR.IsValid() && wide.Bits() < t.Spec.Cluster.NativeRoutingCIDR.Bits() {
		t.Spec.Cluster.NativeRoutingCIDR = wide
	}
	tag(t, &d.after.Spec.Tailnet) // those that are new, too
	t.Spec.Suppressions = d.suppressions(t)
	return t
}

// altered is the new topology with what is old still there.
func (d *deriver) altered() *schema.Topology {
	t := copied(d.after)
	tailnet := &t.Spec.Tailnet
	if old := &d.before.Spec.Tailnet; tailnet.TailscaleVersion.Compare(old.TailscaleVersion) < 0 {
		tailnet.TailscaleVersion, tailnet.Image = old.TailscaleVersion, old.Image
	}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		old := named(d.before.Spec.Regions, r.Name)
		if old == nil {
			continue
		}
		r.NodeCIDRs, r.PodCIDRs = union(r.NodeCIDRs, old.NodeCIDRs), union(r.PodCIDRs, old.PodCIDRs)
		for _, n := range old.Gateways.Nodes {
			if !hasGateway(r, n.Name) {
				r.Gateways.Nodes = append(r.Gateways.Nodes, n)
			}
		}
	}
	for _, r := range d.before.Spec.Regions {
		if named(t.Spec.Regions, r.Name) == nil && named(t.Spec.Leaving, r.Name) == nil {
			t.Spec.Regions = append(t.Spec.Regions, r)
		}
	}
	for _, r := range d.before.Spec.Leaving {
		if named(t.Spec.Regions, r.Name) == nil && named(t.Spec.Leaving, r.Name) == nil {
			t.Spec.Leaving = append(t.Spec.Leaving, r)
		}
	}
	t.Spec.Cluster.ClusterCIDRs = union(t.Spec.Cluster.ClusterCIDRs, d.before.Spec.Cluster.ClusterCIDRs)
	t.Spec.Cluster.NonMasqueradeCIDRs = union(t.Spec.Cluster.NonMasqueradeCIDRs, d.before.Spec.Cluster.NonMasqueradeCIDRs)
	if wide := d.before.Spec.Cluster.NativeRoutingCIDR; wide.IsValid() && t.Spec.Cluster.NativeRoutingCIDR.IsValid() && wide.Bits() < t.Spec.Cluster.NativeRoutingCIDR.Bits() {
		t.Spec.Cluster.NativeRoutingCIDR = wide
	}
	tag(t, &d.before.Spec.Tailnet)
	t.Spec.Suppressions = d.suppressions(t)
	return t
}

// left has the regions leave that the new topology no longer has.
func (d *deriver) left() *schema.Topology {
	var gone []string
	for _, r := range d.now.Spec.Regions {
		if named(d.after.Spec.Regions, r.Name) == nil {
			gone = append(gone, r.Name)
		}
	}
	if len(gone) == 0 {
		return d.now
	}
	t := copied(d.now)
	t.Spec.Regions = slices.DeleteFunc(t.Spec.Regions, func(r schema.Region) bool { return slices.Contains(gone, r.Name) })
	for _, name := range gone {
		if leaves := named(d.after.Spec.Leaving, name); leaves != nil {
			t.Spec.Leaving = append(t.Spec.Leaving, *leaves)
		} else {
			t.Spec.Leaving = append(t.Spec.Leaving, *named(d.now.Spec.Regions, name))
		}
	}
	t.Spec.Suppressions = schema.Follow(d.now.Spec.Suppressions, &d.now.Spec, &t.Spec)
	return t
}

// absent are the regions of t that another topology neither has nor lets leave.
func absent(t, other *schema.Topology) []schema.Region {
	var list []schema.Region
	for _, r := range t.Spec.Regions {
		if named(other.Spec.Regions, r.Name) == nil && named(other.Spec.Leaving, r.Name) == nil {
			list = append(list, r)
		}
	}
	return list
}

// leaving is a topology with regions that are new to it among those that leave: what the undo
// of their arrival goes by.
func leaving(t *schema.Topology, regions []schema.Region) *schema.Topology {
	back := copied(t)
	back.Spec.Leaving = append(back.Spec.Leaving, regions...)
	return back
}

// suppressions accepts in between what either end accepts.
func (d *deriver) suppressions(t *schema.Topology) []schema.Suppression {
	list := schema.Follow(d.after.Spec.Suppressions, &d.after.Spec, &t.Spec)
	for _, s := range schema.Follow(d.before.Spec.Suppressions, &d.before.Spec, &t.Spec) {
		if !slices.ContainsFunc(list, func(o schema.Suppression) bool { return o.Code == s.Code && o.Path == s.Path }) {
			list = append(list, s)
		}
	}
	return list
}

func named(regions []schema.Region, name string) *schema.Region {
	for i := range regions {
		if regions[i].Name == name {
			return &regions[i]
		}
	}
	return nil
}

func hasGateway(r *schema.Region, name string) bool {
	return slices.ContainsFunc(r.Gateways.Nodes, func(n schema.GatewayNode) bool { return n.Name == name })
}

// title says in a few words what is between two topologies.
func title(from, to *schema.Topology) string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if a, b := from.Spec.Tailnet.TailscaleVersion, to.Spec.Tailnet.TailscaleVersion; a != b {
		say("Tailscale %s -> %s", a, b)
	}
	for _, r := range to.Spec.Regions {
		old := named(from.Spec.Regions, r.Name)
		if old == nil {
			say("add region %s", r.Name)
			continue
		}
		parts = append(parts, regionTitle(old, &r)...)
		was, is := carried(&from.Spec.Tailnet, old), carried(&to.Spec.Tailnet, &r)
		if more := without(is, was); len(more) > 0 {
			say("%s for %s", strings.Join(more, ", "), r.Name)
		}
		if less := without(was, is); len(less) > 0 {
			say("no more %s for %s", strings.Join(less, ", "), r.Name)
		}
	}
	for _, r := range to.Spec.Leaving {
		if named(from.Spec.Leaving, r.Name) == nil {
			say("take region %s back", r.Name)
		}
	}
	for _, r := range from.Spec.Leaving {
		if named(to.Spec.Leaving, r.Name) == nil && named(to.Spec.Regions, r.Name) == nil {
			say("forget region %s", r.Name)
		}
	}
	if a, b := from.Spec.Tailnet.Tag, to.Spec.Tailnet.Tag; a != b {
		say("%s -> %s", a, b)
	}
	if len(parts) == 0 {
		return "change settings"
	}
	const few = 4
	if len(parts) > few {
		parts = append(parts[:few], fmt.Sprintf("and %d more", len(parts)-few))
	}
	return strings.Join(parts, "; ")
}

// carried are the tags that gateways of a region carry.
func carried(t *schema.Tailnet, r *schema.Region) []string {
	all := []string{t.GatewayTag(r.Name)}
	for _, n := range r.Gateways.Nodes {
		all = append(all, n.Tags...)
	}
	return all
}

func regionTitle(from, to *schema.Region) []string {
	var parts []string
	was, is := union(from.NodeCIDRs, from.PodCIDRs), union(to.NodeCIDRs, to.PodCIDRs)
	if more := without(texts("", is), texts("", was)); len(more) > 0 {
		parts = append(parts, "advertise "+strings.Join(more, ", ")+" of "+to.Name)
	}
	if less := without(texts("", was), texts("", is)); len(less) > 0 {
		parts = append(parts, "withdraw "+strings.Join(less, ", ")+" of "+to.Name)
	}
	for _, n := range to.Gateways.Nodes {
		if !hasGateway(from, n.Name) {
			parts = append(parts, "add gateway "+n.Name)
		}
	}
	for _, n := range from.Gateways.Nodes {
		if !hasGateway(to, n.Name) {
			parts = append(parts, "remove gateway "+n.Name)
		}
	}
	if a, b := from.Gateways.HA.Strategy, to.Gateways.HA.Strategy; a != b && b != "" {
		parts = append(parts, "strategy "+string(b)+" in "+to.Name)
	}
	if a, b := from.Gateways.Mode, to.Gateways.Mode; a != b {
		parts = append(parts, "gateways of "+to.Name+" by "+string(b))
	}
	return parts
}

// Comment opens the file of a phase: which one it is, and how to go there and back. count is
// how many there are.
func (p *Phase) Comment(count int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Phase %d of %d: %s.\n", p.Number, count, p.Title)
	for _, a := range p.Do {
		fmt.Fprintf(&b, "# do: %s\n", a.Title)
	}
	for _, a := range p.Undo {
		fmt.Fprintf(&b, "# undo: %s\n", a.Title)
	}
	return b.String()
}
