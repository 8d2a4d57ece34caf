package main

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/change"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// scene is a change that somebody makes to a network that carries packets.
type scene struct {
	name, version string
	layout        layout // relayed where empty
	// base is the network; two flat LANs where it is nil, with a third one that has a hub.
	base *shape
	hub  bool
	// old and new change what topology writes.
	old, new func(*schema.Topology)
	// moved are formats of the pods' addresses after the change, as in site, by region.
	moved map[string]string
}

// pass is the lab as it is before the change.
func (s *scene) pass() pass { return s.writes(s.old) }

// writes is the lab with a topology that somebody changes.
func (s *scene) writes(change func(*schema.Topology)) pass {
	base := shape{hub: s.hub, network: func(w *world) error { return w.routePods() }}
	if s.base != nil {
		base = *s.base
	}
	own := base.topology
	base.name = strings.NewReplacer(" ", "-", "'", "").Replace(s.name)
	base.topology = func(t *schema.Topology) {
		if own != nil {
			own(t)
		}
		change(t)
	}
	return pass{s.version, schema.NetfilterOff, schema.FirewallNFTables, cmp.Or(s.layout, relayed), false, &base, s}
}

func keep(*schema.Topology) {}

func within(region string, change func(*schema.Region)) func(*schema.Topology) {
	return func(t *schema.Topology) {
		for i := range t.Spec.Regions {
			if t.Spec.Regions[i].Name == region {
				change(&t.Spec.Regions[i])
			}
		}
	}
}

func noHub(t *schema.Topology) {
	t.Spec.Regions = slices.DeleteFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == "hub" })
}

func oneGateway(r *schema.Region) { r.Gateways.Nodes = r.Gateways.Nodes[:1] }

func podsFrom(prefix string) func(*schema.Region) {
	return func(r *schema.Region) { r.PodCIDRs = prefixes(prefix) }
}

func all(changes ...func(*schema.Topology)) func(*schema.Topology) {
	return func(t *schema.Topology) {
		for _, c := range changes {
			c(t)
		}
	}
}

func relays(t *schema.Topology) {
	for i := range t.Spec.Regions {
		t.Spec.Regions[i].Gateways.HA.Strategy = schema.HARelay
	}
}

func newest(t *schema.Topology) { t.Spec.Tailnet.TailscaleVersion = "1.102.3" }

// scenes are the kinds of changes that package change has phases for, and the kinds of regions
// whose silence is another one.
func scenes() []*scene {
	alone := within("dc", oneGateway)
	return []*scene{
		{name: "add a region", version: "1.84.3", hub: true, old: noHub, new: keep},
		{name: "drain and remove a region", version: "1.84.3", hub: true, old: keep, new: noHub},
		{name: "widen a pod CIDR", version: "1.84.3", old: keep, new: within("dc", podsFrom("10.142.0.0/19"))},
		{name: "widen a DaemonSet's pod CIDR", version: "1.84.3", old: keep, new: within("cloud", podsFrom("10.60.0.0/15"))},
		{name: "move a pod CIDR", version: "1.102.3", old: keep, new: within("cloud", podsFrom("10.62.0.0/16")), moved: map[string]string{"cloud": "10.62.%d."}},
		{name: "add a gateway", version: "1.84.3", old: alone, new: keep},
		{name: "change the strategy", version: "1.102.3", layout: supersets, old: relays, new: keep},
		{name: "upgrade Tailscale", version: "1.84.3", old: keep, new: newest},
		{name: "change the tag", version: "1.84.3", old: keep, new: func(t *schema.Topology) { t.Spec.Tailnet.Tag = "tag:mesh" }},
		{name: "move the pods of an only gateway", version: "1.102.3", old: alone, new: all(alone, within("dc", podsFrom("10.146.0.0/20"))), moved: map[string]string{"dc": "10.146.%d."}},
		{name: "upgrade where each node is a gateway", version: "1.84.3", layout: perNode, old: keep, new: newest},
		{name: "upgrade where a network's table decides", version: "1.84.3", base: vpcOverlay(), old: keep, new: newest},
		{name: "another netfilter mode with supersets", version: "1.102.3", layout: supersets, old: keep, new: func(t *schema.Topology) { t.Spec.Tailnet.NetfilterMode = schema.NetfilterOn }},
	}
}

// phases carries a scene out, phase after phase, while packets flow.
func (c *checks) phases(s *scene) error {
	comparison, err := change.New(c.topo, topology(s.writes(s.new)), func(t *schema.Topology) string {
		for _, d := range validate.Topology(t) {
			if d.Severity == diag.Error {
				return d.Error()
			}
		}
		return ""
	})
	if err != nil {
		return err
	}
	r := &carrier{checks: c, scene: s, flows: map[pair]*traffic{}, versions: map[string]string{c.pass.version: c.image}}
	everything := func(pair) bool { return true }
	defer r.close(everything)
	r.pods = map[string][]string{}
	for _, site := range c.pass.sites() {
		r.pods[site.name] = []string{site.podNet4}
	}
	if err := r.open(); err != nil {
		return err
	}
	for i := range comparison.Phases {
		if err := r.phase(&comparison.Phases[i], len(comparison.Phases)); err != nil {
			c.line(false, fmt.Sprintf("phase %d of %d", i+1, len(comparison.Phases)), err.Error())
			return nil
		}
	}
	r.close(everything)
	ok, detail := failures(r.broken, fmt.Sprintf("%d TCP connections, none broken", r.opened))
	c.line(ok, "connections", detail)
	return nil
}

// carrier does what a plan says.
type carrier struct {
	*checks
	scene    *scene
	pods     map[string][]string // formats of the addresses that a region's pods have
	flows    map[pair]*traffic
	versions map[string]string // the images that there are
	opened   int               // TCP connections
	broken   []string          // those that did not survive, and how
	// Of the phase that is carried out.
	was, is   change.Tree
	restarted []string
}

// has reports whether a topology has the host.
func has(t *schema.Topology, h *host) bool {
	i := slices.IndexFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == h.site.name })
	return i >= 0 && (!h.gateway() || slices.ContainsFunc(t.Spec.Regions[i].Gateways.Nodes, func(n schema.GatewayNode) bool { return n.Name == h.name() }))
}

// pairs are pods that speak to pods, and nodes that do, from region to region: those of plain
// nodes to all, those of gateways to their like.
func (r *carrier) wanted() (list []pair) {
	for _, a := range r.hosts {
		for _, b := range r.hosts {
			if a.site.name == b.site.name || !has(r.topo, a) || !has(r.topo, b) || a.number != 3 && a.number != b.number {
				continue
			}
			for _, to := range r.podsOf(b) {
				list = append(list, pair{a.ns, a.lan(4), to})
				for _, from := range r.podsOf(a) {
					list = append(list, pair{a.podNS, from, to})
				}
			}
		}
	}
	return list
}

func (r *carrier) podsOf(h *host) (list []string) {
	i := slices.IndexFunc(r.topo.Spec.Regions, func(region schema.Region) bool { return region.Name == h.site.name })
	if i < 0 {
		return nil
	}
	for _, format := range r.pods[h.site.name] {
		a := netip.MustParseAddr(fmt.Sprintf(format, h.number) + "10")
		if slices.ContainsFunc(r.topo.Spec.Regions[i].PodCIDRs, func(p netip.Prefix) bool { return p.Contains(a) }) {
			list = append(list, a.String())
		}
	}
	return list
}

// isPod reports whether a pod speaks, and not a node.
func (p pair) isPod() bool { return strings.HasSuffix(p.ns, "p") }

// open starts the flows that there may be.
func (r *carrier) open() error {
	for _, p := range r.wanted() {
		if r.flows[p] != nil {
			continue
		}
		// A gateway's watch reads its tables once a minute.
		if err := r.await(90*time.Second, p.from+" to reach "+p.to, func() bool { return reach(p.ns, p.to, podPort) }); err != nil {
			return err
		}
		if p.isPod() {
			t, err := startTraffic([]pair{p}, 1)
			if err != nil {
				return err
			}
			r.flows[p] = t
			r.opened++
		} else {
			r.flows[p] = startKnocks(p)
		}
	}
	return nil
}

// close ends flows, and notes which connections broke.
func (r *carrier) close(ends func(pair) bool) {
	for p, t := range r.flows {
		if !ends(p) {
			continue
		}
		if _, err := t.end(); err != nil {
			r.broken = append(r.broken, err.Error())
		}
		delete(r.flows, p)
	}
}

// slowest are the flows that were silent for longest.
func (r *carrier) slowest() string {
	var list []string
	for p, t := range r.flows {
		list = append(list, fmt.Sprintf("%06.2fs %s to %s", t.worst().Seconds(), p.from, p.to))
	}
	slices.Sort(list)
	slices.Reverse(list)
	return strings.Join(list, "; ")
}

// longest is the longest silence of any flow, and whose it was.
func (r *carrier) longest() (worst time.Duration, whose pair) {
	for p, t := range r.flows {
		if d := t.worst(); d > worst {
			worst, whose = d, p
		}
	}
	return worst, whose
}

// settle waits until all flows have worked for a second, for so long at most.
func (r *carrier) settle(limit time.Duration) bool {
	good := time.Now()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(beat) {
		for _, t := range r.flows {
			if t.silent() > 0 {
				good = time.Now()
			}
		}
		if time.Since(good) > time.Second {
			return true
		}
	}
	return false
}

// mute are the flows that have no answer.
func (r *carrier) mute() string {
	var list []string
	for p, t := range r.flows {
		if t.silent() > 0 {
			list = append(list, p.from+" to "+p.to)
		}
	}
	slices.Sort(list)
	return fmt.Sprintf("%d of %d: %s", len(list), len(r.flows), strings.Join(list, ", "))
}

// phase carries one out, and says for how long the flows that both ends have in it were silent.
func (r *carrier) phase(p *change.Phase, count int) error {
	after := plan.New(p.Topology)
	files, err := render.Tree(after)
	if err != nil {
		return err
	}
	r.was, r.is, r.restarted = change.Tree{}, change.Tree{}, nil
	for _, f := range r.files {
		r.was.Add(f)
	}
	for _, f := range files {
		r.is.Add(f)
	}
	r.topo, r.files = p.Topology, files
	// Who leaves in this phase has no flows in it.
	wanted := r.wanted()
	r.close(func(p pair) bool { return !slices.Contains(wanted, p) })
	if !r.settle(20 * time.Second) {
		return fmt.Errorf("flows do not even work before: %s", r.mute())
	}
	for _, t := range r.flows {
		t.reset()
	}
	r.ctl.logf("phase %d: %s", p.Number, p.Title)
	start := time.Now()
	for _, a := range p.Do {
		r.ctl.logf("%s", a.Title)
		if err := r.do(a); err != nil {
			return fmt.Errorf("%s: %w", a.Title, err)
		}
	}
	settled := r.settle(60 * time.Second)
	worst, whose := r.longest()
	r.ctl.logf("%s", r.slowest())
	row := outcome{scene: r.scene.name, phase: fmt.Sprintf("%d of %d: %s", p.Number, count, p.Title), restarts: strings.Join(r.restarted, ", "),
		flows: len(r.flows), expected: p.Silence(), worst: worst, whose: whose, took: time.Since(start)}
	switch {
	case !settled:
		row.failed = "flows stay silent: " + r.mute()
	case !row.expected.Known():
		row.failed = "the plan has no figure: " + row.expected.Why
	case worst.Seconds() > row.expected.Most*r.patience:
		row.failed = "that is longer than the plan says"
	}
	if planned := gatewaysOf(p.Restarts); row.failed == "" && !slices.Equal(planned, slices.Sorted(slices.Values(r.restarted))) {
		row.failed = fmt.Sprintf("the plan says that %v restart", planned)
	}
	r.line(row.failed == "", "phase "+row.phase, row.String())
	*r.outcomes = append(*r.outcomes, row)
	return r.open()
}

func gatewaysOf(list []change.Restart) (names []string) {
	for _, r := range list {
		names = append(names, r.Gateways...)
	}
	slices.Sort(names)
	return names
}

// outcome is what became of a phase.
type outcome struct {
	scene, phase, restarts string
	flows                  int
	expected               change.Silence
	worst                  time.Duration
	whose                  pair // the flow that was silent for longest
	took                   time.Duration
	failed                 string // why; empty where it went as the plan says
}

func (o *outcome) String() string {
	text := fmt.Sprintf("%d flows silent for %s at most, %s to %s; the plan says %s; restarted: %s; %s", o.flows, round(o.worst), o.whose.from, o.whose.to, o.limit(), cmp.Or(o.restarts, "none"), o.took.Round(time.Second))
	if o.failed != "" {
		text += ": " + o.failed
	}
	return text
}

func (o *outcome) limit() string {
	if !o.expected.Known() {
		return "?"
	}
	return fmt.Sprintf("%.1fs", o.expected.Most)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }

// tell prints all phases as a table.
func tell(list []outcome) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nchange\tphase\trestarts\tflows\tplan\tsilent\t")
	for _, o := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t\n", o.scene, o.phase, cmp.Or(o.restarts, "none"), o.flows, o.limit(), round(o.worst))
	}
	t.Flush()
}

var (
	bundleOf  = regexp.MustCompile(`^kustomize-hybrid bundle \$TOPOLOGY --host (\S+) `)
	bundleFor = regexp.MustCompile(`^kustomize-hybrid bundle \$TOPOLOGY --nodes-of (\S+) `)
	unlabel   = regexp.MustCompile(`^kubectl label node (\S+) .*-$`)
	tagOf     = regexp.MustCompile(`^At the control server, (give|take) (?:the devices of (.*) )?the tag (\S+?)(?:, too| off the devices of (.*))$`)
)

// do does what an action says: its commands decide, and where it has none its title.
func (r *carrier) do(a change.Action) error {
	first := ""
	if len(a.Run) > 0 {
		first = a.Run[0]
	}
	switch {
	case strings.HasPrefix(first, "TOPOLOGY="), // rendered already
		strings.HasPrefix(a.Title, "Make a key "), strings.Contains(first, "create secret"), strings.HasPrefix(first, "install -d -m 700 "),
		strings.HasPrefix(first, "kubectl label --overwrite node "), strings.HasPrefix(a.Title, "Join "), first == "kubectl apply -f cluster/namespace.yaml":
		return nil // the lab has no API server, and every host its key
	case strings.HasPrefix(first, "kustomize-hybrid acl merge "):
		return r.push()
	case bundleOf.MatchString(first):
		return r.installGateway(r.host(bundleOf.FindStringSubmatch(first)[1]))
	case bundleFor.MatchString(first):
		return r.installNodes(bundleFor.FindStringSubmatch(first)[1])
	case first == "kubectl apply -k .":
		return r.applyObjects()
	case strings.HasSuffix(first, "/cni/by-hand.txt"):
		return r.renumber()
	case strings.HasPrefix(a.Title, "See that nothing uses "):
		return r.vacate()
	case first == steps.Removed:
		return r.takeBack(r.host(a.On))
	case unlabel.MatchString(first):
		return r.takeBack(r.host(unlabel.FindStringSubmatch(first)[1]))
	case first == "kustomize-hybrid steps $TOPOLOGY --phase leave":
		return r.leave()
	case tagOf.MatchString(a.Title):
		m := tagOf.FindStringSubmatch(a.Title)
		return r.retag(strings.Split(m[2]+m[4], ", "), m[3], m[1] == "give")
	}
	return fmt.Errorf("the lab does not know how to do this: %q", a.Run)
}

// push puts the phase's policy in force.
func (r *carrier) push() error {
	i := slices.IndexFunc(r.files, func(f tree.File) bool { return f.Path == "tailnet/policy.json" })
	p, err := parsePolicy(r.files[i].Data)
	if err != nil {
		return err
	}
	r.ctl.set(func() { r.ctl.policy = p })
	time.Sleep(time.Second)
	return nil
}

// retag is what an administrator does to devices.
func (r *carrier) retag(hosts []string, tag string, give bool) error {
	r.ctl.set(func() {
		for _, n := range r.ctl.nodes {
			if !slices.Contains(hosts, n.Hostinfo.Hostname()) {
				continue
			}
			n.tags = slices.DeleteFunc(slices.Clone(n.tags), func(t string) bool { return t == tag })
			if give {
				n.tags = append(n.tags, tag)
			}
		}
	})
	time.Sleep(time.Second)
	return nil
}

// lay puts the phase's files on a host as install.sh does, each the old one or the new one at
// any time, and takes away those that the phase does not have.
func (r *carrier) lay(h *host) error {
	dir := filepath.Join(h.dir, "etc/kustomize-hybrid")
	laid := map[string]bool{}
	for _, f := range r.files {
		name := h.place(f.Path)
		if name == "" {
			continue
		}
		path := filepath.Join(dir, name)
		laid[path] = true
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, f.Data) {
			continue
		}
		mode := os.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path+".new", f.Data, mode); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	for _, sub := range []string{"host", "gateway", "node"} {
		filepath.Walk(filepath.Join(dir, sub), func(path string, info os.FileInfo, err error) error {
			if err == nil && !info.IsDir() && !laid[path] {
				os.Remove(path)
			}
			return nil
		})
	}
	return nil
}

// fileChanges reports whether a static pod's manifest is another one.
func (r *carrier) manifestChanges(h *host) bool {
	for _, path := range []string{tree.InRegion(h.site.name, "gateway/static-pod.yaml"), tree.InRegion(h.site.name, "gateway/"+h.name()+"/static-pod.yaml")} {
		if r.was[path] != r.is[path] {
			return true
		}
	}
	return false
}

func (h *host) runs() bool {
	return h.parts["containerboot"] != nil && h.parts["containerboot"].running()
}

// installGateway is install.sh on the host of a static pod: files, the unit of the setup, and the manifest
// last, whose change the kubelet sees.
func (r *carrier) installGateway(h *host) error {
	if err := r.lay(h); err != nil {
		return err
	}
	if err := h.setup("apply"); err != nil {
		return err
	}
	if h.runs() && !r.manifestChanges(h) {
		return nil
	}
	return r.restart(h)
}

// applyObjects is kubectl apply: ConfigMaps reach the pods that run, and DaemonSets whose pods are to be
// others roll, one pod at a time. The controller keeps no order: here the primary comes first.
func (r *carrier) applyObjects() error {
	for i := range r.topo.Spec.Regions {
		region := &r.topo.Spec.Regions[i]
		if region.Gateways.Mode != schema.ModeDaemonSet {
			continue
		}
		path := tree.ClusterPath("gateway-" + region.Name)
		for _, n := range region.Gateways.Nodes {
			if err := r.lay(r.host(n.Name)); err != nil {
				return err
			}
		}
		for _, n := range region.Gateways.Nodes {
			if h := r.host(n.Name); !h.runs() || r.was[path].Pods != r.is[path].Pods {
				if err := r.restart(h); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

const (
	// settles is the time until the next gateway follows, in which the control server has to
	// have moved the primary: the lab's does so at once.
	settles = 4 * time.Second
	// minReady is the same on a DaemonSet, as its minReadySeconds have it.
	minReady = 15 * time.Second
	// preStop is how long the sidecar outlives the gateway.
	preStop = 10 * time.Second
)

// restart is the kubelet's: the old pod ends as its preStop says, and the new one begins.
func (r *carrier) restart(h *host) error {
	if h.runs() {
		r.restarted = append(r.restarted, h.name())
		r.drain(h)
	}
	image, err := r.imageOf(string(r.topo.Spec.Tailnet.TailscaleVersion))
	if err != nil {
		return err
	}
	h.image = image
	if err := h.start(); err != nil {
		return err
	}
	if err := r.await(60*time.Second, h.name()+" to be ready", func() bool { return r.online(h.name()) }); err != nil {
		return err
	}
	if h.site.mode == schema.ModeDaemonSet {
		time.Sleep(minReady)
	} else {
		time.Sleep(settles)
	}
	return nil
}

// drain ends a gateway's pod.
func (r *carrier) drain(h *host) {
	start := time.Now()
	h.drain()
	for h.kill("tailscaled") > 0 {
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(time.Until(start.Add(preStop)))
	h.parts["watch"].stop(syscall.SIGTERM)
}

func (r *carrier) imageOf(version string) (string, error) {
	if dir := r.versions[version]; dir != "" {
		return dir, nil
	}
	dir := filepath.Join(r.dir, "image-"+version)
	if err := r.makeImage(dir, schema.Version(version), r.pass.firewall); err != nil {
		return "", err
	}
	r.versions[version] = dir
	return dir, nil
}

// installNodes is install.sh on the region's other nodes.
func (r *carrier) installNodes(region string) error {
	for _, h := range r.hosts {
		if h.site.name != region || h.gateway() {
			continue
		}
		if err := r.lay(h); err != nil {
			return err
		}
		if p := h.parts["watch"]; p != nil {
			p.stop(syscall.SIGTERM)
		}
		if err := h.start(); err != nil {
			return err
		}
	}
	return nil
}

// takeBack is install.sh remove on a host, or the end of a DaemonSet's pod there, and the end of its device.
func (r *carrier) takeBack(h *host) error {
	if !h.gateway() {
		if p := h.parts["watch"]; p != nil {
			p.stop(syscall.SIGTERM)
		}
		_, err := h.sh(program("node-routes.sh") + " remove")
		return err
	}
	r.drain(h)
	if err := h.setup("remove"); err != nil {
		return err
	}
	r.ctl.forget(h.name())
	return nil
}

// leave does the steps of regions that leave, in their order.
func (r *carrier) leave() error {
	for _, s := range steps.List(plan.New(r.topo)) {
		if s.Phase != steps.Leave {
			continue
		}
		switch {
		case s.NodesOf != "":
			for _, h := range r.hosts {
				if h.site.name == s.NodesOf && !h.gateway() {
					if err := r.takeBack(h); err != nil {
						return err
					}
				}
			}
		case strings.HasPrefix(s.Title, "Delete the DaemonSets of "):
			region := strings.TrimPrefix(s.Title, "Delete the DaemonSets of ")
			for _, h := range r.hosts {
				if h.site.name == region && h.gateway() {
					if err := r.takeBack(h); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// renumber gives pods of regions that have new prefixes addresses of them, too: the plugin's work.
func (r *carrier) renumber() error {
	for region, format := range r.scene.moved {
		if slices.Contains(r.pods[region], format) {
			continue
		}
		for _, h := range r.hosts {
			if h.site.name != region {
				continue
			}
			net := fmt.Sprintf(format, h.number)
			if err := batch(h.ns, "address add "+net+"1/24 dev pod0"); err != nil {
				return err
			}
			if err := batch(h.podNS, "address add "+net+"10/24 dev eth0"); err != nil {
				return err
			}
			for _, o := range r.hosts {
				if o != h && o.site.name == region {
					if err := batch(o.ns, "route add "+net+"0/24 via "+h.lan(4)); err != nil {
						return err
					}
				}
			}
		}
		r.pods[region] = append(r.pods[region], format)
	}
	return nil
}

// vacate: pods whose addresses go are no more, when others have taken their place.
func (r *carrier) vacate() error {
	for _, h := range r.hosts {
		kept := r.podsOf(h)
		for _, format := range r.pods[h.site.name] {
			address := fmt.Sprintf(format, h.number) + "10"
			if has(r.topo, h) && !slices.Contains(kept, address) {
				if err := batch(h.podNS, "address del "+address+"/24 dev eth0"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
