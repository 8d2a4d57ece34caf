package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// checks runs on a world that is up, and counts what failed.
type checks struct {
	*world
	only   *regexp.Regexp
	ctl    *control
	policy []byte
	files  []tree.File // what was rendered
	topo   *schema.Topology
	failed int
	// patience multiplies limits of time.
	patience float64
	retries  int // of a check that fails
	removed  *tally
	outcomes *[]outcome // of phases

	leakedIn     []string       // what leaked, and during which check
	leakedBefore map[string]int // see leaked
}

// deploy renders the topology and brings every host up with what came out.
func (c *checks) deploy() error {
	c.topo = topology(c.pass)
	files, err := render.Tree(plan.New(c.topo))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(files, func(f tree.File) bool { return f.Path == "tailnet/policy.json" })
	if i < 0 {
		return errors.New("no tailnet/policy.json was rendered")
	}
	c.policy, c.files = files[i].Data, files
	p, err := parsePolicy(c.policy)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(c.dir, "logs", "control.log"))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	logf := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(log, time.Now().Format("15:04:05.000 ")+format+"\n", args...)
	}
	c.ctl = newControl(p, derpMap(), logf)
	c.ctl.pool = netip.MustParsePrefix("100.64.0.0/24")
	if pool := c.topo.Spec.Tailnet.IPPool; len(pool) > 0 {
		c.ctl.pool = pool[0]
	}
	certificate, err := serveInternet(c.ns("inet"), c.ctl, logf)
	if err != nil {
		return err
	}
	if err := c.write(files); err != nil {
		return err
	}
	for _, h := range c.hosts {
		if err := h.install(c.topo, files); err != nil {
			return err
		}
		if err := h.trust(certificate); err != nil {
			return err
		}
		if err := h.answer(); err != nil {
			return err
		}
	}
	if s := c.pass.shape; s != nil && s.installed != nil {
		if err := s.installed(c); err != nil {
			return err
		}
	}
	for _, h := range c.hosts {
		if !has(c.topo, h) {
			continue // one that comes later
		}
		if err := h.start(); err != nil {
			return err
		}
		if h.gateway() {
			// One after the other: the first of a region is its oldest and its primary.
			if err := c.await(40*time.Second, h.name()+" to join", func() bool { return c.online(h.name()) }); err != nil {
				return err
			}
		}
	}
	if c.pass.shape != nil {
		if err := c.await(30*time.Second, "first packets", func() bool {
			_, err := seen(c.host("cloud-1").ns, c.host("dc-1").pod(4), podPort, time.Second)
			return err == nil
		}); err != nil {
			return err
		}
		// Two that shake hands with each other at once try again after five seconds
		// (wireguard-go, device/constants.go: RekeyTimeout): so one after the other.
		first := func(a, b *host) bool {
			return has(c.topo, a) && has(c.topo, b) && (a.site.fabric == apart && b.gateway() || a.site.name == "hub" && a.number == 1 && b.site.name != "hub" && b.number == 1)
		}
		for _, p := range c.pairs(first) {
			if err := c.await(30*time.Second, p[0].name()+" to reach "+p[1].name(), func() bool { return reach(p[0].ns, p[1].pod(4), podPort) }); err != nil {
				return err
			}
		}
		return nil
	}
	return c.await(30*time.Second, "first packets", func() bool {
		_, err := seen(c.host("cloud-3").podNS, c.host("dc-3").pod(4), podPort, time.Second)
		return err == nil
	})
}

// write keeps the tree, for programs that run outside of hosts.
func (c *checks) write(files []tree.File) error {
	for _, f := range files {
		path := filepath.Join(c.dir, "tree", f.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func (c *checks) await(limit time.Duration, what string, done func() bool) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if done() {
			return nil
		}
	}
	return fmt.Errorf("waited %s for %s", limit, what)
}

func (c *checks) online(name string) bool {
	c.ctl.mu.Lock()
	defer c.ctl.mu.Unlock()
	return slices.ContainsFunc(c.ctl.nodes, func(n *member) bool {
		return n.online && n.Hostinfo.Hostname() == name && len(c.ctl.approved(n)) == c.host(name).advertised()
	})
}

func (c *checks) host(name string) *host {
	for _, h := range c.hosts {
		if h.name() == name {
			return h
		}
	}
	panic("no host " + name)
}

// primary is the host that is primary for a region's nodes and, unless a check parts
// them, its pods.
func (c *checks) primary(site string) *host {
	for _, s := range c.pass.sites() {
		if s.name == site {
			return c.host(c.ctl.who(netip.MustParsePrefix(s.node4)))
		}
	}
	panic("no site " + site)
}

func (c *checks) standby(site string) *host {
	if c.primary(site).number == 1 {
		return c.host(site + "-2")
	}
	return c.host(site + "-1")
}

// line prints one check's outcome.
func (c *checks) line(ok bool, name, detail string) {
	word := "PASS"
	if !ok {
		word = "FAIL"
		c.failed++
	}
	fmt.Printf("%s %s %s: %s\n", word, c.pass.name(), name, strings.TrimSpace(detail))
}

// check runs one check, unless the command line leaves it out.
func (c *checks) check(name string, f func() (bool, string)) {
	if c.only.MatchString(name) {
		ok, detail := f()
		for i := 0; !ok && i < c.retries; i++ {
			fmt.Printf("AGAIN %s %s: %s\n", c.pass.name(), name, strings.TrimSpace(detail))
			time.Sleep(10 * time.Second)
			ok, detail = f()
		}
		c.note(name)
		c.line(ok, name, detail)
	}
}

func (c *checks) all() {
	c.note("start")
	for _, family := range []int{4, 6} {
		c.reachability(family)
		c.flows(family)
	}
	c.standbys()
	gateways, outages, last := gatewayChecks{c}, outageChecks{c}, lastChecks{c}
	gateways.guards()
	gateways.sources()
	gateways.spoofing()
	gateways.nested()
	if c.pass.full {
		outages.outages()
		outages.closed()
		outages.primaries()
		gateways.segments()
		last.grants()
	}
	last.restarts()
	last.scripts()
	last.leaks()
}

// gatewayChecks are about what a gateway lets through and what it does not.
type gatewayChecks struct{ *checks }

// outageChecks are about traffic while gateways fail.
type outageChecks struct{ *checks }

// lastChecks are about what is left after all that, and change what is needed before.
type lastChecks struct{ *checks }

// failures joins what went wrong, or says ok.
func failures(list []string, ok string) (bool, string) {
	if len(list) == 0 {
		return true, ok
	}
	if len(list) > 6 {
		list = append(list[:6:6], fmt.Sprintf("and %d more", len(list)-6))
	}
	return false, strings.Join(list, "; ")
}

// between calls f for every pair of hosts in different regions.
func (c *checks) between(f func(a, b *host)) {
	for _, a := range c.hosts {
		for _, b := range c.hosts {
			if a.site.name != b.site.name {
				f(a, b)
			}
		}
	}
}

// reachability: everybody reaches everybody in the other region, and the far side
// sees the sender's own address.
func (c *checks) reachability(family int) {
	kinds := []struct {
		name string
		port int
		ends func(a, b *host) (ns, source, target string)
	}{
		{"pod to pod", podPort, func(a, b *host) (string, string, string) { return a.podNS, a.pod(family), b.pod(family) }},
		{"pod to node", kubeletPort, func(a, b *host) (string, string, string) { return a.podNS, a.pod(family), b.lan(family) }},
		{"node to pod", podPort, func(a, b *host) (string, string, string) { return a.ns, a.lan(family), b.pod(family) }},
		{"node to node", healthPort, func(a, b *host) (string, string, string) { return a.ns, a.lan(family), b.lan(family) }},
	}
	for _, k := range kinds {
		c.check(fmt.Sprintf("%s IPv%d", k.name, family), func() (bool, string) {
			var bad []string
			n := 0
			c.between(func(a, b *host) {
				ns, source, target := k.ends(a, b)
				n++
				if got, err := seen(ns, target, k.port, 3*time.Second); err != nil {
					bad = append(bad, fmt.Sprintf("%s to %s: %v", a.name(), b.name(), err))
				} else if got != source {
					bad = append(bad, fmt.Sprintf("%s to %s: seen as %s, not %s", a.name(), b.name(), got, source))
				}
			})
			return failures(bad, fmt.Sprintf("%d of %d, each with its own address", n, n))
		})
	}
}

// flows: many connections spread over both gateways, none lost.
func (c *checks) flows(family int) {
	for _, ends := range [][2]string{{"cloud-3", "dc-3"}, {"dc-3", "cloud-3"}, {"cloud-2", "dc-2"}, {"dc-2", "cloud-2"}} {
		from, to := c.host(ends[0]), c.host(ends[1])
		c.check(fmt.Sprintf("200 flows IPv%d from %s", family, from.name()), func() (bool, string) {
			before := c.received(from.site.name)
			n := many(from.podNS, to.pod(family), podPort, 200)
			after := c.received(from.site.name)
			share := fmt.Sprintf("%d and %d packets through the gateways", after[0]-before[0], after[1]-before[1])
			ok := n == 200
			if !from.gateway() {
				ok = ok && after[0]-before[0] > 100 && after[1]-before[1] > 100
			}
			return ok, fmt.Sprintf("%d of 200, %s", n, share)
		})
	}
}

// received counts what the two gateways of a site got from their LAN.
func (c *checks) received(site string) [2]int {
	var n [2]int
	for i := range n {
		out, err := run("ip", "netns", "exec", c.host(fmt.Sprintf("%s-%d", site, i+1)).ns, "cat", "/sys/class/net/lan0/statistics/rx_packets")
		if err == nil {
			fmt.Sscan(out, &n[i])
		}
	}
	return n
}

func (c *checks) standbys() {
	for _, site := range []string{"cloud", "dc"} {
		c.check("standby of "+site+" reachable", func() (bool, string) {
			h := c.standby(site)
			other := c.host(map[string]string{"cloud": "dc-3", "dc": "cloud-3"}[site])
			var bad []string
			for _, f := range []int{4, 6} {
				if !reach(c.host(site+"-3").ns, h.lan(f), healthPort) {
					bad = append(bad, fmt.Sprintf("not from its LAN, IPv%d", f))
				}
				if !reach(other.podNS, h.lan(f), kubeletPort) {
					bad = append(bad, fmt.Sprintf("not from a remote pod, IPv%d", f))
				}
				if !reach(other.podNS, h.pod(f), podPort) {
					bad = append(bad, fmt.Sprintf("its pod not from a remote pod, IPv%d", f))
				}
			}
			return failures(bad, h.name()+" from its LAN and remote pods, and its own pod")
		})
	}
}
