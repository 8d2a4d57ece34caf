//go:build hostforms

package host_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// namespaceHost runs a shell program as a host of its own would: with its own network,
// processes, mounts and /run, and a LAN card eth0 that has the addresses of a node.
func namespaceHost(t *testing.T, limit time.Duration, program string) string {
	t.Helper()
	needPrograms(t, "unshare", "ip", "mount", "timeout")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, "unshare", append(hostNamespaces(), "sh", "-c", hostPrelude+program)...)
	log := filepath.Join(t.TempDir(), "log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	// A file and no pipe: whoever is left behind must not keep the test waiting.
	c.Stdout, c.Stderr = out, out
	err = c.Run()
	text := readText(t, log)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return text
}

// hostNamespaces are unshare's flags: when it is killed, all of the host goes.
func hostNamespaces() []string {
	return []string{"--kill-child=KILL", "--fork", "--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup"}
}

const hostPrelude = `set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
ip link set lo up
ip link add eth0 type veth peer name lan1
ip link set lan1 up
ip link set eth0 up
`

const hostAddresses = `ip address add 10.0.0.21/22 dev eth0
ip address add fd00:10::21/64 dev eth0 nodad
`

// networkd itself keeps our routes, all gateways of each, and node-routes.sh gets on with
// them: what it sets is preferred.
func TestNetworkdKeepsOurRoutes(t *testing.T) {
	needPrograms(t, "/lib/systemd/systemd-networkd")
	tree := formTree(t, schema.ModeStaticPod)
	out := namespaceHost(t, time.Minute, fmt.Sprintf(`
# Without udev nobody tells networkd that a card is ready; where /sys cannot be written
# it does not wait for that.
mount -t sysfs -o ro sysfs /sys
mkdir -p /run/systemd/network/10-lan.network.d /run/systemd/networkd.conf.d
cat >/run/systemd/network/10-lan.network <<E
[Match]
Name=eth0
[Network]
Address=10.0.0.21/22
Address=fd00:10::21/64
IPv6AcceptRA=no
E
cp %[1]s/node/networkd/network.conf /run/systemd/network/10-lan.network.d/kustomize-hybrid.conf
cp %[1]s/node/networkd/networkd.conf /run/systemd/networkd.conf.d/kustomize-hybrid.conf
chmod -R a+rX /run/systemd
/lib/systemd/systemd-networkd &
networkd=$!
for i in $(seq 50); do
	[ "$(ip route show metric 4096 | grep -c '^10')$(ip -6 route show metric 4096 | grep -c '^fd')" = 22 ] && break
	sleep 0.2
done
echo "== networkd"
ip route show metric 4096; ip -6 route show metric 4096
sysctl -q -p %[1]s/node/sysctl.conf
STATE_DIR=/run/kh %[1]s/host/node-routes.sh apply
STATE_DIR=/run/kh %[1]s/host/node-routes.sh check
echo "== both"
ip route show 10.143.0.0/24; ip route get 10.143.0.9
kill $networkd
`, tree))
	for _, line := range strings.Split(out, "\n") {
		if strings.Contains(line, "Unknown") || strings.Contains(line, "ignoring") && strings.Contains(line, "kustomize-hybrid") {
			t.Errorf("networkd: %s", line)
		}
	}
	_, got, _ := strings.Cut(out, "== networkd")
	got, both, _ := strings.Cut(got, "== both\n")
	for _, prefix := range []string{"10.142.0.0/20", "10.143.0.0/24", "fd00:142::/56", "fd00:143::/64"} {
		_, route, found := strings.Cut(got, "\n"+prefix+" proto static ")
		if !found || !strings.HasPrefix(route, "mtu 1280") || strings.Count(route[:min(len(route), 180)], "nexthop via") < 2 {
			t.Errorf("networkd has no such route to %s:\n%s", prefix, out)
		}
	}
	if !strings.Contains(both, "10.143.0.0/24 proto 153 mtu 1280") || !strings.Contains(both, "10.143.0.0/24 proto static metric 4096") {
		t.Errorf("the two do not stand beside each other:\n%s", out)
	}
}

// The container of the DaemonSet: no right but NET_ADMIN, its own /proc/sys read-only,
// the host's network settings where they are mounted.
func TestRoutesWithTheContainersRights(t *testing.T) {
	needPrograms(t, "setpriv", "busybox")
	p := newPlan(sample.WithForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet))
	f := host.NewFleet(p)
	dir := installed(t, f, f.Node(&p.Regions[0]).Tables)
	const hostDir = "/host"
	if err := os.MkdirAll(hostDir+"/proc/sys/net", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, d := range []string{"/proc/sys/net", "/proc/sys", "/proc", ""} {
			os.Remove(hostDir + d) // what was there before is not empty, and stays
		}
	})
	out := namespaceHost(t, time.Minute, hostAddresses+fmt.Sprintf(`
mount --bind /proc/sys/net /host/proc/sys/net
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mkdir /run/kustomize-hybrid
container() { setpriv --bounding-set -all,+net_admin --inh-caps -all --no-new-privs env PROC_SYS=/host/proc/sys busybox sh %[1]s/node-routes.sh "$1"; }
container apply
container apply
container check && echo "== well"
cat /proc/sys/net/ipv4/fib_multipath_hash_policy
! echo 0 2>/dev/null >/proc/sys/net/ipv4/fib_multipath_hash_policy && echo "== read-only"
container remove
ip route show proto 153 | grep . || echo "== removed"
cat /proc/sys/net/ipv4/fib_multipath_hash_policy
`, dir))
	if want := "== well\n1\n== read-only\n== removed\n0\n"; out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

// NetworkManager's events as it passes them on.
func TestDispatcherActsOnEvents(t *testing.T) {
	needPrograms(t, "dash", "busybox")
	tree := formTree(t, schema.ModeStaticPod)
	out := namespaceHost(t, time.Minute, hostAddresses+fmt.Sprintf(`
export ROUTES=%[1]s/host/node-routes.sh STATE_DIR=/run/kh
for shell in dash "busybox sh"; do
	for event in pre-up down connectivity-change hostname; do
		$shell %[1]s/node/networkmanager/50-kustomize-hybrid.sh eth0 $event
	done
	ip route show proto 153 | wc -l
	$shell %[1]s/node/networkmanager/50-kustomize-hybrid.sh eth0 up
	$ROUTES check && echo "== up"
	$ROUTES remove
done
`, tree))
	if want := "0\n== up\n0\n== up\n"; out != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}
