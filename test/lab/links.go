package main

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// linked is two LANs whose routers have a private link.
func linked() *shape {
	return &shape{
		name: "linked",
		topology: func(t *schema.Topology) {
			t.Spec.Links = []schema.Link{{Regions: []string{"cloud", "dc"}}}
			for i := range t.Spec.Regions {
				t.Spec.Regions[i].Gateways.State = schema.KeepHost // the lab has no API server that keeps Secrets
			}
		},
		network: func(w *world) error {
			if err := w.routePods(); err != nil {
				return err
			}
			return w.link("cloud", "dc")
		},
		more: shapeChecks.byLink,
	}
}

// link joins the routers of two LANs, and gives them and all hosts the routes that their
// owner makes: to nodes and to pods.
func (w *world) link(a, b string) error {
	if err := batch("", fmt.Sprintf("link add link0 netns %s type veth peer name link0 netns %s", w.ns(a), w.ns(b))); err != nil {
		return err
	}
	for i, name := range []string{a, b} {
		if err := batch(w.ns(name), fmt.Sprintf("address add 192.168.255.%d/30 dev link0", i+1), "link set link0 up"); err != nil {
			return err
		}
		if _, err := run("ip", "netns", "exec", w.ns(name), "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.link0.rp_filter=0"); err != nil {
			return err
		}
		// What goes to the other end does not leave by the default route.
		if err := w.nft(w.ns(name), "insert rule inet leak pre iifname br0 ip daddr { 10.0.0.0/22, 10.61.0.0/16, 10.143.0.0/24, 10.142.0.0/20 } accept"); err != nil {
			return err
		}
	}
	for _, h := range w.hosts {
		here, there, hop := a, b, 2
		if h.site.name == b {
			here, there, hop = b, a, 1
		}
		if err := batch(w.ns(here), "route add "+h.podNet(4)+" via "+h.lan(4)); err != nil {
			return err
		}
		for _, s := range w.pass.sites() {
			if s.name != there {
				continue
			}
			for _, p := range []string{s.node4, s.pod4} {
				if err := batch(h.ns, "route add "+p+" via "+h.site.lan4+"1"); err != nil {
					return err
				}
				if h.number == 1 {
					if err := batch(w.ns(here), fmt.Sprintf("route add %s via 192.168.255.%d", p, hop)); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// byLink: the pair does not need its tunnel.
func (c shapeChecks) byLink() {
	c.check("the tunnel carries nothing of the pair", func() (bool, string) {
		var bad []string
		for _, h := range c.hosts {
			if !h.gateway() {
				continue
			}
			for _, to := range []string{c.peerOf(h).pod(4), c.peerOf(h).lan(4)} {
				out, err := h.sh("ip route get " + to + " from " + h.lan(4))
				if err != nil || strings.Contains(out, "tailscale0") || !strings.Contains(out, " via "+h.site.lan4+"1 ") {
					bad = append(bad, fmt.Sprintf("%s to %s: %s %v", h.name(), to, strings.TrimSpace(out), err))
				}
			}
		}
		return failures(bad, "gateways send to the other site by its router")
	})
	c.check("all gateways die, and the pair does not notice", func() (bool, string) {
		for _, h := range c.hosts {
			if h.gateway() {
				h.crash()
				h.parts["watch"].stop(syscall.SIGKILL)
			}
		}
		var bad []string
		pairs := c.pairs(func(a, b *host) bool { return a.site.name != b.site.name })
		for _, e := range everyEnds() {
			bad = append(bad, unreached(pairs, e)...)
		}
		for _, h := range c.hosts {
			if h.gateway() {
				if err := h.start(); err != nil {
					return false, err.Error()
				}
			}
		}
		return failures(bad, fmt.Sprintf("%d of %d ways", 4*len(pairs), 4*len(pairs)))
	})
}

// peerOf is the plain node of the other site.
func (c *checks) peerOf(h *host) *host {
	if h.site.name == "cloud" {
		return c.host("dc-3")
	}
	return c.host("cloud-3")
}
