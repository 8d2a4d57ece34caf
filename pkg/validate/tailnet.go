package validate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about the tailnet: its addresses, its devices, and policies that have to readmit gateways.
const (
	CodePool           diag.Code = "tailnet-ip-pool"         // a pool the tailnet cannot have
	CodeDeviceBudget   diag.Code = "device-budget"           // more gateways than the tailnet takes
	CodeGatewayUnknown diag.Code = "gateway-address-unknown" // no address to readmit
	CodeWholePool      diag.Code = "readmit-whole-pool"      // the whole tailnet is readmitted
	CodeSourceStandby  diag.Code = "gateway-source-standby"  // what a standby takes for a forgery
)

// ipPool checks what Tailscale accepts as a pool (tailscale.com/kb/1304 ip-pool: a
// part of 100.64.0.0/10 that is not reserved).
func ipPool(x *index) diag.List {
	var list diag.List
	t := x.t
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
		switch r, bad := poolReserved(x, p); {
		case !claim.InAny(p, []netip.Prefix{schema.TailnetIPv4()}):
			list.Errorf(CodePool, at, "tailnet IP pool %s is not a part of %s, which holds the addresses of every tailnet", p, schema.TailnetIPv4()).
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
func poolReserved(x *index, p netip.Prefix) (claim.Range, bool) {
	for _, pack := range x.packs() {
		for _, r := range pack.Ranges {
			if r.Fills == 0 && claim.InAny(r.Prefix, []netip.Prefix{schema.TailnetIPv4()}) &&
				r.Prefix != schema.TailnetIPv4() && p != schema.TailnetIPv4() && r.Prefix.Overlaps(p) {
				return r, true
			}
		}
	}
	return claim.Range{}, false
}

// tailnetPool is where the tailnet's devices have their IPv4 addresses.
func tailnetPool(t *schema.Topology) []netip.Prefix {
	if pool := t.Spec.Tailnet.IPPool; len(pool) > 0 {
		return pool
	}
	return []netip.Prefix{schema.TailnetIPv4()}
}

// sharedLocal looks at networks in the tailnet's block that are not advertised: link
// and fabric networks, and what lies outside the cluster. Whether they can stay depends
// on the pool, on netfilterMode and on the version: since 1.98.0 a node attribute lifts
// the drop rule for packets to the host itself (commit 6301a6ce4).
func sharedLocal(x *index) diag.List {
	var list diag.List
	tailnet := &x.t.Spec.Tailnet
	pool := tailnetPool(x.t)
	claims := x.stated()
	for i := range claims {
		c := &claims[i]
		if !c.Role.Local() && c.Role != claim.RoleExternal || !c.Prefix.Overlaps(schema.TailnetIPv4()) || c.Prefix.Bits() == 0 {
			continue
		}
		switch {
		case tailnet.NetfilterMode == schema.NetfilterOn && !facts.Since(facts.TailscaleDropAttribute).Contains(tailnet.TailscaleVersion):
			list.Errorf(claim.CodeTailnetRange, c.Path(), "%s overlaps %s, and with netfilterMode on tailscaled %s drops everything from there that does not come out of the tunnel", c, schema.TailnetIPv4(), tailnet.TailscaleVersion).
				Fix("set netfilterMode: \"off\", or run Tailscale %s or newer with the node attribute disable-linux-cgnat-drop-rule", facts.TailscaleDropAttribute)
		case slices.ContainsFunc(pool, c.Prefix.Overlaps):
			list.Warnf(claim.CodeTailnetRange, c.Path(), "%s overlaps the tailnet's pool (%s), and a device that gets one of its addresses takes it away from every gateway", c, claim.Join(pool)).
				Fix("set spec.tailnet.ipPool to a part of %s that is free of it", schema.TailnetIPv4())
		case tailnet.NetfilterMode == schema.NetfilterOn:
			list.Warnf(claim.CodeTailnetRange, c.Path(), "%s lies in %s, from which tailscaled drops what does not come out of the tunnel unless the tailnet policy says otherwise", c, schema.TailnetIPv4()).
				Fix("give the gateways' tag the node attribute disable-linux-cgnat-drop-rule, or set netfilterMode: \"off\"")
		}
	}
	return list
}

// deviceBudget compares the devices that the gateways are with what the user grants.
func deviceBudget(p *plan.Plan) diag.List {
	var list diag.List
	limit := p.Topology.Spec.Tailnet.MaxDevices
	sum := 0
	for i := range p.Regions {
		n, _ := p.Regions[i].Devices()
		sum += n
	}
	if limit < 1 || sum <= limit {
		return list
	}
	var shares []string
	for i := range p.Regions {
		shares = append(shares, fmt.Sprintf("%q %s", p.Regions[i].Region.Name, deviceShare(&p.Regions[i])))
	}
	d := list.Errorf(CodeDeviceBudget, "spec.tailnet.maxDevices", "the gateways are %d devices of the tailnet, and maxDevices is %d: region %s",
		sum, limit, strings.Join(shares, ", ")).
		Fix("use two gateways with strategy relay instead of mode perNode, list fewer gateways, or get a larger plan and raise maxDevices")
	for i := range p.Regions {
		r := p.Regions[i].Region
		d.See(regionPath(i)+".gateways", "region %q has mode %s: %s", r.Name, r.Gateways.Mode, deviceShare(&p.Regions[i]))
	}
	return list
}

// deviceShare spells a region's number, and where it does not come from its list.
func deviceShare(r *plan.Region) string {
	n, known := r.Devices()
	switch listed := len(r.Region.Gateways.Nodes); {
	case !known:
		return fmt.Sprintf("at least %d (no host is listed)", n)
	case n > listed:
		return fmt.Sprintf("%d (%d listed, maxNodes %d)", n, listed, r.Region.MaxNodes)
	}
	return fmt.Sprint(n)
}

// readmission checks that network policies can name the gateways where their own
// traffic comes from the tailnet: with gatewaySource tailnetIP only.
func readmission(p *plan.Plan) diag.List {
	var list diag.List
	if p.Topology.Spec.Tailnet.GatewaySource != schema.SourceTailnetIP || !slices.ContainsFunc(p.Topology.Spec.Regions, filtersByPolicy) {
		return nil
	}
	prefixes, unknown := p.GatewayPrefixes()
	if len(unknown) > 0 {
		list.Errorf(CodeGatewayUnknown, "spec.tailnet.gatewaySource",
			"gatewaySource tailnetIP needs policies that readmit the gateways, and neither the %s tailnet addresses of all gateways nor a pool of them is known",
			strings.Join(unknown, " and ")).
			Fix("state tailnetIP (and tailnetIPv6) of every gateway, or tailnet.ipPool, or set gatewaySource: internalIP; tailnet.readmitWholePool: true readmits every device of the tailnet")
	}
	for _, whole := range []string{schema.TailnetIPv4().String(), schema.TailnetIPv6().String()} {
		for _, c := range prefixes {
			if c.String() == whole {
				list.Warnf(CodeWholePool, "spec.tailnet.readmitWholePool",
					"policies readmit all of %s, so any device of the tailnet that has a route may use what is meant for nodes", c).
					Fix("state tailnetIP of every gateway, or tailnet.ipPool")
			}
		}
	}
	return list
}

// standbySources: what a gateway elsewhere sends from its tailnet address comes out of the
// tunnel of the primary. For another gateway's own node and pods it goes on over the LAN, and
// there that drops it: only the tunnel tells a tailnet address from a forged one.
func standbySources(p *plan.Plan) diag.List {
	var list diag.List
	for i := range p.Regions {
		r := p.Regions[i].Region
		if p.Regions[i].SourceRoute || len(p.Regions) < 2 || len(r.Gateways.Nodes) < 2 {
			continue
		}
		list.Warnf(CodeSourceStandby, regionPath(i)+".gateways", "what gateways of other regions send themselves reaches node and pods of one gateway of region %q only, the primary: the others drop what has a tailnet address and did not come out of their own tunnel", r.Name).
			See("spec.tailnet.gatewaySource", "gateways send from their tailnet addresses").
			Fix("leave gatewaySource at internalIP; or keep off these gateways what hosts of others must reach (API servers, webhooks), and suppress this finding")
	}
	return list
}

// filtersByPolicy reports whether the region's CNI enforces policies that name peers by
// what they are rather than by address.
func filtersByPolicy(r schema.Region) bool {
	p := facts.Plugin(r.CNI.Type).Policies.Value
	return p == plugin.PoliciesCilium || p == plugin.PoliciesCalico
}
