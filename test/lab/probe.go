package main

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// target is where a probe connects to.
type target struct {
	addr netip.AddrPort
	// count is how many connections are tried, each from a port of its own.
	count int
}

// probe opens connections to all targets at once, and returns for each how many of them were
// answered in time. Nothing is sent but what opens a connection.
func probe(ns string, targets []target, timeout time.Duration) ([]int, error) {
	answered := make([]int, len(targets))
	err := in(ns, func() error {
		var polls []unix.PollFd
		var of []int
		defer func() {
			for _, p := range polls {
				unix.Close(int(p.Fd))
			}
		}()
		for i, t := range targets {
			for range t.count {
				fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					return err
				}
				// Closed without a trace: no port waits for the other side.
				unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
				if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(t.addr.Port()), Addr: t.addr.Addr().As4()}); err != nil && err != unix.EINPROGRESS {
					unix.Close(fd) // there is no route
					continue
				}
				polls, of = append(polls, unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}), append(of, i)
			}
		}
		return await(polls, timeout, func(at int) { answered[of[at]]++ })
	})
	return answered, err
}

// await calls opened for each connection that opens in time.
func await(polls []unix.PollFd, timeout time.Duration, opened func(int)) error {
	waiting := make([]unix.PollFd, len(polls))
	copy(waiting, polls)
	left := len(polls)
	for end := time.Now().Add(timeout); left > 0; {
		rest := time.Until(end)
		if rest <= 0 {
			return nil
		}
		if _, err := unix.Poll(waiting, int(rest.Milliseconds())+1); err != nil && err != unix.EINTR {
			return err
		}
		for i := range waiting {
			if waiting[i].Fd < 0 || waiting[i].Revents == 0 {
				continue
			}
			failed, err := unix.GetsockoptInt(int(waiting[i].Fd), unix.SOL_SOCKET, unix.SO_ERROR)
			if err == nil && failed == 0 {
				opened(i)
			}
			waiting[i].Fd, waiting[i].Revents = -1, 0
			left--
		}
	}
	return nil
}
