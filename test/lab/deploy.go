package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const socket = "/var/run/tailscale/tailscaled.sock"

// install lays what was rendered for the host where its user would: nothing of it is
// the lab's own.
func (h *host) install(t *schema.Topology, files []tree.File) error {
	for _, f := range files {
		name := h.place(f.Path)
		if name == "" {
			continue
		}
		path := filepath.Join(h.dir, "etc/kustomize-hybrid", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := os.WriteFile(path, f.Data, mode); err != nil {
			return err
		}
	}
	if !h.gateway() {
		return nil
	}
	// The auth key, where the static pod's host directory or the Secret is mounted.
	auth := filepath.Join(h.dir, "etc/kustomize-hybrid/auth")
	if err := os.MkdirAll(auth, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(auth, "authkey"), []byte("lab-key\n"), 0o400); err != nil || !h.services() {
		return err
	}
	return h.unpack(t)
}

// place is where a file of the tree goes, below /etc/kustomize-hybrid; empty for what is
// not for this host. Programs, fleet and tables are one directory.
func (h *host) place(path string) string {
	region := "regions/" + h.site.name + "/"
	switch {
	case path == "fleet.tables":
		return "host/fleet.tables"
	case strings.HasPrefix(path, "host/"):
		return path
	case h.gateway() && (path == region+"gateway/tables" || path == region+"gateway/"+h.name()+"/tables"):
		return "host/tables"
	case !h.gateway() && path == region+"node/tables":
		return "host/tables"
	}
	name, _ := strings.CutPrefix(path, region)
	if name == path {
		return ""
	}
	return name
}

// trust puts the lab's certificate among the host's, as a company's would be.
func (h *host) trust(certificate []byte) error {
	bundle := filepath.Join(h.dir, "etc/ssl/certs/ca-certificates.crt")
	f, err := os.OpenFile(bundle, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(certificate)
	return err
}

// environment is gateway.env, with the one variable the kubelet fills in.
func (h *host) environment() ([]string, error) {
	data, err := os.ReadFile(h.own("gateway.env", h.name()+".env"))
	if err != nil {
		return nil, err
	}
	var env []string
	for _, line := range strings.Split(string(data), "\n") {
		if strings.Contains(line, "=") && !strings.HasPrefix(line, "#") {
			env = append(env, strings.ReplaceAll(line, "$(HOST_IP)", h.lan(4)))
		}
	}
	return env, nil
}

// own is the rendered file for this gateway where gateways of its region differ, or the
// one for all of them.
func (h *host) own(shared, mine string) string {
	dir := filepath.Join(h.dir, "etc/kustomize-hybrid/gateway")
	if path := filepath.Join(dir, mine); exists(path) {
		return path
	}
	return filepath.Join(dir, shared)
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// program is the path of a program, as the host sees it.
func program(name string) string { return "/etc/kustomize-hybrid/host/" + name }

// advertised counts what the gateway's environment has it advertise.
func (h *host) advertised() int {
	env, _ := h.environment()
	for _, e := range env {
		if routes, ok := strings.CutPrefix(e, "TS_ROUTES="); ok {
			return len(strings.Split(routes, ","))
		}
	}
	return 0
}

// setup is the init container, or what a unit runs in its place.
func (h *host) setup(verb string) error {
	if h.services() {
		_, err := h.service("HOST_IP=" + h.lan(4) + " " + program("gateway-setup.sh") + " " + verb)
		return err
	}
	out, err := h.enter(h.imageEnv("HOST_IP="+h.lan(4)), filepath.Join(h.image, "sh"), program("gateway-setup.sh"), verb).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: gateway-setup.sh %s: %w: %s", h.name(), verb, err, out)
	}
	return nil
}

// address is the unit before the kubelet, where no network gives the host its internalIP.
func (h *host) address(verb string) error {
	if h.site.fabric != apart {
		return nil
	}
	_, err := h.sh(program("host-address.sh") + " " + verb)
	return err
}

// boot is the tailscale container. injected is what a kubelet adds for services; the
// pod's own variables win.
func (h *host) boot(injected ...string) error {
	if h.services() {
		return h.startServices()
	}
	env, err := h.environment()
	if err != nil {
		return err
	}
	own := map[string]bool{}
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		own[name] = true
	}
	for _, e := range injected {
		if name, _, _ := strings.Cut(e, "="); !own[name] {
			env = append(env, e)
		}
	}
	return h.spawn("containerboot", h.enter(h.imageEnv(append(env, "HOST_IP="+h.lan(4))...), filepath.Join(h.image, "containerboot")))
}

// watch is the sidecar on a gateway, or the service on a node.
func (h *host) watch() error {
	if h.services() {
		return h.startUnit("kustomize-hybrid-watch.service", "watch")
	}
	if h.gateway() {
		return h.spawn("watch", h.enter(h.imageEnv("HOST_IP="+h.lan(4), "TS_SOCKET="+socket),
			filepath.Join(h.image, "sh"), program("gateway-watch.sh")))
	}
	return h.spawn("watch", h.enter(h.hostEnv(), program("node-watch.sh")))
}

// start brings the host up, in the order of the pod's containers.
func (h *host) start() error {
	if !h.gateway() {
		if !h.routes() {
			return nil
		}
		if _, err := h.sh(program("node-routes.sh") + " apply"); err != nil {
			return err
		}
		return h.watch()
	}
	if err := h.address("apply"); err != nil {
		return err
	}
	if err := h.setup("apply"); err != nil {
		return err
	}
	if err := h.boot(); err != nil {
		return err
	}
	return h.watch()
}

// routes reports whether a plain node was given routes: not where its network decides.
func (h *host) routes() bool {
	return exists(filepath.Join(h.dir, "etc/kustomize-hybrid/host/tables"))
}

// tailscale runs the CLI in the container.
func (h *host) tailscale(args ...string) (string, error) {
	out, err := h.enter(h.imageEnv(), append([]string{filepath.Join(h.image, "tailscale"), "--socket=" + socket}, args...)...).CombinedOutput()
	return string(out), err
}

// crash ends the container without a word.
func (h *host) crash() {
	h.daemon().signal(syscall.SIGKILL)
	<-h.daemon().done
	for h.kill("tailscaled") > 0 {
		time.Sleep(50 * time.Millisecond)
	}
}

// drain is the container's preStop, then what the kubelet does: the signal.
func (h *host) drain() {
	if h.services() {
		h.stopServices()
		return
	}
	h.tailscale("set", "--advertise-routes=")
	time.Sleep(5 * time.Second)
	h.parts["containerboot"].stop(syscall.SIGTERM)
}

// unplug takes a device of the host out of its switch, as if the cable were cut.
func (h *host) plugged(device, lan string, in bool) error {
	state := "down"
	if in {
		state = "up"
	}
	_, err := run("ip", "-n", h.w.ns(lan), "link", "set", h.port(), state)
	_ = device
	return err
}

// port is the name of the host's port on either switch.
func (h *host) port() string {
	for i, m := range h.w.pass.machines() {
		if m.name() == h.name() {
			return fmt.Sprintf("p%d", i+10)
		}
	}
	return ""
}

// leaked counts packets with private addresses that went out by a default route, by
// the switch that got them and what was private about them.
func (w *world) leaked() (map[string]int, error) {
	leaks := map[string]int{}
	switches := []string{"inet"}
	for _, s := range w.pass.sites() {
		switches = append(switches, s.name)
	}
	for _, name := range switches {
		out, err := run("ip", "netns", "exec", w.ns(name), "nft", "list", "counters", "table", "inet", "leak")
		if err != nil {
			return nil, err
		}
		kind := ""
		for _, line := range strings.Split(out, "\n") {
			var packets int
			if word := strings.Fields(line); len(word) > 1 && word[0] == "counter" {
				kind = word[1]
			} else if n, _ := fmt.Sscanf(strings.TrimSpace(line), "packets %d", &packets); n == 1 && packets > 0 {
				leaks[kind+" at "+name] = packets
			}
		}
	}
	return leaks, nil
}
