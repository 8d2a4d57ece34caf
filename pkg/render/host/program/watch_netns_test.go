//go:build netns

package program

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// watched is a gateway host on which the watch runs, with a tailscale that says what
// the test has written.
func watched(t *testing.T, fixture, status string) *host {
	t.Helper()
	return watchedAfter(t, fixture, status, func(*host) {})
}

// watchedAfter is the same, with what prepare does to the host before it is set up.
func watchedAfter(t *testing.T, fixture, status string, prepare func(*host)) *host {
	t.Helper()
	h := newHost(t, "dash", fixture, nil, "10.0.0.11/22", "fd00:10::11/64")
	bin := filepath.Join(h.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "HOST_IP=10.0.0.11", "FIREWALL=nft", "PATH="+bin+":"+os.Getenv("PATH"))
	h.ip("link add tailscale0 type veth peer name tailscale1")
	h.ip("link set tailscale0 up")
	h.ip("link set tailscale1 up")
	write(t, filepath.Join(h.dir, "status.json"), status)
	text := "#!/bin/sh\ncase $* in *status*) cat " + filepath.Join(h.dir, "status.json") + ";; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "tailscale"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	prepare(h)
	h.succeed("gateway-setup.sh", "apply")
	watch := h.command("dash", filepath.Join(h.dir, "gateway-watch.sh"))
	watch.Stderr = os.Stderr
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = watch.Process.Signal(os.Interrupt)
		_ = watch.Wait()
	})
	return h
}

// eventually asks ip until it answers as wanted; a table without routes is none to it.
func (h *host) eventually(query, want string) {
	h.t.Helper()
	got := ""
	for range 50 {
		got = strings.Join(strings.Fields(h.sh("{ "+query+"; } 2>/dev/null || :")), " ")
		if got == want {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	h.t.Errorf("%s:\n%s\nwant:\n%s", query, got, want)
}

// peers is what tailscaled says on cloud-1.
func peers(self string, others ...string) string {
	text := fmt.Sprintf(`{"BackendState": "Running", "Self": {"HostName": "cloud-1", "Online": true, %s}, "Peer": {`, self)
	for i, o := range others {
		text += fmt.Sprintf(`%s"key%d": {%s}`, map[bool]string{true: ", "}[i > 0], i, o)
	}
	return text + "}}"
}

// A node of mode perNode sends its own pods' packets by its own tunnel, and what comes
// from node addresses to a node router.
func TestWatchPerNode(t *testing.T) {
	h := watched(t, "per-node", peers(
		`"TailscaleIPs": ["100.64.0.1"], "AllowedIPs": ["100.64.0.1/32", "10.61.1.0/24", "fd00:61:0:1::/64"], "PrimaryRoutes": ["10.61.1.0/24", "fd00:61:0:1::/64"]`,
		`"HostName": "cloud-2", "Online": true, "TailscaleIPs": ["100.64.0.2"], "PrimaryRoutes": ["10.0.0.0/22", "fd00:10::/64", "10.61.2.0/24", "fd00:61:0:2::/64"]`,
	))
	h.eventually("ip route show table 5253 10.143.0.0/24", "10.143.0.0/24 via 10.0.0.12 dev lan0 proto 154")
	h.eventually("ip route show table 5254 10.143.0.0/24", "10.143.0.0/24 dev tailscale0 proto 154 scope link src 10.0.0.11")
	h.eventually("ip route show table 5254 10.142.0.0/20", "10.142.0.0/20 dev tailscale0 proto 154 scope link src 10.0.0.11")
	h.eventually("ip -6 route show table 5256 fd00:143::/64", "fd00:143::/64 dev tailscale0 proto 154 src fd00:10::11 metric 1024 pref medium")
	h.eventually("ip route get 10.143.0.21 | head -1", "10.143.0.21 via 10.0.0.12 dev lan0 table 5253 src 10.0.0.11 uid 0")
	h.eventually("ip rule show priority 5175; ip rule show priority 5190", "")
}

// One whose own node router it is alone keeps node addresses to itself, whether or not
// it is told of its role.
func TestWatchNodeRouter(t *testing.T) {
	h := watched(t, "router", peers(
		`"TailscaleIPs": ["100.64.0.1"], "AllowedIPs": ["100.64.0.1/32", "10.0.0.0/22", "10.61.1.0/24"]`,
	))
	h.eventually("ip route show table 5253 10.143.0.0/24", "10.143.0.0/24 dev tailscale0 proto 154 scope link src 10.0.0.11")
	h.eventually("ip route show table 5254 10.142.0.0/20", "10.142.0.0/20 dev tailscale0 proto 154 scope link src 10.0.0.11")
}

// With supersets a gateway sends by its own tunnel whoever is the primary of its
// region's prefixes, and hands over to the other one when it has withdrawn.
func TestWatchSupersets(t *testing.T) {
	const other = `"HostName": "cloud-2", "Online": true, "TailscaleIPs": ["100.64.0.2"], "PrimaryRoutes": ["10.0.0.0/22", "10.61.0.0/16", "10.0.0.0/20", "10.60.0.0/14"]`
	h := watched(t, "supersets", peers(
		`"TailscaleIPs": ["100.64.0.1"], "AllowedIPs": ["100.64.0.1/32", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.0/21", "10.60.0.0/15"], "PrimaryRoutes": ["10.0.0.0/21", "10.60.0.0/15"]`, other))
	for _, table := range []string{"5253", "5254"} {
		h.eventually("ip route show table "+table+" 10.143.0.0/24", "10.143.0.0/24 dev tailscale0 proto 154 scope link src 10.0.0.11")
	}
	withdrawn := peers(`"TailscaleIPs": ["100.64.0.1"], "AllowedIPs": ["100.64.0.1/32"]`, other)
	if err := os.WriteFile(filepath.Join(h.dir, "status.json"), []byte(withdrawn), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"5253", "5254"} {
		h.eventually("ip route show table "+table+" 10.143.0.0/24", "10.143.0.0/24 via 10.0.0.12 dev lan0 proto 154")
	}
	h.eventually("ip rule show priority 5175", "5175: from 10.0.0.11 ipproto tcp sport 9002 blackhole")
}

// Who puts its rules before ours, as kube-proxy does on a new node, is not before them for
// long; nft alone, which was chosen while nothing of iptables was there, would not do.
func TestWatchComesFirst(t *testing.T) {
	h := watchedAfter(t, "router", peers(
		`"TailscaleIPs": ["100.64.0.1"], "AllowedIPs": ["100.64.0.1/32", "10.0.0.0/22", "10.61.1.0/24"]`,
	), func(h *host) { h.env = append(h.env, "FIREWALL=") })
	h.eventually("nft list table inet kustomize_hybrid | head -1", "table inet kustomize_hybrid {")
	for _, tool := range []string{"iptables-nft", "ip6tables-nft"} {
		h.sh(tool + " -N KUBE-FORWARD; " + tool + " -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP; " + tool + " -I FORWARD -j KUBE-FORWARD")
	}
	h.eventually("iptables-nft -S FORWARD 1", "-A FORWARD -j KUSTOMIZE-HYBRID-FORWARD")
	h.eventually("ip6tables-nft -S FORWARD 1", "-A FORWARD -j KUSTOMIZE-HYBRID-FORWARD")
}
