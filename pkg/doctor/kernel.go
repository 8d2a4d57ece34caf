package doctor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
)

// rule is one of `ip -j rule`.
type rule struct {
	Priority int             `json:"priority"`
	Not      json.RawMessage `json:"not"`
	Src      string          `json:"src"`
	SrcLen   *int            `json:"srclen"`
	Dst      string          `json:"dst"`
	DstLen   *int            `json:"dstlen"`
	Mark     string          `json:"fwmark"`
	Mask     string          `json:"fwmask"`
	IIF      string          `json:"iif"`
	Protocol string          `json:"ipproto"`
	Table    string          `json:"table"`
	Action   string          `json:"action"`
	Suppress *int            `json:"suppress_prefixlen"`
}

// route is one of `ip -j route`.
type route struct {
	Type     string `json:"type"`
	Dst      string `json:"dst"`
	Gateway  string `json:"gateway"`
	Device   string `json:"dev"`
	Table    string `json:"table"`
	Source   string `json:"prefsrc"`
	Protocol string `json:"protocol"`
	Metric   int    `json:"metric"`
	Hops     []struct {
		Gateway string `json:"gateway"`
		Device  string `json:"dev"`
	} `json:"nexthops"`
}

func (r *route) table() string { return cmp.Or(r.Table, "main") }

// to is where the route leads; the zero prefix where it is not told.
func (r *route) to() netip.Prefix {
	if r.Dst == "default" {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return prefix(r.Dst, nil)
}

// prefix reads one as iproute2 spells it; the zero prefix for none.
func prefix(text string, length *int) netip.Prefix {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}
	}
	if length != nil {
		return netip.PrefixFrom(a, *length)
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// String is the rule in the words of package reach and of gateway-setup.sh, which are
// iproute2's.
func (r *rule) String() string {
	text := fmt.Sprintf("rule 4 %d: ", r.Priority)
	if r.Not != nil {
		text += "not "
	}
	spell := func(text string, length *int) string {
		p := prefix(text, length)
		if !p.IsValid() {
			return text
		}
		if p.IsSingleIP() {
			return p.Addr().String()
		}
		return p.String()
	}
	text += "from " + spell(cmp.Or(r.Src, "all"), r.SrcLen)
	if r.Dst != "" {
		text += " to " + spell(r.Dst, r.DstLen)
	}
	if r.Mark != "" {
		text += " fwmark " + r.Mark
		if r.Mask != "" {
			text += "/" + r.Mask
		}
	}
	if r.IIF != "" {
		text += " iif " + r.IIF
	}
	if r.Protocol != "" {
		text += " ipproto " + r.Protocol
	}
	if r.Table != "" {
		text += " lookup " + r.Table
	} else {
		text += " " + r.Action
	}
	if r.Suppress != nil {
		text += fmt.Sprintf(" suppress_prefixlength %d", *r.Suppress)
	}
	return text
}

// firstOfOurs and lastOfOurs are the priorities between which a gateway's rules of ours lie, and
// which tailscaled's follow (host/numbers.awk).
const (
	firstOfOurs = 5175
	lastOfOurs  = 5205
)

// judgeRules compares a gateway's rules with the rendered ones.
func (p *patient) judgeRules() {
	if !p.isGateway || p.d.world == nil {
		return
	}
	if !p.has("rules4.json") {
		p.d.undecided("%s: its rules were not captured%s", p.Name, p.why("rules4.json"))
		return
	}
	has, err := elements[rule](p.Host, "rules4.json")
	if err != nil {
		p.d.undecided("%s: %v", p.Name, err)
		return
	}
	var texts []string
	for i := range has {
		texts = append(texts, has[i].value.String())
	}
	var missing []reach.Part
	ours := 0
	for _, part := range p.wants {
		if part.Kind != reach.PartRule || priorityOf(part.Text) == refuses {
			continue
		}
		if ours++; !slices.Contains(texts, part.Text) {
			missing = append(missing, part)
		}
	}
	if len(missing) > 0 {
		p.d.add(p.rulesMissing(missing, len(missing) == ours))
	}
	p.judgeForeignRules(has)
}

// rulesMissing is the cause: one, however many there are.
func (p *patient) rulesMissing(missing []reach.Part, all bool) Cause {
	first := missing[0]
	var priorities []string
	for _, part := range missing {
		priorities = append(priorities, strconv.Itoa(priorityOf(part.Text)))
	}
	priorities = slices.Compact(priorities)
	c := p.cause(CodeRule, p.missingLine("rules4.json", first.Text), "rule %s is missing: %s", priorities[0], strings.TrimPrefix(first.Text, "rule 4 "+priorities[0]+": "))
	if len(missing) > 1 {
		c.Message += fmt.Sprintf(" and %d more", len(missing)-1)
	}
	switch {
	case all:
		c.Message = "none of gateway-setup.sh's rules is there: it has not run since the host started, or somebody has taken all of it away"
		c.nothing = true
	case len(priorities) > 1:
		c.Message = fmt.Sprintf("rules %s are missing, such as %s", strings.Join(priorities, ", "), strings.TrimPrefix(first.Text, "rule 4 "))
	default:
		c.Message += "; " + purposes()[priorityOf(first.Text)]
	}
	c.Rendered, c.Fix = first.At, p.apply()
	return c
}

// refuses is the priority of the watch's own rules, which come and go (host/numbers.awk: REFUSE).
const refuses = 5190

// purposes say what the lack of a rule costs (host/wanted.awk).
func purposes() map[int]string {
	return map[int]string{
		5180: "tailscaled's own packets may find a peer through another gateway's tunnel",
		5181: "tailscaled's own packets may find a peer in the overlay that they carry",
		5185: "a standby's own LAN lies behind the tunnel",
		5195: "what the region sends does not follow the primary",
		5196: "what finds no way goes out by the default route",
		5197: "what goes to tailnet addresses and finds no way goes out by the default route",
		5198: "what this host itself sends leaves from its tailnet address",
		5199: "what this host itself sends and finds no way goes out by the default route",
		5204: "what the overlay carries goes into the tunnel",
		5205: "packets with some of Cilium's identities go out by the default route",
	}
}

func priorityOf(text string) int {
	w := strings.Fields(text)
	if len(w) < 3 {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSuffix(w[2], ":"))
	return n
}

// remote are the prefixes of other regions, as the tree has them for the host.
func (p *patient) remote() []netip.Prefix {
	var all []netip.Prefix
	for _, part := range p.wants {
		if part.Kind != reach.PartRoute {
			continue
		}
		text := part.Text
		if p.isGateway {
			var ok bool
			if text, ok = strings.CutPrefix(text, "unreachable "); !ok || part.Table != "5250" {
				continue
			}
		}
		if to := prefix(text, nil); to.IsValid() {
			all = append(all, to)
		}
	}
	return all
}

// judgeForeignRules finds somebody's rule that decides before ours, about packets that ours are
// for. What is selected by a mark is left out: who has which, nobody knows here.
func (p *patient) judgeForeignRules(has []element[rule]) {
	routes, err := elements[route](p.Host, "routes4.json")
	if err != nil {
		return
	}
	remote := p.remote()
	overlaps := func(text string, length *int) bool {
		s := prefix(text, length)
		return !s.IsValid() || slices.ContainsFunc(remote, s.Overlaps)
	}
	for _, e := range has {
		r := e.value
		if r.Priority == 0 || r.Priority >= firstOfOurs || r.Mark != "" || r.Not != nil || r.Table == "local" {
			continue
		}
		if r.Dst != "" && !overlaps(r.Dst, r.DstLen) {
			continue
		}
		// An answer to another region comes from here: only what is from somewhere else altogether
		// is none of ours.
		if r.Src != "" && r.Src != "all" && !p.isOurs(prefix(r.Src, r.SrcLen)) {
			continue
		}
		decides := r.Action != "" && r.Table == ""
		for i := range routes {
			to := routes[i].value.to()
			if r.Table != "" && routes[i].value.table() == r.Table && to.Addr().Is4() && (r.Suppress == nil || to.Bits() > *r.Suppress) {
				decides = decides || slices.ContainsFunc(remote, to.Overlaps)
			}
		}
		if !decides {
			continue
		}
		c := p.cause(CodeRule, p.Host.evidence("rules4.json", e.line), "a rule of somebody else's comes before those of this gateway and decides where packets to other regions go: %s", strings.TrimPrefix(r.String(), "rule 4 "))
		c.Fix = p.onHost() + "ip rule del priority " + strconv.Itoa(r.Priority) + fmt.Sprintf(", and have whoever made it use a priority from %d on", lastOfOurs+1)
		p.d.add(c)
	}
}

// isOurs reports whether a prefix overlaps what the region has.
func (p *patient) isOurs(s netip.Prefix) bool {
	return p.region == nil || !s.IsValid() || slices.ContainsFunc(slices.Concat(p.region.NodeCIDRs, p.region.PodCIDRs), s.Overlaps)
}

// missingLine is where the host's own program says that the line is missing, or the file that
// lacks it.
func (p *patient) missingLine(file, text string) Evidence {
	if e := p.find("check", "missing: "+text); e.Line > 0 {
		return e
	}
	return p.Host.evidence(file, 0)
}

// judgeRoutes compares routes with the rendered ones.
func (p *patient) judgeRoutes() {
	if p.d.world == nil {
		return
	}
	if !p.has("routes4.json") {
		p.d.undecided("%s: its routes were not captured%s", p.Name, p.why("routes4.json"))
		return
	}
	has, err := elements[route](p.Host, "routes4.json")
	if err != nil {
		p.d.undecided("%s: %v", p.Name, err)
		return
	}
	if p.isGateway {
		p.judgeDead(has)
		p.judgeWays(has)
		return
	}
	p.judgeNode(has)
}

// judgeDead asks for the routes that refuse.
func (p *patient) judgeDead(has []element[route]) {
	var missing []reach.Part
	for _, part := range p.wants {
		how, to, ok := strings.Cut(part.Text, " ")
		if part.Kind != reach.PartRoute || !ok || how != "unreachable" && how != "blackhole" {
			continue
		}
		if !slices.ContainsFunc(has, func(e element[route]) bool {
			return e.value.table() == part.Table && e.value.Type == how && e.value.to() == prefix(to, nil)
		}) {
			missing = append(missing, part)
		}
	}
	if len(missing) == 0 {
		return
	}
	c := p.cause(CodeRoute, p.missingLine("routes4.json", "route 4 "+missing[0].Table+" "+missing[0].Text), "table %s lacks %s", missing[0].Table, missing[0].Text)
	if len(missing) > 1 {
		c.Message += fmt.Sprintf(", and %d more of that kind are missing", len(missing)-1)
	}
	c.Message += ": what cannot reach another region goes out by the default route instead"
	c.Rendered, c.Fix = missing[0].At, p.apply()
	p.d.add(c)
}

// judgeWays asks whether the watch's routes follow the primary, where the capture tells who it
// is.
func (p *patient) judgeWays(has []element[route]) {
	if len(p.d.primaries) == 0 || p.down() {
		return
	}
	wants := p.d.world.Ways(p.called())
	for _, want := range wants {
		w := strings.Fields(want)
		if len(w) < 4 || w[0] == "rule" {
			continue
		}
		table, to := w[0], prefix(w[1], nil)
		i := slices.IndexFunc(has, func(e element[route]) bool {
			return e.value.table() == table && e.value.to() == to && e.value.Type == ""
		})
		place := p.place(table)
		if i < 0 {
			c := p.cause(CodeRoute, p.Host.evidence("routes4.json", 0), "table %s lacks a route to %s, which is to go %s", table, to, strings.Join(w[2:], " "))
			c.Rendered, c.Fix = place, p.restartWatch()
			p.d.add(c)
			return
		}
		is := has[i].value
		via, _ := after(w, "via")
		dev, _ := after(w, "dev")
		if is.Gateway == via && (dev != "tailscale0" || is.Device == dev) {
			continue
		}
		leads := "into " + is.Device
		if is.Gateway != "" {
			leads = "to " + is.Gateway
		}
		wanted := "into " + dev + ", since this gateway is the primary"
		if via != "" {
			wanted = "to " + via + ", where the primary is"
		}
		c := p.cause(CodeRoute, p.Host.evidence("routes4.json", has[i].line), "table %s leads %s %s, and not %s: peers drop what does not come from the primary", table, to, leads, wanted)
		c.Rendered, c.Fix = place, p.restartWatch()
		p.d.add(c)
		return // the others of that table are alike
	}
}

func after(words []string, word string) (string, bool) {
	i := slices.Index(words, word)
	if i < 0 || i+1 >= len(words) {
		return "", false
	}
	return words[i+1], true
}

// place is where the tree says what a table is for.
func (p *patient) place(table string) reach.Place {
	for _, part := range p.wants {
		if part.Kind == reach.PartRoute && part.Table == table {
			return part.At
		}
	}
	return reach.Place{}
}

// nodeProtocol is that of the routes of node-routes.sh (host/lib.sh: NODE_PROTOCOL).
const nodeProtocol = "153"

// judgeNode asks a node that is no gateway for its routes to other regions.
func (p *patient) judgeNode(has []element[route]) {
	remote := p.remote()
	if len(remote) == 0 {
		return
	}
	var hops, all []string
	var at reach.Place
	path := "regions/" + p.region.Name + "/node/tables"
	n := 0
	for line := range strings.Lines(p.d.wanted.Files[path]) {
		n++
		if w := strings.Fields(line); len(w) > 2 && w[0] == "gateway" && w[2] != "-" {
			at = reach.Place{File: path, Line: n}
			all = append(all, w[2])
			if e := p.find("watch", "node/unwell "+w[1]+" "); e.Line == 0 {
				hops = append(hops, w[2])
			} else {
				p.unwell(w[1], e)
			}
		}
	}
	slices.Sort(hops)
	slices.Sort(all)
	var missing []netip.Prefix
	for _, to := range remote {
		i := slices.IndexFunc(has, func(e element[route]) bool {
			return e.value.Protocol == nodeProtocol && e.value.to() == to
		})
		if i < 0 {
			missing = append(missing, to)
			continue
		}
		is := []string{}
		if has[i].value.Gateway != "" {
			is = append(is, has[i].value.Gateway)
		}
		for _, h := range has[i].value.Hops {
			is = append(is, h.Gateway)
		}
		slices.Sort(is)
		// One that has just been found unwell is still there.
		if !slices.Equal(is, hops) && !slices.Equal(is, all) {
			c := p.cause(CodeRoute, p.Host.evidence("routes4.json", has[i].line), "packets to %s go to %s, and the gateways that are well are %s", to, strings.Join(is, ", "), strings.Join(hops, ", "))
			c.Rendered, c.Fix = at, p.apply()
			p.d.add(c)
			break // the others are alike
		}
	}
	for _, e := range has {
		r := e.value
		if r.table() == "main" && r.Protocol != nodeProtocol && r.Dst != "default" && r.to().IsValid() && slices.ContainsFunc(remote, func(to netip.Prefix) bool { return to.Bits() <= r.to().Bits() && to.Contains(r.to().Addr()) }) {
			c := p.cause(CodeRoute, p.Host.evidence("routes4.json", e.line), "a route of somebody else's leads %s, which is another region's, to %s", r.Dst, cmp.Or(r.Gateway, r.Device, r.Type))
			c.Fix = p.onHost() + "ip route del " + r.Dst + ", and have whoever made it leave other regions' prefixes alone"
			p.d.add(c)
		}
	}
	if len(missing) > 0 {
		c := p.cause(CodeRoute, p.Host.evidence("routes4.json", 0), "there is no route of ours to %s: what this node sends there goes out by the default route", missing[0])
		if len(missing) > 1 {
			c.Message = fmt.Sprintf("there is no route of ours to %s and %d more: what this node sends there goes out by the default route", missing[0], len(missing)-1)
		}
		c.Rendered, c.Fix = at, p.apply()
		p.d.add(c)
	}
}

// unwell: what a node finds of a gateway is a cause where nothing else is wrong with that.
func (p *patient) unwell(name string, at Evidence) {
	if p.d.isReported(CodePeer, name) {
		return
	}
	c := p.cause(CodePeer, at, "gateway %q does not answer the health checks of %s, which sends nothing to it", name, p.Name)
	c.Host, c.Path = "", p.d.pathOf(name)
	c.Fix = fmt.Sprintf("run capture.sh host on %s", name)
	p.d.add(c)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
