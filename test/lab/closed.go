package main

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"
)

// closed: with no tailscaled alive in a region, each of its gateways takes the other for
// the primary. Nothing leaves by the default route then, and no packet goes to and fro.
func (c outageChecks) closed() {
	c.check("fails closed, no ping-pong", func() (bool, string) {
		h1, h2, plain := c.host("cloud-1"), c.host("cloud-2"), c.host("cloud-3")
		var bad []string
		for _, h := range []*host{h1, h2} {
			h.crash()
		}
		time.Sleep(1500 * time.Millisecond) // the watches' time to notice
		before, _ := c.leaked()
		expired := c.expired(h1, h2)
		c.knock(h1, h2, plain)
		leaks, _ := c.leaked()
		if n := leaks["to4 at inet"] + leaks["to6 at inet"] - before["to4 at inet"] - before["to6 at inet"]; n > 0 {
			bad = append(bad, fmt.Sprintf("%d packets left by the default route", n))
		}
		if n := c.expired(h1, h2) - expired; n > 0 {
			bad = append(bad, fmt.Sprintf("%d packets went to and fro until their lives were over", n))
		}
		pings, open := c.opened(h1, h2, plain)
		if pings == 0 || open == 0 {
			bad = append(bad, fmt.Sprintf("the same counts show nothing where they should: %d went to and fro, %d left", pings, open))
		}
		c.leakedBefore, _ = c.leaked() // that was meant to leak
		for _, h := range []*host{h1, h2} {
			if err := h.setup("apply"); err != nil {
				bad = append(bad, err.Error())
			}
			if err := h.boot(); err != nil {
				bad = append(bad, err.Error())
			}
		}
		if err := c.await(40*time.Second, "the gateways", func() bool { return c.online(h1.name()) && c.online(h2.name()) }); err != nil {
			bad = append(bad, err.Error())
		}
		if err := c.await(30*time.Second, "packets from and to everybody", c.flowing); err != nil {
			bad = append(bad, err.Error())
		}
		return failures(bad, fmt.Sprintf("both gateways of cloud without tailscaled: 0 packets left, 0 went to and fro; without the rules of the watch and gateway-setup.sh %d of each kind left and %d went to and fro", open, pings))
	})
}

// flowing says whether pods of all hosts reach the other region, and after a second still.
func (c outageChecks) flowing() bool {
	pairs, err := c.load(nil)
	for range 2 {
		for _, p := range pairs {
			if _, bad := seen(p.ns, p.to, podPort, time.Second); bad != nil || err != nil {
				return false
			}
		}
		time.Sleep(time.Second)
	}
	return true
}

// opened takes away what should have held: first the refusal of transit, then the rules
// by which what has no way is unreachable. It returns how many packets went to and fro,
// and how many left.
func (c outageChecks) opened(h1, h2, plain *host) (pings, open int) {
	for _, h := range []*host{h1, h2} {
		h.parts["watch"].signal(syscall.SIGSTOP)
		defer h.parts["watch"].signal(syscall.SIGCONT)
		h.sh(deleteRules(5190))
	}
	expired := c.expired(h1, h2)
	c.knock(h1, h2, plain)
	pings = c.expired(h1, h2) - expired
	for _, h := range []*host{h1, h2} {
		for _, priority := range []int{5195, 5196, 5198, 5199} {
			h.sh(deleteRules(priority))
		}
	}
	before, _ := c.leaked()
	c.knock(h1, h2, plain)
	after, _ := c.leaked()
	return pings, after["to4 at inet"] + after["to6 at inet"] - before["to4 at inet"] - before["to6 at inet"]
}

// knock sends to the other region through each gateway, from it, and from its pods.
func (c outageChecks) knock(h1, h2, plain *host) {
	far := c.host("dc-3")
	send := func(ns string) {
		for _, f := range []int{4, 6} {
			for port := range 8 {
				in(ns, func() error {
					conn, err := net.Dial("udp", net.JoinHostPort(far.pod(f), fmt.Sprint(podPort+port)))
					if err != nil {
						return nil // refused at once
					}
					defer conn.Close()
					conn.Write([]byte("x"))
					return nil
				})
			}
		}
	}
	for _, ns := range []string{h1.ns, h1.podNS, h2.ns, h2.podNS} {
		send(ns)
	}
	for _, via := range []*host{h1, h2} {
		plain.sh(fmt.Sprintf("ip -4 route add %s via %s; ip -6 route add %s via %s", far.pod(4), via.lan(4), far.pod(6), via.lan(6)))
		send(plain.podNS)
		plain.sh(fmt.Sprintf("ip -4 route del %s; ip -6 route del %s", far.pod(4), far.pod(6)))
	}
	time.Sleep(300 * time.Millisecond)
}

// expired counts the packets whose life ended at one of the hosts.
func (c outageChecks) expired(hosts ...*host) int {
	total := 0
	for _, h := range hosts {
		out, _ := h.sh(`awk '/^Icmp:/ { if (!n) { for (i = 1; i <= NF; i++) if ($i == "OutTimeExcds") n = i } else print $n }' /proc/net/snmp; awk '$1 == "Icmp6OutTimeExcds" { print $2 }' /proc/net/snmp6`)
		for _, word := range strings.Fields(out) {
			var n int
			fmt.Sscan(word, &n)
			total += n
		}
	}
	return total
}
