package page

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/graph"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/marks"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/report"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// table is rows under columns. The first cell of a row says what the row is about.
type table struct {
	// ID is an anchor, Title the heading, and Caption a sentence about what the rows are.
	ID, Title, Caption string
	Columns            []column
	Rows               [][]string
	// Long is set for tables that are searched and not read: they get a filter.
	Long bool
}

// column is one of a table. Code says that its cells are addresses or the like, and Ordered that
// its order is that in which the rows are written, which no reading of the texts gives.
type column struct {
	Name          string
	Code, Ordered bool
}

// longRows is from how many rows on somebody rather filters than reads.
const longRows = 8

func newTable(id, title, caption string, columns ...column) table {
	return table{ID: id, Title: title, Caption: caption, Columns: columns}
}

func (t *table) row(cells ...string) {
	t.Rows = append(t.Rows, cells)
	t.Long = len(t.Rows) >= longRows
}

func text(name string) column    { return column{Name: name} }
func code(name string) column    { return column{Name: name, Code: true} }
func ordered(name string) column { return column{Name: name, Code: true, Ordered: true} }

// decisions are the tables of what is decided, but for addresses and marks.
func decisions(p *plan.Plan) []table {
	list := []table{regions(p), gateways(p)}
	if t := links(p); len(t.Rows) > 0 {
		list = append(list, t)
	}
	list = append(list, routes(p))
	if t := packets(p); len(t.Rows) > 0 {
		list = append(list, t)
	}
	return list
}

func factsOf(p *plan.Plan) []fact {
	spec := &p.Topology.Spec
	gateways := 0
	for i := range p.Regions {
		gateways += len(p.Regions[i].Region.Gateways.Nodes)
	}
	host, port := spec.Cluster.APIServer.Told()
	list := []fact{
		{"Regions", fmt.Sprint(len(p.Regions))},
		{"Gateways", fmt.Sprint(gateways)},
		{"Private links", fmt.Sprint(len(spec.Links))},
		{"Kubernetes", fmt.Sprintf("%s, %s", spec.Cluster.KubernetesVersion, facts.Distribution(spec.Cluster.Distribution).Title)},
		{"API server", netAddress(host, port)},
		{"Tailscale", string(spec.Tailnet.TailscaleVersion)},
		{"Tag of gateways", spec.Tailnet.Tag},
	}
	if leaving := p.Leaving(); len(leaving) > 0 {
		var names []string
		for _, r := range leaving {
			names = append(names, r.Region.Name)
		}
		list = append(list, fact{"Leaving", strings.Join(names, ", ")})
	}
	return list
}

func netAddress(host string, port int) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// counts are how many findings are of each severity.
type counts struct{ Errors, Warnings, Infos, Issues int }

func count(findings, known diag.List) counts {
	return counts{findings.Count(diag.Error), findings.Count(diag.Warning), findings.Count(diag.Info), len(known)}
}

func findingTable(list diag.List) table {
	t := newTable("findings-table", "", "What a check of the topology found.", text("Severity"), text("What"), text("Way out"), code("Code"), code("Place"))
	for _, d := range list {
		t.row(d.Severity.String(), d.Message, d.Remedy, string(d.Code), place(d))
	}
	return t
}

// place is the field, and its line where that is known: of the file's path only the name, which is
// the same wherever somebody runs this.
func place(d *diag.Diagnostic) string {
	if !d.Pos.IsValid() || d.Pos.Line == 0 {
		return d.Path
	}
	return fmt.Sprintf("%s (%s:%d)", d.Path, path.Base(strings.ReplaceAll(d.Pos.File, "\\", "/")), d.Pos.Line)
}

func issueTable(list diag.List) table {
	t := newTable("issues-table", "", "Known issues that these versions and settings meet, and what settles each.", code("Code"), text("What"), text("Settled by"), code("Place"))
	for _, d := range list {
		t.row(string(d.Code), d.Message, d.Remedy, d.Path)
	}
	return t
}

func regions(p *plan.Plan) table {
	t := newTable("regions", "Regions", "Each region, how its gateways share the work, and how its hosts send to others.",
		text("Region"), text("Provider"), text("Network plugin"), text("Gateways"), text("Strategy"), code("Nodes"), code("Pods"), text("Advertises"), text("Routes to"), text("Next hops"))
	for i := range p.Regions {
		r := &p.Regions[i]
		t.row(r.Region.Name, r.Region.Provider, strings.TrimSpace(string(r.Region.CNI.Type)+" "+string(r.Region.CNI.Version)), string(r.Region.Gateways.Mode),
			string(r.Region.Gateways.HA.Strategy), prefixes(r.Region.NodeCIDRs), prefixes(r.Region.PodCIDRs), fmt.Sprint(len(r.Advertise)), fmt.Sprint(len(r.Transit())), hops(r))
	}
	return t
}

// hops are the gateways that hosts send to, in order.
func hops(r *plan.Region) string {
	var names []string
	for _, n := range r.Region.Gateways.Nodes {
		names = append(names, n.Name)
	}
	list := strings.Join(names, ", ")
	switch {
	case r.RoutesInCloud():
		return "by the provider's route table: " + list
	case plan.EveryNodeIsGateway(r.Region):
		return "each host itself"
	case len(names) == 0:
		return "not listed"
	}
	return list
}

func gateways(p *plan.Plan) table {
	t := newTable("gateways", "Gateways", "Every known gateway, by region and in failover order.",
		text("Gateway"), text("Region"), text("Order"), code("Address"), code("Public address"), code("Tailnet address"), text("Zone"), text("Reached by"), code("Advertises"))
	for i := range p.Regions {
		r := &p.Regions[i]
		for j := range r.Region.Gateways.Nodes {
			n := &r.Region.Gateways.Nodes[j]
			t.row(n.Name, r.Region.Name, fmt.Sprint(j+1), addresses(n.InternalIP, n.InternalIPv6), addresses(n.PublicIP), addresses(n.TailnetIP, n.TailnetIPv6),
				n.Zone, reach(r, j), prefixes(r.Routes(j)))
		}
	}
	return t.without()
}

// reach is how the j-th gateway is reached; what nobody stated is not asked for here.
func reach(r *plan.Region, j int) string {
	if r.ReachOf(j) == plan.ReachUnknown {
		return "not stated"
	}
	return report.ReachWords(r.ReachOf(j))
}

// without is the table without the columns that are empty in every row.
func (t table) without() table {
	for c := len(t.Columns) - 1; c >= 0; c-- {
		if slices.ContainsFunc(t.Rows, func(row []string) bool { return row[c] != "" }) {
			continue
		}
		t.Columns = slices.Delete(t.Columns, c, c+1)
		for i := range t.Rows {
			t.Rows[i] = slices.Delete(t.Rows[i], c, c+1)
		}
	}
	return t
}

func links(p *plan.Plan) table {
	t := newTable("links", "Private links", "Pairs of regions that reach each other without the tailnet; the numbers are those in the picture.", text("No."), text("Region"), text("Region"), text("MTU"))
	for i, e := range graph.New(p).Edges {
		t.row(fmt.Sprint(i+1), p.Regions[e.From].Region.Name, p.Regions[e.To].Region.Name, fmt.Sprint(e.MTU))
	}
	return t
}

// routes are what the tailnet carries: every region's hosts send the other regions' to their own
// gateways, so that this list and the regions' next hops are all routes there are.
func routes(p *plan.Plan) table {
	t := newTable("routes", "Routes", "What the tailnet routes, and to whom. Hosts of every other region send these to the next hops of their own.",
		ordered("Destination"), text("Region"), text("For"), text("To gateways"))
	type route struct {
		to     netip.Prefix
		region int
	}
	var list []route
	for i := range p.Regions {
		for _, to := range p.Regions[i].Advertise {
			list = append(list, route{to, i})
		}
	}
	slices.SortStableFunc(list, func(a, b route) int { return a.to.Compare(b.to) })
	for _, l := range list {
		r := &p.Regions[l.region]
		t.row(l.to.String(), r.Region.Name, purpose(r.Region, l.to), strings.Join(advertisers(r, l.to), ", "))
	}
	return t
}

// purpose is what an advertised prefix holds.
func purpose(r *schema.Region, to netip.Prefix) string {
	in := func(list []netip.Prefix) bool {
		return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Bits() <= to.Bits() && p.Contains(to.Addr()) })
	}
	switch {
	case in(r.NodeCIDRs):
		return "nodes"
	case in(r.PodCIDRs):
		return "pods"
	}
	return "superset"
}

func advertisers(r *plan.Region, to netip.Prefix) []string {
	var names []string
	for j, n := range r.Region.Gateways.Nodes {
		if slices.Contains(r.Routes(j), to) {
			names = append(names, n.Name)
		}
	}
	return names
}

func packets(p *plan.Plan) table {
	t := newTable("packets", "Packet sizes", fmt.Sprintf("How large packets between regions may be, in bytes. tailscale0 takes %d.", facts.TailscaleMTU),
		text("From pods in"), text("To pods in"), text("Network"), text("Pods' MTU"), text("Fits"), text("MSS, IPv4"), text("MSS, IPv6"), text("How"))
	budgets := mtu.Budgets(p.Topology)
	for i := range budgets {
		b := &budgets[i]
		t.row(named(b.From, p), named(b.To, p), fmt.Sprint(b.Link), fmt.Sprint(b.Pod), fmt.Sprint(b.Fits), segment(b.MSSIPv4), segment(b.MSSIPv6), held(b))
	}
	return t
}

func held(b *mtu.Budget) string {
	switch {
	case b.TooLarge():
		return "too large: transfers stall where fragments or ICMP are dropped"
	case b.Clamped:
		return "clamped by gateways"
	}
	return "by pods' MTU"
}

func segment(mss int) string {
	if mss == 0 {
		return ""
	}
	return fmt.Sprint(mss)
}

func markTables(p *plan.Plan) []table {
	var list []table
	for i, g := range marks.Groups(p) {
		t := newTable(fmt.Sprintf("marks-%d", i+1), "", "Gateways of "+named(g.Regions, p)+".",
			text("Component"), text("Use"), code("31 … 24"), code("23 … 16"), code("15 … 8"), code("7 … 0"), text("Who shares its bits, and why that is safe"))
		for j := range g.Uses {
			u := &g.Uses[j]
			t.row(append(append([]string{u.Component, u.Purpose}, u.Octets()...), sharing(g.Shares(j)))...)
		}
		list = append(list, t)
	}
	return list
}

// sharing says with whom bits are shared, and why that is safe.
func sharing(with []marks.Sharing) string {
	var all []string
	for _, s := range with {
		why := s.Why
		if why == "" {
			why = "collision"
		}
		all = append(all, s.With+": "+why)
	}
	return strings.Join(all, "; ")
}

func stepTable(p *plan.Plan) table {
	t := newTable("steps-table", "", "Every step, in order.", text("No."), text("Part"), text("Step"), text("Where"))
	for i, s := range steps.List(p) {
		where := s.On
		switch {
		case where == "" && s.NodesOf != "":
			where = "each other host of " + s.NodesOf
		case where == "":
			where = "with the tree"
		}
		t.row(fmt.Sprint(i+1), string(s.Phase), s.Title, where)
	}
	return t
}

func prefixes(list []netip.Prefix) string {
	var words []string
	for _, p := range list {
		words = append(words, p.String())
	}
	return strings.Join(words, ", ")
}

func addresses(list ...netip.Addr) string {
	var words []string
	for _, a := range list {
		if a.IsValid() {
			words = append(words, a.String())
		}
	}
	return strings.Join(words, ", ")
}

// named are regions, or all of them where nobody wants to read so many names.
func named(names []string, p *plan.Plan) string {
	if len(names) == len(p.Regions) && len(names) > 3 {
		return "all regions"
	}
	return strings.Join(names, ", ")
}
