package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// in runs f on a thread of the namespace. Sockets that f opens stay in it.
func in(ns string, f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		fd, err := unix.Open("/run/netns/"+ns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			result <- err
			return
		}
		defer unix.Close(fd)
		if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}

// Ports that answer: on pods whatever the policy lets pods have, on hosts what a
// Cilium node and a kubelet have.
const (
	podPort     = 7000
	healthPort  = 4240
	kubeletPort = 10250
	hubblePort  = 4244
	apiPort     = 6443
	apiServer   = "10.143.0.5" // an address of dc-3
)

// answer opens the echo servers of a host and its pod.
func (h *host) answer() error {
	if err := in(h.podNS, func() error { return errors.Join(echoTCP(podPort), echoUDP(podPort)) }); err != nil {
		return err
	}
	return in(h.ns, func() error {
		return errors.Join(echoTCP(healthPort), echoTCP(hubblePort), echoTCP(kubeletPort), echoTCP(kubeletPort+1), echoTCP(apiPort))
	})
}

// echoTCP tells each caller the address it is seen with, then repeats what it says.
func echoTCP(port int) error {
	l, err := net.Listen("tcp", fmt.Sprintf("[::]:%d", port))
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprintln(c, hostOf(c.RemoteAddr()))
				io.Copy(c, c)
			}()
		}
	}()
	return nil
}

// echoUDP answers. Of a pod's IPv4 addresses, of which there may be two for a while, the one
// that was asked does.
func echoUDP(port int) error {
	l, err := net.ListenPacket("udp4", fmt.Sprintf("0.0.0.0:%d", port))
	if err != nil {
		return err
	}
	four := ipv4.NewPacketConn(l)
	if err := four.SetControlMessage(ipv4.FlagDst, true); err != nil {
		return err
	}
	go func() {
		b := make([]byte, 1500)
		for {
			n, asked, from, err := four.ReadFrom(b)
			if err != nil {
				return
			}
			four.WriteTo(b[:n], &ipv4.ControlMessage{Src: asked.Dst}, from)
		}
	}()
	six, err := net.ListenPacket("udp6", fmt.Sprintf("[::]:%d", port))
	if err != nil {
		return err
	}
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := six.ReadFrom(b)
			if err != nil {
				return
			}
			six.WriteTo(b[:n], from)
		}
	}()
	return nil
}

func hostOf(a net.Addr) string {
	h, _, _ := net.SplitHostPort(a.String())
	return strings.TrimPrefix(h, "::ffff:")
}

// seen connects and returns the address that the far side saw.
func seen(ns, address string, port int, timeout time.Duration) (string, error) {
	var source string
	err := in(ns, func() error {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(address, fmt.Sprint(port)), timeout)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(timeout))
		source, err = bufio.NewReader(c).ReadString('\n')
		source = strings.TrimSpace(source)
		return err
	})
	return source, err
}

// many opens n connections, each from a port of its own, and returns how many work.
func many(ns, address string, port, n int) int {
	var mu sync.Mutex
	var group sync.WaitGroup
	good := 0
	for range 20 {
		group.Go(func() {
			for range n / 20 {
				if _, err := seen(ns, address, port, 3*time.Second); err == nil {
					mu.Lock()
					good++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	return good
}

// reach says whether one try of several gets through.
func reach(ns, address string, port int) bool {
	for range 3 {
		if _, err := seen(ns, address, port, time.Second); err == nil {
			return true
		}
	}
	return false
}

// transfer sends size bytes and has them echoed back: both directions at once.
func transfer(ns, address string, port int, size int64, timeout time.Duration) (time.Duration, error) {
	start := time.Now()
	err := in(ns, func() error {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(address, fmt.Sprint(port)), 3*time.Second)
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(timeout))
		r := bufio.NewReader(c)
		if _, err := r.ReadString('\n'); err != nil {
			return err
		}
		go func() {
			io.CopyN(c, zeros{}, size)
		}()
		_, err = io.CopyN(io.Discard, r, size)
		return err
	})
	return time.Since(start), err
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// lane is one flow that never stops: UDP from one port, twenty packets a second.
type lane struct {
	from, to string
	conn     net.Conn
	mu       sync.Mutex
	last     time.Time     // of the last answer
	gap      time.Duration // longest time without one
	got      int
}

// line is one TCP connection that is never opened again.
type line struct {
	from, to string
	conn     net.Conn
	broken   error
}

// traffic is what runs while something is broken and mended.
type traffic struct {
	lanes []*lane
	lines []*line
	stop  chan struct{}
	group sync.WaitGroup
}

// pair is a pod that speaks to a pod.
type pair struct{ ns, from, to string }

// startTraffic opens lanes UDP flows and one TCP connection for each pair.
func startTraffic(pairs []pair, lanes int) (*traffic, error) {
	t := &traffic{stop: make(chan struct{})}
	for _, p := range pairs {
		for range lanes {
			l := &lane{from: p.from, to: p.to, last: time.Now()}
			if err := in(p.ns, func() (err error) {
				l.conn, err = (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(p.from)}}).Dial("udp", net.JoinHostPort(p.to, fmt.Sprint(podPort)))
				return err
			}); err != nil {
				return nil, err
			}
			t.lanes = append(t.lanes, l)
		}
		s := &line{from: p.from, to: p.to}
		if err := in(p.ns, func() (err error) {
			s.conn, err = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(p.from)}, Timeout: 5 * time.Second}).Dial("tcp", net.JoinHostPort(p.to, fmt.Sprint(podPort)))
			return err
		}); err != nil {
			return nil, fmt.Errorf("%s to %s: %w", p.from, p.to, err)
		}
		t.lines = append(t.lines, s)
	}
	for _, l := range t.lanes {
		t.group.Go(func() { l.send(t.stop) })
		t.group.Go(l.receive)
	}
	for _, s := range t.lines {
		t.group.Go(func() { s.talk(t.stop) })
	}
	return t, nil
}

const beat = 50 * time.Millisecond

func (l *lane) send(stop chan struct{}) {
	defer l.conn.Close()
	for {
		l.conn.Write([]byte("x"))
		select {
		case <-stop:
			return
		case <-time.After(beat):
		}
	}
}

func (l *lane) receive() {
	b := make([]byte, 16)
	for {
		_, err := l.conn.Read(b)
		if errors.Is(err, net.ErrClosed) {
			return
		} else if err != nil {
			time.Sleep(beat) // an ICMP answer: refused or unreachable
			continue
		}
		l.heard()
	}
}

// talk says a line ten times a second and waits for its echo.
func (s *line) talk(stop chan struct{}) {
	defer s.conn.Close()
	r := bufio.NewReader(s.conn)
	if _, s.broken = r.ReadString('\n'); s.broken != nil {
		return
	}
	for {
		s.conn.SetDeadline(time.Now().Add(60 * time.Second))
		if _, s.broken = fmt.Fprintln(s.conn, "x"); s.broken != nil {
			return
		}
		if _, s.broken = r.ReadString('\n'); s.broken != nil {
			return
		}
		select {
		case <-stop:
			return
		case <-time.After(2 * beat):
		}
	}
}

// startKnocks has a node open connections to a pod, one after the other: policies let nodes
// ask pods by TCP alone, and of one connection that stays open TCP would wait ever longer
// before it tries again.
func startKnocks(p pair) *traffic {
	t := &traffic{stop: make(chan struct{})}
	l := &lane{from: p.from, to: p.to, last: time.Now()}
	t.lanes = []*lane{l}
	t.group.Go(func() { in(p.ns, func() error { l.knock(t.stop); return nil }) })
	return t
}

// knock opens a connection twenty times a second, and waits for each for a few beats.
func (l *lane) knock(stop chan struct{}) {
	for {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(l.to, fmt.Sprint(podPort)), 6*beat)
		if err == nil {
			c.(*net.TCPConn).SetLinger(0) // a port each would be used up
			c.Close()
			l.heard()
		}
		select {
		case <-stop:
			return
		case <-time.After(beat):
		}
	}
}

// heard notes an answer.
func (l *lane) heard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gap = max(l.gap, time.Since(l.last))
	l.last = time.Now()
	l.got++
}

// reset starts a new measurement.
func (t *traffic) reset() {
	for _, l := range t.lanes {
		l.mu.Lock()
		l.gap = 0
		l.mu.Unlock()
	}
}

// settle waits until all flows have worked for a second, at most for limit, and
// returns the longest time that any flow got no answer.
func (t *traffic) settle(limit time.Duration) (time.Duration, bool) {
	deadline := time.Now().Add(limit)
	good := time.Now()
	for time.Now().Before(deadline) {
		time.Sleep(beat)
		if t.silent() > 0 {
			good = time.Now()
		} else if time.Since(good) > time.Second {
			return t.worst(), true
		}
	}
	return t.worst(), false
}

// silent counts flows that have had no answer for a while.
func (t *traffic) silent() int {
	n := 0
	for _, l := range t.lanes {
		l.mu.Lock()
		if time.Since(l.last) > 5*beat {
			n++
		}
		l.mu.Unlock()
	}
	return n
}

func (t *traffic) worst() time.Duration {
	var worst time.Duration
	for _, l := range t.lanes {
		l.mu.Lock()
		worst = max(worst, l.gap, time.Since(l.last))
		l.mu.Unlock()
	}
	return worst
}

// end stops all flows and returns how many connections broke, and one reason.
func (t *traffic) end() (int, error) {
	close(t.stop)
	for _, s := range t.lines {
		s.conn.SetReadDeadline(time.Now().Add(30 * time.Second)) // TCP waits longer each time
	}
	t.group.Wait()
	broken, reason := 0, error(nil)
	for _, s := range t.lines {
		if s.broken != nil {
			broken++
			reason = fmt.Errorf("%s to %s: %w", s.from, s.to, s.broken)
		}
	}
	return broken, reason
}

// answered sends datagrams one after the other and says which of them come back.
func answered(ns, address string, packets int) []bool {
	answers := make([]bool, packets)
	in(ns, func() error {
		conn, err := net.Dial("udp", net.JoinHostPort(address, fmt.Sprint(podPort)))
		if err != nil {
			return err
		}
		defer conn.Close()
		b := make([]byte, 16)
		for i := range packets {
			conn.Write([]byte{byte(i), byte(i >> 8)})
			for conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); !answers[i]; {
				n, err := conn.Read(b)
				if err != nil {
					break
				}
				answers[i] = n == 2 && b[0] == byte(i) && b[1] == byte(i>>8)
			}
		}
		return nil
	})
	return answers
}
