package main

import (
	"fmt"
	"os"
	"os/exec"
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
func (h *host) daemon() *process { return h.parts[h.daemonName()] }

func (h *host) daemonName() string {
	if h.services() {
		return "tailscaled"
	}
	return "containerboot"
}

// unpack has install.sh put the host's bundle in place. Its ROOT is the host's own, so that
// it does not look for systemd.
func (h *host) unpack(t *schema.Topology) error {
	files, err := bundle.Gateway(plan.New(t), h.name())
	if err != nil {
		return err
	}
	// Units of the machine that the lab runs on are none of the host's.
	units := filepath.Join(h.dir, "etc/systemd/system")
	if err := os.RemoveAll(units); err != nil {
		return err
	}
	if err := os.MkdirAll(units, 0o755); err != nil {
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
	c.byUnits()
}

// systemd boots a systemd on the host whose units are those that its bundle installed and a
// few empty targets. It has a PID namespace, so that it and all that it runs end together.
func (h *host) systemd() (*process, error) {
	dir, err := h.w.hostPrograms()
	if err != nil {
		return nil, err
	}
	script := `set -e
mount -t proc proc /proc
hostname >/etc/hostname # which systemd gives the host
mkdir -p /run/systemd/system /etc/systemd/system.conf.d
for target in network-online sysinit basic shutdown timers sockets multi-user; do
	printf '[Unit]\nDefaultDependencies=no\n' >/run/systemd/system/$target.target
done
printf '[Unit]\nDefaultDependencies=no\nWants=sockets.target\n' >/run/systemd/system/multi-user.target
printf '[Manager]\nDefaultEnvironment=PATH=%s:%s\n' "$1" "$PATH" >/etc/systemd/system.conf.d/lab.conf
export container=lab SYSTEMD_UNIT_PATH=/run/systemd/system:/etc/systemd/system
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --log-level=info --show-status=no`
	err = h.spawn("systemd", h.enter(h.hostEnv(), "unshare", "--kill-child=KILL", "--fork", "--pid", "--mount", "--ipc", "--cgroup",
		"sh", "-c", script, "sh", dir))
	return h.parts["systemd"], err
}

// underSystemd runs a command line where the host's systemd is process 1: it answers nobody
// of another PID namespace.
func (h *host) underSystemd(line string) (string, error) {
	out, err := run("pgrep", "-P", fmt.Sprint(h.parts["systemd"].cmd.Process.Pid))
	if err != nil {
		return "", fmt.Errorf("%s: systemd does not run", h.name())
	}
	c := exec.Command("nsenter", "-t", strings.TrimSpace(out), "-m", "-u", "-n", "-p", "-i", "-C", "--", "sh", "-c", line)
	c.Env = h.serviceEnv()
	said, err := c.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %s: %w: %s", h.name(), line, err, said)
	}
	return string(said), err
}

// byUnits: a real systemd runs the units, and install.sh everything that it does on a real
// host: it installs, a reboot brings all of it back, and in the end nothing is left.
func (c shapeChecks) byUnits() {
	h, peer := c.host("cloud-2"), c.host("dc-3")
	works := func() bool {
		return len(unreached([][2]*host{{c.host("cloud-3"), peer}, {h, peer}, {peer, h}}, everyEnds()[0])) == 0
	}
	running := func() bool {
		out, _ := h.tailscale("status", "--json", "--peers=false")
		return strings.Contains(out, `"BackendState": "Running"`)
	}
	var boot *process
	c.check("install.sh apply under systemd", func() (bool, string) {
		h.stopServices()
		for _, part := range []string{"gateway", "watch", "health"} {
			h.parts[part].stop(syscall.SIGKILL)
		}
		var err error
		if boot, err = h.systemd(); err != nil {
			return false, err.Error()
		}
		if err := c.await(20*time.Second, "systemd", func() bool { _, err := h.underSystemd("systemctl list-units >/dev/null"); return err == nil }); err != nil {
			return false, err.Error()
		}
		start := time.Now()
		if _, err := h.underSystemd("sh /run/bundle/install.sh apply && sh /run/bundle/install.sh check"); err != nil {
			return false, err.Error()
		}
		took := time.Since(start)
		err = c.await(20*time.Second, "packets", works)
		return err == nil && running(), fmt.Sprintf("it ends after %s, the gateway is up, and check finds nothing: %v", took.Round(100*time.Millisecond), err)
	})
	c.check("reboot under systemd", func() (bool, string) {
		boot.signal(syscall.SIGKILL)
		<-boot.done
		for h.kill("tailscaled") > 0 {
			time.Sleep(50 * time.Millisecond)
		}
		h.sh("ip link del tailscale0; rm -rf /run/tailscale /run/kustomize-hybrid /run/systemd")
		start := time.Now()
		var err error
		if boot, err = h.systemd(); err != nil {
			return false, err.Error()
		}
		if err := c.await(60*time.Second, "the gateway", func() bool { return running() && c.online(h.name()) && works() }); err != nil {
			state, _ := h.underSystemd("systemctl list-units --all --no-legend --plain 'kustomize*' 'sockets*' multi-user.target; systemctl --no-pager list-jobs")
			ways := unreached([][2]*host{{c.host("cloud-3"), peer}, {h, peer}, {peer, h}}, everyEnds()[0])
			return false, fmt.Sprintf("%v: running %v, online %v, %q\n%s", err, running(), c.online(h.name()), ways, state)
		}
		took := time.Since(start)
		_, err = h.underSystemd("sh /var/lib/kustomize-hybrid/installed/install.sh check")
		return err == nil, fmt.Sprintf("up again after %s: %v", took.Round(100*time.Millisecond), err)
	})
	c.check("systemctl stop and start", func() (bool, string) {
		if _, err := h.underSystemd("systemctl stop kustomize-hybrid-gateway.service"); err != nil {
			return false, err.Error()
		}
		gone := c.await(10*time.Second, "tailscaled to end", func() bool { return !running() })
		if _, err := h.underSystemd("systemctl start kustomize-hybrid-gateway.service"); err != nil {
			return false, err.Error()
		}
		err := c.await(30*time.Second, "packets", works)
		return gone == nil && err == nil, fmt.Sprintf("tailscaled ends (%v), and packets again (%v)", gone, err)
	})
	c.check("install.sh remove leaves nothing", func() (bool, string) {
		if _, err := h.underSystemd("sh /var/lib/kustomize-hybrid/installed/install.sh remove --purge"); err != nil {
			return false, err.Error()
		}
		left, err := h.sh(`ip rule | grep -e '^5[12][0-9][0-9]:' -e lookup.52; ip route show table all proto 154; ip link show tailscale0 2>/dev/null
			nft list tables 2>/dev/null | grep -i kustomize; iptables-save 2>/dev/null | grep -i kustomize
			ls -d /etc/kustomize-hybrid/host /etc/kustomize-hybrid/auth /var/lib/kustomize-hybrid /run/kustomize-hybrid /etc/systemd/system/*kustomize* /etc/systemd/system/*/*kustomize* 2>/dev/null; true`)
		return err == nil && strings.TrimSpace(left) == "", fmt.Sprintf("left: %q %v", strings.TrimSpace(left), err)
	})
	// The lab goes on without systemd.
	c.check("installed again", func() (bool, string) {
		boot.signal(syscall.SIGKILL)
		<-boot.done
		if err := h.install(c.topo, c.files); err != nil {
			return false, err.Error()
		}
		if err := h.start(); err != nil {
			return false, err.Error()
		}
		err := c.await(40*time.Second, "packets", func() bool { return running() && works() })
		return err == nil, fmt.Sprintf("as a new device: %v", err)
	})
}
