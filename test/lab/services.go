package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/bundle"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// services reports whether the host's gateway is services of the host. No systemd runs in
// the lab: it does what the units say, which the host got from its bundle.
func (h *host) services() bool { return h.gateway() && h.site.mode == schema.ModeHost }

// daemon is who dies when a gateway does.
func (h *host) daemon() *process {
	if h.services() {
		return h.parts["tailscaled"]
	}
	return h.parts["containerboot"]
}

// unpack has install.sh put the host's bundle in place. Its ROOT is the host's own, so that
// it does not look for systemd.
func (h *host) unpack(t *schema.Topology) error {
	files, err := bundle.Gateway(plan.New(t), h.name())
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(h.dir, "run/bundle", f.Path)
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
	_, err = h.sh("ROOT=/. sh /run/bundle/install.sh apply && ROOT=/. sh /run/bundle/install.sh check")
	return err
}

// hostPrograms is a directory with what Tailscale's package installs, and no more of it.
func (w *world) hostPrograms() (string, error) {
	dir := filepath.Join(w.dir, "host-programs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"tailscaled", "tailscale"} {
		target, err := os.Readlink(filepath.Join(w.image, name))
		if err != nil {
			return "", err
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil && !os.IsExist(err) {
			return "", err
		}
	}
	return dir, nil
}

// serviceEnv is what systemd gives a service, with Tailscale installed.
func (h *host) serviceEnv() []string {
	dir, err := h.w.hostPrograms()
	if err != nil {
		panic(err) // the image has them
	}
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
}

// service runs a command line as a service would.
func (h *host) service(line string) (string, error) {
	out, err := h.enter(h.serviceEnv(), "sh", "-c", line).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %s: %w: %s", h.name(), line, err, out)
	}
	return string(out), err
}

// setting is the only value of a setting in a unit of the host.
func (h *host) setting(unit, name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(h.dir, "etc/systemd/system", unit))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), name+"="); ok {
			return value, nil
		}
	}
	return "", fmt.Errorf("%s: %s has no %s", h.name(), unit, name)
}

// startUnit runs on what the unit runs, as the part.
func (h *host) startUnit(unit, part string) error {
	line, err := h.setting(unit, "ExecStart")
	if err != nil {
		return err
	}
	return h.spawn(part, h.enter(h.serviceEnv(), "sh", "-c", "exec "+line))
}

// startServices does what systemd does with the gateway's units, in their order; the setup
// and the watch have starts of their own here.
func (h *host) startServices() error {
	if err := h.startUnit("kustomize-hybrid-tailscaled.service", "tailscaled"); err != nil {
		return err
	}
	if p := h.parts["health"]; p == nil || !p.running() {
		if err := h.listen(); err != nil {
			return err
		}
	}
	return h.startUnit("kustomize-hybrid-gateway.service", "gateway")
}

// listen is the health socket, by systemd's own program for that.
func (h *host) listen() error {
	line, err := h.setting("kustomize-hybrid-health@.service", "ExecStart")
	if err != nil {
		return err
	}
	address := h.lan(4) + ":9002"
	data, err := os.ReadFile(filepath.Join(h.dir, "etc/systemd/system/kustomize-hybrid-health.socket"))
	if err != nil {
		return err
	}
	if !strings.Contains(string(data), "ListenStream="+address+"\n") {
		return fmt.Errorf("%s: the health socket does not listen on %s", h.name(), address)
	}
	return h.spawn("health", h.enter(h.serviceEnv(), append([]string{"systemd-socket-activate", "--accept", "--inetd", "--listen=" + address}, strings.Fields(line)...)...))
}

// stopServices is systemctl stop of the gateway: it withdraws, and then tailscaled ends.
func (h *host) stopServices() {
	if line, err := h.setting("kustomize-hybrid-gateway.service", "ExecStop"); err == nil {
		h.service(line)
	}
	h.daemon().stop(syscall.SIGTERM)
}

// hostServices is a cloud whose gateways are services of their hosts.
func hostServices() *shape {
	return &shape{
		name:    "host-services",
		sites:   func(cloud, _ *site) { cloud.mode = schema.ModeHost },
		network: func(w *world) error { return w.routePods() },
		more:    shapeChecks.likeServices,
	}
}

// likeServices: what a pod's container does at its start and its end, services do, too.
func (c shapeChecks) likeServices() {
	c.check("gateway-host.sh check", func() (bool, string) {
		var bad []string
		for _, name := range []string{"cloud-1", "cloud-2"} {
			if out, err := c.host(name).service(program("gateway-host.sh") + " check"); err != nil {
				bad = append(bad, fmt.Sprintf("%v: %s", err, out))
			}
		}
		return failures(bad, "2 gateways are what their settings say")
	})
	c.check("somebody changes a flag", func() (bool, string) {
		h := c.standby("cloud")
		defer h.service(program("gateway-host.sh") + " up")
		if out, err := h.tailscale("set", "--accept-routes=false", "--advertise-routes=10.99.0.0/24"); err != nil {
			return false, out
		}
		out, err := h.service(program("gateway-host.sh") + " check")
		want := "differs: --accept-routes is off\nextra: route 10.99.0.0/24\nmissing: route 10.0.0.0/22\nmissing: route 10.61.0.0/16\n"
		return err != nil && out == want, fmt.Sprintf("check says %q", out)
	})
	c.check("health", func() (bool, string) {
		ask := func(path string) string {
			out, _ := c.host("cloud-3").sh("curl -s -o /dev/null -m 4 -w %{http_code} http://" + c.host("cloud-1").lan(4) + ":9002" + path)
			return strings.TrimSpace(out)
		}
		h := c.host("cloud-1")
		well, other := ask("/healthz"), ask("/metrics")
		h.daemon().signal(syscall.SIGSTOP)
		time.Sleep(2 * time.Second)
		unwell := ask("/healthz")
		h.daemon().signal(syscall.SIGCONT)
		return well == "200" && other == "404" && unwell == "503", fmt.Sprintf("well %s, another path %s, tailscaled hangs %s", well, other, unwell)
	})
	const ms = time.Millisecond
	events := outageChecks{c.checks}
	again := func(h *host) error { return h.boot() }
	events.event(outage{"tailscaled killed", 1500 * ms, 4000 * ms, true, func(h *host) error { h.crash(); return nil }, again})
	events.event(outage{"systemctl stop of the gateway", 2000 * ms, 4000 * ms, false, func(h *host) error { h.drain(); return nil }, again})
	c.check("both gateways reboot at once", func() (bool, string) {
		start := time.Now()
		for _, name := range []string{"cloud-1", "cloud-2"} {
			h := c.host(name)
			h.crash()
			h.parts["watch"].stop(syscall.SIGKILL)
		}
		for _, name := range []string{"cloud-1", "cloud-2"} {
			if err := c.host(name).start(); err != nil {
				return false, err.Error()
			}
		}
		err := c.await(60*time.Second, "packets", func() bool {
			return len(unreached([][2]*host{{c.host("cloud-3"), c.host("dc-3")}, {c.host("dc-3"), c.host("cloud-3")}}, everyEnds()[0])) == 0
		})
		if err != nil {
			return false, err.Error()
		}
		return true, fmt.Sprintf("packets again after %s, without a kubelet", time.Since(start).Round(100*time.Millisecond))
	})
}
