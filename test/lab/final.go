package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// restarts: a static pod's container comes up again after the kubelet has learnt of
// services and tells it where the API server is.
func (c lastChecks) restarts() {
	c.check("static pod restarted with KUBERNETES_SERVICE_HOST", func() (bool, string) {
		h := c.host("dc-2")
		h.crash()
		start := time.Now()
		if err := h.boot("KUBERNETES_SERVICE_HOST=10.96.0.1", "KUBERNETES_SERVICE_PORT=443"); err != nil {
			return false, err.Error()
		}
		err := c.await(20*time.Second, "tailscaled to run", func() bool {
			out, _ := h.tailscale("status", "--json", "--peers=false")
			return strings.Contains(out, `"BackendState": "Running"`)
		})
		if err != nil {
			return false, err.Error()
		}
		return h.parts["containerboot"].running(), fmt.Sprintf("running again after %s", time.Since(start).Round(100*time.Millisecond))
	})
}

// scripts: after all that, every host is as its script wants it.
func (c lastChecks) scripts() {
	c.check("scripts' own check", func() (bool, string) {
		var bad []string
		// The watch mends within a minute what others have changed.
		c.await(75*time.Second, "every host", func() bool { bad = c.unlike(); return len(bad) == 0 })
		return failures(bad, fmt.Sprintf("%d hosts are as gateway-setup.sh and node-routes.sh want them", len(c.hosts)))
	})
	if c.pass.shape != nil {
		return
	}
	c.check("remove", func() (bool, string) {
		// On a plain node, under the eyes of its own watch's end.
		h := c.host("dc-3")
		if h.gateway() {
			h = c.host("cloud-3")
		}
		h.parts["watch"].stop(syscall.SIGTERM)
		if _, err := h.sh(program("node-routes.sh") + " remove"); err != nil {
			return false, err.Error()
		}
		out, err := h.sh("ip route show protocol 153; ip -6 route show protocol 153; ls /run/kustomize-hybrid 2>/dev/null; true")
		return err == nil && strings.TrimSpace(out) == "", "node-routes.sh leaves nothing on " + h.name() + " " + strings.TrimSpace(out)
	})
}

// unlike says where hosts are not as their scripts want them.
func (c lastChecks) unlike() (bad []string) {
	for _, h := range c.hosts {
		var err error
		if h.gateway() {
			err = errors.Join(h.address("check"), h.setup("check"))
		} else if h.routes() {
			_, err = h.sh(program("node-routes.sh") + " check")
		}
		if err != nil {
			bad = append(bad, err.Error())
		}
	}
	return bad
}

// leaks: over all that happened, no private address went out by a default route.
func (c lastChecks) leaks() {
	c.check("no private address by the default route", func() (bool, string) {
		return failures(c.leakedIn, "0 packets over all that happened, but for what was meant to leak")
	})
}

// note remembers what leaked during a check.
func (c *checks) note(name string) {
	now, err := c.leaked()
	if err != nil {
		c.leakedIn = append(c.leakedIn, err.Error())
	}
	for where, n := range now {
		if n > c.leakedBefore[where] {
			c.leakedIn = append(c.leakedIn, fmt.Sprintf("%d packets %s during %q", n-c.leakedBefore[where], where, name))
		}
	}
	c.leakedBefore = now
}

// flow is a connection that the generated policy is meant to allow.
type flow struct {
	name       string
	ns, target string
	port       int // 0 for ICMP
}

func (f flow) works() bool {
	if f.port == 0 {
		_, err := run("ip", "netns", "exec", f.ns, "busybox", "ping", "-c", "1", "-W", "1", f.target)
		return err == nil
	}
	_, err := seen(f.ns, f.target, f.port, time.Second)
	return err == nil
}

// grants: the generated policy is in force, nothing more than it, and each grant in it
// carries a flow that breaks without it.
func (c lastChecks) grants() {
	c.check("each grant carries a flow", func() (bool, string) {
		flows := c.policyFlows()
		var bad []string
		works := map[string]bool{}
		for _, f := range flows {
			works[f.name] = f.works()
		}
		old := c.ctl.policy
		named := 0
		for i, g := range old.Grants {
			what := strings.Join(g.Src, ",") + " to " + strings.Join(g.Dst, ",") + " " + strings.Join(g.IP, ",")
			less := *old
			less.Grants = append(append([]*grant{}, old.Grants[:i]...), old.Grants[i+1:]...)
			c.ctl.set(func() { c.ctl.policy = &less })
			time.Sleep(700 * time.Millisecond)
			var broken []string
			for _, f := range flows {
				if works[f.name] && !f.works() {
					broken = append(broken, f.name)
				}
			}
			if len(broken) == 0 {
				bad = append(bad, "nothing breaks without "+what)
			} else {
				named++
			}
		}
		c.ctl.set(func() { c.ctl.policy = old })
		time.Sleep(time.Second)
		if c.ungranted() {
			bad = append(bad, "a port that no grant names is open")
		}
		return failures(bad, fmt.Sprintf("%d of %d grants break a flow when removed; a port that no grant names stays shut", named, len(old.Grants)))
	})
}

// ungranted tries a port that answers on the host and that no grant names.
func (c lastChecks) ungranted() bool {
	return reach(c.host("cloud-3").ns, c.host("dc-3").lan(4), kubeletPort+1)
}

// policyFlows is one flow for each thing that regions need of each other.
func (c lastChecks) policyFlows() []flow {
	var flows []flow
	for _, ends := range [][2]string{{"cloud-3", "dc-3"}, {"dc-3", "cloud-3"}} {
		a, b := c.host(ends[0]), c.host(ends[1])
		between := " " + a.site.name + " to " + b.site.name
		for _, f := range []int{4, 6} {
			family := fmt.Sprintf(" IPv%d", f)
			flows = append(flows,
				flow{"pod to pod" + between + family, a.podNS, b.pod(f), podPort},
				flow{"node to pod" + between + family, a.ns, b.pod(f), podPort},
				flow{"node to kubelet" + between + family, a.ns, b.lan(f), kubeletPort},
				flow{"pod to kubelet" + between + family, a.podNS, b.lan(f), kubeletPort},
				flow{"cilium-health" + between + family, a.ns, b.lan(f), healthPort},
				flow{"hubble" + between + family, a.podNS, b.lan(f), hubblePort},
			)
		}
	}
	return append(flows,
		flow{"gateway to gateway, ICMP", c.host("cloud-1").ns, c.tailnetIP("dc-1"), 0},
		flow{"node to API server", c.host("cloud-3").ns, apiServer, apiPort},
		flow{"pod to API server", c.host("cloud-3").podNS, apiServer, apiPort})
}
