package main

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"tailscale.com/tailcfg"
)

// without runs f while the lines of gateway-setup.sh that the command takes away are missing
// on the hosts, then has gateway-setup.sh mend them.
func (c gatewayChecks) without(hosts []*host, command string, f func()) error {
	for _, h := range hosts {
		// The watch would mend it under our hands.
		h.parts["watch"].signal(syscall.SIGSTOP)
		defer h.parts["watch"].signal(syscall.SIGCONT)
		if _, err := h.sh(command); err != nil {
			return err
		}
	}
	f()
	for _, h := range hosts {
		if err := h.setup("apply"); err != nil {
			return err
		}
	}
	return nil
}

func (c *checks) gateways() []*host {
	return slices.DeleteFunc(slices.Clone(c.hosts), func(h *host) bool { return !h.gateway() })
}

// guards: without the own-CIDR guard a standby's LAN lies behind the tunnel.
func (c gatewayChecks) guards() {
	c.check("own-CIDR guard", func() (bool, string) {
		h, neighbour := c.standby("cloud"), c.host("cloud-3")
		with := reach(h.ns, neighbour.lan(4), healthPort) && reach(h.ns, neighbour.lan(6), healthPort)
		without := true
		err := c.without([]*host{h}, deleteRules(5185), func() {
			without = reach(h.ns, neighbour.lan(4), healthPort) || reach(h.ns, neighbour.lan(6), healthPort)
		})
		again := reach(h.ns, neighbour.lan(4), healthPort)
		return err == nil && with && !without && again,
			fmt.Sprintf("%s reaches its neighbour: with it %t, without it %t, with it again %t %s", h.name(), with, without, again, text(err))
	})
}

// deleteRules is a command that deletes all rules of a priority.
func deleteRules(priority int) string {
	return fmt.Sprintf("for f in 4 6; do while ip -$f rule del priority %d 2>/dev/null; do :; done; done", priority)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// sources: what a gateway sends itself comes from its InternalIP; without our rules it
// comes from its tailnet address, which a policy made of prefixes does not admit.
func (c gatewayChecks) sources() {
	c.check("gateway source", func() (bool, string) {
		h, far := c.primary("cloud"), c.primary("dc")
		with, err := seen(h.ns, far.lan(4), healthPort, 3*time.Second)
		if err != nil {
			return false, err.Error()
		}
		var denied bool
		var without string
		err = c.without([]*host{h}, deleteRules(5198)+"; "+deleteRules(5199), func() {
			denied = !reach(h.ns, far.lan(4), healthPort)
			restore := c.allowAll()
			c.await(5*time.Second, "an answer", func() bool {
				without, _ = seen(h.ns, far.lan(4), healthPort, time.Second)
				return without != ""
			})
			restore()
		})
		return err == nil && with == h.lan(4) && denied && strings.HasPrefix(without, "100."),
			fmt.Sprintf("%s is seen as %s; without the source route the generated policy refuses it (%t), and allow-all shows %s %s", h.name(), with, denied, without, text(err))
	})
}

// allowAll replaces the generated policy until the returned function is called.
func (c gatewayChecks) allowAll() func() {
	old := c.ctl.policy
	open := *old
	open.Grants = []*grant{{src: []thing{{any: true}}, dst: []thing{{any: true}}, ports: []portRule{{ports: tailcfg.PortRangeAny}}}}
	c.ctl.set(func() { c.ctl.policy = &open })
	return func() { c.ctl.set(func() { c.ctl.policy = old }) }
}

// spoofing: a tailnet address that arrives from the LAN is dropped.
func (c gatewayChecks) spoofing() {
	c.check("spoofed pool address", func() (bool, string) {
		liar, h := c.host("cloud-3"), c.primary("cloud")
		const spoofed = "100.64.200.200"
		if err := batch(liar.ns, "address add "+spoofed+"/32 dev lo"); err != nil {
			return false, err.Error()
		}
		defer batch(liar.ns, "address del "+spoofed+"/32 dev lo")
		// What arrives, and what of it survives all other rules.
		count := "ip saddr " + spoofed + " counter name "
		if _, err := h.sh("nft 'table inet lies { counter came { }; counter left { }\n" +
			"chain pre { type filter hook prerouting priority -300; " + count + "came; }\n" +
			"chain in { type filter hook input priority 300; " + count + "left; }\n" +
			"chain through { type filter hook forward priority 300; " + count + "left; }\n}'"); err != nil {
			return false, err.Error()
		}
		defer h.sh("nft delete table inet lies")
		lie := func(target string) {
			in(liar.ns, func() error {
				conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(spoofed)}, &net.UDPAddr{IP: net.ParseIP(target), Port: podPort})
				if err != nil {
					return err
				}
				defer conn.Close()
				for range 5 {
					conn.Write([]byte("x"))
				}
				return nil
			})
			time.Sleep(200 * time.Millisecond)
		}
		lie(h.lan(4))
		liar.sh("ip route add 10.142.3.11/32 via " + h.lan(4))
		lie("10.142.3.11")
		liar.sh("ip route del 10.142.3.11/32")
		out, err := h.sh("nft list counter inet lies came; nft list counter inet lies left")
		var n []int
		for _, line := range strings.Split(out, "\n") {
			var packets int
			if found, _ := fmt.Sscanf(strings.TrimSpace(line), "packets %d", &packets); found == 1 {
				n = append(n, packets)
			}
		}
		return err == nil && slices.Equal(n, []int{10, 0}), fmt.Sprintf("packets to %s itself and to another region: %v arrived, and survived its firewall %s", h.name(), n, text(err))
	})
}

// nested: with the direct path gone, a peer is reached by DERP and never at a private
// address through another gateway's tunnel.
func (c gatewayChecks) nested() {
	c.check("no tunnel in a tunnel", func() (bool, string) {
		_, err := run("ip", "netns", "exec", c.ns("inet"), "nft", `table bridge cut { chain forward {
			type filter hook forward priority 0; policy accept
			udp dport 41641 drop
			udp sport 41641 drop
		}
		}`)
		if err != nil {
			return false, err.Error()
		}
		defer run("ip", "netns", "exec", c.ns("inet"), "nft", "delete table bridge cut")
		h := c.standby("cloud")
		var ways []string
		c.await(20*time.Second, "DERP", func() bool {
			out, _ := h.tailscale("ping", "--c=1", "--timeout=2s", "--until-direct=false", c.tailnetIP("dc-1"))
			return strings.Contains(out, "DERP")
		})
		for range 8 {
			out, _ := h.tailscale("ping", "--c=1", "--timeout=3s", "--until-direct=false", c.tailnetIP("dc-1"))
			_, way, _ := strings.Cut(strings.TrimSpace(out), " via ")
			way, _, _ = strings.Cut(way, " in ")
			ways = append(ways, way)
		}
		derp := 0
		for _, w := range ways {
			if strings.HasPrefix(w, "DERP") {
				derp++
			}
		}
		return derp == 8, fmt.Sprintf("%d of 8 pongs by DERP, the direct path cut (%s)", derp, strings.Join(slices.Compact(ways), ", "))
	})
}

func (c *checks) tailnetIP(name string) string {
	c.ctl.mu.Lock()
	defer c.ctl.mu.Unlock()
	for _, n := range c.ctl.nodes {
		if n.Hostinfo.Hostname() == name {
			return n.Addresses[0].Addr().String()
		}
	}
	return ""
}

// segments: with ICMP filtered, only the MSS clamp gets a transfer through.
func (c gatewayChecks) segments() {
	c.check("MSS", func() (bool, string) {
		deaf := "priority 0; policy accept\nicmp type destination-unreachable drop\nicmpv6 type packet-too-big drop\n}\n"
		silence := "nft 'table inet deaf {\nchain out {\ntype filter hook output " + deaf + "chain through {\ntype filter hook forward " + deaf + "}'"
		for _, h := range c.hosts {
			if _, err := h.sh(silence); err != nil {
				return false, err.Error()
			}
			defer h.sh("nft delete table inet deaf")
		}
		from, to := c.host("cloud-3"), c.host("dc-3")
		const size = 50 << 20
		var bad []string
		var took [2]time.Duration
		for i, f := range []int{4, 6} {
			var err error
			if took[i], err = transfer(from.podNS, to.pod(f), podPort, size, 120*time.Second); err != nil {
				bad = append(bad, fmt.Sprintf("IPv%d with the clamp: %v", f, err))
			}
		}
		err := c.without(c.gateways(), `for t in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do $t -t mangle -F KUSTOMIZE-HYBRID-FORWARD 2>/dev/null; done; nft flush chain inet kustomize_hybrid mss 2>/dev/null; true`, func() {
			for _, f := range []int{4, 6} {
				if _, err := transfer(from.podNS, to.pod(f), podPort, 1<<20, 5*time.Second); err == nil {
					bad = append(bad, fmt.Sprintf("IPv%d: a transfer gets through without the clamp, so this shows nothing", f))
				}
			}
		})
		if err != nil {
			bad = append(bad, err.Error())
		}
		return failures(bad, fmt.Sprintf("50 MiB each way with ICMP filtered: IPv4 %s, IPv6 %s; without the clamp 1 MiB stalls for 5 s",
			took[0].Round(100*time.Millisecond), took[1].Round(100*time.Millisecond)))
	})
}
