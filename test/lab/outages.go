package main

import (
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// load is pods of plain nodes and of both gateways other than those of without.
func (c outageChecks) load(without *host) ([]pair, error) {
	var pairs []pair
	c.between(func(a, b *host) {
		if a.number != b.number || a == without || b == without {
			return
		}
		pairs = append(pairs, pair{a.podNS, a.pod(4), b.pod(4)})
		if a.number == 3 && a.site.pod6 != "" {
			pairs = append(pairs, pair{a.podNS, a.pod(6), b.pod(6)})
		}
	})
	return pairs, nil
}

// outage is something that happens to a region's primary under load.
type outage struct {
	name string
	// limit is how long flows may be silent, not counting what the control server needs
	// to notice where its word is waited for. back is the same for the way back: a
	// gateway that was cut off takes itself for the primary until it notices that its
	// connection to the control server is dead, and what it sends is lost for as long.
	limit, back time.Duration
	waits       bool
	act, undo   func(h *host) error
}

// event breaks something under load, mends it again, and times both.
func (c outageChecks) event(o outage) {
	limit, backLimit := c.stretched(o.limit), c.stretched(o.back)
	c.check(o.name, func() (bool, string) {
		h := c.primary("cloud")
		pairs, err := c.load(h)
		if err != nil {
			return false, err.Error()
		}
		t, err := startTraffic(pairs, 4)
		if err != nil {
			return false, err.Error()
		}
		if _, ok := t.settle(10 * time.Second); !ok {
			t.end()
			return false, "the flows do not even work before"
		}
		t.reset()
		c.ctl.logf("%s: %s", o.name, h.name())
		start := time.Now()
		if err := o.act(h); err != nil {
			t.end()
			return false, err.Error()
		}
		down, ok1 := t.settle(60 * time.Second)
		var delay time.Duration
		if o.waits {
			delay, _ = c.ctl.noticed(h.name(), start)
		}
		t.reset()
		c.ctl.logf("back, after %s of silence", down)
		start = time.Now()
		if err := o.undo(h); err != nil {
			t.end()
			return false, err.Error()
		}
		// Coming back takes a moment, and what it breaks shows only then.
		c.await(40*time.Second, h.name(), func() bool { return c.online(h.name()) })
		time.Sleep(3 * time.Second)
		back, ok2 := t.settle(60 * time.Second)
		_, heard := c.ctl.noticed(h.name(), start)
		broken, why := t.end()
		round := func(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
		detail := fmt.Sprintf("%d UDP flows silent for %s at most, of that %s until the control server noticed (limit %s beyond that), when it comes back %s, the control server hears of it after %s (limit %s beyond that), %d of %d TCP connections broken",
			len(t.lanes), round(down), round(delay), limit, round(back), round(heard), backLimit, broken, len(t.lines))
		if why != nil {
			detail += ": " + why.Error()
		}
		return ok1 && ok2 && down <= delay+limit && back <= heard+backLimit && broken == 0, detail
	})
}

func (c outageChecks) stretched(limit time.Duration) time.Duration {
	return time.Duration(float64(limit) * c.patience)
}

func (c outageChecks) outages() {
	const ms = time.Millisecond
	reboot := func(h *host) error { return h.boot() }
	for _, o := range []outage{
		{"tailscaled killed", 1500 * ms, 4000 * ms, true, func(h *host) error { h.crash(); return nil }, reboot},
		{"restart", 1500 * ms, 4000 * ms, true, func(h *host) error {
			h.daemon().stop(syscall.SIGTERM)
			time.Sleep(2 * time.Second)
			return nil
		}, reboot},
		// Nobody has to notice: the gateway says so itself.
		{"graceful drain", 2000 * ms, 4000 * ms, false, func(h *host) error { h.drain(); return nil }, reboot},
		{"gateway host gone", 3000 * ms, 6000 * ms, true,
			func(h *host) error { return c.plug2(h, false, "inet", h.site.name) },
			func(h *host) error { return c.plug2(h, true, "inet", h.site.name) }},
		// It still believes in its role: its own watch has to find out.
		{"uplink cut, LAN alive", 18000 * ms, 6000 * ms, false,
			func(h *host) error { return c.plug2(h, false, "inet") },
			func(h *host) error { return c.plug2(h, true, "inet") }},
		{"control server gone for 10 s", 500 * ms, 500 * ms, false, func(h *host) error {
			c.ctl.leave(true)
			time.Sleep(10 * time.Second)
			return nil
		}, func(h *host) error { c.ctl.leave(false); return nil }},
	} {
		c.event(o)
	}
}

func (c outageChecks) plug2(h *host, in bool, switches ...string) error {
	for _, s := range switches {
		if err := h.plugged("", s, in); err != nil {
			return err
		}
	}
	return nil
}

// primaries: the primaries of pods and of nodes are two gateways, then change places.
func (c outageChecks) primaries() {
	c.check("primaries split and swapped", func() (bool, string) {
		pairs, err := c.load(nil)
		if err != nil {
			return false, err.Error()
		}
		t, err := startTraffic(pairs, 2)
		if err != nil {
			return false, err.Error()
		}
		t.settle(10 * time.Second)
		site := c.pass.sites()[0]
		pin := func(pods, nodes string) {
			c.ctl.set(func() {
				for _, p := range []string{site.pod4, site.pod6} {
					c.ctl.pinned[netip.MustParsePrefix(p)] = pods
				}
				for _, p := range []string{site.node4, site.node6} {
					c.ctl.pinned[netip.MustParsePrefix(p)] = nodes
				}
			})
		}
		var worst time.Duration
		var bad []string
		expired := c.expired(c.gateways()...)
		for i, p := range [][2]string{{"cloud-2", "cloud-1"}, {"cloud-1", "cloud-2"}, {"cloud-2", "cloud-1"}, {"cloud-1", "cloud-1"}} {
			t.reset()
			pin(p[0], p[1])
			time.Sleep(2 * time.Second)
			gap, ok := t.settle(30 * time.Second)
			worst = max(worst, gap)
			if !ok {
				bad = append(bad, fmt.Sprintf("change %d: flows do not come back", i+1))
			}
			for _, n := range []int{1, 2, 3} {
				h := c.host(fmt.Sprintf("cloud-%d", n))
				if !reach(h.ns, c.host("dc-3").lan(4), healthPort) {
					bad = append(bad, fmt.Sprintf("change %d: %s cannot reach dc-3", i+1, h.name()))
				}
			}
		}
		broken, _ := t.end()
		if n := c.expired(c.gateways()...) - expired; n > 0 {
			bad = append(bad, fmt.Sprintf("%d packets went to and fro until their lives were over", n))
		}
		if broken > 0 {
			bad = append(bad, fmt.Sprintf("%d connections broken", broken))
		}
		return failures(bad, fmt.Sprintf("4 changes, flows silent for %s at most, 0 of %d connections broken, no packet went to and fro", worst.Round(10*time.Millisecond), len(t.lines)))
	})
}
