package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// fabric is what stands between the hosts of a site.
type fabric string

const (
	// switched: one LAN, where a neighbour is a next hop.
	switched fabric = "switched"
	// routed is a network as Google Cloud has them: a host has its address alone (/32) and
	// sends everything to the router, which knows the hosts' addresses and a route table,
	// drops what comes from an address that is not the sender's, and gives gateways a public
	// address each, one to one.
	routed fabric = "routed"
	// apart is none: each host has one public address, and makes its internalIP itself.
	apart fabric = "apart"
)

// addRouter is the router of a site, before its hosts are there.
func (w *world) addRouter(s site) error {
	ns, err := w.addNS(s.name)
	if err != nil {
		return err
	}
	if err := w.plug(ns, "inet0", "inet", 200); err != nil {
		return err
	}
	if err := batch(ns, "link set inet0 up", "address add "+internet4+"200/24 dev inet0"); err != nil {
		return err
	}
	if _, err := run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv4.ip_forward=1",
		"net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"); err != nil {
		return err
	}
	_, err = run("ip", "netns", "exec", ns, "nft", leakTable(s)+`
	table ip fabric {
		counter spoofed { }
		chain check { type filter hook prerouting priority -300; policy accept; }
		chain in { type nat hook prerouting priority -100; policy accept; }
		chain out { type nat hook postrouting priority 100; policy accept; }
	}`)
	return err
}

// plugRouted gives a host its cable to the router.
func (w *world) plugRouted(h *host, number int) error {
	router, port, address := w.ns(h.site.name), fmt.Sprintf("p%d", number), h.lan(4)
	if err := batch("", fmt.Sprintf("link add lan0 netns %s type veth peer name %s netns %s", h.ns, port, router)); err != nil {
		return err
	}
	public := fmt.Sprintf("%s%d", internet4, number)
	if err := batch(router, "link set "+port+" up", "address add "+h.site.lan4+"1/32 dev "+port,
		"route add "+address+"/32 dev "+port); err != nil {
		return err
	}
	// A gateway may forward: --can-ip-forward, the source/destination check off.
	if !h.gateway() {
		sources := append([]string{address}, h.site.aliases(h.machine)...)
		if err := w.nft(router, fmt.Sprintf("add rule ip fabric check iifname %s ip saddr != { %s } counter name spoofed drop", port, strings.Join(sources, ", "))); err != nil {
			return err
		}
		return nil
	}
	if err := batch(router, "address add "+public+"/32 dev inet0"); err != nil {
		return err
	}
	return w.nft(router, "add rule ip fabric in iifname inet0 ip daddr "+public+" dnat to "+address,
		"add rule ip fabric out oifname inet0 ip saddr "+address+" snat to "+public)
}

// addNAT is a site whose one router has the site's only public address.
func (w *world) addNAT(s site) error {
	ns, err := w.addNS(s.name)
	if err != nil {
		return err
	}
	number := 201
	if s.name == "cloud" {
		number = 202
	}
	if err := w.plug(ns, "inet0", "inet", number); err != nil {
		return err
	}
	if err := batch(ns, "link add br0 type bridge", "link set br0 up", "address add "+s.lan4+"1/"+bits(s.node4)+" dev br0",
		"link set inet0 up", fmt.Sprintf("address add %s%d/24 dev inet0", internet4, number)); err != nil {
		return err
	}
	if _, err := run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv4.ip_forward=1",
		"net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0"); err != nil {
		return err
	}
	_, err = run("ip", "netns", "exec", ns, "nft", leakTable(s)+`
	table ip site {
		chain through { type filter hook forward priority 10; policy accept;
			oifname != "inet0" accept
			`+s.firewall+`
		}
		chain out { type nat hook postrouting priority 100; policy accept;
			oifname "inet0" `+s.nat+`
		}
	}`)
	return err
}

// leakTable has the counters that leaked reads: what leaves for the internet and is
// private. A host's own address is translated after this.
func leakTable(s site) string {
	return `table inet leak {
		counter from4 { }
		counter to4 { }
		chain through { type filter hook forward priority 0; policy accept;
			oifname != "inet0" accept
			ip daddr { 10.0.0.0/8, 100.64.0.0/10 } counter name to4 drop
			ip saddr != ` + s.node4 + ` counter name from4 drop
		}
	}`
}

// aliases are what the fabric takes from a host beside its own address.
func (s site) aliases(m machine) []string {
	if s.alias {
		return []string{m.podNet(4)}
	}
	return nil
}

// routedHost is what the provider's DHCP gives a host.
func routedHost(h *host) []string {
	router := h.site.lan4 + "1"
	return []string{
		"link set lan0 up", "address add " + h.lan(4) + "/32 dev lan0",
		"route add " + router + "/32 dev lan0", "route add default via " + router,
	}
}

func (w *world) nft(ns string, lines ...string) error {
	for _, l := range lines {
		if _, err := run("ip", "netns", "exec", ns, "nft", l); err != nil {
			return err
		}
	}
	return nil
}

// inFabric runs a rendered program of a provider's network with a stand-in for its
// command line that puts the routes into the router's own table.
func (c *checks) inFabric(s site, program, cli string) error {
	dir := filepath.Join(c.dir, "fabric-"+s.name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, cli), []byte(c.gcloud(s)), 0o755); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(c.dir, "tree/cloud", program), "apply", filepath.Join(c.dir, "tree/regions", s.name, "cloud/tables"))
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s apply: %w: %s", program, err, out)
	}
	return nil
}

// gcloud is a project without routes whose instances are the site's gateways: a route
// becomes one of the router's, its priority the metric.
func (c *checks) gcloud(s site) string {
	var hops, instances strings.Builder
	for _, h := range c.hosts {
		if h.site.name == s.name && h.gateway() {
			fmt.Fprintf(&hops, "%s) via=%s dev=%s ;;\n", h.name(), h.lan(4), h.port())
			fmt.Fprintf(&instances, "printf '%s\\tzone-%d\\tTrue\\n'\n", h.name(), h.number)
		}
	}
	return `#!/bin/sh
state=${0%/*}
case "$*" in
*" instances list "*) ` + instances.String() + `exit ;;
*" routes list "*) cat "$state/routes" 2>/dev/null; exit 0 ;;
*" firewall-rules list "*) cat "$state/rules" 2>/dev/null; exit 0 ;;
esac
while [ $# -gt 0 ]; do
	case $1 in
	create) name=$2 kind=$old ;;
	--destination-range) to=$2 ;;
	--next-hop-instance) hop=$2; case $2 in ` + hops.String() + ` esac ;;
	--next-hop-instance-zone) zone=$2 ;;
	--priority) metric=$2 ;;
	--direction) direction=$2 ;;
	--allow) allow=$2 ;;
	--source-ranges) sources=$2 ;;
	--destination-ranges) destinations=$2 ;;
	esac
	old=$1
	shift
done
case $kind in
routes)
	printf '%s\t%s\t%s/instances/%s\t%s\n' "$name" "$to" "$zone" "$hop" "$metric" >>"$state/routes"
	exec ip -n ` + c.ns(s.name) + ` route add "$to" via "$via" dev "$dev" onlink metric "$metric" ;;
firewall-rules)
	printf '%s\t%s\t%s\t%s\t%s\tFalse\n' "$name" "$direction" "$allow" "$sources" "$destinations" >>"$state/rules" ;;
esac
`
}

// overlays has every host carry its pods' packets to all other hosts in VXLAN, as Cilium
// does: one device for all peers, the way chosen for each packet, and on the packet the
// mark with the sender's identity, whose low byte goes through all values (cilium
// 1.18.2, bpf/bpf_overlay.c: cil_to_overlay).
func (w *world) overlays() error {
	for _, h := range w.hosts {
		lines := []string{
			"link add cilium_vxlan address " + h.mac() + " mtu " + fmt.Sprint(overlayMTU) + " type vxlan external dstport 8472 nolearning",
			"link set cilium_vxlan arp off up",
		}
		for _, o := range w.hosts {
			if o != h {
				lines = append(lines,
					fmt.Sprintf("neighbour add %s lladdr %s dev cilium_vxlan nud permanent", o.podRouter(4), o.mac()),
					fmt.Sprintf("route add %s encap ip id 2 src %s dst %s via %s dev cilium_vxlan onlink src %s", o.podNet(4), h.lan(4), o.lan(4), o.podRouter(4), h.podRouter(4)))
			}
		}
		if err := batch(h.ns, lines...); err != nil {
			return err
		}
		if err := batch(h.podNS, fmt.Sprintf("link set eth0 mtu %d", overlayMTU)); err != nil {
			return err
		}
		if _, err := run("ip", "netns", "exec", h.ns, "nft", `table ip cilium {
			chain identity { type filter hook postrouting priority -310;
				oifname cilium_vxlan meta mark set numgen inc mod 256 map `+identities()+`
			}
		}`); err != nil {
			return err
		}
	}
	return nil
}

// mac is that of the host's end of the overlay.
func (h *host) mac() string {
	return fmt.Sprintf("02:00:00:00:%02x:%02x", len(h.site.name), h.number)
}

// overlayMTU is what fits into tailscale0 with VXLAN's 50 bytes.
const overlayMTU = 1230

func identities() string {
	var elements []string
	for i := range 256 {
		elements = append(elements, fmt.Sprintf("%d : %#x", i, 0x12000400|i<<16))
	}
	return "{ " + strings.Join(elements, ", ") + " }"
}

// masquerade has each host do what the rendered values tell Cilium: pods' packets leave
// its cards with the node's address but to these prefixes. tailscale0 is none of the
// devices that Cilium's programs are on (cilium 1.18.2, bpf/lib/nat.h:
// snat_v4_needs_masquerade).
func (c *checks) masquerade() error {
	data, err := os.ReadFile(filepath.Join(c.dir, "tree/cni/cilium-values.yaml"))
	if err != nil {
		return err
	}
	keep := regexp.MustCompile(`- "([0-9./]+)"`).FindAllStringSubmatch(string(data), -1)
	if len(keep) == 0 {
		return errors.New("cni/cilium-values.yaml has no nonMasqueradeCIDRs")
	}
	var list []string
	for _, k := range keep {
		list = append(list, k[1])
	}
	for _, h := range c.hosts {
		if err := c.nft(h.ns, "add table ip masq", "add chain ip masq out { type nat hook postrouting priority 100; }",
			"add rule ip masq out ip saddr "+h.podNet(4)+" ip daddr != { "+strings.Join(list, ", ")+" } oifname { lan0, pub0 } snat to "+h.lan(4)); err != nil {
			return err
		}
	}
	return nil
}
