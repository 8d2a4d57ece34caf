//go:build netns

package program

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestSetupMarksReachTheTunnel: with tailscaled's own rules in place, a packet that
// carries a Cilium identity ending in 08 leaves by the default route; gateway-setup.sh sends
// it to the tunnel, and leaves tailscaled's own packets on main.
func TestSetupMarksReachTheTunnel(t *testing.T) {
	h := newHost(t, "dash", "relay", []string{"HOST_IP=10.0.0.11", "FIREWALL=nft"}, "10.0.0.11/22")
	// What tailscaled has (tailscale 1.84.3, wgengine/router/router_linux.go).
	h.sh(`ip route add default via 10.0.0.1
		ip tuntap add tailscale0 mode tun
		ip address add 100.64.0.5/32 dev tailscale0
		ip link set tailscale0 up
		ip rule add pref 5210 fwmark 0x80000/0xff0000 lookup main
		ip rule add pref 5230 fwmark 0x80000/0xff0000 lookup default
		ip rule add pref 5250 fwmark 0x80000/0xff0000 type unreachable
		ip rule add pref 5270 lookup 52
		ip route add 100.64.0.9 dev tailscale0 table 52`)
	// The reserved ingress identity 8 from the proxy, a pod with identity 0x1208, a
	// pod with another one, and tailscaled itself (cilium 1.17.4,
	// bpf/lib/overloadable_skb.h; tailscale 1.84.3, util/linuxfw/linuxfw.go).
	const ingress, pod08, pod07, bypass = "0x80b00", "0x12080f00", "0x12070f00", "0x80000"
	for mark, device := range map[string]string{ingress: "lan0", pod08: "lan0", pod07: "tailscale0", bypass: "lan0"} {
		if got := h.deviceOf("100.64.0.9", mark); got != device {
			t.Errorf("before gateway-setup.sh, mark %s leaves by %s: the conflict is not there", mark, got)
		}
	}
	h.succeed("gateway-setup.sh", "apply")
	for mark, device := range map[string]string{ingress: "tailscale0", pod08: "tailscale0", pod07: "tailscale0", bypass: "lan0"} {
		if got := h.deviceOf("100.64.0.9", mark); got != device {
			t.Errorf("after gateway-setup.sh, mark %s leaves by %s, not by %s", mark, got, device)
		}
	}
}

// deviceOf is the device by which a packet with the mark would leave.
func (h *host) deviceOf(destination, mark string) string {
	fields := strings.Fields(h.sh("ip route get " + destination + " mark " + mark))
	for i, f := range fields {
		if f == "dev" && i+1 < len(fields) {
			return fields[i+1]
		}
	}
	return strings.Join(fields, " ")
}

// TestSetupCiliumMarkSurvives sends packets out of a tunnel through a gateway whose
// egress treats Cilium's overlay mark as Cilium does: such a packet is not what it
// seems, and is lost. The way tailscaled marks packets in the mode that is rendered,
// and in iptables mode, is let through; the one of its nftables mode before 1.100.0
// is not.
func TestSetupCiliumMarkSurvives(t *testing.T) {
	for _, c := range []struct {
		name, rule string // what tailscaled adds to FORWARD
		arrives    bool
	}{
		{"netfilterMode off", "", true},
		{"iptables mode", "meta mark set meta mark & 0xff00ffff | 0x00040000", true},
		{"nftables mode before 1.100.0", "meta mark set meta mark & 0xffff04ff | 0x00000400", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMarkWorld(t)
			if c.rule != "" {
				w.in("gw", `nft add table ip ts; nft 'add chain ip ts forward { type filter hook forward priority -10; }'
					nft 'add rule ip ts forward iifname tailscale0 `+c.rule+`'`)
			}
			w.in("far", `for i in 1 2 3; do echo x >/dev/udp/10.61.0.7/9; done`)
			if got := w.arrived(); got != c.arrives {
				t.Errorf("packets arrive: %t, and it should be %t\n%s", got, c.arrives, w.in("gw", "nft list ruleset"))
			}
		})
	}
}

// markWorld is a far region behind the tunnel, a gateway, and a pod on its LAN; the
// tunnel is a veth called tailscale0, for what matters here is netfilter.
type markWorld struct {
	t      *testing.T
	prefix string
}

func newMarkWorld(t *testing.T) *markWorld {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("network namespaces need root")
	}
	w := &markWorld{t, fmt.Sprintf("kh-mark-%d-", os.Getpid())}
	for _, n := range []string{"far", "gw", "pod"} {
		must(t, exec.Command("ip", "netns", "add", w.prefix+n))
		t.Cleanup(func() { exec.Command("ip", "netns", "del", w.prefix+n).Run() })
	}
	w.in("gw", fmt.Sprintf(`ip link add tailscale0 type veth peer name eth0 netns %[1]sfar
		ip link add lan0 type veth peer name eth0 netns %[1]spod
		ip address add 169.254.1.1/30 dev tailscale0; ip link set tailscale0 up
		ip address add 10.61.0.1/24 dev lan0; ip link set lan0 up
		sysctl -qw net.ipv4.ip_forward=1
		nft add table ip cilium; nft 'add chain ip cilium egress { type filter hook postrouting priority 0; }'
		nft add rule ip cilium egress oifname lan0 meta mark and 0xf00 == 0x400 counter drop`, w.prefix))
	w.in("far", `ip address add 169.254.1.2/30 dev eth0; ip link set eth0 up; ip route add default via 169.254.1.1`)
	w.in("pod", `ip address add 10.61.0.7/24 dev eth0; ip link set eth0 up; ip route add default via 10.61.0.1
		nft add table ip count; nft 'add chain ip count in { type filter hook input priority 0; }'
		nft add rule ip count in udp dport 9 counter`)
	return w
}

func (w *markWorld) in(ns, command string) string {
	w.t.Helper()
	return string(must(w.t, exec.Command("ip", "netns", "exec", w.prefix+ns, "bash", "-c", command)))
}

// arrived reports whether the pod has seen a packet, waiting for the first one's ARP.
func (w *markWorld) arrived() bool {
	out := w.in("pod", `for i in $(seq 20); do
		nft list chain ip count in | grep -q 'packets 0 ' || break
		sleep 0.1
	done; nft list chain ip count in`)
	return !strings.Contains(out, "packets 0 ")
}
