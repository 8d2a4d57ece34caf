//go:build netns

package program

import (
	"strings"
	"testing"
)

// rentedHost is one with a public address and nothing else.
func rentedHost(t *testing.T, shell string) *host {
	t.Helper()
	h := newHost(t, shell, "apart", []string{"HOST_IP=10.0.0.11", "FIREWALL=nft"}, "203.0.113.7/24")
	h.ip("route add default via 203.0.113.1")
	return h
}

// links is what host-address.sh can change, beside what dump knows: a device is another one
// when it is made anew, so its number and what follows from its random card address are
// left out.
func (h *host) links() string {
	return h.sh(`{
		ip -o address show
		ip -o link show | sed 's/@if[0-9]*//; s/link.ether [^ ]*//'
		ip route show table all
		ip -6 route show table all
	} | sed 's/^[0-9]*: //' | grep -v 'fe80:\|dev kh0 .*ff00::/8\|ff00::/8 dev kh0'`)
}

func TestAddressOnAKernel(t *testing.T) {
	for _, shell := range []string{"dash", "busybox sh"} {
		t.Run(shell, func(t *testing.T) {
			h := rentedHost(t, shell)
			before := h.links()
			printed, code := h.run("host-address.sh", "print")
			if code != 0 || !strings.Contains(printed, "ip address add 10.0.0.11/32 dev kh0\n") || !strings.Contains(printed, "ip address add fd00:10::11/128 dev kh0 nodad\n") {
				t.Errorf("print: exit %d\n%s", code, printed)
			}
			h.same("print", before, h.links())
			if out, code := h.run("host-address.sh", "check"); code != 1 || !strings.Contains(out, "missing: address 10.0.0.11/32\n") {
				t.Errorf("check before apply: exit %d\n%s", code, out)
			}
			h.succeed("host-address.sh", "apply")
			applied := h.links()
			h.succeed("host-address.sh", "apply")
			h.same("a second apply", applied, h.links())
			h.succeed("host-address.sh", "check")
			if out, _ := h.run("host-address.sh", "print"); out != "" {
				t.Errorf("print has something to do after apply:\n%s", out)
			}
			for _, a := range []string{"10.0.0.11", "fd00:10::11"} {
				if out := h.sh("ip route get " + a); !strings.HasPrefix(out, "local "+a+" ") || !strings.Contains(out, " dev lo ") {
					t.Errorf("%s is not this host's: %s", a, out)
				}
			}
			h.succeed("host-address.sh", "remove")
			h.same("apply and remove", before, h.links())
		})
	}
}

func TestAddressIsMended(t *testing.T) {
	h := rentedHost(t, "dash")
	h.succeed("host-address.sh", "apply")
	whole := h.links()
	for broken, named := range map[string]string{
		"ip link set kh0 down":                        "missing: device 1280\n",
		"ip link set kh0 mtu 1400":                    "missing: device 1280\n",
		"ip link del kh0":                             "missing: device 1280\n",
		"ip address del 10.0.0.11/32 dev kh0":         "missing: address 10.0.0.11/32\n",
		"ip address del fd00:10::11/128 dev kh0":      "missing: address fd00:10::11/128\n",
		"ip address add 10.0.0.99/24 dev kh0":         "extra: address 10.0.0.99/24\n",
		"ip address add fd00:10::99/128 dev kh0":      "extra: address fd00:10::99/128\n",
		"ip address flush dev kh0 && ip link del kh0": "missing: address 10.0.0.11/32\n",
	} {
		h.sh(broken)
		if out, code := h.run("host-address.sh", "check"); code != 1 || !strings.Contains(out, named) {
			t.Errorf("check after %q: exit %d\n%swant %s", broken, code, out, named)
		}
		h.succeed("host-address.sh", "apply")
		h.same("breaking by "+broken+" and mending", whole, h.links())
	}
}

func TestAddressLeavesOthersAlone(t *testing.T) {
	h := rentedHost(t, "busybox sh")
	h.ip("address add 10.0.0.11/22 dev lan0")
	h.ip("address add fd00:10::11/64 dev lan0 nodad")
	before := h.links()
	if out, code := h.run("host-address.sh", "apply"); code != 0 || !strings.Contains(out, "10.0.0.11/32 is on another device of this host already") {
		t.Errorf("apply where a network gives the addresses: exit %d\n%s", code, out)
	}
	h.same("apply where a network gives the addresses", before, h.links())
	h.succeed("host-address.sh", "check")
	h.ip("address del 10.0.0.11/22 dev lan0")
	h.ip("address del fd00:10::11/64 dev lan0")
	h.ip("link add kh0 type bridge")
	before = h.links()
	for _, verb := range []string{"apply", "check", "print"} {
		if out, code := h.run("host-address.sh", verb); code != 1 || !strings.Contains(out, "there is a device kh0 that this program has not made") {
			t.Errorf("%s beside somebody else's kh0: exit %d\n%s", verb, code, out)
		}
	}
	h.succeed("host-address.sh", "remove")
	h.same("remove beside somebody else's kh0", before, h.links())
}

// A host whose address a network gives has nothing to make.
func TestAddressOfAGivenHost(t *testing.T) {
	h := gatewayHost(t, "dash", "nft", "dual")
	if out, code := h.run("host-address.sh", "apply"); code != 1 || !strings.Contains(out, "names no address to make") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// Hosts that are apart find each other in the tunnel: what is another host's, of the same
// region or not, and whoever asks, goes to tailscale0 with the made address or the pod's
// own; this host's pods stay where they are, and what is nobody's takes the uplink.
func TestApartHostSendsByTheTunnel(t *testing.T) {
	h := watchedApart(t)
	h.eventually("ip route show table 5253 10.0.0.12", "10.0.0.12 dev tailscale0 proto 154 scope link src 10.0.0.11")
	h.eventually("ip -6 route show table 5256 fd00:61:0:2::/64", "fd00:61:0:2::/64 dev tailscale0 proto 154 src fd00:10::11 metric 1024 pref medium")
	for query, want := range map[string]string{
		"10.0.0.12":                               "10.0.0.12 dev tailscale0 table 5253 src 10.0.0.11 uid 0 cache",
		"10.61.2.5":                               "10.61.2.5 dev tailscale0 table 5253 src 10.0.0.11 uid 0 cache",
		"10.143.0.21":                             "10.143.0.21 dev tailscale0 table 5253 src 10.0.0.11 uid 0 cache",
		"10.0.0.12 from 10.61.1.7 iif cni0":       "10.0.0.12 from 10.61.1.7 dev tailscale0 table 5254 cache iif cni0",
		"10.61.2.5 from 10.61.1.7 iif cni0":       "10.61.2.5 from 10.61.1.7 dev tailscale0 table 5254 cache iif cni0",
		"10.61.1.7":                               "10.61.1.7 dev cni0 src 10.61.1.1 uid 0 cache",
		"10.61.1.7 from 10.61.2.5 iif tailscale0": "10.61.1.7 from 10.61.2.5 dev cni0 cache iif tailscale0",
		"10.0.0.11 from 10.0.0.12 iif tailscale0": "local 10.0.0.11 from 10.0.0.12 dev lo table local cache <local> iif tailscale0",
		"198.51.100.9":                            "198.51.100.9 via 203.0.113.1 dev lan0 src 203.0.113.7 uid 0 cache",
	} {
		h.eventually("ip route get "+query, want)
	}
	h.eventually("ip -6 route get fd00:10::12", "fd00:10::12 from :: dev tailscale0 table 5255 proto 154 src fd00:10::11 metric 1024 pref medium")
	// Without its tunnel it has no way to them, and no other: the provider's router must
	// not see them.
	h.ip("link del tailscale0")
	h.eventually("ip route get 10.0.0.12 2>&1", "RTNETLINK answers: No route to host")
	h.eventually("ip route get 10.61.2.5 from 10.61.1.7 iif cni0 2>&1", "RTNETLINK answers: No route to host")
	h.eventually("ip route get 10.61.1.7", "10.61.1.7 dev cni0 src 10.61.1.1 uid 0 cache")
}

// watchedApart is a rented host with its made address, a bridge of pods and the watch.
func watchedApart(t *testing.T) *host {
	t.Helper()
	prepare := func(h *host) {
		h.ip("address flush dev lan0")
		h.ip("address add 203.0.113.7/24 dev lan0")
		h.ip("route add default via 203.0.113.1")
		h.succeed("host-address.sh", "apply")
		h.ip("link add cni0 type bridge")
		h.ip("address add 10.61.1.1/24 dev cni0")
		h.ip("link set cni0 up")
	}
	return watchedAfter(t, "apart", peers(
		`"TailscaleIPs": ["100.64.0.1"], "AllowedIPs": ["100.64.0.1/32", "10.0.0.11/32", "10.61.1.0/24", "fd00:10::11/128", "fd00:61:0:1::/64"], "PrimaryRoutes": ["10.0.0.11/32", "10.61.1.0/24", "fd00:10::11/128", "fd00:61:0:1::/64"]`,
		`"HostName": "cloud-2", "Online": true, "TailscaleIPs": ["100.64.0.2"], "PrimaryRoutes": ["10.0.0.12/32", "10.61.2.0/24"]`,
	), prepare)
}
