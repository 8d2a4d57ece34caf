package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What the cluster is made of. The tags are those that kubeadm of this version asks for
// (kubernetes v1.33.1, cmd/kubeadm/app/constants/constants.go).
const (
	kubernetesVersion = "1.33.1"
	etcdTag           = "3.5.21-0"
	corednsTag        = "v1.12.0"
	pauseImage        = "registry.k8s.io/pause:3.10"
	tailscaleVersion  = "1.84.3"
	gatewayImage      = "ghcr.io/tailscale/tailscale:v" + tailscaleVersion

	controlIP = "198.51.100.1" // a documentation range (RFC 5737) is the internet
	apiServer = "10.128.0.5"
)

// world is everything that the test makes on this machine, and how to undo it.
type world struct {
	dir      string // of this run
	programs string // what `make cluster-programs` and `make lab-programs` built
	tool     string // the program under test
	topology string // its input
	examples string // directory of topologies
	crds     string // directory of definitions of others' kinds
	hosts    []*host
	tailnet  *exec.Cmd
	undo     []func()
}

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func run(args ...string) (string, error) {
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), err
}

// batch has ip do several things in one namespace; empty means this machine's own.
func batch(ns string, lines ...string) error {
	args := []string{"-batch", "-"}
	if ns != "" {
		args = append([]string{"-n", ns}, args...)
	}
	c := exec.Command("ip", args...)
	c.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("ip in %q: %w: %s", ns, err, out)
	}
	return nil
}

func namespace(name string) string { return "khc-" + name }

func (w *world) addNamespace(name string) error {
	ns := namespace(name)
	run("ip", "netns", "del", ns) // what a run that was killed has left
	if _, err := run("ip", "netns", "add", ns); err != nil {
		return err
	}
	return batch(ns, "link set lo up")
}

// addSwitch is what hosts are plugged into. It has an address that they may send to, and
// forwards nothing.
func (w *world) addSwitch(name string, addresses ...string) error {
	if err := w.addNamespace(name); err != nil {
		return err
	}
	w.undo = append(w.undo, func() { run("ip", "netns", "del", namespace(name)) })
	lines := []string{"link add br0 type bridge", "link set br0 up"}
	for _, a := range addresses {
		lines = append(lines, "address add "+a+" dev br0")
	}
	if err := batch(namespace(name), lines...); err != nil {
		return err
	}
	run("ip", "netns", "exec", namespace(name), "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0")
	return nil
}

// addRouter joins a site to the internet as clouds do: a host with a public address has a
// private one only, and the router translates. Private destinations lead nowhere.
func (w *world) addRouter(s site) error {
	ns := namespace(s.name)
	if err := errors.Join(
		batch("", fmt.Sprintf("link add up0 netns %s type veth peer name %s netns %s", ns, s.name, namespace("inet"))),
		batch(namespace("inet"), "link set "+s.name+" master br0 up"),
		batch(ns, "link set up0 up"),
	); err != nil {
		return err
	}
	rules := "table ip router {\n" +
		"chain private { type filter hook forward priority 0; ip daddr { 10.0.0.0/8, 100.64.0.0/10 } iifname br0 drop; }\n" +
		"chain in { type nat hook prerouting priority -100;"
	out := "chain out { type nat hook postrouting priority 100; "
	for _, h := range machines() {
		if h.site != s || h.public == "" {
			continue
		}
		if err := batch(ns, "address add "+h.public+"/24 dev up0"); err != nil {
			return err
		}
		rules += " ip daddr " + h.public + " dnat to " + h.address() + ";"
		out += " oifname up0 ip saddr " + h.address() + " snat to " + h.public + ";"
	}
	rules += " }\n" + out + " }\n}"
	if _, err := run("ip", "netns", "exec", ns, "nft", rules); err != nil {
		return err
	}
	_, err := run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv4.ip_forward=1")
	return err
}

// build makes the networks, the tailnet and the images.
func (w *world) build() error {
	if err := w.addSwitch("inet", "198.51.100.254/24", controlIP+"/24"); err != nil {
		return err
	}
	for _, s := range sites() {
		if err := errors.Join(w.addSwitch(s.name, s.nodes+"1/24"), w.addRouter(s)); err != nil {
			return err
		}
	}
	if err := w.startTailnet(); err != nil {
		return err
	}
	return w.makeImages()
}

// startTailnet starts the lab's control server with a policy that lets nobody in: it is the
// first step that puts one in force.
func (w *world) startTailnet() error {
	if err := os.WriteFile(w.file("policy.json"), []byte("{}"), 0o644); err != nil {
		return err
	}
	log, err := os.Create(w.file("tailnet.log"))
	if err != nil {
		return err
	}
	c := exec.Command(filepath.Join(w.programs, "lab"), "-tailnet", namespace("inet"), "-policy", w.file("policy.json"),
		"-certificate", w.file("certificate.pem"), "-members", w.file("members.json"))
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return err
	}
	w.tailnet = c
	w.undo = append(w.undo, func() { c.Process.Kill(); c.Wait() })
	return await(20*time.Second, "the control server", func() error {
		_, err := os.Stat(w.file("certificate.pem"))
		return err
	})
}

// device is what the control server says of a member of the tailnet.
type device struct {
	Address       string   `json:"address"`
	Online        bool     `json:"online"`
	PrimaryRoutes []string `json:"primaryRoutes"`
	NodeKey       string   `json:"nodeKey"`
}

// devices are the tailnet's members by hostname; one that has joined anew is there twice.
func (w *world) devices() (map[string][]device, error) {
	var all map[string][]device
	data, err := os.ReadFile(w.file("members.json"))
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(data, &all)
}

// putPolicy is what a user does in the tailnet's console.
func (w *world) putPolicy(data []byte) error {
	if err := os.WriteFile(w.file("policy.json"), data, 0o644); err != nil {
		return err
	}
	return w.tailnet.Process.Signal(syscall.SIGHUP)
}

// close ends everything and removes every namespace.
func (w *world) close() {
	for _, h := range w.hosts {
		h.off()
	}
	for _, undo := range slices.Backward(w.undo) {
		undo()
	}
}

// await asks until there is no error, and returns the last one when time is up.
func await(limit time.Duration, what string, ask func() error) error {
	end := time.Now().Add(limit)
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("waited %s for %s: %w", limit, what, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

var errNotYet = errors.New("not yet")
