package main

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	walk "github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// tally counts what was compared.
type tally struct {
	removals, questions, agreements, disagreements int
	kinds                                          map[walk.PartKind]int
}

func (t *tally) add(o *tally) {
	t.removals += o.removals
	t.questions += o.questions
	t.agreements += o.agreements
	t.disagreements += o.disagreements
	for k, n := range o.kinds {
		t.count(k, n)
	}
}

func (t *tally) count(k walk.PartKind, n int) {
	if t.kinds == nil {
		t.kinds = map[walk.PartKind]int{}
	}
	t.kinds[k] += n
}

func (t *tally) String() string {
	var kinds []string
	for _, k := range []walk.PartKind{walk.PartRule, walk.PartRoute, walk.PartChainLine, walk.PartAdvertised, walk.PartGrant, walk.PartApproval, walk.PartCloudRoute} {
		kinds = append(kinds, fmt.Sprintf("%d %ss", t.kinds[k], k))
	}
	return fmt.Sprintf("%d removals (%s), %d questions, %d agreements, %d disagreements", t.removals, strings.Join(kinds, ", "), t.questions, t.agreements, t.disagreements)
}

// removals compares the answers of package reach with packets: as the lab stands, and with
// every part of the rendered tree removed in turn, from the tree and from the hosts.
type removals struct {
	*checks
	tree      *walk.World
	questions []walk.Question
	asked     []probed
	tally     tally
}

// probed is a question as a packet.
type probed struct {
	ns string
	to netip.AddrPort
}

func (c *checks) removals() error {
	r, err := newRemovals(c)
	if err != nil {
		return err
	}
	start := time.Now()
	defer r.thaw()
	r.settle(spreading) // who has just joined refuses transit for a while
	r.compare("as it stands", settled)
	parts := r.tree.Parts()
	if r.tally.disagreements > 0 {
		parts = nil // what differs already would differ each time
	}
	for _, p := range parts {
		if !c.only.MatchString(string(p.Kind)) {
			continue
		}
		if err := r.one(p); err != nil {
			return fmt.Errorf("%s: %w", nameOf(p), err)
		}
	}
	r.compare("after all of it was put back", settled)
	detail := fmt.Sprintf("%s, %s", &r.tally, time.Since(start).Round(time.Second))
	c.line(r.tally.disagreements == 0, "removals", detail)
	c.removed.add(&r.tally)
	return nil
}

func nameOf(p walk.Part) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s (%s)", p.Kind, p.Of, p.Table, p.Text, p.At))
}

func newRemovals(c *checks) (*removals, error) {
	files := walk.Files{}
	for _, f := range c.files {
		files[f.Path] = string(f.Data)
	}
	var machines []walk.Machine
	for _, h := range c.hosts {
		m := walk.Machine{
			Name: h.name(), Region: h.site.name, Zone: h.site.zone(h.number), Address: netip.MustParseAddr(h.lan(4)),
			Pod: netip.MustParseAddr(h.pod(4)), Block: netip.MustParsePrefix(h.podNet(4)), Gateway: h.gateway(),
			Drops: h.gateway() && c.pass.firewall == schema.FirewallIPTables,
		}
		if h.site.fabric == switched {
			m.Subnet = netip.MustParsePrefix(h.site.node4)
		}
		if h.gateway() {
			m.Tailnet = netip.MustParseAddr(c.tailnetIP(h.name()))
		}
		machines = append(machines, m)
	}
	tree, err := walk.New(c.topo, files, machines)
	if err != nil {
		return nil, err
	}
	tree.Heed(string(validate.CodeSourceCheck)) // no switch here looks at sources
	r := &removals{checks: c, tree: tree}
	if err := r.drop(); err != nil {
		return nil, err
	}
	r.elect()
	return r, r.ask()
}

// drop has gateways forward nothing that no line accepts, as hosts with Docker or ufw do, but
// for their pods, which the network plugin accepts. With nftables an accept of ours would not
// help there, and nothing is rendered for it.
func (r *removals) drop() error {
	if r.pass.firewall != schema.FirewallIPTables {
		return nil
	}
	for _, h := range r.gateways() {
		for _, line := range []string{"-A FORWARD -i pod0 -j ACCEPT", "-A FORWARD -o pod0 -j ACCEPT", "-P FORWARD DROP"} {
			if _, err := h.sh("iptables-nft " + line); err != nil {
				return err
			}
		}
	}
	return nil
}

// elect has the tree's primaries be those of the control server.
func (r *removals) elect() {
	r.tree.Elect(func(p netip.Prefix, gateways []string) string { return r.ctl.who(p) })
}

// ask makes the questions: every host and pod about every one on another host.
func (r *removals) ask() error {
	for _, e := range everyEnds() {
		for _, p := range r.pairs(func(a, b *host) bool { return true }) {
			ns, from := e.from(p[0])
			var q walk.Question
			var err error
			if q.From, err = r.tree.Find(from); err != nil {
				return err
			}
			if q.To, err = r.tree.Find(e.target(p[1])); err != nil {
				return err
			}
			q.Port = e.port
			r.questions = append(r.questions, q)
			r.asked = append(r.asked, probed{ns, netip.AddrPortFrom(q.To.Address(), uint16(e.port))})
		}
	}
	return nil
}

// freeze stops what would mend the hosts under our hands, thaw has it go on.
func (r *removals) freeze() { r.signal(syscall.SIGSTOP) }
func (r *removals) thaw()   { r.signal(syscall.SIGCONT) }

func (r *removals) signal(s syscall.Signal) {
	for _, h := range r.hosts {
		if p := h.parts["watch"]; p != nil {
			p.signal(s)
		}
	}
}

// pace is how long packets are waited for, and how long before they are asked again.
type pace struct{ again time.Duration }

var (
	// settled is for what is at once as it was asked to be, spreading for what devices have to
	// be told first.
	settled   = pace{200 * time.Millisecond}
	spreading = pace{1500 * time.Millisecond}
)

// tries is how often a disagreement is looked at again: a busy machine loses packets, and
// devices are told one after the other.
//
// Two gateways that have to shake hands anew, since another one is primary, may need seconds:
// who has sent to a peer in vain tries again after five (wireguard-go, device/constants.go:
// RekeyTimeout).
const tries = 8

// one removes a part here and there, compares, and puts it back.
func (r *removals) one(p walk.Part) error {
	undo, pace, err := r.remove(p)
	if errors.Is(err, errNotHere) {
		return nil
	}
	if err != nil {
		return err
	}
	r.tree.Remove(p)
	r.settle(pace)
	r.tally.removals++
	r.tally.count(p.Kind, 1)
	r.compare("without "+nameOf(p), pace)
	r.tree.Restore()
	if err := undo(); err != nil {
		return err
	}
	r.settle(pace)
	return nil
}

// settle has the tree's primaries be the server's and, after what devices have to be told,
// waits until the watches have done what the tree says: they look every second, and refuse
// transit for two after they lost a role.
func (r *removals) settle(p pace) {
	r.elect()
	if p == settled {
		return
	}
	r.thaw()
	defer r.freeze()
	time.Sleep(told)
	for end := time.Now().Add(follows); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		r.elect()
		if r.followed() {
			return
		}
	}
}

const (
	told    = 700 * time.Millisecond
	follows = 20 * time.Second
)

// followed reports whether what the watches keep on each gateway is what the tree says, and
// other nodes send to all of their region's: on a busy machine one may have taken a gateway
// for dead that was only slow.
func (r *removals) followed() bool {
	for _, h := range r.hosts {
		if !h.gateway() && h.routes() && !h.sendsToAll() {
			return false
		}
	}
	for _, h := range r.gateways() {
		var live []string
		for _, line := range h.ways() {
			live = append(live, strings.NewReplacer("dev lan0", "dev lan", "iif lan0", "iif lan").Replace(line))
		}
		slices.Sort(live)
		if !slices.Equal(live, r.tree.Ways(h.name())) {
			return false
		}
	}
	return true
}

// sendsToAll reports whether each route of a node that is no gateway leads to every gateway
// of its region.
func (h *host) sendsToAll() bool {
	out, err := run("ip", "-4", "-n", h.ns, "route", "show", "proto", "153")
	routes := 0
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "\t") { // or it is a hop of several
			routes++
		}
	}
	for _, g := range h.w.hosts {
		if g.gateway() && g.site.name == h.site.name && strings.Count(out, "via "+g.lan(4)+" ") != routes {
			return false
		}
	}
	return err == nil
}

// ways are the routes to other regions that a gateway has in tables of its own, and its rules
// that refuse transit, as the tree spells them.
func (h *host) ways() (all []string) {
	rules, _ := run("ip", "-4", "-n", h.ns, "rule", "show", "priority", "5190")
	for line := range strings.Lines(rules) {
		_, selector, _ := strings.Cut(strings.TrimSpace(line), ":")
		all = append(all, "rule 4 5190: "+strings.Join(strings.Fields(selector), " "))
	}
	for table := 5253; table < 5263; table++ {
		out, err := run("ip", "-4", "-n", h.ns, "route", "show", "table", fmt.Sprint(table))
		if err != nil {
			break // there is none of that number, nor of the next
		}
		for line := range strings.Lines(out) {
			if m := wayOf.FindStringSubmatch(line); m != nil {
				all = append(all, strings.TrimSpace(fmt.Sprint(table, " ", prefixOf(m[1]), m[2], m[3], m[4])))
			}
		}
	}
	return all
}

var wayOf = regexp.MustCompile(`^([0-9./]+)( via [0-9.]+)?( dev [a-z0-9]+)[^\n]*?( src [0-9.]+)? *\n`)

// prefixOf spells a single address as a prefix.
func prefixOf(s string) string {
	if strings.Contains(s, "/") {
		return s
	}
	return s + "/32"
}

// errNotHere: nothing of the kind is on this host, such as a line that only accepts in nftables.
var errNotHere = errors.New("it is not here")

// remove takes a part away from where it is, and returns what puts it back.
func (r *removals) remove(p walk.Part) (undo func() error, _ pace, err error) {
	switch p.Kind {
	case walk.PartRule:
		undo, err = r.removeRule(p)
	case walk.PartRoute:
		undo, err = r.removeRoute(r.host(p.Of).ns, p.Text, p.Table)
	case walk.PartCloudRoute:
		undo, err = r.removeRoute(r.ns(p.Of), p.Text, "main")
	case walk.PartChainLine:
		undo, err = r.removeLine(p)
	case walk.PartAdvertised:
		undo, err = r.withdraw(p)
		return undo, spreading, err
	case walk.PartGrant, walk.PartApproval:
		undo, err = r.forbid(p)
		return undo, spreading, err
	}
	return undo, settled, err
}

// removeRule takes its words from the tree, as gateway-setup.sh has them.
func (r *removals) removeRule(p walk.Part) (func() error, error) {
	priority, selector, _ := strings.Cut(strings.TrimPrefix(p.Text, "rule 4 "), ": ")
	selector = strings.ReplaceAll(selector, "iif lan ", "iif lan0 ")
	ns := r.host(p.Of).ns
	line := "priority " + priority + " " + selector
	if err := batch(ns, "rule del "+line); err != nil {
		return nil, err
	}
	return func() error { return batch(ns, "rule add "+line) }, nil
}

func (r *removals) removeRoute(ns, text, table string) (func() error, error) {
	kind, to, dead := strings.Cut(text, " ")
	if !dead {
		kind, to = "", text
	}
	out, err := run("ip", "-4", "-n", ns, "route", "show", "table", table, "exact", to)
	if err != nil {
		return nil, err
	}
	var before []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "\t") && len(before) > 0 { // a hop of several
			before[len(before)-1] += " " + strings.TrimSpace(line)
			continue
		}
		before = append(before, strings.TrimSpace(line))
	}
	if len(before) == 0 {
		return nil, fmt.Errorf("table %s in %s has no route to %s", table, ns, to)
	}
	var del, add []string
	for _, line := range before {
		del = append(del, strings.TrimSpace("route del "+kind+" "+to+" table "+table))
		if (ns == r.ns("cloud") || ns == r.ns("dc")) && !strings.Contains(line, "onlink") { // a router's next hop may be no neighbour
			line += " onlink"
		}
		way, hops, several := strings.Cut(line, " nexthop ")
		if several {
			hops = " nexthop " + hops
		}
		add = append(add, "route add "+way+" table "+table+hops)
	}
	if err := batch(ns, del...); err != nil {
		return nil, err
	}
	return func() error { return batch(ns, add...) }, nil
}

// removeLine is about the firewall of a gateway, whichever it has.
func (r *removals) removeLine(p walk.Part) (func() error, error) {
	h := r.host(p.Of)
	if r.pass.firewall == schema.FirewallNFTables {
		return h.removeNFT(p.Text)
	}
	table, text := "filter", p.Text
	if rest, is := strings.CutPrefix(text, "mangle "); is {
		table, text = "mangle", rest
	}
	chain, rule, _ := strings.Cut(text, " ")
	if rule != "-j KUSTOMIZE-HYBRID-"+chain {
		chain = "KUSTOMIZE-HYBRID-" + chain
	}
	out, err := h.sh("iptables-nft -t " + table + " -S " + chain)
	if err != nil {
		return nil, err
	}
	number := 0
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "-A ") {
			continue
		}
		number++
		if strings.TrimSpace(line) == "-A "+chain+" "+rule {
			at := fmt.Sprintf("%s %d", chain, number)
			if _, err := h.sh("iptables-nft -t " + table + " -D " + at); err != nil {
				return nil, err
			}
			return func() error {
				_, err := h.sh("iptables-nft -t " + table + " -I " + at + " " + rule)
				return err
			}, nil
		}
	}
	return nil, fmt.Errorf("%s of %s has no line %q:\n%s", chain, h.name(), rule, out)
}

// nftWords are what the words of iptables are called in nftables.
var nftWords = strings.NewReplacer("! -i tailscale0", `iifname != "tailscale0"`, "-i tailscale0", `iifname "tailscale0"`, "-o tailscale0", `oifname "tailscale0"`, "-i lo", `iifname "lo"`,
	"-s ", "ip saddr ", "-j DROP", "drop", "-j RETURN", "return")

func (h *host) removeNFT(text string) (func() error, error) {
	if strings.HasSuffix(text, "-j ACCEPT") || strings.Contains(text, "-j KUSTOMIZE-HYBRID") {
		return nil, errNotHere
	}
	chain, rule, _ := strings.Cut(text, " ")
	if chain == "mangle" {
		chain, rule = "mss", strings.TrimPrefix(rule, "FORWARD ")
		rule, _, _ = strings.Cut(rule, " -p tcp")
	}
	rule = nftWords.Replace(rule)
	saved, err := h.sh("nft list table inet kustomize_hybrid")
	if err != nil {
		return nil, err
	}
	out, err := h.sh("nft -a list chain inet kustomize_hybrid " + strings.ToLower(chain))
	if err != nil {
		return nil, err
	}
	m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(rule) + `.*# handle (\d+)$`).FindStringSubmatch(out)
	if m == nil {
		return nil, fmt.Errorf("chain %s of %s has no rule %q:\n%s", chain, h.name(), rule, out)
	}
	if _, err := h.sh("nft delete rule inet kustomize_hybrid " + strings.ToLower(chain) + " handle " + m[1]); err != nil {
		return nil, err
	}
	return func() error {
		_, err := h.sh("nft 'delete table inet kustomize_hybrid\n" + saved + "'")
		return err
	}, nil
}

// withdraw has a gateway advertise all but one of its routes.
func (r *removals) withdraw(p walk.Part) (func() error, error) {
	h := r.host(p.Of)
	env, err := h.environment()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(env, func(e string) bool { return strings.HasPrefix(e, "TS_ROUTES=") })
	if i < 0 {
		return nil, errors.New("it advertises nothing")
	}
	all := strings.Split(strings.TrimPrefix(env[i], "TS_ROUTES="), ",")
	set := func(routes []string) error {
		if out, err := h.tailscale("set", "--advertise-routes="+strings.Join(routes, ",")); err != nil {
			return fmt.Errorf("tailscale set: %w: %s", err, out)
		}
		return nil
	}
	return live(func() error {
		return set(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == p.Text }))
	}, func() error { return set(all) })
}

// forbid has the control server go by a policy without a grant or an approval.
func (r *removals) forbid(p walk.Part) (func() error, error) {
	whole, err := parsePolicy(r.policy)
	if err != nil {
		return nil, err
	}
	less, err := parsePolicy(r.policy)
	if err != nil {
		return nil, err
	}
	if p.Kind == walk.PartApproval {
		delete(less.AutoApprovers.Routes, p.Text)
	} else {
		i := slices.Index(r.tree.Grants(), p.At)
		less.Grants = slices.Delete(less.Grants, i, i+1)
	}
	set := func(p *policy) func() error {
		return func() error {
			r.ctl.set(func() { r.ctl.policy = p })
			return nil
		}
	}
	return live(set(less), set(whole))
}

// live changes what devices are told, and says how to change it back.
func live(change, back func() error) (func() error, error) { return back, change() }

// compare asks tree and packets, and says where they disagree.
func (r *removals) compare(what string, p pace) {
	answers := r.tree.AskNow(r.questions)
	open := make([]int, len(answers))
	for i := range open {
		open[i] = i
	}
	var got map[int][2]int
	for try := 0; len(open) > 0 && try < tries; try++ {
		if try > 0 {
			time.Sleep(p.again)
			if p == spreading {
				r.settle(p)
				answers = r.tree.AskNow(r.questions)
			}
		}
		timeout := time.Duration(float64(300*time.Millisecond) * r.patience)
		if try > 0 {
			timeout = time.Duration(float64(1500*time.Millisecond) * r.patience)
		}
		var err error
		if got, err = r.send(open, answers, try > 1, timeout); err != nil {
			fmt.Printf("%s: %v\n", what, err)
		}
		open = slices.DeleteFunc(open, func(i int) bool { return agrees(answers[i], got[i]) })
	}
	r.tally.questions += len(answers)
	r.tally.agreements += len(answers) - len(open)
	r.tally.disagreements += len(open)
	for n, i := range open {
		if n == 5 {
			fmt.Printf("     and %d more\n", len(open)-n)
			break
		}
		a := answers[i]
		fmt.Printf("DISAGREE %s %s: %s to %s:%d is %s by the tree (%d of %d ways lost: %s), and %d of %d packets arrived\n", r.pass.name(), what, a.From, a.To, a.Port, a.Verdict, a.Lost, a.Ways, a.Why, got[i][0], got[i][1])
	}
}

// agrees: all packets arrive where no way loses them, none where all do, and some where some do.
func agrees(a walk.Answer, got [2]int) bool {
	switch {
	case a.Lost == 0:
		return got[0] == got[1]
	case a.Lost == a.Ways:
		return got[0] == 0
	}
	return got[0] > 0 && got[0] < got[1]
}

// send probes the questions with these numbers, and returns how many packets arrived, of how
// many.
func (r *removals) send(open []int, answers []walk.Answer, again bool, timeout time.Duration) (map[int][2]int, error) {
	by := map[string][]int{}
	for _, i := range open {
		by[r.asked[i].ns] = append(by[r.asked[i].ns], i)
	}
	got := map[int][2]int{}
	var mu sync.Mutex
	var group sync.WaitGroup
	var failed error
	for ns, list := range by {
		group.Go(func() {
			var targets []target
			for _, i := range list {
				targets = append(targets, target{r.asked[i].to, connections(answers[i], again)})
			}
			arrived, err := probe(ns, targets, timeout)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			for j, i := range list {
				got[i] = [2]int{arrived[j], targets[j].count}
			}
		})
	}
	group.Wait()
	return got, failed
}

// connections are as many as show all ways of a packet, which the kernel chooses by ports.
func connections(a walk.Answer, again bool) int {
	switch {
	case a.Ways == 1:
		return 1
	case again && a.Lost > 0 && a.Lost < a.Ways:
		return 600 // one identity of 256 may be lost
	case a.Lost > 0 && a.Lost < a.Ways:
		return 16
	}
	return 5
}
