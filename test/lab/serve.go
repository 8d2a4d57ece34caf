package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tailscale/hujson"
)

// serve is the lab's internet alone, for tests that bring their own hosts: control server,
// DERP and STUN in a namespace that has the control server's address. It writes the
// certificate that devices have to trust, reads the policy again at SIGHUP, and writes to
// the third file who is there, as a JSON object of hostnames, at each change.
func serve(ns, policyFile, certificateFile, membersFile string) error {
	read := func() (*policy, error) {
		data, err := os.ReadFile(policyFile)
		if err != nil {
			return nil, err
		}
		if data, err = hujson.Standardize(data); err != nil { // as the service takes it
			return nil, err
		}
		return parsePolicy(data)
	}
	p, err := read()
	if err != nil {
		return err
	}
	logf := func(format string, a ...any) {
		fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05.000 ")+format+"\n", a...)
	}
	c := newControl(p, derpMap(), logf)
	c.pool = netip.MustParsePrefix("100.64.0.0/10")
	certificate, err := serveInternet(ns, c, logf)
	if err != nil {
		return err
	}
	if err := os.WriteFile(certificateFile, certificate, 0o644); err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT)
	for tick := time.Tick(200 * time.Millisecond); ; {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP {
				return nil
			}
			if p, err := read(); err != nil {
				logf("policy: %v", err)
			} else {
				c.set(func() { c.policy = p })
				logf("policy: read again")
			}
		case <-tick:
			if err := c.write(membersFile); err != nil {
				return err
			}
		}
	}
}

// deviceState is what the file of members says of a device.
type deviceState struct {
	Address string         `json:"address"`
	Online  bool           `json:"online"`
	Routes  []netip.Prefix `json:"primaryRoutes"`
	Key     string         `json:"nodeKey"`
}

func (c *control) write(path string) error {
	c.mu.Lock()
	states := map[string][]deviceState{}
	for _, n := range c.nodes {
		name := n.Hostinfo.Hostname()
		states[name] = append(states[name], deviceState{n.Addresses[0].Addr().String(), n.online, c.primaries(n), n.Key.String()})
	}
	c.mu.Unlock()
	data, err := json.MarshalIndent(states, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
