//go:build netns

// The scripts on a real kernel, in network namespaces of their own: `make netns`, as
// root. It fails where a tool is missing: a run that shows nothing must not look green.

package program

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// host is a network namespace with one LAN device.
type host struct {
	t     *testing.T
	ns    string
	dir   string
	shell []string
	env   []string
}

// newHost is one with a fixture's tables beside the programs.
func newHost(t *testing.T, shell, fixture string, env []string, addresses ...string) *host {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("network namespaces need root")
	}
	for _, tool := range []string{"ip", "nft", "iptables-nft", "unshare", "sysctl", "ethtool", strings.Fields(shell)[0]} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal(err)
		}
	}
	h := &host{t: t, ns: fmt.Sprintf("kh-program-%d", os.Getpid()), dir: install(t, fixture), shell: strings.Fields(shell)}
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

func (h *host) command(args ...string) *exec.Cmd {
	c := exec.Command("ip", append([]string{"netns", "exec", h.ns}, args...)...)
	c.Env = append(os.Environ(), h.env...)
	return c
}

func (h *host) sh(command string) string { return string(must(h.t, h.command("sh", "-c", command))) }

func (h *host) ip(args string) { h.t.Helper(); must(h.t, h.command(strings.Fields("ip "+args)...)) }

// run returns the script's output and exit code.
func (h *host) run(script, verb string) (string, int) {
	h.t.Helper()
	c := h.command(append(h.shell, filepath.Join(h.dir, script), verb)...)
	out, err := c.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		h.t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

func (h *host) succeed(script, verb string) {
	h.t.Helper()
	if out, code := h.run(script, verb); code != 0 {
		h.t.Fatalf("%s %s: exit %d\n%s", script, verb, code, out)
	}
}

// dump is all that the scripts could change.
func (h *host) dump() string {
	return h.sh(`ip rule; ip -6 rule; ip route show table all; ip -6 route show table all
		ethtool -k lan0 | grep -e rx-udp-gro-forwarding -e rx-gro-list
		nft -s list ruleset 2>/dev/null; grep -rs . /proc/sys/net/ipv4 /proc/sys/net/ipv6 | sort`)
}

// lifecycle: print does nothing, apply twice is once, remove restores everything.
func (h *host) lifecycle(script string) {
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

func (h *host) same(what, before, after string) {
	h.t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		h.t.Errorf("%s changed the host:\n%s", what, diff)
	}
}

// breakEach deletes one line after the other: check has to name each new one, and
// apply to mend them all.
func (h *host) breakEach(script string, deletions []string) {
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

// tables gives the host another fixture's tables.
func (h *host) tables(name string) {
	h.t.Helper()
	tables, fleet := fixture(h.t, name)
	write(h.t, filepath.Join(h.dir, "tables"), tables)
	write(h.t, filepath.Join(h.dir, "fleet.tables"), fleet)
}
