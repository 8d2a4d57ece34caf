package main

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed machine
var machineFiles embed.FS

// site is a region as the world sees it: a LAN.
type site struct {
	name  string
	nodes string // the first three bytes of its nodes' addresses
	pods  string // the first two of its pods'
}

func sites() []site {
	return []site{{"cloud", "10.128.0.", "10.161."}, {"gpu", "10.24.0.", "10.162."}, {"rack", "10.25.0.", "10.163."}}
}

// host is a machine: a network namespace, and a systemd in namespaces of its own.
type host struct {
	w      *world
	name   string
	site   site
	number int    // the last byte of its address, and its block of pods' addresses
	public string // the address that the internet knows it by, if it has one
	dir    string
	boot   *exec.Cmd
	pid    int // of its process 1
}

// machines are all of them: which are gateways stands in topology.yaml.
func machines() []host {
	sites := sites()
	return []host{
		{name: "cp-1", site: sites[0], number: 5},
		{name: "edge-1", site: sites[0], number: 11, public: "198.51.100.11"},
		{name: "edge-2", site: sites[0], number: 12, public: "198.51.100.12"},
		{name: "gpu-1", site: sites[1], number: 11, public: "198.51.100.21"},
		{name: "gpu-2", site: sites[1], number: 12, public: "198.51.100.22"},
		{name: "gpu-3", site: sites[1], number: 13},
		{name: "rack-1", site: sites[2], number: 11, public: "198.51.100.31"},
	}
}

func (w *world) makeHosts() error {
	for _, h := range machines() {
		h.w, h.dir = w, filepath.Join(w.dir, h.name)
		w.hosts = append(w.hosts, &h)
		if err := h.make(); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return nil
}

func (w *world) host(name string) *host {
	for _, h := range w.hosts {
		if h.name == name {
			return h
		}
	}
	panic("no host " + name)
}

func (h *host) address() string { return fmt.Sprint(h.site.nodes, h.number) }

// port is where the site's switch has its cable.
func (h *host) port() string { return fmt.Sprint("p", h.number) }

// block is the part of the site's pod addresses that the host gives to its pods.
func (h *host) block() string { return fmt.Sprintf("%s%d.0/24", h.site.pods, h.number) }

// make is what a provider hands over: an operating system with a container runtime and
// Kubernetes' packages, and nothing of ours.
func (h *host) make() error {
	disk := filepath.Join(h.dir, "disk")
	files := map[string]string{
		"etc/hostname":                  h.name + "\n",
		"etc/hosts":                     "127.0.0.1 localhost\n" + h.address() + " " + h.name + "\n",
		"etc/resolv.conf":               "nameserver " + controlIP + "\n",
		"etc/cni/net.d/10-lan.conflist": h.podNetwork(),
		"etc/containerd/config.toml":    machineFile("containerd.toml"),
		"etc/systemd/system/wipe":       "",
		"etc/fstab":                     "",
		"etc/machine-id":                fmt.Sprintf("%032x\n", 4096+h.number+len(h.name)),
		"root/README":                   "This machine belongs to a test.\n",
		"usr/local/lib/systemd/system/containerd.service": machineFile("containerd.service"),
		"usr/local/lib/systemd/system/kubelet.service":    machineFile("kubelet.service"),
	}
	for path, text := range files {
		path = filepath.Join(disk, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if filepath.Base(path) == "wipe" { // this machine's own units and settings are none of the host's
			if _, err := run("setfattr", "-n", "trusted.overlay.opaque", "-v", "y", filepath.Dir(path)); err != nil {
				return err
			}
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	bin := filepath.Join(disk, "usr/bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"kubelet", "kubeadm", "kubectl"} {
		if err := os.Symlink("/opt/programs/kubernetes", filepath.Join(bin, name)); err != nil {
			return err
		}
	}
	return os.Chmod(filepath.Join(disk, "root"), 0o700)
}

// podNetwork is CNI's bridge plugin.
func (h *host) podNetwork() string {
	return `{"cniVersion": "1.0.0", "name": "lan", "plugins": [
	{"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "mtu": 1230,
	 "ipam": {"type": "host-local", "ranges": [[{"subnet": "` + h.block() + `"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
	{"type": "portmap", "capabilities": {"portMappings": true}}]}
`
}

func machineFile(name string) string {
	data, err := machineFiles.ReadFile("machine/" + name)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// on boots the machine.
func (h *host) on() error {
	if err := h.w.addNamespace(h.name); err != nil {
		return err
	}
	ns := namespace(h.name)
	port := h.port()
	if err := errors.Join(
		batch("", fmt.Sprintf("link add lan0 netns %s type veth peer name %s netns %s", ns, port, namespace(h.site.name))),
		batch(namespace(h.site.name), "link set "+port+" master br0 up"),
	); err != nil {
		return err
	}
	lines := []string{"link set lan0 up", "address add " + h.address() + "/24 dev lan0", "route add default via " + h.site.nodes + "1"}
	for _, o := range h.w.hosts {
		if o != h && o.site == h.site {
			lines = append(lines, "route add "+o.block()+" via "+o.address())
		}
	}
	if err := batch(ns, lines...); err != nil {
		return err
	}
	if _, err := run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv4.ip_forward=1"); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(h.dir, "boot.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	script := filepath.Join(h.w.dir, "boot.sh")
	if err := os.WriteFile(script, []byte(machineFile("boot.sh")), 0o755); err != nil {
		return err
	}
	// nsenter leaves /sys as it is, which ip netns exec does not.
	h.boot = exec.Command("nsenter", "--net=/run/netns/"+ns, "--", "unshare", "--kill-child=KILL", "--fork", "--pid", "--mount", "--uts", "--ipc",
		script, h.name, h.dir, h.w.programs)
	h.boot.Stdout, h.boot.Stderr = log, log
	h.boot.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := h.boot.Start(); err != nil {
		return err
	}
	return await(30*time.Second, h.name+" to boot", func() error {
		out, err := run("pgrep", "-P", fmt.Sprint(h.boot.Process.Pid))
		if err != nil {
			return err
		}
		if _, err := fmt.Sscan(out, &h.pid); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(h.dir, "pid"), []byte(fmt.Sprint(h.pid)), 0o644); err != nil {
			return err
		}
		_, err = h.sh("systemctl list-units >/dev/null")
		return err
	})
}

// off is power off: all processes of the machine die at once, and its network with them.
func (h *host) off() {
	if h.boot == nil || h.boot.Process == nil {
		return
	}
	syscall.Kill(h.pid, syscall.SIGKILL)
	h.boot.Process.Kill()
	h.boot.Wait()
	h.boot = nil
	run("ip", "-n", namespace(h.site.name), "link", "del", h.port())
	run("ip", "netns", "del", namespace(h.name))
	groups, _ := filepath.Glob("/sys/fs/cgroup/*/kustomize-hybrid-" + h.name)
	for _, g := range groups {
		run("find", g, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";")
	}
}

// enter is a command on the host, in root's home.
func (h *host) enter(args ...string) *exec.Cmd {
	c := exec.Command("nsenter", append([]string{"-t", fmt.Sprint(h.pid), "-m", "-u", "-n", "-p", "-i", "-C", "--"}, args...)...)
	c.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
	return c
}

func (h *host) sh(script string) (string, error) {
	out, err := h.enter("sh", "-c", "cd /root && "+script).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %s: %w: %s", h.name, firstLine(script), err, tail(string(out), 1500))
	}
	return string(out), err
}

// feed is sh with the contents of a file of this machine as its input.
func (h *host) feed(path, script string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	c := h.enter("sh", "-c", script)
	c.Stdin = f
	out, err := c.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %s: %w: %s", h.name, script, err, tail(string(out), 1500))
	}
	return err
}

func firstLine(s string) string { line, _, _ := strings.Cut(s, "\n"); return line }

func tail(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}
