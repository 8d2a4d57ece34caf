package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// portSecurity is a data centre on OpenStack: a LAN whose ports let out, and in, only what
// has an address that they were told, behind one router.
func portSecurity() *shape {
	return &shape{
		name: "port-security",
		sites: func(_, dc *site) {
			dc.nat = "masquerade"
			onOpenStack(dc)
			dc.network = schema.Network{OpenStack: schema.OpenStackNetwork{Router: "k8s", SecurityGroup: "nodes", NodePorts: []string{"dc-3-port"}}}
			dc.cni.PodRoutes = schema.PodRoutesNodes
		},
		network:   func(w *world) error { return w.routePods() },
		installed: openStackNetwork,
		more:      shapeChecks.guarded,
	}
}

// openStack is a stand-in for the command line: it remembers what it is told, a line each,
// and tells it again. The rendered program makes all of it.
const openStack = `#!/bin/sh
state=${0%/*}
list() { sed 's/.*/"&"/' "$1" 2>/dev/null | paste -sd , -; }
case "$1 $2 $3" in
"router show "*)
	printf '{"routes": [%s], "tags": [%s]}\n' "$(awk '{ printf "%s{\"destination\": \"%s\", \"nexthop\": \"%s\"}", s, $1, $2; s = ", " }' "$state/routes" 2>/dev/null)" "$(list "$state/tags-$3")" ;;
"port show "*)
	printf '{"allowed_address_pairs": [%s], "mac_address": "02:00:00:00:00:01", "port_security_enabled": true, "tags": [%s]}\n' \
		"$(awk '{ printf "%s{\"ip_address\": \"%s\", \"mac_address\": \"02:00:00:00:00:01\"}", s, $1; s = ", " }' "$state/pairs-$3" 2>/dev/null)" "$(list "$state/tags-$3")" ;;
"security group show") printf '{"rules": [%s]}\n' "$(paste -sd , "$state/rules" 2>/dev/null)" ;;
"security group rule")
	protocol=any port=null
	while [ $# -gt 0 ]; do
		case $1 in
		--ingress | --egress) direction=${1#--} ;;
		--ethertype) family=$2 ;;
		--protocol) protocol=$2 ;;
		--dst-port) port=$2 ;;
		--remote-ip) peer=$2 ;;
		--description) owner=$2 ;;
		esac
		shift
	done
	case $protocol in any) protocol=null ;; *) protocol="\"$protocol\"" ;; esac
	echo "{\"id\": \"$$\", \"direction\": \"$direction\", \"ethertype\": \"$family\", \"protocol\": $protocol, \"port_range_min\": $port, \"port_range_max\": $port, \"remote_ip_prefix\": \"$peer\", \"description\": \"$owner\"}" >>"$state/rules" ;;
"router set "* | "port set "*)
	case $4 in
	--tag) echo "$5" >>"$state/tags-$3" ;;
	--allowed-address) echo "${5#ip-address=}" >>"$state/pairs-$3" ;;
	esac ;;
"router add route") echo "${6#destination=}" | sed 's/,gateway=/ /' >>"$state/routes" ;;
*)
	echo "openstack: $*: not known here" >&2
	exit 1 ;;
esac
`

// openStackNetwork has the rendered program set up the network, and puts what it asked for
// into force.
func openStackNetwork(c *checks) error {
	dir := filepath.Join(c.dir, "fabric-dc")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "openstack"), []byte(openStack), 0o755); err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(c.dir, "tree/cloud/openstack.sh"), "apply", filepath.Join(c.dir, "tree/regions/dc/cloud/tables"))
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("openstack.sh apply: %w: %s", err, out)
	}
	routes, err := os.ReadFile(filepath.Join(dir, "routes"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(routes)) {
		f := strings.Fields(line)
		if err := batch(c.ns("dc"), "route add "+f[0]+" via "+f[1]); err != nil {
			return err
		}
	}
	return c.guard(true)
}

// guard puts the guards of the data centre's ports into force, with the addresses that
// they were told beside their own, or without.
func (c *checks) guard(told bool) error {
	var rules strings.Builder
	for _, h := range c.hosts {
		if h.site.name != "dc" {
			continue
		}
		allowed := []string{h.lan(4)}
		if h.number == 3 {
			allowed = append(allowed, apiServer) // a second address of its own, which whoever gave it told the port
		}
		if told {
			pairs, err := os.ReadFile(filepath.Join(c.dir, "fabric-dc", "pairs-"+h.name()+"-port"))
			if err != nil {
				return err
			}
			allowed = append(allowed, strings.Fields(string(pairs))...)
		}
		set := "{ " + strings.Join(allowed, ", ") + " }"
		fmt.Fprintf(&rules, "iifname %s ip saddr != %s counter name forged drop\n", h.port(), set)
		fmt.Fprintf(&rules, "oifname %s ip daddr != %s counter name strange drop\n", h.port(), set)
	}
	table := fmt.Sprintf(`table bridge guard
		delete table bridge guard
		table bridge guard {
			counter forged { }
			counter strange { }
			chain out { type filter hook forward priority 0; policy accept;
				%[1]s
			}
			chain router { type filter hook input priority 0; policy accept;
				%[1]s
			}
			chain hosts { type filter hook output priority 0; policy accept;
				%[1]s
			}
		}`, rules.String())
	_, err := run("ip", "netns", "exec", c.ns("dc"), "nft", table)
	return err
}

// guarded: nothing that the network was not told of gets through, and what it was told is
// what everything needs.
func (c shapeChecks) guarded() {
	pairs := func() [][2]*host { return c.pairs(func(a, b *host) bool { return a.site.name != b.site.name }) }
	lost := func() (n int) {
		for _, e := range everyEnds() {
			n += len(unreached(pairs(), e))
		}
		return n
	}
	c.check("without the allowed addresses", func() (bool, string) {
		if err := c.guard(false); err != nil {
			return false, err.Error()
		}
		without := lost()
		if err := c.guard(true); err != nil {
			return false, err.Error()
		}
		after := -1
		c.await(20*time.Second, "packets", func() bool { after = lost(); return after == 0 })
		return without > 0 && after == 0, fmt.Sprintf("%d ways of %d are lost, and %d with them", without, 4*len(pairs()), after)
	})
	c.check("a forged address stays out", func() (bool, string) {
		// No host is told a pod's address of the other region but the gateways.
		h := c.host("dc-3")
		forged := c.host("cloud-3").pod(4)
		if err := batch(h.ns, "address add "+forged+"/32 dev lo"); err != nil {
			return false, err.Error()
		}
		defer batch(h.ns, "address del "+forged+"/32 dev lo")
		before := c.dropped()
		run("ip", "netns", "exec", h.ns, "busybox", "ping", "-c", "2", "-W", "1", "-I", forged, c.host("dc-1").lan(4))
		return c.dropped() > before, fmt.Sprintf("%d packets dropped at the port", c.dropped()-before)
	})
}

// dropped counts what the guards have kept from leaving.
func (c *checks) dropped() (n int) {
	out, _ := run("ip", "netns", "exec", c.ns("dc"), "nft", "list", "counter", "bridge", "guard", "forged")
	words := strings.Fields(out)
	if i := slices.Index(words, "packets"); i >= 0 {
		fmt.Sscan(words[i+1], &n)
	}
	return n
}
