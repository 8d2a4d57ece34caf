package change

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// decisions are how two plans differ.
func decisions(before, after *plan.Plan) []Change {
	var list []Change
	for _, of := range []struct {
		kind   Kind
		facets func(*plan.Plan) facets
	}{
		{Regions, regions}, {Gateways, gateways}, {Prefixes, prefixes}, {Advertise, advertised},
		{Routes, routes}, {Clouds, clouds}, {Firewalls, firewalls}, {Issues, known},
	} {
		list = append(list, differences(of.kind, of.facets(before), of.facets(after))...)
	}
	list = append(list, policies(before, after)...)
	list = append(list, settings(before.Topology, after.Topology)...)
	list = append(list, pools(before, after)...)
	return append(list, ways(before, after)...)
}

// regions are who is there, and what for.
func regions(p *plan.Plan) facets {
	f := facets{}
	for i := range p.Regions {
		r := p.Regions[i].Region
		f.add(r.Name, r.Provider+", gateways "+string(r.Gateways.Mode))
	}
	for _, r := range p.Leaving() {
		f.add(r.Region.Name, "leaving")
	}
	return f
}

func gateways(p *plan.Plan) facets {
	f := facets{}
	for i := range p.Regions {
		for _, n := range p.Regions[i].Region.Gateways.Nodes {
			var at []string
			for _, a := range n.Addresses() {
				at = append(at, a.String())
			}
			f.add(p.Regions[i].Region.Name, n.Name+" ("+strings.Join(at, ", ")+")")
		}
	}
	return f
}

func prefixes(p *plan.Plan) facets {
	f := facets{}
	for i := range p.Regions {
		r := p.Regions[i].Region
		f.add(r.Name, texts("nodes ", r.NodeCIDRs)...)
		f.add(r.Name, texts("pods ", r.PodCIDRs)...)
	}
	return f
}

func texts(before string, list []netip.Prefix) []string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = before + p.String()
	}
	return words
}

// approved are routes by the tags whose devices have them.
func approved(p *acl.Policy) facets {
	f := facets{}
	for _, a := range p.Routes {
		for _, tag := range a.Values {
			f.add(tag, a.Key)
		}
	}
	return f
}

func advertised(p *plan.Plan) facets {
	f := facets{}
	for i := range p.Regions {
		r := &p.Regions[i]
		for j, n := range r.Region.Gateways.Nodes {
			f.add(n.Name, texts("", r.Routes(j))...)
		}
	}
	return f
}

func routes(p *plan.Plan) facets {
	f := facets{}
	spelled := map[netip.Prefix]string{} // nearly all regions have nearly all of them
	for i := range p.Regions {
		transit := p.Regions[i].Transit()
		list := make([]string, len(transit))
		for j, t := range transit {
			if spelled[t] == "" {
				spelled[t] = t.String()
			}
			list[j] = spelled[t]
		}
		f[p.Regions[i].Region.Name] = list
	}
	return f
}

// policies are how the tailnet's policies differ.
func policies(before, after *plan.Plan) []Change {
	was, is := acl.FromPlan(before), acl.FromPlan(after)
	list := differences(Approved, approved(was), approved(is))
	shared := map[string]bool{} // rules that both have
	for _, r := range rulesOf(before, was) {
		shared[r.key()] = false
	}
	for _, r := range rulesOf(after, is) {
		if _, ok := shared[r.key()]; ok {
			shared[r.key()] = true
		}
	}
	old, many := reach(before, was, shared)
	now, more := reach(after, is, shared)
	if many || more {
		list = append(list, Change{Kind: Policy, Op: Altered, Subjects: []string{"rules"}, Note: "more of them differ than can be told: acl print shows each policy"})
		return list
	}
	return append(list, differences(Policy, old, now)...)
}

// rule lets each source reach each target.
type rule struct{ sources, targets, ports []string }

func (r *rule) key() string {
	return strings.Join([]string{strings.Join(r.sources, ","), strings.Join(r.targets, ","), strings.Join(r.ports, ",")}, " ")
}

// rulesOf are a policy's, in its own names less what all of them begin with: what they stand
// for is told by prefixes.
func rulesOf(p *plan.Plan, policy *acl.Policy) []rule {
	begin := schema.TagName(p.Topology.Spec.Tailnet.Tag) + "-"
	short := func(names []string) []string {
		list := make([]string, len(names))
		for i, n := range names {
			list[i] = strings.TrimPrefix(n, begin)
		}
		return list
	}
	var list []rule
	for _, g := range policy.Grants {
		list = append(list, rule{short(g.Src), short(g.Dst), g.IP})
	}
	for _, a := range policy.ACLs {
		list = append(list, rule{short(a.Src), short(a.Dst), []string{a.Proto}})
	}
	return list
}

// mostRules is how many pairs of a source and a target are told apart.
const mostRules = 100_000

// reach is who may reach what, but for rules that both policies have; many says that there are
// too many to tell.
func reach(p *plan.Plan, policy *acl.Policy, shared map[string]bool) (f facets, many bool) {
	f = facets{}
	pairs := 0
	for _, r := range rulesOf(p, policy) {
		if shared[r.key()] {
			continue
		}
		if pairs += len(r.sources) * len(r.targets); pairs > mostRules {
			return nil, true
		}
		for _, src := range r.sources {
			for _, dst := range r.targets {
				f.add(src, strings.TrimSpace("may reach "+dst+" "+strings.Join(r.ports, ", ")))
			}
		}
	}
	for _, a := range policy.TagOwners {
		f.add(a.Key, "owned by "+cmp.Or(strings.Join(a.Values, ", "), "nobody"))
	}
	for _, a := range policy.NodeAttrs {
		f.add(strings.Join(a.Target, ", "), slices.Concat(a.Attr, a.IPPool)...)
	}
	return f, false
}

// clouds are routes in a provider's network, and what cards there may send from.
func clouds(p *plan.Plan) facets {
	f := facets{}
	for i := range p.Regions {
		c := p.Regions[i].Cloud
		if c == nil {
			continue
		}
		name := p.Regions[i].Region.Name
		var hops []string
		for _, g := range c.Gateways {
			hops = append(hops, g.Name)
		}
		if !c.Spread && !c.Standbys {
			hops = hops[:1]
		}
		for _, r := range c.Routes() {
			f.add(name, r.Destination.String()+" by "+strings.Join(hops, ", "))
		}
		for _, s := range c.Sources() {
			f.add(name, "card "+s.Card+" sends from "+s.Prefix.String())
		}
	}
	return f
}

func firewalls(p *plan.Plan) facets {
	f := facets{}
	for i := range p.Regions {
		c := p.Regions[i].Cloud
		if c == nil || c.SecurityGroup == "" && facts.Provider(c.Cloud).Network.Value.Firewall.Value == provider.FirewallOfGroup {
			continue
		}
		for _, r := range c.Rules() {
			way := "in"
			if r.Egress {
				way = "out"
			}
			port := r.Protocol
			if r.Port != 0 {
				port += ":" + strconv.Itoa(r.Port)
			}
			for _, peer := range r.Peers {
				f.add(p.Regions[i].Region.Name, way+" "+port+" "+peer.String())
			}
		}
	}
	return f
}

// known are the issues that a topology's versions have, those included that need nothing done.
func known(p *plan.Plan) facets {
	f := facets{}
	for _, d := range append(issues.Findings(p), issues.Notes(p)...) {
		f.add(d.Severity.String(), string(d.Code))
	}
	return f
}

// pools are prefixes that pods have their addresses from and that a region gives up while it
// stays: what lies in no new one.
func pools(before, after *plan.Plan) []Change {
	var list []Change
	for i := range before.Regions {
		old := before.Regions[i].Region
		now := find(after, old.Name)
		if now == nil {
			continue
		}
		for _, p := range old.PodCIDRs {
			if p.IsValid() && !slices.ContainsFunc(now.Region.PodCIDRs, func(q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Contains(p.Addr()) }) {
				list = append(list, Change{Kind: Pools, Op: Held, Subjects: []string{old.Name}, Lost: []string{p.String()}, Note: shrinks(p, now.Region)})
			}
		}
		if size, was := now.Region.CNI.NodeBlockSizeIPv4, old.CNI.NodeBlockSizeIPv4; size != was && was != 0 {
			list = append(list, Change{Kind: Pools, Op: Held, Subjects: []string{old.Name}, Lost: []string{"blocks of /" + strconv.Itoa(was)}, Gained: []string{"blocks of /" + strconv.Itoa(size)},
				Note: "nodes keep the blocks that they have: a pool's block size stays as it is while one is in use"})
		}
	}
	return together(list)
}

func shrinks(p netip.Prefix, now *schema.Region) string {
	var inside []string
	for _, q := range now.PodCIDRs {
		if p.Overlaps(q) {
			inside = append(inside, q.String())
		}
	}
	if len(inside) > 0 {
		return "it shrinks to " + strings.Join(inside, ", ") + ": nothing outside of that may be in use"
	}
	return "no node may have a block of it, and no pod an address, before it is withdrawn"
}

// ways are how the packets of two regions reach each other: by a link, directly, or by a
// relay. Pairs that are in both plans are compared.
func ways(before, after *plan.Plan) []Change {
	was, is := facets{}, facets{}
	both := map[string]*plan.Region{}
	for i := range before.Regions {
		both[before.Regions[i].Region.Name] = &before.Regions[i]
	}
	for i := range after.Regions {
		a := &after.Regions[i]
		for j := range after.Regions[:i] {
			b := &after.Regions[j]
			oldA, oldB := both[a.Region.Name], both[b.Region.Name]
			if oldA == nil || oldB == nil {
				continue
			}
			if x, y := way(before, oldA, oldB), way(after, a, b); x != y {
				pair := b.Region.Name + " and " + a.Region.Name
				was.add(pair, x)
				is.add(pair, y)
			}
		}
	}
	return differences(Ways, was, is)
}

// way is the best that one of the gateways of a and one of b's find.
func way(p *plan.Plan, a, b *plan.Region) string {
	if slices.ContainsFunc(a.Linked(), func(i int) bool { return p.Regions[i].Region.Name == b.Region.Name }) {
		return "by a private link"
	}
	best, relay := plan.PathRelayed, len(p.PeerRelays()) > 0
	for i := range a.Region.Gateways.Nodes {
		for j := range b.Region.Gateways.Nodes {
			best = min(best, plan.ExpectedPath(a.ReachOf(i), b.ReachOf(j), relay))
		}
	}
	return map[plan.Path]string{plan.PathDirect: "directly", plan.PathMaybe: "directly or by a relay", plan.PathPeerRelay: "by a peer relay", plan.PathRelayed: "by a relay"}[best]
}

func find(p *plan.Plan, name string) *plan.Region {
	for i := range p.Regions {
		if p.Regions[i].Region.Name == name {
			return &p.Regions[i]
		}
	}
	return nil
}
