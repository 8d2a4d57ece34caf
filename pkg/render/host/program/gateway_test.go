package program

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
)

// gateway is a host on which nothing is real but the shell and the tools that the
// programs call: what they have done is told in a golden.
type gateway struct {
	t      *testing.T
	shell  []string
	dir    string // where the programs are
	bin    string // all that can be called
	kernel string // what the stand-ins keep
	env    []string
	told   strings.Builder
	known  map[string]bool // calls with their input that have been told
}

// gatewaySysctls are what a host has before.
var gatewaySysctls = map[string]string{
	"ipv4/ip_forward": "0", "ipv4/conf/all/send_redirects": "1", "ipv4/conf/lan0/send_redirects": "1",
	"ipv4/conf/all/rp_filter": "1", "ipv4/conf/all/forwarding": "0", "ipv4/conf/lan0/accept_redirects": "1",
	"ipv6/conf/lan0/accept_ra": "1", "ipv6/conf/all/forwarding": "0",
}

func newGateway(t *testing.T, shell, fixture string) *gateway {
	t.Helper()
	g := &gateway{t: t, shell: needTool(t, shell), dir: install(t, fixture), bin: t.TempDir(), kernel: t.TempDir(), known: map[string]bool{}}
	for _, tool := range []string{"awk", "cat", "grep", "kill", "mkdir", "mkfifo", "mv", "rm", "rmdir", "sed", "sh", "sha256sum", "sleep", "timeout", "touch", "xargs"} {
		g.provide(tool)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ip", "nft", "iptables-nft", "iptables-nft-restore", "ip6tables-nft", "ip6tables-nft-restore", "ethtool", "tailscale", "unshare"} {
		g.link(self, name)
	}
	g.change(func(k *kernel) {
		*k = kernel{Tailscale: true, Answers: true, Addresses: []string{
			"2: lan0    inet 10.0.0.11/22 brd 10.0.3.255 scope global lan0\n",
			"2: lan0    inet6 fd00:10::11/64 scope global \n",
		}, Gets: map[string]string{
			"10.0.0.12":   "10.0.0.12 dev lan0 src 10.0.0.11 uid 0 \n",
			"fd00:10::12": "fd00:10::12 from :: dev lan0 proto kernel src fd00:10::11 metric 256 pref medium\n",
		}, Rules: map[string][]string{
			"4": {"0:\tfrom all lookup local", "32766:\tfrom all lookup main"},
			"6": {"0:\tfrom all lookup local"},
		}, Cards: map[string]card{"lan0": {Forwarding: "off", List: "off"}}}
	})
	for path, value := range gatewaySysctls {
		g.sysctl(path, value)
	}
	write(t, filepath.Join(g.kernel, "uptime"), "1000.00 0\n")
	g.release("6.2.0")
	return g
}

// provide makes a tool callable: busybox's own where the shell is.
func (g *gateway) provide(tool string) {
	g.t.Helper()
	path, err := exec.LookPath(g.shell[0])
	if len(g.shell) == 1 && tool != "sh" {
		path, err = exec.LookPath(tool)
	}
	if err != nil {
		g.t.Fatal(err)
	}
	g.link(path, tool)
}

func (g *gateway) link(path, name string) {
	g.t.Helper()
	if err := os.Symlink(path, filepath.Join(g.bin, name)); err != nil {
		g.t.Fatal(err)
	}
}

// change lets a test change the kernel, as another program would.
func (g *gateway) change(f func(*kernel)) {
	unlock := lock(g.kernel)
	defer unlock()
	k := &kernel{}
	if _, err := os.Stat(filepath.Join(g.kernel, "kernel.json")); err == nil {
		k = load(g.kernel)
	}
	f(k)
	k.store(g.kernel)
}

func (g *gateway) sysctl(path, value string) {
	g.t.Helper()
	path = filepath.Join(g.kernel, "sys/net", path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		g.t.Fatal(err)
	}
	write(g.t, path, value+"\n")
}

// release has the kernel be of that version.
func (g *gateway) release(version string) {
	g.t.Helper()
	dir := filepath.Join(g.kernel, "sys/kernel")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		g.t.Fatal(err)
	}
	write(g.t, filepath.Join(dir, "osrelease"), version+"\n")
}

// device makes one in sysfs, with hardware under it, or with others.
func (g *gateway) device(name string, below ...string) {
	g.t.Helper()
	for _, b := range below {
		if err := os.MkdirAll(filepath.Join(g.kernel, "devices", name, b), 0o755); err != nil {
			g.t.Fatal(err)
		}
	}
}

func (g *gateway) tables(fixtureName string) {
	tables, fleet := fixture(g.t, fixtureName)
	write(g.t, filepath.Join(g.dir, "tables"), tables)
	write(g.t, filepath.Join(g.dir, "fleet.tables"), fleet)
}

func (g *gateway) program(name string, args ...string) *exec.Cmd {
	c := exec.Command(g.shell[0], append(append(slices.Clone(g.shell[1:]), filepath.Join(g.dir, name)), args...)...)
	c.Env = append([]string{
		"PATH=" + g.bin, kernelVariable + "=" + g.kernel, "STATE_DIR=" + filepath.Join(g.kernel, "run"),
		"PROC_SYS=" + filepath.Join(g.kernel, "sys"), "SYS_NET=" + filepath.Join(g.kernel, "devices"), "UPTIME=" + filepath.Join(g.kernel, "uptime"), "HOST_IP=10.0.0.11",
	}, g.env...)
	return c
}

// run tells what a program says and what it changes.
func (g *gateway) run(args ...string) {
	g.t.Helper()
	c := g.program("gateway-setup.sh", args...)
	out, _ := c.CombinedOutput()
	g.tell("$ %s\n%s", strings.Join(append([]string{"gateway-setup.sh"}, args...), " "), g.short(string(out)))
	if code := c.ProcessState.ExitCode(); code != 0 {
		g.tell("exit %d\n", code)
	}
	g.tell("%s", g.changes())
}

// short leaves directories of the test out.
func (g *gateway) short(text string) string {
	return strings.NewReplacer(g.dir+"/", "", g.kernel+"/", "").Replace(text)
}

// changes are the calls since the last time that change something.
func (g *gateway) changes() string {
	path := filepath.Join(g.kernel, "log")
	data, _ := os.ReadFile(path)
	os.Remove(path)
	if strings.Contains(string(data), "unknown: ") {
		g.t.Errorf("a stand-in does not know what it is asked:\n%s", data)
	}
	var out strings.Builder
	for _, call := range strings.Split(strings.ReplaceAll(string(data), "\n\t", "\v"), "\n") {
		lines := strings.Split(call, "\v")
		switch {
		case call == "":
		case len(lines) > 5 && g.known[call]:
			fmt.Fprintf(&out, "! %s, %d lines told before\n", lines[0], len(lines)-1)
		default:
			out.WriteString("! " + strings.Join(lines, "\n!\t") + "\n")
		}
		g.known[call] = true
	}
	return out.String()
}

func (g *gateway) tell(format string, args ...any) { fmt.Fprintf(&g.told, format, args...) }

// golden compares what was told with a file, which is the same for all shells.
func (g *gateway) golden(name string) {
	g.t.Helper()
	path := filepath.Join("testdata/gateway", name)
	if goldentest.Update() && len(g.shell) == 1 {
		goldentest.Save(g.t, path, g.told.String())
	}
	want, err := os.ReadFile(path)
	if err != nil {
		g.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), g.told.String()); diff != "" {
		g.t.Errorf("%s (-golden +told); UPDATE_GOLDEN=1 rewrites it:\n%s", path, diff)
	}
}

func eachGateway(t *testing.T, fixture string, test func(t *testing.T, g *gateway)) {
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			test(t, newGateway(t, shell, fixture))
		})
	}
}

// snapshot is all that gateway-setup.sh may change, a line each, sorted.
func (g *gateway) snapshot() []string {
	k := load(g.kernel)
	var all []string
	for family, rules := range k.Rules {
		all = append(all, "rules "+family+" "+strings.Join(rules, ", "))
	}
	for _, r := range k.Routes {
		all = append(all, fmt.Sprint("route ", r))
	}
	for table, lines := range k.Chains {
		for _, line := range lines {
			all = append(all, table+" "+line)
		}
	}
	for path := range gatewaySysctls {
		data, _ := os.ReadFile(filepath.Join(g.kernel, "sys/net", path))
		all = append(all, path+" "+string(data))
	}
	for name, c := range k.Cards {
		all = append(all, fmt.Sprint("card ", name, c))
	}
	slices.Sort(all)
	return append(all, k.NFT)
}

// remove takes all back; its calls are only told where that goes wrong.
func (g *gateway) remove(before []string) {
	g.t.Helper()
	out, err := g.program("gateway-setup.sh", "remove").CombinedOutput()
	calls := g.changes()
	if diff := cmp.Diff(before, g.snapshot()); diff != "" || err != nil || len(out) > 0 {
		g.t.Errorf("remove: %v\n%s%s leaves a difference:\n%s", err, out, calls, diff)
	}
	if _, err := os.Stat(filepath.Join(g.kernel, "run")); err == nil {
		g.t.Error("remove leaves a state")
	}
}

func TestSetupWithIPTables(t *testing.T) {
	eachGateway(t, "tailnet-ip-relay", func(t *testing.T, g *gateway) {
		g.env = []string{"FIREWALL=iptables"}
		os.RemoveAll(filepath.Join(g.kernel, "sys/net/ipv6"))
		before := g.snapshot()
		g.run("apply")
		g.run("check")
		g.tell("\n# nothing to do\n")
		g.run("apply")
		g.run("print")
		g.tell("\n# what others do: a rule, a route and a line are gone, another is first, one too many, a setting\n")
		g.change(func(k *kernel) {
			k.rule("4", "del", "5196:\tfrom 10.61.0.0/16 lookup 5250")
			k.rule("4", "add", "5185:\tfrom all to 10.7.0.0/16 lookup main")
			k.route("4", "del", strings.Fields("unreachable 10.143.0.0/24 table 5250"))
			k.chain("iptables-nft filter", "-D", "KUSTOMIZE-HYBRID-TO -d 10.143.0.0/24 -j ACCEPT")
			k.chain("iptables-nft filter", "-I", "FORWARD -j KUBE-FORWARD")
		})
		g.sysctl("ipv4/conf/all/rp_filter", "1")
		write(t, filepath.Join(g.kernel, "uptime"), "1100.50 0\n")
		g.run("check")
		g.run("apply")
		write(t, filepath.Join(g.kernel, "uptime"), "1130.50 0\n")
		g.run("status")
		g.tell("\n# a topology without a relay has no chains for the other regions\n")
		g.tables("tailnet-ip")
		g.run("apply")
		g.change(func(k *kernel) { k.chain("iptables-nft filter", "-D", "FORWARD -j KUBE-FORWARD") })
		g.remove(before)
		g.golden("iptables.txt")
	})
}

func TestSetupWithNFT(t *testing.T) {
	eachGateway(t, "dual", func(t *testing.T, g *gateway) {
		g.env = []string{"FIREWALL=nft"}
		before := g.snapshot()
		g.run("apply")
		g.run("apply")
		g.tell("\n# somebody takes a line away\n")
		g.change(func(k *kernel) { k.NFT = strings.Replace(k.NFT, "\t\ticmpv6 type nd-redirect drop\n", "", 1) })
		g.run("check")
		g.tell("\n# a topology without IPv6, and with one gateway\n")
		g.tables("single")
		g.run("apply")
		g.run("check")
		// Its tables end in a route that would refuse all that the host sends, once a rule
		// without a destination comes to it.
		g.tell("\n# an older version of this program has been here\n")
		g.change(func(k *kernel) {
			for _, table := range []string{"5253", "5254"} {
				k.route("4", "replace", strings.Fields("unreachable default metric 4278198272 table "+table))
			}
			k.rule("4", "del", "5195:\tfrom 10.0.0.0/22 lookup 5253")
			k.rule("4", "del", "5196:\tfrom 10.0.0.0/22 lookup 5250")
			k.rule("4", "add", "5195:\tfrom 10.0.0.0/22 to 10.143.0.0/24 lookup 5253")
		})
		g.run("apply")
		g.remove(before)
		g.golden("nft.txt")
	})
}

// Offloads are for throughput alone: where they cannot be had, that is advice and no fault.
func TestSetupOffloads(t *testing.T) {
	eachGateway(t, "single", func(t *testing.T, g *gateway) {
		g.env = []string{"FIREWALL=nft"}
		g.device("bond0", "lower_eth0", "lower_eth1", "lower_tap0")
		g.device("eth0", "device")
		g.device("eth1", "device")
		g.change(func(k *kernel) {
			k.Defaults = map[string]string{"4": "default via 192.0.2.1 dev bond0 proto static metric 100 \ndefault via 10.0.0.1 dev lan0 metric 200 \n"}
			k.Cards["eth0"] = card{Forwarding: "off", List: "on"}
			k.Cards["eth1"] = card{Forwarding: "off [fixed]", List: "on"}
			k.Cards["tap0"] = card{Forwarding: "off", List: "off"}
		})
		before := g.snapshot()
		g.release("6.1.0-28-amd64")
		if out, err := g.program("gateway-setup.sh", "apply").CombinedOutput(); err != nil || strings.Contains(string(out)+g.changes(), "ethtool") {
			t.Errorf("apply on Linux 6.1: %v\n%s", err, out)
		}
		g.tell("# Linux 6.2: the LAN's card, and those below the bond that the tunnel's packets take\n")
		g.release("6.2-rc1")
		g.run("check")
		g.run("print")
		g.run("apply")
		g.run("apply")
		g.run("check")
		g.tell("\n# somebody else changes one\n")
		g.change(func(k *kernel) { k.Cards["eth0"] = card{Forwarding: "on", List: "on"} })
		g.run("check")
		g.run("apply")
		g.remove(before)

		g.tell("\n# one refuses, and is what it was\n")
		g.change(func(k *kernel) { k.Cards["lan0"] = card{Forwarding: "off", List: "on", Refuses: true} })
		before = g.snapshot()
		g.release("6.1.0")
		apply := func() {
			t.Helper()
			if out, err := g.program("gateway-setup.sh", "apply").CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("apply: %v\n%s", err, out)
			}
			g.changes()
		}
		apply()
		g.release("7.0")
		g.run("apply")
		g.run("apply")
		g.run("check")
		g.remove(before)

		g.tell("\n# without ethtool\n")
		tool := filepath.Join(g.bin, "ethtool")
		self, err := os.Readlink(tool)
		if err != nil {
			t.Fatal(err)
		}
		g.release("6.1.0")
		apply()
		g.release("6.8.0-31-generic")
		os.Remove(tool)
		g.run("apply")
		g.run("apply")
		g.run("check")
		g.run("print")
		g.remove(before)

		g.tell("\n# the host has it, and the pod has not\n")
		g.link(self, "ethtool")
		g.change(func(k *kernel) {
			k.Cards = map[string]card{"lan0": {Forwarding: "off", List: "on"}, "eth0": {Forwarding: "on", List: "off"}}
		})
		g.run("apply")
		os.Remove(tool)
		g.run("check")
		g.run("remove")
		g.link(self, "ethtool")
		g.run("remove")
		g.golden("offloads.txt")
	})
}

// What is refused is refused before anything is done; print and explain need no host.
func TestSetupRefuses(t *testing.T) {
	eachGateway(t, "single", func(t *testing.T, g *gateway) {
		g.env = []string{"FIREWALL=nft"}
		g.run()
		g.run("explain")
		g.env = []string{"FIREWALL=nft", "HOST_IP="}
		g.run("apply")
		g.env = []string{"FIREWALL=nft", "HOST_IP=10.0.0.99"}
		g.run("apply")
		g.run("check")
		g.tell("\n# another host's\n")
		g.run("print")
		g.tell("\n# what nobody of ours is called\n")
		g.run("explain", "5210")
		g.run("explain", "5254")
		g.run("explain", "KUSTOMIZE-HYBRID-OUTPUT")
		g.tell("\n# parts of different versions are told, and do not stop a gateway\n")
		g.env = []string{"FIREWALL=nft"}
		apply := func(want string) {
			t.Helper()
			if out, _ := g.program("gateway-setup.sh", "apply").CombinedOutput(); string(out) != want {
				t.Errorf("apply:\n%swant:\n%s", out, want)
			}
			g.changes()
		}
		apply("")
		os.Remove(filepath.Join(g.dir, "hops.awk"))
		tables, fleet := fixture(t, "single")
		write(t, filepath.Join(g.dir, "fleet.tables"), strings.Replace(fleet, "prefix 4 10.142.0.0/20\n", "", 1))
		g.run("check")
		apply("gateway-setup.sh: mismatched: hops.awk is of another version than SHA256SUMS\n" +
			"gateway-setup.sh: mismatched: " + g.dir + "/tables is made for another fleet.tables (" + strings.Fields(tables)[6] + ") than " + g.dir + "/fleet.tables\n")
		g.tell("\n# no firewall\n")
		g.env = []string{"FIREWALL=none"}
		g.run("check")
		g.env = []string{"FIREWALL=nft"}
		g.tell("\n# tables of a later version\n")
		write(t, filepath.Join(g.dir, "tables"), strings.Replace(tables, "tables 1", "tables 2", 1))
		g.run("apply")
		g.tell("\n# without iproute2\n")
		g.tables("single")
		os.Remove(filepath.Join(g.bin, "ip"))
		g.run("apply")
		g.golden("refuses.txt")
	})
}

// All that is wanted can be explained.
func TestSetupExplains(t *testing.T) {
	tables, fleet := fixture(t, "dual")
	parsed := runAwk(t, awks[0], "tables", tables+"buried 4 10.61.0.0/16\n"+fleet) + "address 4 10.0.0.11 lan0 5253\naddress 6 fd00:10::11 lan0 5255\n" +
		"offload lan0/rx-udp-gro-forwarding off\noffload lan0/rx-gro-list off\n"
	what := map[string]bool{"5175": true, "5190": true, "154": true, "5251": true, "5197": true}
	for line := range strings.Lines(runAwk(t, awks[0], "wanted", parsed+"tool iptables 4\ntool ip6tables 6\n")) {
		switch w := strings.Fields(line); w[0] {
		case "rule":
			what[strings.TrimSuffix(w[2], ":")] = true
		case "route":
			what[w[2]] = true
		case "sysctl":
			what[w[1]] = true
			what[strings.ReplaceAll(w[1], "/", ".")] = true
		case "offload":
			what[w[1]] = true
			what[strings.TrimPrefix(w[1], "lan0/")] = true
		case "firewall":
			what[w[4]] = true
		}
	}
	for line := range strings.Lines(runAwk(t, awks[0], "nft", runAwk(t, awks[0], "wanted", parsed))) {
		if w := strings.Fields(line); w[0] == "chain" || w[0] == "table" {
			what[w[len(w)-2]] = true
		}
	}
	if len(what) < 30 || !what["5181"] || !what["5249"] {
		t.Errorf("only %d things are to be explained", len(what))
	}
	words := slices.Sorted(maps.Keys(what))
	said := runAwk(t, awks[0], "explain", parsed+"explain "+strings.Join(words, "\nexplain ")+"\n")
	if n := strings.Count(said, "\n"); n != len(words) {
		t.Errorf("%d of %d are explained, %s:\n%s", n, len(words), words, said)
	}
}

// The watch has gateway-setup.sh look twice a minute: it must not cost much.
func TestSetupStartsFewPrograms(t *testing.T) {
	g := newGateway(t, "dash", "dual")
	g.env = []string{"FIREWALL=nft"}
	g.run("apply")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tools := t.TempDir()
	entries, err := os.ReadDir(g.bin)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := filepath.Join(g.bin, e.Name())
		if target, _ := os.Readlink(path); target != self {
			os.Rename(path, filepath.Join(tools, e.Name()))
			g.link(self, e.Name())
		}
	}
	count := filepath.Join(g.kernel, "count")
	g.env = append(g.env, countVariable+"="+count, toolsVariable+"="+tools)
	g.changes()
	g.run("apply")
	data, err := os.ReadFile(count)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "\n"); n > 50 || g.changes() != "" {
		t.Errorf("%d programs to find that nothing is to be done, want at most 50:\n%s", n, strings.Join(strings.Fields(string(data)), " "))
	} else {
		t.Logf("%d programs", n)
	}
}
