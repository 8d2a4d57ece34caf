package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// stateFile says what stays up on this machine. There is one such network at a time.
const stateFile = "/run/kustomize-hybrid-lab.json"

// state is what `lab on` and `lab down` have to know of the process that keeps the network.
type state struct {
	PID   int
	Log   string
	Hosts []placeState
}

// placeState is a host or a pod, and how to get into it.
type placeState struct {
	Name string
	Enter,
	Env []string
}

// verbs are for somebody who looks around: a network that stays up, on which the topology of a
// file is in force.
//
//	lab up TOPOLOGY      makes it, and returns when packets flow
//	lab on HOST COMMAND  runs a command on a host, or with pod@HOST in its pod
//	lab down             takes it away
func verbs(o *options, args []string) error {
	switch verb, rest := args[0], args[1:]; {
	case verb == "up" && len(rest) == 1:
		return up(rest[0])
	case verb == "stay" && len(rest) == 2: // up's own child
		return stay(o, rest[0], rest[1])
	case verb == "on" && len(rest) > 1:
		return on(rest[0], rest[1:])
	case verb == "down" && len(rest) == 0:
		return down()
	}
	return errors.New("usage: lab up TOPOLOGY | lab on [pod@]HOST COMMAND... | lab down")
}

// up starts the process that keeps the network, and waits until it is there.
func up(topology string) error {
	if s, err := readState(); err == nil {
		return fmt.Errorf("a network is up already, kept by process %d: lab down takes it away", s.PID)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.CreateTemp("", "kh-lab-*.log")
	if err != nil {
		return err
	}
	defer log.Close()
	c := exec.Command(self, "-programs", filepath.Dir(self), "stay", topology, log.Name())
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case <-ended:
			said, _ := os.ReadFile(log.Name())
			os.Remove(log.Name())
			return fmt.Errorf("the network did not come up: %s", strings.TrimPrefix(strings.TrimSpace(string(said)), "lab: "))
		case <-time.After(200 * time.Millisecond):
		}
		if s, err := readState(); err == nil {
			for _, h := range s.Hosts {
				fmt.Println(h.Name)
			}
			return nil
		}
	}
}

// stay makes the network and keeps it until a signal comes.
func stay(o *options, file, log string) error {
	t, err := given(file)
	if err != nil {
		return err
	}
	p := pass{
		version: string(t.Spec.Tailnet.TailscaleVersion), netfilter: schema.NetfilterOff,
		firewall: schema.FirewallIPTables, layout: relayed, shape: &shape{},
	}
	if err := fits(t, topology(p)); err != nil {
		return err
	}
	p.shape.topology = func(ours *schema.Topology) { *ours = *t }
	dir, err := os.MkdirTemp("", "kh-lab-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(o.binaries, "v"+p.version, "tailscaled")); err != nil {
		return fmt.Errorf("tailscaled %s has not been built: %w", p.version, err)
	}
	w := &world{pass: p, prefix: fmt.Sprintf("khl%d", os.Getpid()), dir: dir, image: filepath.Join(dir, "image"), programs: o.binaries}
	defer w.close()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ready := make(chan error, 1)
	go func() { ready <- w.come(o) }()
	select {
	case err = <-ready:
	case <-signals:
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.tell(log); err != nil {
		return err
	}
	defer os.Remove(stateFile)
	<-signals
	return nil
}

// come builds the network and brings every host up with what its topology renders to.
func (w *world) come(o *options) error {
	if err := w.makeImage(w.image, schema.Version(w.pass.version), w.pass.firewall); err != nil {
		return err
	}
	if err := w.build(); err != nil {
		return err
	}
	c := &checks{world: w, only: regexp.MustCompile(""), patience: o.patience}
	if err := c.deploy(); err != nil {
		return err
	}
	// A standby knows its primary a moment after the first packets have passed.
	for _, h := range w.hosts {
		if !h.gateway() {
			continue
		}
		err := c.await(30*time.Second, h.name()+" to know the primary", func() bool {
			out, err := h.sh("HOST_IP=" + h.lan(4) + " TS_SOCKET=" + socket + " PATH=" + w.image + ":$PATH sh " + program("gateway-setup.sh") + " status")
			return err == nil && strings.Count(out, " is the primary") == h.advertised()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// given is the one topology of a file.
func given(file string) (*schema.Topology, error) {
	in, err := load.Files(file)
	if err != nil {
		return nil, err
	}
	doc, err := in.One()
	if err != nil {
		return nil, err
	}
	if err := doc.Findings.Err(); err != nil {
		return nil, err
	}
	return doc.Topology, nil
}

// fits says what keeps the topology from being that of the network that can be made, whose
// cables and addresses are fixed.
func fits(t, ours *schema.Topology) error {
	if is, want := t.Spec.Tailnet.ControlURL, ours.Spec.Tailnet.ControlURL; is != want {
		return fmt.Errorf("spec.tailnet.controlURL is %q, and the control server of this network is %s", is, want)
	}
	if is, want := len(t.Spec.Regions), len(ours.Spec.Regions); is != want {
		return fmt.Errorf("the topology has %d regions, and this network %d", is, want)
	}
	for i, r := range t.Spec.Regions {
		if is, want := shown(r), shown(ours.Spec.Regions[i]); is != want {
			return fmt.Errorf("a region is\n  %s\nand in this network it is\n  %s", is, want)
		}
	}
	return nil
}

// shown is a region as far as cables and addresses go.
func shown(r schema.Region) string {
	s := fmt.Sprintf("%s: nodes %s, pods %s", r.Name, r.NodeCIDRs, r.PodCIDRs)
	for _, n := range r.Gateways.Nodes {
		s += fmt.Sprintf(", %s at %s and %s", n.Name, n.InternalIP, n.PublicIP)
	}
	return s
}

// tell writes how to get to each host and pod.
func (w *world) tell(log string) error {
	s := state{PID: os.Getpid(), Log: log}
	for _, h := range w.hosts {
		path := "PATH=" + w.image + ":" + os.Getenv("PATH")
		env := []string{path, "HOME=/root", "HOST_IP=" + h.lan(4), "TS_SOCKET=" + socket}
		if !h.gateway() {
			env = h.hostEnv()
		}
		s.Hosts = append(s.Hosts,
			placeState{h.name(), []string{"nsenter", "-t", fmt.Sprint(h.pid), "-m", "-u", "-n", "--"}, env},
			placeState{"pod@" + h.name(), []string{"ip", "netns", "exec", h.podNS}, h.hostEnv()})
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(stateFile, data, 0o600)
}

// readState reads what stays up; it is an error where nothing does.
func readState() (state, error) {
	var s state
	data, err := os.ReadFile(stateFile)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, err
	}
	if err := syscall.Kill(s.PID, 0); err != nil { // it was killed, and its file is left
		os.Remove(stateFile)
		return s, err
	}
	return s, nil
}

// on runs a command on a host or in a pod, in this process's place.
func on(name string, args []string) error {
	s, err := readState()
	if err != nil {
		return errors.New("no network is up: lab up TOPOLOGY makes one")
	}
	var names []string
	for _, h := range s.Hosts {
		names = append(names, h.Name)
		if h.Name != name {
			continue
		}
		program, err := exec.LookPath(h.Enter[0])
		if err != nil {
			return err
		}
		return syscall.Exec(program, append(h.Enter, args...), h.Env)
	}
	return fmt.Errorf("%q is none of %s", name, strings.Join(names, ", "))
}

// down ends the process that keeps the network, and waits until all of it is gone.
func down() error {
	s, err := readState()
	if err != nil {
		return errors.New("no network is up")
	}
	if err := syscall.Kill(s.PID, syscall.SIGTERM); err != nil {
		return err
	}
	for range 300 {
		if err := syscall.Kill(s.PID, 0); err != nil {
			return os.Remove(s.Log)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("process %d has not ended in half a minute; it logs to %s", s.PID, s.Log)
}
