package validate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about what providers keep; those about single ranges are in package claim.
const (
	CodeProviderUnknown diag.Code = "provider-unknown" // no reserved ranges known
)

// reservedTable answers which ranges a prefix overlaps.
type reservedTable struct {
	packs []claim.ActivePack
	hits  []hit
	next  []int32 // chains ranges with equal prefixes
	// tailnet is where the user has moved the tailnet's addresses.
	tailnet schema.Tailnet
	table   bart.Table[int32]
}

// hit is one range of one pack.
type hit struct{ pack, index int }

func newReservedTable(packs []claim.ActivePack) *reservedTable {
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

func (t *reservedTable) rangeOf(h hit) *claim.Range { return &t.packs[h.pack].Ranges[h.index] }

// find returns the ranges that overlap the claim and concern it: first those it
// lies inside, the most specific reason first, then those it swallows. The block of all
// tailnets is none of them where this one keeps to another part of it.
func (t *reservedTable) find(c *claim.Claim) []hit {
	if !t.table.OverlapsPrefix(c.Prefix) {
		return nil
	}
	var found []hit
	for p, i := range t.table.Supernets(c.Prefix) {
		if p != schema.TailnetIPv4() || !apart(&t.tailnet, c.Prefix) {
			found = t.collect(found, i, c)
		}
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
func (t *reservedTable) collect(found []hit, i int32, c *claim.Claim) []hit {
	at := len(found)
	for ; i != none; i = t.next[i] {
		if h := t.hits[i]; t.packs[h.pack].Concerns(t.rangeOf(h), c) {
			found = slices.Insert(found, at, h)
		}
	}
	return found
}

// reserved compares the prefixes that are routed or translated with the ranges that
// somebody else keeps.
func reserved(x *index) diag.List { return reservedBy(x, x.packs()) }

func reservedBy(x *index, packs []claim.ActivePack) diag.List {
	var list diag.List
	table := newReservedTable(packs)
	table.tailnet = x.t.Spec.Tailnet
	claims := x.defaulted()
	for i := range claims {
		if c := &claims[i]; c.Role.Advertised() || c.Role == claim.RoleService {
			list = append(list, table.judge(c)...)
		}
	}
	return list
}

// judge reports one finding for each pack that the claim collides with.
func (t *reservedTable) judge(c *claim.Claim) diag.List {
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

func (t *reservedTable) finding(c *claim.Claim, h hit, count int) *diag.Diagnostic {
	pack, r := &t.packs[h.pack], t.rangeOf(h)
	d := &diag.Diagnostic{Severity: r.Severity, Code: pack.Code, Path: c.Path()}
	d.Message = fmt.Sprintf("%s %s %s, which %s", c, claim.Relation(c.Prefix, r.Prefix), claim.Show(r.Prefix), r.Reason)
	if count > 1 {
		d.Message += fmt.Sprintf(" (and %s of the ranges of %s)", claim.CountOthers(count-1), pack.Name)
	}
	if pack.Guessed != "" {
		d.Severity = diag.Warning
		return d.Fix("set subnetMode: custom for the region on %s if its VPC is not in auto mode, or choose a prefix outside it (%s)", pack.Guessed, r.Source)
	}
	if r.Prefix == schema.TailnetIPv4() {
		return d.Fix("choose a prefix outside it (%s, %s), or move the tailnet's devices to another part of it (spec.tailnet.ipPool) and leave netfilterMode off", r.Source, r.Since)
	}
	return d.Fix("choose a prefix outside it (%s, %s)", r.Source, r.Since)
}

// apart reports whether the tailnet's devices have no address in p and its firewall drops
// nothing from there: tailscaled gives each device that it knows a route of its own, and
// only with netfilter on it drops the rest of the block (tailscale 1.84.3,
// util/linuxfw/iptables_runner.go: addBase4).
func apart(tailnet *schema.Tailnet, p netip.Prefix) bool {
	return len(tailnet.IPPool) > 0 && tailnet.NetfilterMode != schema.NetfilterOn && !slices.ContainsFunc(tailnet.IPPool, p.Overlaps)
}

// unknownProviders warns once for each provider whose ranges nobody told us.
func unknownProviders(t *schema.Topology) diag.List {
	var list diag.List
	warned := map[string]bool{"": true}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		if warned[r.Provider] || facts.Provider(r.Provider).Ranges.IsKnown() {
			continue
		}
		warned[r.Provider] = true
		remedy := fmt.Sprintf("add what the provider reserves to spec.reservedCIDRs and set provider: %s, or suppress this finding", provider.OwnNetwork)
		if facts.Provider(r.Provider).Fabric.IsKnown() {
			// With another name it would lose what is known of its network.
			remedy = "add what whoever runs it reserves to spec.reservedCIDRs, and suppress this finding"
		}
		d := list.Warnf(CodeProviderUnknown, regionPath(i)+".provider",
			"no reserved ranges are known for provider %q of region %q, so its metadata, DNS and management networks were not compared with anything", r.Provider, r.Name).
			Fix("%s", remedy)
		if near := diag.Nearest(r.Provider, providerNames()); near != "" && near != r.Provider {
			d.Fix("did you mean %s?", near).Propose(near).Shape = true
		}
	}
	return list
}

func providerNames() []string {
	var names []string
	for _, p := range facts.Providers() {
		if p.Name != "" {
			names = append(names, p.Name)
		}
	}
	return names
}
