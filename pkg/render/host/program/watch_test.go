package program

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// watch is the program that never ends, on a gateway.
type watch struct {
	*gateway
	command *exec.Cmd
	said    lines
}

// lines is what a program says, while it says it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// startWatch has the host prepared and tailscaled say something before it starts.
func startWatch(t *testing.T, g *gateway, status string) *watch {
	t.Helper()
	g.env = append(g.env, "FIREWALL=nft", "HOLD=1", "UPTIME=/proc/uptime")
	w := &watch{gateway: g}
	w.status(status)
	if err := syscall.Mkfifo(filepath.Join(g.kernel, "monitor"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := g.program("gateway-setup.sh", "apply").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	g.changes()
	w.command = g.program("gateway-watch.sh")
	w.command.Stderr = &w.said
	w.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-w.command.Process.Pid, syscall.SIGKILL)
		_ = w.command.Wait()
	})
	return w
}

// status is what tailscaled says from now on.
func (w *watch) status(text string) { write(w.t, filepath.Join(w.kernel, "status.json"), text) }

// event is a line of `ip monitor`.
func (w *watch) event(line string) {
	w.t.Helper()
	write(w.t, filepath.Join(w.kernel, "monitor"), line+"\n")
}

// step waits until the kernel is as it should be, and tells what was said and done.
func (w *watch) step(name string, reached func(k *kernel) bool) {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		unlock := lock(w.kernel)
		k := load(w.kernel)
		unlock()
		if reached(k) {
			break
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: not reached\n%s%s\n%v\n%v", name, w.said.take(), w.changes(), k.Rules, k.Routes)
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.tell("# %s\n%s%s\n", name, w.short(w.said.take()), w.changes())
}

// has reports whether the kernel has rules of a priority.
func has(k *kernel, priority string) bool {
	return strings.Contains(strings.Join(k.Rules["4"], "\n"), "\n"+priority+":")
}

// ways reports whether all of the watch's routes go one way.
func ways(k *kernel, way string) bool {
	n := 0
	for _, r := range k.Routes {
		if r.Table >= "5253" && !strings.Contains(r.Text, way) {
			return false
		} else if r.Table >= "5253" {
			n++
		}
	}
	return n == 4
}

const (
	ownRoutes = `["10.0.0.0/22", "10.61.0.0/16"]`
	farPeer   = `"dc": {"HostName": "dc-1", "Online": true, "TailscaleIPs": ["100.64.1.1"], "PrimaryRoutes": ["10.142.0.0/20", "10.143.0.0/24"]}`
	primary   = `{"BackendState": "Running", "Self": {"HostName": "cloud-1", "Online": true, "AllowedIPs": ` + ownRoutes + `, "PrimaryRoutes": ` + ownRoutes + `}, "Peer": {` + farPeer + `}}`
	standby   = `{"BackendState": "Running", "Self": {"HostName": "cloud-1", "Online": true, "AllowedIPs": ` + ownRoutes + `}, "Peer": {` + farPeer + `,
		"other": {"HostName": "cloud-2", "Online": true, "TailscaleIPs": ["100.64.0.2"], "PrimaryRoutes": ` + ownRoutes + `}}}`
	withdrawn = `{"BackendState": "Running", "Self": {"HostName": "cloud-1", "Online": true}, "Peer": {` + farPeer + `,
		"other": {"HostName": "cloud-2", "Online": true, "TailscaleIPs": ["100.64.0.2"], "PrimaryRoutes": ` + ownRoutes + `}}}`
)

// The watch lives through the outages of docs/gateways.md, one after the other.
func TestWatchOutages(t *testing.T) {
	eachGateway(t, "relay", func(t *testing.T, g *gateway) {
		const tunnel, relay = "dev tailscale0", "via 10.0.0.12"
		w := startWatch(t, g, primary)
		w.step("it starts, and is the primary", func(k *kernel) bool { return ways(k, tunnel) })

		w.status(standby)
		w.event("10.143.0.0/24 dev tailscale0 table 52 ")
		w.step("the control server makes the other one the primary", func(k *kernel) bool { return ways(k, relay) && !has(k, "5190") })

		w.change(func(k *kernel) { k.Tailscale = false })
		w.event("Deleted 7: tailscale0: <POINTOPOINT,MULTICAST,NOARP> mtu 1280 state DOWN")
		w.step("tailscaled is killed", func(k *kernel) bool { return has(k, "5175") })

		w.change(func(k *kernel) { k.Tailscale = true })
		w.status(primary)
		w.event("8: tailscale0: <POINTOPOINT,MULTICAST,NOARP,UP> mtu 1280 state UNKNOWN")
		w.step("it is back, and primary again", func(k *kernel) bool { return ways(k, tunnel) && !has(k, "5175") && !has(k, "5190") })

		w.change(func(k *kernel) { k.rule("4", "del", "5185:\tfrom all to 10.61.0.0/16 lookup main") })
		w.event("Deleted 5185:\tfrom all to 10.61.0.0/16 lookup main")
		w.step("somebody deletes a rule", func(k *kernel) bool { return strings.Count(fmt.Sprint(k.Rules["4"]), "5185:") == 2 })

		w.change(func(k *kernel) { k.Answers = false })
		w.step("the uplink is cut", func(k *kernel) bool { return has(k, "5175") })
		w.tellStatus()

		w.change(func(k *kernel) { k.Answers = true })
		w.step("other regions answer again", func(k *kernel) bool { return ways(k, tunnel) && !has(k, "5175") && !has(k, "5190") })

		w.status(withdrawn)
		w.event("Deleted 10.143.0.0/24 dev tailscale0 table 52 ")
		w.step("it withdraws its routes", func(k *kernel) bool { return has(k, "5175") && ways(k, relay) && !has(k, "5190") })

		if err := w.command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		w.step("the watch is stopped", func(k *kernel) bool { return !has(k, "5175") })
		if err := w.command.Wait(); err != nil {
			t.Errorf("the watch ends with %v", err)
		}
		w.golden("watch.txt")
	})
}

// tellStatus tells it without the times.
func (w *watch) tellStatus() {
	w.t.Helper()
	out, err := w.program("gateway-setup.sh", "status").CombinedOutput()
	if err != nil {
		w.t.Error(err)
	}
	text := regexp.MustCompile(`\d+ (s|min|h|days)\b`).ReplaceAllString(string(out), "a while")
	text = strings.Replace(text, ", for a while more", "", 1) // it may be over already
	w.tell("$ gateway-setup.sh status\n%s\n", text)
}

// What cannot be read does not stop the watch, which has read something before.
func TestWatchRefuses(t *testing.T) {
	eachGateway(t, "relay", func(t *testing.T, g *gateway) {
		g.env = []string{"HOST_IP="}
		for _, want := range []string{"gateway-watch.sh: HOST_IP is not set: the InternalIP of this host\n",
			"gateway-watch.sh: " + g.dir + "/tables is missing\n"} {
			out, _ := g.program("gateway-watch.sh").CombinedOutput()
			if string(out) != want {
				t.Errorf("%q, want %q", out, want)
			}
			g.env = nil
			_ = syscall.Unlink(filepath.Join(g.dir, "tables"))
		}
	})
}

// Starting, tailscaled is told everything anew but the port of a peer relay.
func TestWatchKeepsThePortOfAPeerRelay(t *testing.T) {
	port := func(want string) func(k *kernel) bool {
		return func(k *kernel) bool {
			return strings.Contains(k.RelayPort, want) && (want == "") == (k.RelayPort == "")
		}
	}
	eachGateway(t, "peer-relay", func(t *testing.T, g *gateway) {
		w := startWatch(t, g, strings.Replace(primary, "Running", "Starting", 1))
		w.step("tailscaled has not joined yet", func(k *kernel) bool { return has(k, "5175") && k.RelayPort == "" })
		w.status(primary)
		w.step("it has", port(`"RelayServerPort": 40000,`))
		w.change(func(k *kernel) { k.RelayPort = "" })
		w.step("tailscale up turns it off", port(`"RelayServerPort": 40000,`))
		if said := w.said.take(); strings.Contains(said, "failed") {
			t.Error(said)
		}
	})
	eachGateway(t, "peer-relay-alone", func(t *testing.T, g *gateway) {
		w := startWatch(t, g, primary)
		w.step("nothing else is there to watch", port("40000"))
		if out, err := g.program("gateway-setup.sh", "check").CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	eachGateway(t, "relay", func(t *testing.T, g *gateway) {
		g.change(func(k *kernel) { k.RelayPort = "\n\t\"RelayServerPort\": 40000," })
		w := startWatch(t, g, primary)
		w.step("the topology does not say so any more", port(""))
	})
}
