package acl

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// FromTopology returns the policy that the topology needs, which must be valid: see
// package validate. The order of its regions does not matter. CheckTopology reports
// what the topology wants and its control server cannot do.
//
// Rules consist of the regions' prefixes, since a tag means the addresses of the
// gateways only and never the networks behind them (headscale 0.29.2,
// testdata routes-a2). A region is never granted to itself, unless its
// hosts share no LAN. The gateways' tag is a
// source only where gateways send from their tailnet address.
func FromTopology(t *schema.Topology) *Policy {
	return newGenerator(plan.NewByName(t)).policy()
}

// FromPlan is FromTopology for a topology that is planned already.
func FromPlan(p *plan.Plan) *Policy { return newGenerator(p).policy() }

// generator holds the topology in the order of its regions' names.
type generator struct {
	spec  *schema.Spec
	sites []*site
	index map[string]int // region name: its place in sites
	// named are the rows of names that rules have asked for, by their places.
	named map[int]*row[string]
}

func newGenerator(p *plan.Plan) *generator {
	p = p.ByName()
	g := &generator{spec: &p.Topology.Spec, index: map[string]int{}}
	for i := range p.Regions {
		r := &p.Regions[i]
		g.index[r.Region.Name] = i
		g.sites = append(g.sites, newSite(g.spec, r))
	}
	return g
}

func (g *generator) policy() *Policy {
	p := &Policy{
		TagOwners: g.tagOwners(),
		Routes:    g.routes(),
		NodeAttrs: g.nodeAttrs(),
		HasRules:  true,
	}
	rules := g.rules()
	more := slices.Concat(g.visibility(), g.steering(), g.relaying())
	used := g.used(rules)
	if facts.ControlOf(&g.spec.Tailnet).HasSection("tests") {
		book := g.tests(rules)
		p.Tests = book.list()
		use(used, book.probed())
	}
	if g.spec.Tailnet.Policy.Form != schema.FormACLs {
		p.Grants = make([]Grant, 0, len(rules)+len(more))
	}
	for _, r := range rules {
		p.add(g.grant(r), g.spec.Tailnet.Policy.Form)
	}
	for _, r := range more {
		p.add(r, g.spec.Tailnet.Policy.Form)
		use(used, r.Src, r.Dst)
	}
	p.Hosts = g.hosts(used)
	return p
}

// used are the names of the places that rules are about. Thousands of rules share them, so
// they are counted by place, and each is looked at once.
func (g *generator) used(rules []rule) map[string]bool {
	asked := make([][gateways + 1]bool, len(g.sites))
	ask := func(regions []int, places []place) {
		for _, i := range regions {
			for _, p := range places {
				asked[i][p] = true
			}
		}
	}
	for _, r := range rules {
		ask(r.pairing.src, r.src)
		ask(r.pairing.dst, r.role.dst)
	}
	used := make(map[string]bool, 8*len(g.sites))
	for i, s := range g.sites {
		for p, is := range asked[i] {
			if is {
				use(used, s.selectors[p])
			}
		}
	}
	return used
}

// hosts are the aliases that a rule or a test uses.
func (g *generator) hosts(used map[string]bool) []Host {
	list := make([]Host, 0, len(used))
	for _, s := range g.sites {
		for _, h := range s.hosts {
			if used[h.Name] {
				list = append(list, h)
			}
		}
	}
	return slices.Clip(list)
}

func use(used map[string]bool, lists ...[]string) {
	for _, list := range lists {
		for _, name := range list {
			used[name] = true
		}
	}
}

func (p *Policy) add(g Grant, form schema.PolicyForm) {
	if form == schema.FormACLs {
		p.ACLs = append(p.ACLs, g.acls()...)
		return
	}
	p.Grants = append(p.Grants, g)
}

// rule is a role between two sets of regions.
type rule struct {
	role    *role
	pairing pairing
	// src are the role's places, and the gateways where they are a source.
	src []place
	// comment says what the role is for.
	comment string
}

// rules are all grants between regions, before they are written with aliases.
func (g *generator) rules() []rule {
	var list []rule
	all := roles(g.spec)
	for i := range all {
		r := &all[i]
		src, comment := g.sources(r), r.name+": "+r.why
		class := func(i int) string {
			if r.class == nil {
				return ""
			}
			return r.class(g.sites[i].region)
		}
		from, to := g.selected(r.from), g.selected(r.to)
		pairs := append(mesh(from, to, class), g.apart(from, to, class)...)
		pairs = pinned(pairs, g.spec.Tailnet.Policy.Pins, g.index)
		list = slices.Grow(list, len(pairs))
		for _, p := range pairs {
			list = append(list, rule{r, p, src, comment})
		}
	}
	return g.needed(list)
}

// apart pairs each region whose hosts are apart with itself, unless a tunnel between its
// hosts carries what the rule is about.
func (g *generator) apart(from, to []int, class func(int) string) []pairing {
	var pairs []pairing
	for _, i := range intersect(from, to) {
		if severalApart(g.sites[i].region) && class(i) == "" {
			pairs = append(pairs, pairing{src: []int{i}, dst: []int{i}})
		}
	}
	return pairs
}

// severalApart reports whether the region has hosts that reach each other through the
// tailnet alone.
func severalApart(r *schema.Region) bool { return plan.HostsApart(r) && len(r.Gateways.Nodes) > 1 }

// sources adds the gateways to the nodes, of which API servers are some: with gatewaySource tailnetIP what a
// gateway sends itself leaves from its tailnet address, and then only its tag is a
// source that matches.
func (g *generator) sources(r *role) []place {
	if g.spec.Tailnet.GatewaySource == schema.SourceTailnetIP && (slices.Contains(r.src, nodes) || slices.Contains(r.src, apiServer)) {
		return append(slices.Clone(r.src), gateways)
	}
	return r.src
}

func (g *generator) selected(keep func(*schema.Region) bool) []int {
	var list []int
	for i, s := range g.sites {
		if keep == nil || keep(s.region) {
			list = append(list, i)
		}
	}
	return list
}

// grant writes the rule with aliases and tags.
func (g *generator) grant(r rule) Grant {
	one := Grant{
		Src:     g.names(r.pairing.src, r.src),
		Dst:     g.names(r.pairing.dst, r.role.dst),
		IP:      r.role.ports,
		Comment: r.comment,
	}
	if r.pairing.via != "" {
		one.Via = []string{r.pairing.via}
	}
	return one
}

// names lists the aliases and tags of the regions' places, each once. Callers leave the list
// alone: it may be a part of another.
func (g *generator) names(regions []int, places []place) []string {
	key := key(places)
	if g.named == nil {
		g.named = map[int]*row[string]{}
	}
	if g.named[key] == nil {
		g.named[key] = newRow(len(g.sites), func(all []string, i int) []string {
			for _, p := range places {
				all = append(all, g.sites[i].selectors[p]...)
			}
			return all
		})
	}
	return g.named[key].of(regions)
}

// tagOwners are every tag that a gateway carries.
func (g *generator) tagOwners() []Assignment {
	tags := map[string]bool{}
	for _, s := range g.sites {
		tags[s.tag] = true
		for _, n := range s.region.Gateways.Nodes {
			for _, tag := range n.Tags {
				tags[tag] = true
			}
		}
	}
	var list []Assignment
	for _, tag := range sortedKeys(tags) {
		list = append(list, Assignment{tag, g.owners()})
	}
	return list
}

// owners are the user's choice, or whom the control server knows for it.
func (g *generator) owners() []string {
	if stated := g.spec.Tailnet.Policy.TagOwners; len(stated) > 0 {
		return stated
	}
	return slices.Clone(facts.Control(g.spec.Tailnet.Control).TagOwners.Value)
}

// routes approve exactly what the regions advertise. A wider prefix would approve
// whatever lies inside it as well (headscale 0.29.2, testdata routes-d2), so one that
// is advertised, a superset, approves the prefixes that it contains, too.
func (g *generator) routes() []Assignment {
	tags := map[netip.Prefix]map[string]bool{}
	for _, s := range g.sites {
		for _, p := range s.plan.Advertise {
			if tags[p] == nil {
				tags[p] = map[string]bool{}
			}
			tags[p][s.tag] = true
		}
	}
	var prefixes []netip.Prefix
	for p := range tags {
		prefixes = append(prefixes, p)
	}
	var list []Assignment
	var wide netip.Prefix // the last one listed: a prefix sorts right before what it contains
	for _, p := range cidr.Sorted(prefixes) {
		if wide.IsValid() && cidr.Contains(wide, p) && isSubset(tags[p], tags[wide]) {
			continue
		}
		wide = p
		list = append(list, Assignment{p.String(), sortedKeys(tags[p])})
	}
	return list
}

func isSubset(a, b map[string]bool) bool {
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

func sortedKeys(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	slices.SortFunc(list, strings.Compare)
	return list
}
