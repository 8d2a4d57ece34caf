package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// bulkPort is where bulk data is swallowed, on pods and on hosts: access is allowAll here.
const bulkPort = 7100

// bulkPacket is what a UDP sender sends at once: less than any MTU on the way.
const bulkPacket = 1200

// bulkTime is how long one measurement takes.
const bulkTime = 3 * time.Second

// throughput measures pods of plain nodes across regions, which take two LANs, two gateways
// and the tunnel, beside the tunnel alone, from gateway to gateway: with the offloads that
// gateway-setup.sh sets, and without. All take turns, so that a machine that changes its
// speed changes that of all.
//
// What is judged is measured with uplinks that both processors of this machine can fill,
// since they stand for those of ten hosts: a third of what the tunnel alone carries here.
// At full speed they decide, and the ratio is theirs; it is printed, and no verdict on it.
func throughput(o *options, turns int) (failed int, err error) {
	p := pass{"1.102.3", schema.NetfilterOff, schema.FirewallNFTables, relayed, false, &shape{
		name:     "throughput",
		topology: func(t *schema.Topology) { t.Spec.Tailnet.Policy.Access = schema.AccessAllowAll },
		network:  func(w *world) error { return errors.Join(w.routePods(), w.wires()) },
		measure:  func(c *checks) error { return c.bulk(turns) },
	}, nil}
	return p.run(o)
}

// uplinks limits what each gateway sends to the internet, in bit/s; 0 is no limit.
func (w *world) uplinks(rate float64) error {
	for _, h := range w.hosts {
		if !h.public() {
			continue
		}
		run("tc", "-n", h.ns, "qdisc", "del", "dev", "pub0", "root") // there may be none
		if rate == 0 {
			continue
		}
		if _, err := run("tc", "-n", h.ns, "qdisc", "add", "dev", "pub0", "root", "tbf", "rate", fmt.Sprintf("%.0fbit", rate), "burst", "128kb", "latency", "20ms"); err != nil {
			return err
		}
	}
	return nil
}

// wires have hosts receive packets one by one, as from a cable: a veth hands on what a
// sender's card would have cut. Cards wait a moment for more before they hand packets
// over, as hardware does between two interrupts.
func (w *world) wires() error {
	for _, h := range w.hosts {
		if _, err := run("ip", "netns", "exec", w.ns(h.site.name), "ethtool", "-K", h.port(), "tso", "off", "gso", "off"); err != nil {
			return err
		}
		if !h.gateway() {
			continue
		}
		if _, err := run("ip", "netns", "exec", h.ns, "sh", "-c",
			"echo 50000 >/sys/class/net/lan0/gro_flush_timeout && echo 10 >/sys/class/net/lan0/napi_defer_hard_irqs"); err != nil {
			return err
		}
	}
	return nil
}

// stretch is one way that bulk data takes.
type stretch struct {
	name         string
	from, to     string // namespaces
	source, goal string
}

func (c *checks) stretches() []stretch {
	a, b := c.primary("cloud"), c.primary("dc")
	plainA, plainB := c.host("cloud-3"), c.host("dc-3")
	return []stretch{
		{"the tunnel alone: gateway to gateway", a.ns, b.ns, a.lan(4), b.lan(4)},
		{"pod to pod, both on plain nodes", plainA.podNS, plainB.podNS, plainA.pod(4), plainB.pod(4)},
	}
}

// bulkKind is how bulk data is sent: by a protocol, over uplinks that are limited or not.
type bulkKind struct {
	network string
	held    bool
}

func bulkKinds() []bulkKind {
	return []bulkKind{{"tcp", true}, {"udp", true}, {"tcp", false}, {"udp", false}}
}

func (l bulkKind) String() string {
	if l.held {
		return strings.ToUpper(l.network)
	}
	return strings.ToUpper(l.network) + " at full speed"
}

// rates are of one kind, by stretch and by whether cards join packets.
type rates map[string]map[bool][]float64

func (c *checks) bulk(turns int) error {
	stretches := c.stretches()
	sinks := map[string]*sink{}
	for _, s := range stretches {
		k := &sink{}
		sinks[s.name] = k
		if err := in(s.to, k.listen); err != nil {
			return err
		}
	}
	uplinks, err := c.room(stretches[0], sinks[stretches[0].name])
	if err != nil {
		return err
	}
	measured := map[bulkKind]rates{}
	for turn := range turns {
		for i := range 2 {
			joined := (turn+i)%2 == 0
			if err := c.join(joined); err != nil {
				return err
			}
			for _, l := range bulkKinds() {
				limit := 0.0
				if l.held {
					limit = uplinks[l.network]
				}
				if err := c.uplinks(limit); err != nil {
					return err
				}
				if measured[l] == nil {
					measured[l] = rates{}
				}
				for j := range stretches {
					s := stretches[(turn+j)%len(stretches)]
					rate, err := sinks[s.name].measure(s, l.network, limit)
					if err != nil {
						return fmt.Errorf("%s, %s: %w", s.name, l, err)
					}
					if measured[l][s.name] == nil {
						measured[l][s.name] = map[bool][]float64{}
					}
					measured[l][s.name][joined] = append(measured[l][s.name][joined], rate)
				}
			}
			if err := c.joined(joined); err != nil {
				return err
			}
		}
	}
	fmt.Printf("\nuplinks: TCP %.0f Mbit/s, UDP %.0f Mbit/s\n", uplinks["tcp"]/1e6, uplinks["udp"]/1e6)
	fmt.Printf("\n| one flow, medians of %d turns | %s | %s | of it | of all turns |\n|---|---:|---:|---:|---:|\n", turns, stretches[0].name, stretches[1].name)
	for _, l := range bulkKinds() {
		for _, joined := range []bool{true, false} {
			alone, pods := measured[l][stretches[0].name][joined], measured[l][stretches[1].name][joined]
			var ratios []float64
			for i := range alone {
				ratios = append(ratios, pods[i]/alone[i])
			}
			fmt.Printf("| %s, UDP offloads %s | %.0f Mbit/s | %.0f Mbit/s | %.2f | %.2f to %.2f |\n", l, onOff(joined),
				1e3*median(alone), 1e3*median(pods), median(ratios), slices.Min(ratios), slices.Max(ratios))
			if l.held {
				c.line(median(ratios) >= 0.95, fmt.Sprintf("%s pod to pod beside the tunnel alone, UDP offloads %s", l, onOff(joined)),
					fmt.Sprintf("%.2f of it, at least 0.95", median(ratios)))
			}
		}
	}
	return nil
}

// room is a third of what the tunnel alone carries of each protocol here, in bit/s: without
// offloads, which is the slower way.
func (c *checks) room(alone stretch, k *sink) (map[string]float64, error) {
	if err := errors.Join(c.join(false), c.uplinks(0)); err != nil {
		return nil, err
	}
	room := map[string]float64{}
	for _, network := range []string{"tcp", "udp"} {
		rate, err := k.measure(alone, network, 0)
		if err != nil {
			return nil, err
		}
		room[network] = rate * 1e9 / 3
	}
	return room, nil
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func onOff(yes bool) string {
	if yes {
		return "on"
	}
	return "off"
}

// gatewayCards calls f for each card of a gateway.
func (c *checks) gatewayCards(f func(ns, card string) error) error {
	for _, h := range c.hosts {
		if !h.gateway() {
			continue
		}
		for _, card := range []string{"lan0", "pub0"} {
			if err := f(h.ns, card); err != nil {
				return err
			}
		}
	}
	return nil
}

// join sets the offloads of every gateway's cards as gateway-setup.sh does, or as they are
// without it: its own image has no ethtool, so that it leaves them as they are here. Receive
// offload itself is on, as it is on hardware.
func (c *checks) join(yes bool) error {
	return c.gatewayCards(func(ns, card string) error {
		_, err := run("ip", "netns", "exec", ns, "ethtool", "-K", card, "gro", "on", "rx-udp-gro-forwarding", onOff(yes), "rx-gro-list", "off")
		return err
	})
}

// joined is an error where something has set a card otherwise since.
func (c *checks) joined(yes bool) error {
	return c.gatewayCards(func(ns, card string) error {
		out, err := run("ip", "netns", "exec", ns, "ethtool", "-k", card)
		if err == nil && !strings.Contains(out, "rx-udp-gro-forwarding: "+onOff(yes)) {
			err = fmt.Errorf("%s of %s has changed while it was measured", card, ns)
		}
		return err
	})
}

// sink swallows bulk data.
type sink struct{ bytes atomic.Int64 }

func (k *sink) listen() error {
	l, err := net.Listen("tcp4", fmt.Sprint(":", bulkPort))
	if err != nil {
		return err
	}
	u, err := net.ListenPacket("udp4", fmt.Sprint(":", bulkPort))
	if err != nil {
		return err
	}
	u.(*net.UDPConn).SetReadBuffer(4 << 20)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go k.swallow(conn)
		}
	}()
	go k.swallow(u.(*net.UDPConn))
	return nil
}

func (k *sink) swallow(r io.Reader) {
	b := make([]byte, 256<<10)
	for {
		n, err := r.Read(b)
		k.bytes.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// measure sends for bulkTime and returns what arrived after the first third of it, in
// Gbit/s. Over an uplink with a limit UDP is sent a tenth faster than that, so that it is
// full; TCP finds out by itself.
func (k *sink) measure(s stretch, network string, limit float64) (float64, error) {
	var conn net.Conn
	if err := in(s.from, func() (err error) {
		d := net.Dialer{Timeout: patient}
		conn, err = d.Dial(network+"4", net.JoinHostPort(s.goal, fmt.Sprint(bulkPort)))
		return err
	}); err != nil {
		return 0, err
	}
	defer conn.Close()
	size, pace := 256<<10, 0.0
	if network == "udp" {
		size, pace = bulkPacket, 1.1*limit/8
	}
	start := time.Now()
	end := start.Add(bulkTime)
	conn.SetDeadline(end.Add(patient))
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, size)
		for sent := 0; time.Now().Before(end); sent += size {
			for pace > 0 && float64(sent) > pace*time.Since(start).Seconds() {
				time.Sleep(time.Millisecond)
			}
			if _, err := conn.Write(b); err != nil && network == "tcp" {
				return
			}
		}
	}()
	time.Sleep(bulkTime / 3)
	counted, before := time.Now(), k.bytes.Load()
	time.Sleep(time.Until(end))
	got, took := k.bytes.Load()-before, time.Since(counted)
	<-done
	time.Sleep(200 * time.Millisecond)
	if got == 0 {
		return 0, fmt.Errorf("nothing arrived at %s", s.goal)
	}
	return float64(got) * 8 / took.Seconds() / 1e9, nil
}
