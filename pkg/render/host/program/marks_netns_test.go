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

// tailnet is a gateway whose tunnel leads everywhere: what the watch would write is
// there, and a device that counts stands for tailscaled's.
func tailnet(t *testing.T) *host {
	t.Helper()
	h := newHost(t, "dash", "relay", []string{"HOST_IP=10.0.0.11", "FIREWALL=nft"}, "10.0.0.11/22")
	h.sh(`ip route add default via 10.0.0.1
		ip link add tailscale0 type veth peer name beyond
		ip address add 100.64.0.5/32 dev tailscale0
		ip link set beyond up
		ip link set tailscale0 arp off up
		ip rule add pref 5210 fwmark 0x80000/0xff0000 lookup main
		ip rule add pref 5230 fwmark 0x80000/0xff0000 lookup default
		ip rule add pref 5250 fwmark 0x80000/0xff0000 type unreachable
		ip rule add pref 5270 lookup 52
		ip route add 10.143.0.0/24 dev tailscale0 table 52
		ip route add 100.64.0.9 dev tailscale0 table 52`)
	h.succeed("gateway-setup.sh", "apply")
	h.sh(`ip route add 10.143.0.0/24 dev tailscale0 table 5253 proto 154
		ip route add 10.143.0.0/24 dev tailscale0 table 5254 proto 154`)
	return h
}

// TestSetupJudgesEveryMark goes through all values that a plugin's 24 low bits of
// identity and mark can take on UDP from a gateway: Cilium has an identity's low byte in
// bits 16 to 23 and what the packet is in bits 8 to 11 (cilium 1.17.4,
// bpf/lib/common.h: MARK_MAGIC_*), and kube-proxy sets bits 14 and 15 (kubernetes v1.33.1,
// pkg/proxy/iptables: masqueradeBit, dropBit). One value is tailscaled's own.
func TestSetupJudgesEveryMark(t *testing.T) {
	h := tailnet(t)
	for _, to := range []string{"10.143.0.7 from 10.0.0.11", "100.64.0.9"} {
		var batch strings.Builder
		var marks []uint32
		for identity := range uint32(256) {
			for magic := range uint32(16) {
				for kube := range uint32(4) {
					mark := 0x12000000 | identity<<16 | kube<<14 | magic<<8
					marks = append(marks, mark, mark&0xffffff)
				}
			}
		}
		for _, mark := range marks {
			if mark != 0x80000 {
				fmt.Fprintf(&batch, "route get %s ipproto udp mark %#x\n", to, mark)
			}
		}
		c := h.command("ip", "-o", "-batch", "-")
		c.Stdin = strings.NewReader(batch.String())
		out, err := c.CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || len(lines) != len(marks)-1 {
			t.Fatalf("%s: %d answers to %d questions: %v\n%s", to, len(lines), len(marks)-1, err, lines[len(lines)-1])
		}
		for _, l := range lines {
			if !strings.Contains(l, " dev tailscale0 ") {
				t.Errorf("does not go to the tunnel: %s", l)
			}
		}
	}
	// tailscaled itself must not go to a peer's LAN address through the tunnel.
	if out, err := h.command("ip", "route", "get", "10.143.0.7", "from", "10.0.0.11", "ipproto", "udp", "mark", "0x80000").CombinedOutput(); err == nil {
		t.Errorf("tailscaled would reach a peer's LAN address by\n%s", out)
	}
}

// TestSetupCarriesEveryOverlayPacket sends one packet of each of 256 identities into a
// vxlan device whose other end is in another region: the kernel looks the way of the
// outer packet up with the inner one's mark (drivers/net/vxlan/vxlan_core.c), and Cilium
// sets identity<<16 | 0x400 (cilium 1.17.4, bpf/bpf_overlay.c: cil_to_overlay).
func TestSetupCarriesEveryOverlayPacket(t *testing.T) {
	h := tailnet(t)
	h.sh(`ip link add overlay type vxlan id 1 local 10.0.0.11 remote 10.143.0.11 dstport 8472
		ip address add 192.168.77.1/24 dev overlay
		ip link set overlay up
		ip neighbour add 192.168.77.2 lladdr 02:00:00:00:00:02 dev overlay nud permanent
		nft add table ip marks
		nft 'add chain ip marks out { type filter hook output priority 0; }'
		nft 'add chain ip marks outer { type filter hook postrouting priority 0; }'
		nft add rule ip marks outer oifname tailscale0 udp dport 8472 meta length 80 counter
		nft add rule ip marks out oifname overlay ip daddr 192.168.77.2 meta mark set numgen inc mod 256 map ` + identities(256))
	must(t, h.command("bash", "-c", "for i in $(seq 256); do echo x >/dev/udp/192.168.77.2/9; done"))
	sent := h.sh("nft list chain ip marks outer")
	lost := strings.TrimSpace(h.sh("cat /sys/class/net/overlay/statistics/tx_carrier_errors"))
	if !strings.Contains(sent, " packets 256 ") || lost != "0" {
		t.Errorf("of 256 packets, %s had no way; to the tunnel went\n%s\n%s", lost, sent, h.sh("ip rule"))
	}
}

// identities is a map of nft from 0 to n-1 to the overlay's marks of as many identities.
func identities(n int) string {
	var elements []string
	for i := range n {
		elements = append(elements, fmt.Sprintf("%d : %#x", i, 0x12000400|i<<16))
	}
	return "'{ " + strings.Join(elements, ", ") + " }'"
}

// TestSetupLoosensStrictFiltering has what leaves strict filtering on where all/ says
// 0: a card's own 1, as some distributions set it before Cilium's agent writes 0 to all/.
func TestSetupLoosensStrictFiltering(t *testing.T) {
	h := newHost(t, "dash", "relay", []string{"HOST_IP=10.0.0.11", "FIREWALL=nft"}, "10.0.0.11/22")
	before := h.sh(`ip link add tailscale0 type veth peer name beyond
		ip address add 100.64.0.5/32 dev tailscale0
		for d in all lan0 tailscale0; do echo 1 >/proc/sys/net/ipv4/conf/$d/rp_filter; done
		grep . /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv4/conf/*/forwarding`)
	h.succeed("gateway-setup.sh", "apply")
	for _, spoil := range []string{
		"net/ipv4/conf/lan0/rp_filter 1", "net/ipv4/conf/tailscale0/rp_filter 1", "net/ipv4/conf/all/rp_filter 1",
		"net/ipv4/conf/lan0/forwarding 0", "net/ipv4/conf/tailscale0/forwarding 0",
	} {
		path, value, _ := strings.Cut(spoil, " ")
		h.sh("echo " + value + " >/proc/sys/" + path)
		if out, code := h.run("gateway-setup.sh", "check"); code != 1 || !strings.Contains(out, path) {
			t.Errorf("check with %s: exit %d\n%s", spoil, code, out)
		}
		h.succeed("gateway-setup.sh", "apply")
	}
	h.sh("echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter")
	h.succeed("gateway-setup.sh", "check")
	for _, d := range []string{"lan0", "tailscale0"} {
		if v := strings.TrimSpace(h.sh("cat /proc/sys/net/ipv4/conf/" + d + "/rp_filter")); v == "1" {
			t.Errorf("%s filters strictly while all/ is 0, as Cilium's agent leaves it", d)
		}
	}
	h.succeed("gateway-setup.sh", "remove")
	if after := h.sh("grep . /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv4/conf/*/forwarding"); after != before {
		t.Errorf("remove leaves\n%s\nand not\n%s", after, before)
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
