package validate

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// activePack is a pack and the regions that brought it in.
type activePack struct {
	Pack
	regions []int32 // nil: the whole topology
	// guessed says that a region was taken to be concerned without the user saying
	// so; its findings are warnings.
	guessed bool
}

// concerns reports whether the range is about the claim. What the whole cluster
// shares concerns every region.
func (p *activePack) concerns(r *Range, c *Claim) bool {
	switch {
	case r.Fills != 0:
		return false
	case r.Scope == Own:
		return c.region < 0 || slices.Contains(p.regions, c.region)
	case r.Scope == Others:
		return c.region < 0 || slices.ContainsFunc(p.regions, func(i int32) bool { return i != c.region })
	}
	return true
}

// activePacks selects from all the packs what concerns the topology.
func activePacks(t *schema.Topology, all []Pack) []activePack {
	brought := keys(t)
	var active []activePack
	for _, p := range all {
		regions, ok := brought[p.Key]
		if ok || p.Key == "" {
			active = append(active, activePack{p, regions, p.Key == gcpAuto && guessedAuto(t, regions)})
		}
	}
	return active
}

const gcpAuto = "provider/gcp/auto"

// keys says which packs the topology brings in, and through which regions.
func keys(t *schema.Topology) map[string][]int32 {
	k := map[string][]int32{"distribution/" + string(distribution(t)): nil}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		for _, key := range []string{"provider/" + r.Provider, "cni/" + string(r.CNI.Type)} {
			k[key] = append(k[key], int32(i))
		}
		if autoMode(r) {
			k[gcpAuto] = append(k[gcpAuto], int32(i))
		}
	}
	return k
}

// distribution is the user's, or kubeadm: its defaults are those of Kubernetes' own
// documentation.
func distribution(t *schema.Topology) schema.Distribution {
	return cmp.Or(t.Spec.Cluster.Distribution, schema.DistributionKubeadm)
}

// autoMode reports whether the region is a VPC of Google Cloud in auto mode. Where
// the user does not say, it is taken for one only when all its nodes have addresses
// from the block that auto mode uses: a network that was planned lies elsewhere.
func autoMode(r *schema.Region) bool {
	if r.Provider != schema.ProviderGCP || r.SubnetMode != "" {
		return r.Provider == schema.ProviderGCP && r.SubnetMode == schema.SubnetModeAuto
	}
	block := gcpAutoMode().Ranges[0].Prefix
	return len(r.NodeCIDRs) > 0 && !slices.ContainsFunc(r.NodeCIDRs, func(p netip.Prefix) bool {
		return !p.IsValid() || !block.Contains(p.Addr())
	})
}

func guessedAuto(t *schema.Topology, regions []int32) bool {
	return !slices.ContainsFunc(regions, func(i int32) bool { return t.Spec.Regions[i].SubnetMode != "" })
}

// reservedTable answers which ranges a prefix overlaps.
type reservedTable struct {
	packs []activePack
	hits  []hit
	next  []int32 // chains ranges with equal prefixes
	table bart.Table[int32]
}

// hit is one range of one pack.
type hit struct{ pack, index int }

func newReservedTable(packs []activePack) *reservedTable {
	t := &reservedTable{packs: packs}
	for p := range packs {
		for i := range packs[p].Ranges {
			t.add(hit{p, i})
		}
	}
	return t
}

func (t *reservedTable) add(h hit) {
	prefix := t.rangeOf(h).Prefix
	previous, ok := t.table.Get(prefix)
	if !ok {
		previous = none
	}
	t.table.Insert(prefix, int32(len(t.hits)))
	t.hits = append(t.hits, h)
	t.next = append(t.next, previous)
}

func (t *reservedTable) rangeOf(h hit) *Range { return &t.packs[h.pack].Ranges[h.index] }

// find returns the ranges that overlap the claim and concern it: first those it
// lies inside, the most specific reason first, then those it swallows.
func (t *reservedTable) find(c *Claim) []hit {
	if !t.table.OverlapsPrefix(c.Prefix) {
		return nil
	}
	var found []hit
	for _, i := range t.table.Supernets(c.Prefix) {
		found = t.collect(found, i, c)
	}
	if len(found) > 0 {
		return found[:1] // the most specific reason says it all
	}
	for _, i := range t.table.Subnets(c.Prefix) {
		found = t.collect(found, i, c)
	}
	return found
}

// collect appends the ranges with one prefix, in the order of packs.
func (t *reservedTable) collect(found []hit, i int32, c *Claim) []hit {
	at := len(found)
	for ; i != none; i = t.next[i] {
		if h := t.hits[i]; t.packs[h.pack].concerns(t.rangeOf(h), c) {
			found = slices.Insert(found, at, h)
		}
	}
	return found
}

// reserved compares the prefixes that are routed or translated with the ranges that
// somebody else keeps.
func reserved(t *schema.Topology) diag.List { return reservedBy(t, Packs()) }

func reservedBy(t *schema.Topology, packs []Pack) diag.List {
	var list diag.List
	table := newReservedTable(activePacks(t, packs))
	claims := withDefaults(t)
	for i := range claims {
		if c := &claims[i]; c.Role.Advertised() || c.Role == RoleService {
			list = append(list, table.judge(c)...)
		}
	}
	return list
}

// judge reports one finding for each pack that the claim collides with.
func (t *reservedTable) judge(c *Claim) diag.List {
	if c.Prefix.Bits() == 0 {
		return nil // it contains everything, which is said once, of its form
	}
	hits := t.find(c)
	var list diag.List
	for i, h := range hits {
		same := func(other hit) bool { return other.pack == h.pack }
		if !slices.ContainsFunc(hits[:i], same) {
			list = append(list, t.finding(c, h, count(hits, same)))
		}
	}
	return list
}

func count[T any](s []T, is func(T) bool) int {
	n := 0
	for _, x := range s {
		if is(x) {
			n++
		}
	}
	return n
}

func (t *reservedTable) finding(c *Claim, h hit, count int) *diag.Diagnostic {
	pack, r := &t.packs[h.pack], t.rangeOf(h)
	d := &diag.Diagnostic{Severity: r.Severity, Code: pack.Code, Path: c.Path()}
	d.Message = fmt.Sprintf("%s %s %s, which %s", c, relation(c, &Claim{Prefix: r.Prefix}), show(r.Prefix), r.Reason)
	if count > 1 {
		d.Message += fmt.Sprintf(" (and %s of the ranges of %s)", others(count-1), pack.Name)
	}
	if pack.guessed {
		d.Severity = diag.Warning
		return d.Fix("say subnetMode: custom for the region on Google Cloud if its VPC is not in auto mode, or choose a prefix outside it (%s)", r.Source)
	}
	return d.Fix("choose a prefix outside it (%s, %s)", r.Source, r.Since)
}
