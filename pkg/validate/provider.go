package validate

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

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
		list.Warnf(CodeProviderUnknown, regionPath(i)+".provider",
			"no reserved ranges are known for provider %q of region %q, so its metadata, DNS and management networks were not compared with anything", r.Provider, r.Name).
			Fix("add what the provider keeps for itself to spec.reservedCIDRs and say provider: %s, or suppress this finding", provider.OwnNetwork)
	}
	return list
}

// ipPool checks what Tailscale accepts as a pool (tailscale.com/kb/1304 ip-pool: a
// part of 100.64.0.0/10 that is not reserved).
func ipPool(t *schema.Topology) diag.List {
	var list diag.List
	total, gateways := 0, 0
	for i := range t.Spec.Regions {
		gateways += len(t.Spec.Regions[i].Gateways.Nodes)
	}
	for i, p := range t.Spec.Tailnet.IPPool {
		if !p.IsValid() {
			continue
		}
		at := diag.Index("spec.tailnet.ipPool", i)
		total = add(total, blocksIn(p.Bits(), p.Addr().BitLen()))
		switch r, bad := poolReserved(t, p); {
		case !claim.InAny(p, []netip.Prefix{schema.TailnetIPv4()}):
			list.Errorf(CodePool, at, "tailnet IP pool %s is no part of %s, where every tailnet takes its addresses from", p, schema.TailnetIPv4()).
				Fix("choose a part of %s, such as 100.80.0.0/16", schema.TailnetIPv4())
		case bad:
			list.Errorf(CodePool, at, "tailnet IP pool %s %s %s, which %s", p, claim.Relation(p, r.Prefix), r.Prefix, r.Reason).
				Fix("choose another part of %s, such as 100.80.0.0/16 (%s)", schema.TailnetIPv4(), r.Source)
		}
	}
	if total > 0 && total < gateways {
		list.Errorf(CodePool, "spec.tailnet.ipPool", "the tailnet IP pool has %d addresses for %d gateways", total, gateways).
			Fix("add a prefix to the pool")
	}
	return list
}

// poolReserved finds what Tailscale or a provider keeps in a pool that the user
// chose. The whole block is what Tailscale itself starts from and no fault.
func poolReserved(t *schema.Topology, p netip.Prefix) (claim.Range, bool) {
	for _, pack := range claim.ActivePacks(t, claim.Packs()) {
		for _, r := range pack.Ranges {
			if r.Fills == 0 && claim.InAny(r.Prefix, []netip.Prefix{schema.TailnetIPv4()}) &&
				r.Prefix != schema.TailnetIPv4() && p != schema.TailnetIPv4() && r.Prefix.Overlaps(p) {
				return r, true
			}
		}
	}
	return claim.Range{}, false
}

// sharedLocal looks at networks in the tailnet's block that are not advertised: link
// and fabric networks, and what lies outside the cluster. Whether they can stay depends
// on the pool, on netfilterMode and on the version: since 1.98.0 a node attribute lifts
// the drop rule for packets to the host itself (commit 6301a6ce4).
func sharedLocal(t *schema.Topology) diag.List {
	var list diag.List
	tailnet := &t.Spec.Tailnet
	pool := tailnet.IPPool
	if len(pool) == 0 {
		pool = []netip.Prefix{schema.TailnetIPv4()}
	}
	for _, c := range claim.Of(t) {
		if !c.Role.Local() && c.Role != claim.RoleExternal || !c.Prefix.Overlaps(schema.TailnetIPv4()) || c.Prefix.Bits() == 0 {
			continue
		}
		switch {
		case tailnet.NetfilterMode == schema.NetfilterOn && !facts.Since(facts.TailscaleDropAttribute).Contains(tailnet.TailscaleVersion):
			list.Errorf(claim.CodeTailnetRange, c.Path(), "%s overlaps %s, and with netfilterMode on tailscaled %s drops everything from there that does not come out of the tunnel", &c, schema.TailnetIPv4(), tailnet.TailscaleVersion).
				Fix("set netfilterMode: off, or run Tailscale %s or newer with the node attribute disable-linux-cgnat-drop-rule", facts.TailscaleDropAttribute)
		case slices.ContainsFunc(pool, c.Prefix.Overlaps):
			list.Warnf(claim.CodeTailnetRange, c.Path(), "%s overlaps the tailnet's pool (%s), and a device that gets one of its addresses takes it away from every gateway", &c, claim.Join(pool)).
				Fix("set spec.tailnet.ipPool to a part of %s that is free of it", schema.TailnetIPv4())
		case tailnet.NetfilterMode == schema.NetfilterOn:
			list.Warnf(claim.CodeTailnetRange, c.Path(), "%s lies in %s, from which tailscaled drops what does not come out of the tunnel unless the tailnet policy says otherwise", &c, schema.TailnetIPv4()).
				Fix("give the gateways' tag the node attribute disable-linux-cgnat-drop-rule, or set netfilterMode: off")
		}
	}
	return list
}
