//go:build scale

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The ends of traffic are this program again, inside a namespace. Every one of them
// ends by itself.
const port = 5001

// end is one of the ends: udp-send ADDRESS LENGTH, tcp-send ADDRESS LENGTH, udp-sink
// ADDRESS LENGTH or tcp-sink ADDRESS LENGTH.
func end(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("%q is not an end of traffic", args)
	}
	address, err := netip.ParseAddr(args[1])
	if err != nil {
		return err
	}
	length, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	to := netip.AddrPortFrom(address, port)
	switch args[0] {
	case "udp-send":
		return udpSend(to, length)
	case "udp-sink":
		return udpSink(to, length)
	case "tcp-send":
		return tcpSend(to, length)
	case "tcp-sink":
		return tcpSink(to, length)
	}
	return fmt.Errorf("%s is not an end of traffic", args[0])
}

// udpSend sends packets of 64 bytes, IP and UDP headers included, as fast as one
// thread can: by system calls alone, for what counts is the gateway.
func udpSend(to netip.AddrPort, length time.Duration) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return err
	}
	const headers = 20 + 8
	packet := make([]byte, 64-headers)
	for end := time.Now().Add(length); time.Now().Before(end); {
		for range 256 {
			if _, err := syscall.Write(fd, packet); err != nil && err != syscall.ENOBUFS && err != syscall.ECONNREFUSED {
				return err
			}
		}
	}
	return nil
}

// udpSink has the packets accepted and thrown away: its buffer is full at once. What
// has arrived, the interface counts.
func udpSink(at netip.AddrPort, length time.Duration) error {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Println("ready")
	time.Sleep(length)
	return nil
}

func tcpSend(to netip.AddrPort, length time.Duration) error {
	conn, err := net.DialTimeout("tcp4", to.String(), length)
	if err != nil {
		return err
	}
	defer conn.Close()
	end := time.Now().Add(length)
	if err := conn.SetDeadline(end); err != nil {
		return err
	}
	buffer := make([]byte, 128<<10)
	for time.Now().Before(end) {
		if _, err := conn.Write(buffer); err != nil {
			break // the deadline
		}
	}
	return nil
}

// tcpSink prints how many bytes a second the one connection brought.
func tcpSink(at netip.AddrPort, length time.Duration) error {
	listener, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := listener.SetDeadline(time.Now().Add(length)); err != nil {
		return err
	}
	fmt.Println("ready")
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	begin := time.Now()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{conn}, make([]byte, 128<<10))
	if err != nil {
		return err
	}
	fmt.Println(float64(n) / time.Since(begin).Seconds())
	return nil
}

// grace is how much longer a sink lives than what sends to it.
const grace = 5 * time.Second

// traffic runs a sink in far and a sender in lan; middle is called while both run.
func (b *bed) traffic(o options, kind string, middle func() error) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	sink := in(b.far, self, kind+"-sink", b.remote.String(), (o.length + grace).String())
	sink.Stderr = os.Stderr
	stdout, err := sink.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := sink.Start(); err != nil {
		return "", err
	}
	lines := bufio.NewReader(stdout)
	if _, err := lines.ReadString('\n'); err != nil {
		return "", err
	}
	send := in(b.lan, self, kind+"-send", b.remote.String(), o.length.String())
	if err := send.Start(); err != nil {
		return "", err
	}
	if err := middle(); err != nil {
		return "", err
	}
	if err := send.Wait(); err != nil {
		return "", fmt.Errorf("%s: %w", send, err)
	}
	return b.result(sink, lines, kind)
}

// result is what the sink says; a sink of packets says nothing and is ended.
func (b *bed) result(sink *exec.Cmd, lines *bufio.Reader, kind string) (string, error) {
	if kind == "udp" {
		if err := sink.Process.Kill(); err != nil {
			return "", err
		}
		_ = sink.Wait() // killed
		return "", nil
	}
	line, err := lines.ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(line), sink.Wait()
}

// packets is how many a second arrive, counted over the middle of the time.
func (b *bed) packets(o options) (float64, error) {
	var rate float64
	_, err := b.traffic(o, "udp", func() error {
		time.Sleep(o.length / 8)
		before, begin, err := b.received()
		if err != nil {
			return err
		}
		time.Sleep(o.length * 3 / 4)
		after, end, err := b.received()
		rate = float64(after-before) / end.Sub(begin).Seconds()
		return err
	})
	if err == nil && rate == 0 {
		err = fmt.Errorf("%s: no packet arrives", b.name)
	}
	return rate, err
}

// received is how many packets far has received, and when.
func (b *bed) received() (int64, time.Time, error) {
	out, err := output(in(b.far, "cat", "/sys/class/net/eth0/statistics/rx_packets"))
	now := time.Now()
	if err != nil {
		return 0, now, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	return n, now, err
}

// stream is how many bytes a second arrive.
func (b *bed) stream(o options) (float64, error) {
	line, err := b.traffic(o, "tcp", func() error { return nil })
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(line, 64)
}
