package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const (
	// The lab's internet: a documentation range (RFC 5737, RFC 3849).
	internet4 = "198.51.100."
	internet6 = "2001:db8::"
	controlIP = internet4 + "1"
)

// world is everything the lab makes on this machine, and how to undo it.
type world struct {
	pass     pass
	prefix   string // of namespace names
	dir      string
	image    string // PATH of the tailscale image
	programs string // directory with the programs of each version
	hosts    []*host
	undo     []func()
	started  []*process
}

// host is a machine of the lab: a network namespace, one of mounts and one of its
// name, and a pod beside it.
type host struct {
	machine
	w     *world
	ns    string
	podNS string
	dir   string
	image string // that its gateway runs from
	pid   int    // of the process that holds its namespaces
	parts map[string]*process
}

type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// makeImage is what the tailscale image has: Alpine's busybox and sh, iproute2 and no
// JSON tool. It has iptables over nf_tables and no nft; with nftables it is a host that
// has nft alone.
func (w *world) makeImage(image string, version schema.Version, firewall schema.FirewallMode) error {
	if err := os.MkdirAll(image, 0o755); err != nil {
		return err
	}
	applets, err := exec.Command("busybox", "--list").Output()
	if err != nil {
		return fmt.Errorf("busybox: %w", err)
	}
	links := map[string]string{}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	for _, a := range strings.Fields(string(applets)) {
		links[a] = busybox
	}
	tools := []string{"ip", "iptables-nft", "ip6tables-nft", "iptables-nft-restore", "ip6tables-nft-restore",
		"iptables-legacy", "ip6tables-legacy", "iptables-legacy-restore", "ip6tables-legacy-restore"}
	if firewall == schema.FirewallNFTables {
		tools = []string{"ip", "nft"}
	}
	for _, tool := range tools {
		path, err := exec.LookPath(tool)
		if err != nil {
			return err
		}
		links[tool] = path
	}
	// The image's own iptables is the legacy one, which newer kernels have no tables for.
	for _, tool := range []string{"iptables", "ip6tables"} {
		if firewall == schema.FirewallIPTables {
			links[tool] = links[tool+"-nft"]
		}
	}
	for _, tool := range []string{"tailscaled", "tailscale", "containerboot"} {
		links[tool] = filepath.Join(w.programs, "v"+string(version), tool)
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(image, name)); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) ns(name string) string { return w.prefix + "-" + name }

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

func (w *world) addNS(name string) (string, error) {
	ns := w.ns(name)
	if _, err := run("ip", "netns", "add", ns); err != nil {
		return "", err
	}
	w.undo = append(w.undo, func() { run("ip", "netns", "del", ns) })
	return ns, batch(ns, "link set lo up")
}

// build makes the internet, two LANs and their hosts.
func (w *world) build() error {
	if err := w.addSwitch("inet", internet4+"254/24", internet6+"fe/64"); err != nil {
		return err
	}
	if err := batch(w.ns("inet"), "address add "+controlIP+"/24 dev br0"); err != nil {
		return err
	}
	for _, s := range w.pass.sites() {
		if err := w.addSite(s); err != nil {
			return err
		}
	}
	for i, m := range w.pass.machines() {
		if err := w.addHost(m, i+10); err != nil {
			return err
		}
	}
	if w.pass.shape != nil && w.pass.shape.network != nil {
		return w.pass.shape.network(w)
	}
	return w.routePods()
}

// addSite is what the hosts of a site are connected to.
func (w *world) addSite(s site) error {
	switch {
	case s.fabric == routed:
		return w.addRouter(s)
	case s.nat != "":
		return w.addNAT(s)
	}
	return w.addSwitch(s.name, s.lan4+"1/"+bits(s.node4), s.lan6+"1/64")
}

func bits(prefix string) string { _, b, _ := strings.Cut(prefix, "/"); return b }

// addSwitch is a bridge that also counts private addresses which reach it as if it
// led anywhere, and drops them. One packet at each start of tailscaled is not counted:
// it tries its device with a packet of TTL 0 from 100.100.100.100, and the kernel's
// answer leaves before there is a route (tailscale 1.84.3, net/tstun/wrap_linux.go).
func (w *world) addSwitch(name, v4, v6 string) error {
	ns, err := w.addNS(name)
	if err != nil {
		return err
	}
	if err := batch(ns, "link add br0 type bridge", "link set br0 up",
		"address add "+v4+" dev br0", "address add "+v6+" dev br0 nodad"); err != nil {
		return err
	}
	// What is only switched is not ours to judge.
	run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0")
	private := "{ 10.0.0.0/8, 100.64.0.0/10 }"
	_, err = run("ip", "netns", "exec", ns, "nft", `table inet leak {
		counter from4 { }
		counter to4 { }
		counter from6 { }
		counter to6 { }
		chain pre { type filter hook prerouting priority -300; policy accept;
			iifname != "br0" accept
			fib daddr type local accept
			fib daddr type { broadcast, multicast } accept
			ip daddr 100.100.100.100 icmp type time-exceeded accept
			ip daddr `+private+` counter name to4 drop
			ip saddr `+private+` counter name from4 drop
			ip6 daddr fd00::/8 counter name to6 drop
			ip6 saddr fd00::/8 ip6 daddr != fe80::/10 counter name from6 drop
		}
	}`)
	return err
}

// plug connects a namespace's device to a switch.
func (w *world) plug(ns, device, lan string, number int) error {
	port := fmt.Sprintf("p%d", number)
	if err := batch("", fmt.Sprintf("link add %s netns %s type veth peer name %s netns %s", device, ns, port, w.ns(lan))); err != nil {
		return err
	}
	return batch(w.ns(lan), "link set "+port+" master br0 up")
}

func (w *world) addHost(m machine, number int) error {
	h := &host{machine: m, w: w, image: w.image, parts: map[string]*process{}, dir: filepath.Join(w.dir, m.name())}
	w.hosts = append(w.hosts, h)
	var err error
	if h.ns, err = w.addNS(m.name()); err != nil {
		return err
	}
	if h.podNS, err = w.addNS(m.name() + "p"); err != nil {
		return err
	}
	if err := plugTo(w, h, number); err != nil {
		return err
	}
	lines := append(w.hostNetwork(h, number),
		"link add pod0 type veth peer name eth0 netns "+h.podNS,
		"address add "+m.podRouter(4)+"/24 dev pod0",
		"address add "+m.podRouter(6)+"/64 dev pod0 nodad",
		"link set pod0 up",
	)
	if m.name() == "dc-3" {
		lines = append(lines, "address add "+apiServer+"/32 dev lan0")
	}
	if err := batch(h.ns, lines...); err != nil {
		return err
	}
	if err := batch(h.podNS, "link set eth0 up",
		"address add "+m.pod(4)+"/24 dev eth0", "address add "+m.pod(6)+"/64 dev eth0 nodad",
		"route add default via "+m.podRouter(4), "route add ::/0 via "+m.podRouter(6)); err != nil {
		return err
	}
	// What a CNI does on a node: it forwards for its pods.
	if _, err := run("ip", "netns", "exec", h.ns, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"); err != nil {
		return err
	}
	return h.hold()
}

// hostNetwork is what a host's own network is configured to be.
func (w *world) hostNetwork(h *host, number int) []string {
	if h.site.fabric == routed {
		return routedHost(h)
	}
	var lines []string
	if h.site.fabric != apart {
		lines = append(lines, "link set lan0 up",
			"address add "+h.lan(4)+"/"+bits(h.site.node4)+" dev lan0",
			"address add "+h.lan(6)+"/64 dev lan0 nodad")
	}
	if !h.public() {
		return append(lines, "route add default via "+h.site.lan4+"1", "route add ::/0 via "+h.site.lan6+"1")
	}
	return append(lines, "link set pub0 up",
		fmt.Sprintf("address add %s%d/24 dev pub0", internet4, number),
		fmt.Sprintf("address add %s%d/64 dev pub0 nodad", internet6, number),
		"route add default via "+internet4+"254", "route add ::/0 via "+internet6+"fe")
}

func plugTo(w *world, h *host, number int) error {
	if h.site.fabric == routed {
		return w.plugRouted(h, number)
	}
	if h.site.fabric != apart {
		if err := w.plug(h.ns, "lan0", h.site.name, number); err != nil {
			return err
		}
	}
	if h.public() {
		return w.plug(h.ns, "pub0", "inet", number)
	}
	return nil
}

// routePods is a native-routing CNI's part: each node knows its region's pods, in the
// regions named or in all of them.
func (w *world) routePods(regions ...string) error {
	for _, h := range w.hosts {
		if len(regions) > 0 && !slices.Contains(regions, h.site.name) {
			continue
		}
		var lines []string
		for _, o := range w.hosts {
			if o != h && o.site.name == h.site.name {
				lines = append(lines, "route add "+o.podNet(4)+" via "+o.lan(4), "route add "+o.podNet(6)+" via "+o.lan(6))
			}
		}
		if err := batch(h.ns, lines...); err != nil {
			return err
		}
	}
	return nil
}

// hold starts the process whose namespaces are the host's. Its /run, /var/lib and
// /etc are the host's own: what the pod mounts from the host lies there.
func (h *host) hold() error {
	for _, d := range []string{"run/tailscale", "lib/tailscale"} {
		if err := os.MkdirAll(filepath.Join(h.dir, d), 0o755); err != nil {
			return err
		}
	}
	if _, err := run("cp", "-a", "/etc", filepath.Join(h.dir, "etc")); err != nil {
		return err
	}
	// A resolver that refuses at once, at a public address: this machine's own may have
	// a private one, and asking it would look like a leak.
	resolver := filepath.Join(h.dir, "etc/resolv.conf")
	os.Remove(resolver)
	if err := os.WriteFile(resolver, []byte("nameserver "+controlIP+"\n"), 0o644); err != nil {
		return err
	}
	script := fmt.Sprintf(`mount --make-rprivate / && hostname %s && cd %s &&
		mount --bind run /run && mount --bind lib /var/lib && mount --bind etc /etc && echo held && exec sleep infinity`, h.name(), h.dir)
	c := exec.Command("ip", "netns", "exec", h.ns, "unshare", "--mount", "--uts", "sh", "-c", script)
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	c.Stderr = os.Stderr
	p, err := h.w.start(c)
	if err != nil {
		return err
	}
	ready := make([]byte, 5)
	if _, err := out.Read(ready); err != nil {
		return fmt.Errorf("%s: %w", h.name(), err)
	}
	h.pid = p.cmd.Process.Pid
	return nil
}

// start runs a command in a process group of its own, to be stopped at the end.
func (w *world) start(c *exec.Cmd) (*process, error) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: c, done: make(chan struct{})}
	go func() { c.Wait(); close(p.done) }()
	w.started = append(w.started, p)
	return p, nil
}

// signal reaches the process and all its children.
func (p *process) signal(s syscall.Signal) { syscall.Kill(-p.cmd.Process.Pid, s) }

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *process) stop(s syscall.Signal) {
	p.signal(s)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
	p.signal(syscall.SIGKILL) // what it left behind in its group
}

// kill stops what runs in the host's namespace under a name: containerboot gives
// tailscaled a process group of its own, and here no PID namespace ends with it. It
// returns how many it found.
func (h *host) kill(name string) int { return killIn(h.ns, name) }

func killIn(ns, name string) (found int) {
	out, _ := run("ip", "netns", "pids", ns)
	for _, f := range strings.Fields(out) {
		comm, _ := os.ReadFile("/proc/" + f + "/comm")
		var pid int
		// This program's own first thread may stand in the namespace, since it cannot end as
		// others do that have been there.
		if fmt.Sscan(f, &pid); pid > 1 && pid != os.Getpid() && (name == "" || strings.TrimSpace(string(comm)) == name) {
			syscall.Kill(pid, syscall.SIGKILL)
			found++
		}
	}
	return found
}

// close stops everything that was started and removes every namespace.
func (w *world) close() {
	for i := len(w.started) - 1; i >= 0; i-- {
		w.started[i].signal(syscall.SIGKILL)
	}
	for _, h := range w.hosts {
		killIn(h.ns, "")
	}
	for _, p := range w.started {
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
		}
	}
	for i := len(w.undo) - 1; i >= 0; i-- {
		w.undo[i]()
	}
}

// enter is a command on the host, in all its namespaces.
func (h *host) enter(env []string, args ...string) *exec.Cmd {
	c := exec.Command("nsenter", append([]string{"-t", fmt.Sprint(h.pid), "-m", "-u", "-n", "--"}, args...)...)
	c.Env = env
	return c
}

// hostEnv is what a process on the host itself has.
func (h *host) hostEnv() []string { return []string{"PATH=" + os.Getenv("PATH"), "HOME=/root"} }

// imageEnv is what a container of the tailscale image has, and more of it.
func (h *host) imageEnv(more ...string) []string {
	return append([]string{"PATH=" + h.image, "HOME=/root"}, more...)
}

// sh runs a command line on the host and returns what it prints.
func (h *host) sh(line string) (string, error) {
	c := h.enter(h.hostEnv(), "sh", "-c", line)
	out, err := c.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %s: %w: %s", h.name(), line, err, bytes.TrimSpace(out))
	}
	return string(out), err
}

// spawn starts a part of the host that runs on; its output goes to a log file, each
// line with the time.
func (h *host) spawn(part string, c *exec.Cmd) error {
	log, err := os.OpenFile(filepath.Join(h.w.dir, "logs", h.name()+"-"+part+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer write.Close()
	c.Stdout, c.Stderr = write, write
	go func() {
		defer log.Close()
		defer read.Close()
		for lines := bufio.NewScanner(read); lines.Scan(); {
			fmt.Fprintln(log, time.Now().Format("15:04:05.000"), lines.Text())
		}
	}()
	p, err := h.w.start(c)
	h.parts[part] = p
	return err
}
