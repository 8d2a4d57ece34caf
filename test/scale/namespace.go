//go:build scale

package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
)

// A gateway under test and what it forwards between, each in a network namespace:
//
//	lan (a host of the first region) --- lan0 [gateway] tailscale0 --- far (a host of another)
//
// Neighbours are entered by hand, because the real tailscale0 asks for none.
type bed struct {
	name              string
	gateway, lan, far string     // namespaces
	remote            netip.Addr // far's address
}

const (
	lanHost   = 21 // the host's number in its region's node prefix
	lanMAC    = "02:00:00:00:00:01"
	lan0MAC   = "02:00:00:00:00:02"
	tunnelMAC = "02:00:00:00:00:03"
	farMAC    = "02:00:00:00:00:04"
	tunnelMTU = 1280
)

// newBed makes the namespaces; close takes them away again.
func newBed(name string, remote netip.Addr) (*bed, error) {
	prefix := fmt.Sprintf("kh-scale-%d-%s-", os.Getpid(), name)
	b := &bed{name: name, gateway: prefix + "gw", lan: prefix + "lan", far: prefix + "far", remote: remote}
	for _, ns := range []string{b.gateway, b.lan, b.far} {
		if _, err := command("ip", "netns", "add", ns); err != nil {
			b.close()
			return nil, err
		}
	}
	if err := b.wire(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bed) close() {
	for _, ns := range []string{b.gateway, b.lan, b.far} {
		_ = exec.Command("ip", "netns", "del", ns).Run() // it may not exist
	}
}

func (b *bed) wire() error {
	own, gateway, host := nodePrefix(0), gatewayAddress(), host(nodePrefix(0), lanHost)
	steps := []string{
		"G link set lo up",
		"G link add lan0 address " + lan0MAC + " type veth peer name eth0 address " + lanMAC + " netns " + b.lan,
		"G link add tailscale0 address " + tunnelMAC + fmt.Sprintf(" mtu %d", tunnelMTU) + " type veth peer name eth0 address " + farMAC + fmt.Sprintf(" mtu %d", tunnelMTU) + " netns " + b.far,
		fmt.Sprintf("G address add %s/%d dev lan0", gateway, own.Bits()),
		"G address add 100.64.0.1/32 dev tailscale0",
		"G link set lan0 up", "G link set tailscale0 up",
		fmt.Sprintf("L address add %s/%d dev eth0", host, own.Bits()),
		"L link set eth0 up", "L link set lo up",
		fmt.Sprintf("L route add default via %s", gateway),
		fmt.Sprintf("F address add %s/32 dev eth0", b.remote),
		"F link set eth0 up", "F link set lo up",
		fmt.Sprintf("F route add %s dev eth0", own),
		fmt.Sprintf("F neigh add %s lladdr %s dev eth0", host, tunnelMAC),
		fmt.Sprintf("G neigh add %s lladdr %s dev tailscale0", b.remote, farMAC),
		fmt.Sprintf("G neigh add %s lladdr %s dev lan0", host, lanMAC),
		fmt.Sprintf("L neigh add %s lladdr %s dev eth0", gateway, lan0MAC),
	}
	of := map[string]string{"G": b.gateway, "L": b.lan, "F": b.far}
	for _, step := range steps {
		words := strings.Fields(step)
		if _, err := command("ip", append([]string{"-n", of[words[0]]}, words[1:]...)...); err != nil {
			return err
		}
	}
	_, err := in(b.gateway, "sysctl", "-qw", "net.ipv4.ip_forward=1").Output()
	return err
}

// routes enters a route into tailscale0 for every prefix of the other regions, in each
// of the tables.
func (b *bed) routes(regions int, tables ...int) error {
	var batch strings.Builder
	for i := 1; i < regions; i++ {
		for _, t := range tables {
			fmt.Fprintf(&batch, "route add %s dev tailscale0 table %d\nroute add %s dev tailscale0 table %d\n", nodePrefix(i), t, podPrefix(i), t)
		}
	}
	cmd := exec.Command("ip", "-n", b.gateway, "-batch", "-")
	cmd.Stdin = strings.NewReader(batch.String())
	_, err := output(cmd)
	return err
}

// in runs a command in a namespace.
func in(ns, name string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", ns, name}, args...)...)
}

func command(name string, args ...string) (string, error) { return output(exec.Command(name, args...)) }

func output(cmd *exec.Cmd) (string, error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", cmd, err, out, &errs)
	}
	return string(out), nil
}
