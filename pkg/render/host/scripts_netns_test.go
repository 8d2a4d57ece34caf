//go:build netns

// The scripts on a real kernel, in network namespaces of their own: `make netns`, as
// root. It fails where a tool is missing: a run that shows nothing must not look green.

package host_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
)

// machine is a network namespace with one LAN device.
type machine struct {
	t     *testing.T
	ns    string
	dir   string
	shell []string
	env   []string
}

func newHost(t *testing.T, shell string, env []string, addresses ...string) *machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("network namespaces need root")
	}
	for _, tool := range []string{"ip", "nft", "iptables-nft", "unshare", "sysctl", strings.Fields(shell)[0]} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal(err)
		}
	}
	h := &machine{t: t, ns: fmt.Sprintf("kh-render-%d", os.Getpid()), dir: t.TempDir(), shell: strings.Fields(shell)}
	h.env = append(env, "STATE_DIR="+filepath.Join(h.dir, "state"))
	must(t, exec.Command("ip", "netns", "add", h.ns))
	t.Cleanup(func() { exec.Command("ip", "netns", "del", h.ns).Run() })
	h.ip("link set lo up")
	h.ip("link add lan0 type veth peer name lan1")
	h.ip("link set lan1 up")
	for _, a := range addresses {
		h.ip("address add " + a + " dev lan0")
	}
	h.ip("link set lan0 up")
	h.sh("sysctl -qw net.ipv4.conf.all.rp_filter=1") // as many distributions have it
	// Addresses the kernel adds by itself would show up as a difference later.
	must(t, h.command("sh", "-c", "for i in $(seq 50); do ip -6 address show tentative | grep -q . || exit 0; sleep 0.1; done"))
	return h
}

func must(t *testing.T, c *exec.Cmd) []byte {
	t.Helper()
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", c, err, out, stderr.Bytes())
	}
	return out
}

func (h *machine) command(args ...string) *exec.Cmd {
	c := exec.Command("ip", append([]string{"netns", "exec", h.ns}, args...)...)
	c.Env = append(os.Environ(), h.env...)
	return c
}

func (h *machine) sh(command string) string { return string(must(h.t, h.command("sh", "-c", command))) }

func (h *machine) ip(args string) { h.t.Helper(); must(h.t, h.command(strings.Fields("ip "+args)...)) }

// install writes scripts as they are rendered, side by side.
func (h *machine) install(scripts map[string][]byte) {
	for name, data := range scripts {
		if err := os.WriteFile(filepath.Join(h.dir, name), data, 0o755); err != nil {
			h.t.Fatal(err)
		}
	}
}

// run returns the script's output and exit code.
func (h *machine) run(script, verb string) (string, int) {
	h.t.Helper()
	c := h.command(append(h.shell, filepath.Join(h.dir, script), verb)...)
	out, err := c.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		h.t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

func (h *machine) succeed(script, verb string) {
	h.t.Helper()
	if out, code := h.run(script, verb); code != 0 {
		h.t.Fatalf("%s %s: exit %d\n%s", script, verb, code, out)
	}
}

// dump is all that the scripts could change.
func (h *machine) dump() string {
	return h.sh(`ip rule; ip -6 rule; ip route show table all; ip -6 route show table all
		nft -s list ruleset 2>/dev/null; grep -rs . /proc/sys/net/ipv4 /proc/sys/net/ipv6 | sort`)
}

// lifecycle: print does nothing, apply twice is once, remove restores everything.
func (h *machine) lifecycle(script string) {
	h.t.Helper()
	before := h.dump()
	h.succeed(script, "print")
	h.same("print", before, h.dump())
	if out, code := h.run(script, "check"); code != 1 {
		h.t.Errorf("%s check before apply: exit %d\n%s", script, code, out)
	}
	h.succeed(script, "apply")
	applied := h.dump()
	h.succeed(script, "apply")
	h.same("a second apply", applied, h.dump())
	h.succeed(script, "check")
	if out, _ := h.run(script, "print"); out != "" {
		h.t.Errorf("%s print has something to do after apply:\n%s", script, out)
	}
	h.succeed(script, "remove")
	h.same("apply and remove", before, h.dump())
}

func (h *machine) same(what, before, after string) {
	h.t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		h.t.Errorf("%s changed the host:\n%s", what, diff)
	}
}

// breakEach deletes one line after the other: check has to name each new one, and
// apply to mend them all.
func (h *machine) breakEach(script string, deletions []string) {
	h.t.Helper()
	h.succeed(script, "apply")
	whole := h.dump()
	known := map[string]bool{}
	for _, d := range deletions {
		h.sh(d)
		out, code := h.run(script, "check")
		before := len(known)
		for _, line := range strings.Split(out, "\n") {
			if strings.HasPrefix(line, "missing: ") {
				known[line] = true
			}
		}
		if code != 1 || len(known) == before {
			h.t.Errorf("%s check after %q: exit %d\n%s", script, d, code, out)
		}
	}
	h.succeed(script, "apply")
	h.same("breaking and mending", whole, h.dump())
	h.t.Logf("%d lines deleted, one after the other", len(deletions))
}

// gatewayDeletions are commands, each of which takes one line of setup.sh away.
func (h *machine) gatewayDeletions(firewall string) []string {
	list := h.sh(`
		for f in 4 6; do
			ip -$f rule show | awk -v f=$f '$1 ~ /^5(180|185|195|196|205):/ { p = $1; sub(":", "", p); $1 = ""; print "ip -" f " rule del priority " p $0 }'
			ip -$f route show table all type unreachable | awk -v f=$f '/ default /{ for (i = 1; i < NF; i++) if ($i == "table") print "ip -" f " route flush table " $(i+1) }' | sort -u
		done
		echo sysctl -w net.ipv4.ip_forward=0
		echo sysctl -w net.ipv4.conf.lan0.send_redirects=1
		echo sysctl -w net.ipv4.conf.all.rp_filter=1`)
	if firewall == "nft" {
		list += h.sh(`for c in mss forward input output; do
			nft -a list chain inet kustomize_hybrid $c | awk -v c=$c '/# handle/ && !/chain/ { print "nft delete rule inet kustomize_hybrid " c " handle " $NF }'
		done`)
	} else {
		list += h.sh(`for t in iptables-nft ip6tables-nft; do for table in mangle filter; do
			$t -t $table -S 2>/dev/null | grep -e '-A KUSTOMIZE' -e '-j KUSTOMIZE' | sed "s/^-A/$t -t $table -D/"
		done; done`)
	}
	return strings.Split(strings.TrimSpace(list), "\n")
}

func TestSetupOnAKernel(t *testing.T) {
	for _, c := range [][3]string{
		{"dash", "nft", "dual"},
		{"busybox sh", "iptables", "dual"},
		{"busybox sh", "nft", "single"},
		{"dash", "iptables", "tailnet-ip"},
		{"dash", "nft", "per-node"},
	} {
		t.Run(c[0]+"/"+c[1]+"/"+c[2], func(t *testing.T) {
			gatewayHost(t, c[0], c[1], c[2]).lifecycle("setup.sh")
		})
	}
}

func gatewayHost(t *testing.T, shell, firewall, name string) *machine {
	t.Helper()
	h := newHost(t, shell, []string{"HOST_IP=10.0.0.11", "FIREWALL=" + firewall}, "10.0.0.11/22", "fd00:10::11/64")
	p := newPlan(sample.Cases()[name])
	h.install(map[string][]byte{"setup.sh": host.NewGateway(p, &p.Regions[0], &p.Regions[0].Hosts[0]).Setup})
	return h
}

func TestSetupCheckNamesEachLine(t *testing.T) {
	for firewall, shell := range map[string]string{"nft": "dash", "iptables": "busybox sh"} {
		t.Run(firewall, func(t *testing.T) {
			h := gatewayHost(t, shell, firewall, "dual")
			h.succeed("setup.sh", "apply")
			h.breakEach("setup.sh", h.gatewayDeletions(firewall))
		})
	}
}

// TestSetupLeavesOthersAlone has a host with rules, chains and routes of its own, in
// the places where ours go.
func TestSetupLeavesOthersAlone(t *testing.T) {
	h := gatewayHost(t, "dash", "", "dual")
	h.sh(`ip rule add priority 5100 to 192.0.2.0/24 lookup main
		ip rule add priority 5210 fwmark 0x80000/0xff0000 lookup main
		ip route add 192.0.2.0/24 via 10.0.0.1
		ip route add blackhole 198.51.100.0/24 table 52
		iptables-nft -P FORWARD DROP
		iptables-nft -A FORWARD -s 192.0.2.0/24 -j ACCEPT
		sysctl -qw net.ipv4.conf.all.accept_redirects=0`)
	h.lifecycle("setup.sh")
	h.succeed("setup.sh", "apply")
	first := h.sh("iptables-nft -S FORWARD 1")
	if first != "-A FORWARD -j KUSTOMIZE-HYBRID-FORWARD\n" {
		t.Errorf("FORWARD drops by policy, and the first rule is %q", first)
	}
	// kube-proxy puts its own jump first when it starts, and drops what conntrack
	// calls invalid: the next apply has to be first again.
	h.sh("iptables-nft -I FORWARD -m comment --comment kube-proxy -j RETURN")
	if out, code := h.run("setup.sh", "check"); code != 1 {
		t.Errorf("check with a foreign rule before ours: exit %d\n%s", code, out)
	}
	h.succeed("setup.sh", "apply")
	if first = h.sh("iptables-nft -S FORWARD 1"); first != "-A FORWARD -j KUSTOMIZE-HYBRID-FORWARD\n" {
		t.Errorf("after apply the first rule is %q", first)
	}
}

func TestSetupForgetsAnOlderTopology(t *testing.T) {
	h := gatewayHost(t, "dash", "nft", "dual")
	before := h.dump()
	h.succeed("setup.sh", "apply")
	p := newPlan(sample.Cases()["single"])
	h.install(map[string][]byte{"setup.sh": host.NewGateway(p, &p.Regions[0], &p.Regions[0].Hosts[0]).Setup})
	out, code := h.run("setup.sh", "check")
	if code != 1 || !strings.Contains(out, "extra: rule 6 5185: from all to fd00:10::/64 lookup main") {
		t.Errorf("check after the topology changed: exit %d\n%s", code, out)
	}
	h.succeed("setup.sh", "apply")
	if out := h.sh("ip -6 rule show"); strings.Contains(out, "5185:") {
		t.Errorf("rules of the older topology are still there:\n%s", out)
	}
	h.succeed("setup.sh", "remove")
	h.same("apply, apply of another topology and remove", before, h.dump())
}

func TestSetupRefusesAForeignAddress(t *testing.T) {
	h := gatewayHost(t, "dash", "nft", "dual")
	h.env = append(h.env, "HOST_IP=10.0.0.99")
	if out, code := h.run("setup.sh", "apply"); code != 1 || !strings.Contains(out, "10.0.0.99 is no address of this host") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func nodeHost(t *testing.T, shell, name string) *machine {
	t.Helper()
	h := newHost(t, shell, nil, "10.0.0.21/22", "fd00:10::21/64")
	p := newPlan(sample.Cases()[name])
	h.install(map[string][]byte{"routes.sh": host.NewNode(p, &p.Regions[0]).Routes, "watch.sh": host.NewNode(p, &p.Regions[0]).Watch})
	return h
}

func TestRoutesOnAKernel(t *testing.T) {
	for shell, name := range map[string]string{"dash": "dual", "busybox sh": "tailnet-ip"} {
		t.Run(shell+"/"+name, func(t *testing.T) {
			h := nodeHost(t, shell, name)
			h.lifecycle("routes.sh")
			h.succeed("routes.sh", "apply")
			h.breakEach("routes.sh", strings.Split(strings.TrimSpace(h.sh(`
				for f in 4 6; do
					ip -$f route show protocol 153 | awk -v f=$f '/^[^ \t]/ { print "ip -" f " route del " $1 " proto 153" }'
				done
				echo sysctl -w net.ipv4.fib_multipath_hash_policy=0
				echo sysctl -w net.ipv4.fib_multipath_use_neigh=0`)), "\n"))
		})
	}
}

func TestRoutesRefuseAGateway(t *testing.T) {
	h := nodeHost(t, "dash", "dual")
	h.ip("address add 10.0.0.12/22 dev lan0")
	before := h.dump()
	if out, code := h.run("routes.sh", "apply"); code != 1 || !strings.Contains(out, "it is a gateway") {
		t.Errorf("exit %d\n%s", code, out)
	}
	h.same("refusing", before, h.dump())
}

func TestRoutesLeaveSomebodyElsesRoute(t *testing.T) {
	h := nodeHost(t, "dash", "dual")
	h.ip("route add 10.143.0.0/24 via 10.0.0.254")
	if out, code := h.run("routes.sh", "apply"); code != 1 || !strings.Contains(out, "10.143.0.0/24") {
		t.Errorf("a route by somebody else was taken over: exit %d\n%s", code, out)
	}
	if out := h.sh("ip route show 10.143.0.0/24"); !strings.Contains(out, "via 10.0.0.254") {
		t.Errorf("somebody else's route is gone: %s", out)
	}
}
