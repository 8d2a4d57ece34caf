//go:build netns

package program

import (
	"strings"
	"testing"
)

// gatewayDeletions are commands, each of which takes one line of gateway-setup.sh away.
func (h *host) gatewayDeletions(firewall string) []string {
	list := h.sh(`
		for f in 4 6; do
			ip -$f rule show | awk -v f=$f '$1 ~ /^5(180|181|185|19[5-9]|205):/ { p = $1; sub(":", "", p); $1 = ""; print "ip -" f " rule del priority " p $0 }'
			ip -$f route show table all proto 154 | awk -v f=$f '/^(unreachable|blackhole)/ { for (i = 1; i < NF; i++) if ($i == "table") print "ip -" f " route del " $1 " " $2 " table " $(i+1) }'
		done
		echo sysctl -w net.ipv4.ip_forward=0
		echo sysctl -w net.ipv4.conf.lan0.send_redirects=1
		echo sysctl -w net.ipv4.conf.all.rp_filter=1
		echo ethtool -K lan0 rx-udp-gro-forwarding off
		echo ethtool -K lan0 rx-gro-list on`)
	if firewall == "nft" {
		list += h.sh(`for c in mss forward input output; do # no chain is empty here
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
		{"busybox sh", "nft", "buried"},
	} {
		t.Run(c[0]+"/"+c[1]+"/"+c[2], func(t *testing.T) {
			gatewayHost(t, c[0], c[1], c[2]).lifecycle("gateway-setup.sh")
		})
	}
}

func gatewayHost(t *testing.T, shell, firewall, name string) *host {
	t.Helper()
	return newHost(t, shell, name, []string{"HOST_IP=10.0.0.11", "FIREWALL=" + firewall}, "10.0.0.11/22", "fd00:10::11/64")
}

func TestSetupCheckNamesEachLine(t *testing.T) {
	for firewall, shell := range map[string]string{"nft": "dash", "iptables": "busybox sh"} {
		t.Run(firewall, func(t *testing.T) {
			h := gatewayHost(t, shell, firewall, "dual")
			h.succeed("gateway-setup.sh", "apply")
			h.breakEach("gateway-setup.sh", h.gatewayDeletions(firewall))
		})
	}
}

// TestSetupBuriesNoTunnel: the plugin's routes lead to every pod's prefix, and to the
// address that it gives to a peer's host; tailscaled must not take them, and everybody
// else must.
func TestSetupBuriesNoTunnel(t *testing.T) {
	h := gatewayHost(t, "dash", "nft", "buried")
	h.succeed("gateway-setup.sh", "apply")
	h.breakEach("gateway-setup.sh", h.gatewayDeletions("nft"))
	h.sh(`ip link add cilium_host type veth peer name cilium_net
		ip address add 10.61.1.1/32 dev cilium_host
		ip link set cilium_net up
		ip link set cilium_host up
		ip route add 10.61.2.0/24 dev cilium_host
		ip route add 10.142.0.0/20 dev cilium_host`)
	for _, to := range []string{"10.142.1.1", "10.61.2.1"} {
		for _, what := range []string{"ipproto udp", "ipproto tcp mark 0x80000", "ipproto udp mark 0x12080400"} {
			if got := h.sh("ip route get " + to + " " + what); !strings.Contains(got, "dev cilium_host") {
				t.Errorf("%s to %s does not go into the overlay:\n%s", what, to, got)
			}
		}
		if out, err := h.command("ip", "route", "get", to, "ipproto", "udp", "mark", "0x80000").CombinedOutput(); err == nil {
			t.Errorf("tailscaled would reach a peer at %s in the overlay by\n%s", to, out)
		}
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
	h.lifecycle("gateway-setup.sh")
	h.succeed("gateway-setup.sh", "apply")
	first := h.sh("iptables-nft -S FORWARD 1")
	if first != "-A FORWARD -j KUSTOMIZE-HYBRID-FORWARD\n" {
		t.Errorf("FORWARD drops by policy, and the first rule is %q", first)
	}
	// kube-proxy puts its own jump first when it starts, and drops what conntrack
	// calls invalid: the next apply has to be first again.
	h.sh("iptables-nft -I FORWARD -m comment --comment kube-proxy -j RETURN")
	if out, code := h.run("gateway-setup.sh", "check"); code != 1 {
		t.Errorf("check with a foreign rule before ours: exit %d\n%s", code, out)
	}
	h.succeed("gateway-setup.sh", "apply")
	if first = h.sh("iptables-nft -S FORWARD 1"); first != "-A FORWARD -j KUSTOMIZE-HYBRID-FORWARD\n" {
		t.Errorf("after apply the first rule is %q", first)
	}
}

// TestSetupOffloadsOfARealCard has the tunnel leave by a card of its own, and both told by
// somebody before.
func TestSetupOffloadsOfARealCard(t *testing.T) {
	h := gatewayHost(t, "busybox sh", "nft", "single")
	h.ip("link add up0 type veth peer name up1")
	h.ip("link set up1 up")
	h.ip("link set up0 up")
	h.ip("route add default dev up0")
	h.sh("ethtool -K lan0 rx-gro-list on; ethtool -K up0 rx-gro-list on rx-udp-gro-forwarding on")
	offloads := func(want string) {
		t.Helper()
		got := h.sh(`for card in lan0 up0; do ethtool -k $card | awk -v card=$card '/^rx-(gro-list|udp-gro-forwarding):/ { print card, $1, $2 }'; done`)
		h.same("the last command", want, got)
	}
	const before = "lan0 rx-gro-list: on\nlan0 rx-udp-gro-forwarding: off\nup0 rx-gro-list: on\nup0 rx-udp-gro-forwarding: on\n"
	offloads(before)
	h.succeed("gateway-setup.sh", "apply")
	const applied = "lan0 rx-gro-list: off\nlan0 rx-udp-gro-forwarding: on\nup0 rx-gro-list: off\nup0 rx-udp-gro-forwarding: on\n"
	offloads(applied)
	h.sh("ethtool -K up0 rx-udp-gro-forwarding off")
	out, code := h.run("gateway-setup.sh", "check")
	if want := "missing: offload up0/rx-udp-gro-forwarding on\nextra: offload up0/rx-udp-gro-forwarding off\n"; code != 1 || out != want {
		t.Errorf("check: exit %d\n%swant:\n%s", code, out, want)
	}
	h.succeed("gateway-setup.sh", "apply")
	offloads(applied)
	h.succeed("gateway-setup.sh", "remove")
	offloads(before)
}

func TestSetupForgetsAnOlderTopology(t *testing.T) {
	h := gatewayHost(t, "dash", "nft", "dual")
	before := h.dump()
	h.succeed("gateway-setup.sh", "apply")
	h.tables("single")
	out, code := h.run("gateway-setup.sh", "check")
	if code != 1 || !strings.Contains(out, "extra: rule 6 5185: from all to fd00:10::/64 lookup main") {
		t.Errorf("check after the topology changed: exit %d\n%s", code, out)
	}
	h.succeed("gateway-setup.sh", "apply")
	if out := h.sh("ip -6 rule show"); strings.Contains(out, "5185:") {
		t.Errorf("rules of the older topology are still there:\n%s", out)
	}
	h.succeed("gateway-setup.sh", "remove")
	h.same("apply, apply of another topology and remove", before, h.dump())
}

func TestSetupRefusesAForeignAddress(t *testing.T) {
	h := gatewayHost(t, "dash", "nft", "dual")
	h.env = append(h.env, "HOST_IP=10.0.0.99")
	if out, code := h.run("gateway-setup.sh", "apply"); code != 1 || !strings.Contains(out, "10.0.0.99 is not an address of this host") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
