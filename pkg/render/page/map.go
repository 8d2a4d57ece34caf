package page

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/graph"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// addressMap is who has which addresses: IPv4 blocks as strips, and all of them as tables.
type addressMap struct {
	Grids  []grid
	Owners table
	Free   table
}

// grid is a block of IPv4 addresses in up to 16 strips; alike ones stand as one.
type grid struct {
	Title string
	// Says is what is to be seen, for who does not see it.
	Says   string
	Strips []strip
}

// strip is a part of a block, from its first address on.
type strip struct {
	Label string
	// Parts is the inside of an svg element without a size of its own: places are percentages.
	Parts template.HTML
}

// part is what somebody has of a strip, from 0 to 1.
type part struct {
	from, width float64
	kind        string
	label, says string
}

// The kinds of parts, as the style sheet knows them.
const (
	kindNodes    = "nodes"
	kindPods     = "pods"
	kindServices = "services"
	kindOwn      = "own"  // further networks of the topology's
	kindKept     = "kept" // by somebody else
	kindMaybe    = "maybe"
)

// strips is into how many a block is cut, as bits of a prefix.
const stripBits = 4

// roomy is how wide a strip is on the page, in pixels, where it has labels; narrower ones have none.
const roomy = 700.0

func newMap(blocks []ipam.Block) addressMap {
	m := addressMap{
		Owners: newTable("owners", "", "Who has which prefix, and who keeps which range.", ordered("Prefix"), text("Owner"), text("For"), ordered("Block"), text("Note")),
		Free:   newTable("free", "", "What is free, by block. "+"kustomize-hybrid suggest gives prefixes out.", ordered("Block"), text("Free"), code("Largest free prefixes"), text("Note")),
	}
	for i := range blocks {
		b := &blocks[i]
		if b.Prefix.Addr().Is4() {
			m.Grids = append(m.Grids, newGrid(b))
		}
		for _, o := range b.Owners {
			m.Owners.row(o.Prefix.String(), owner(&o), purposeOf(&o), b.Prefix.String(), note(&o))
		}
		m.Free.row(b.Prefix.String(), percent(b.FreeShare()), largest(b.Free), freeNote(b))
	}
	return m
}

// owner is who has a prefix.
func owner(o *ipam.Owner) string {
	switch c := &o.Claim; {
	case o.Keeper != "":
		return o.Keeper
	case c.Region >= 0:
		return c.Owner
	case c.Role == claim.RolePool:
		return "the tailnet"
	case c.Role.Fixed():
		return "outside the cluster"
	}
	return "the cluster"
}

func purposeOf(o *ipam.Owner) string {
	switch {
	case o.Keeper != "" && o.Severity == diag.Info:
		return "may be taken one day"
	case o.Keeper != "":
		return "kept"
	}
	return o.Claim.Role.String()
}

func note(o *ipam.Owner) string {
	switch {
	case o.Claim.Default != "":
		return "not set, so it is the default of " + o.Claim.Default
	case o.Keeper != "":
		return "a range which " + o.Reason
	}
	return o.Reason
}

func kind(o *ipam.Owner) string {
	switch {
	case o.Keeper != "" && o.Severity == diag.Info:
		return kindMaybe
	case o.Keeper != "":
		return kindKept
	}
	switch o.Claim.Role {
	case claim.RoleNode:
		return kindNodes
	case claim.RolePod:
		return kindPods
	case claim.RoleService:
		return kindServices
	}
	return kindOwn
}

// percent has no digit behind the point where it says as much without one.
func percent(share float64) string {
	switch p := 100 * share; {
	case p == 0 || p == 100:
		return fmt.Sprintf("%.0f\u00a0%%", p)
	case p > 99.9:
		return "over 99.9\u00a0%"
	case p < 0.1:
		return "under 0.1\u00a0%"
	default:
		return fmt.Sprintf("%.1f\u00a0%%", p)
	}
}

// largest are some free prefixes, and how many there are beside them.
func largest(free []netip.Prefix) string {
	const some = 6
	if len(free) == 0 {
		return "none"
	}
	sorted := slices.Clone(free)
	slices.SortStableFunc(sorted, func(a, b netip.Prefix) int { return cmp.Compare(a.Bits(), b.Bits()) })
	if len(sorted) <= some+1 {
		return prefixes(sorted)
	}
	return fmt.Sprintf("%s and %d more", prefixes(sorted[:some]), len(sorted)-some)
}

func freeNote(b *ipam.Block) string {
	switch {
	case b.Prefix == schema.TailnetIPv4():
		return "for the tailnet's pool alone"
	case slices.ContainsFunc(b.Owners, func(o ipam.Owner) bool { return o.Severity == diag.Info }):
		return "counting what may be taken one day"
	}
	return ""
}

func newGrid(b *ipam.Block) grid {
	g := grid{Title: b.Prefix.String()}
	claims := 0
	for _, o := range b.Owners {
		if o.Keeper == "" {
			claims++
		}
	}
	g.Says = fmt.Sprintf("Map of %s: prefixes of the topology %d, free %s. The table of owners has them all.", b.Prefix, claims, percent(b.FreeShare()))
	bits := min(b.Prefix.Bits()+stripBits, 32)
	var last string
	var first netip.Prefix
	for p := netip.PrefixFrom(b.Prefix.Addr(), bits); b.Prefix.Contains(p.Addr()); p = netip.PrefixFrom(claim.Last(p).Next(), bits) {
		parts := partsOf(b, p)
		drawn := spell(parts)
		thin := !slices.ContainsFunc(parts, func(p part) bool { return p.width < 1 })
		if n := len(g.Strips); thin && n > 0 && drawn == last {
			g.Strips[n-1].Label = span(first, p)
			continue
		}
		first, last = p, drawn
		g.Strips = append(g.Strips, strip{span(p, p), template.HTML(drawn)})
	}
	return g
}

// span is the first address of a strip and, where several stand as one, the last address of all.
func span(from, to netip.Prefix) string {
	if from == to {
		return from.String()
	}
	return from.Addr().String() + " – " + claim.Last(to).String()
}

// partsOf is what somebody has of a strip, the wider before what lies on them.
func partsOf(b *ipam.Block, strip netip.Prefix) []part {
	var parts []part
	whole := math.Ldexp(1, 32-strip.Bits())
	for i := range b.Owners {
		o := &b.Owners[i]
		if !o.Prefix.Overlaps(strip) {
			continue
		}
		says := owner(o) + ": " + purposeOf(o)
		p := part{width: 1, kind: kind(o), label: owner(o), says: says}
		if o.Prefix.Bits() > strip.Bits() {
			p.from = float64(number(o.Prefix.Addr())-number(strip.Addr())) / whole
			p.width = math.Ldexp(1, strip.Bits()-o.Prefix.Bits())
			p.says = claim.Show(o.Prefix) + " " + says
		}
		parts = append(parts, p)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Or(cmp.Compare(b.width, a.width), cmp.Compare(a.from, b.from)) })
	return shared(parts)
}

// shared is the list with one part for what several keep.
func shared(parts []part) []part {
	var list []part
	for _, p := range parts {
		if n := len(list) - 1; n >= 0 && list[n].from == p.from && list[n].width == p.width && list[n].kind == p.kind {
			list[n].label += ", " + p.label
			list[n].says += "; " + p.says
			continue
		}
		list = append(list, p)
	}
	return list
}

// number is an IPv4 address as one.
func number(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// spell draws parts, with labels where they fit and nothing lies on them.
func spell(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, `<rect class="%s" x="%s%%" width="%s%%" height="100%%"><title>%s</title></rect>`, p.kind, short(100*p.from), short(max(100*p.width, 0.4)), template.HTMLEscapeString(p.says))
	}
	for i, p := range parts {
		fits := graph.Small.Width(p.label)+8 <= p.width*roomy
		covered := slices.ContainsFunc(parts[i+1:], func(q part) bool { return q.from < p.from+p.width && p.from < q.from+q.width })
		if fits && !covered {
			fmt.Fprintf(&b, `<text class="%s" x="%s%%" dx="4" y="14">%s</text>`, p.kind, short(100*p.from), template.HTMLEscapeString(p.label))
		}
	}
	return b.String()
}

func short(f float64) string { return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64) }
