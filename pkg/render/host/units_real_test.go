//go:build hostforms

package host_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// story is what happens on a host with the units, told by a service of that host.
const story = `
until_ok() { # until_ok WHAT COMMAND
	for i in $(seq 150); do
		if eval "$2" >/dev/null 2>&1; then echo "$1"; return; fi
		sleep 0.1
	done
	echo "NOT $1"
}
routes() { ip route show proto 153; ip -6 route show proto 153; }
echo "the kubelet starts with $(cat /run/kubelet) routes"
until_ok 'a gateway that does not answer is taken out' '! routes | grep -q 10.0.0.11 && routes | grep -q 10.0.0.12'
ip route flush proto 153
until_ok 'routes that vanish come back' '[ "$(ip route show proto 153 | grep -c ^10)" = 2 ]'
systemctl reload kustomize-hybrid-routes.service && echo 'reload leaves the routes' "$(ip route show proto 153 | grep -c ^10)"
for unit in routes.service routes-watch.service routes-check.timer; do
	echo "$unit $(systemctl is-active kustomize-hybrid-$unit)"
done
systemctl stop kustomize-hybrid-routes.service
until_ok 'stopping takes the routes back' '[ -z "$(routes)" ]'
for unit in routes.service routes-watch.service routes-check.timer; do
	echo "$unit $(systemctl is-active kustomize-hybrid-$unit)"
done
sleep 4
until_ok 'and nobody brings them again' '[ -z "$(routes)" ]'
cat /proc/sys/net/ipv4/fib_multipath_hash_policy
echo end
`

const storyGoes = `the kubelet starts with 2 routes
a gateway that does not answer is taken out
routes that vanish come back
reload leaves the routes 2
routes.service active
routes-watch.service active
routes-check.timer active
stopping takes the routes back
routes.service inactive
routes-watch.service inactive
routes-check.timer inactive
and nobody brings them again
0
end
`

// boot makes a host of which the units of /run/systemd/system are all there is: two
// gateways on its LAN, the second of which answers health checks. The timer is faster.
const boot = `
cp -a %[1]s /run/tree
ip netns add gateway
ip link set lan1 netns gateway
ip netns exec gateway ip address add 10.0.0.12/22 dev lan1
ip netns exec gateway ip link set lan1 up
mkdir -p /run/www /run/systemd/system
echo well >/run/www/healthz
ip netns exec gateway busybox httpd -p 10.0.0.12:9002 -h /run/www
cd /run/systemd/system
for target in network-online sysinit basic shutdown timers; do printf '[Unit]\nDefaultDependencies=no\n' >$target.target; done
cp /run/tree/node/systemd/* .
sed -i 's#%[1]s#/run/tree#g; s/=30s/=3s/' kustomize-hybrid-*
cat >kubelet.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip route show proto 153 | grep -c ^10 >/run/kubelet'
E
cat >story.service <<'E'
[Unit]
After=kubelet.service
[Service]
ExecStart=/bin/sh /run/tree/story.sh
StandardOutput=file:%[1]s/story
StandardError=file:%[1]s/story.err
E
cat >test.target <<'E'
[Unit]
Wants=kustomize-hybrid-routes.service kubelet.service story.service
E
export container=test SYSTEMD_UNIT_PATH=/run/systemd/system
exec /lib/systemd/systemd --system --unit=test.target --log-target=console --log-level=info --show-status=no
`

// A booted systemd runs the units with all that their hardening forbids.
func TestSystemdRunsTheUnits(t *testing.T) {
	needPrograms(t, "/lib/systemd/systemd", "systemctl", "busybox", "curl")
	tree := formTree(t, schema.ModeStaticPod)
	unitsHere(t, tree)
	booted(t, tree, hostAddresses+boot, story, storyGoes)
}

// booted boots a host and compares what its story tells with how it goes.
func booted(t *testing.T, tree, boot, tells, goes string) {
	t.Helper()
	writeText(t, filepath.Join(tree, "story.sh"), tells)
	log, err := os.Create(filepath.Join(tree, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c := exec.Command("unshare", append(hostNamespaces(), "sh", "-c", hostPrelude+fmt.Sprintf(boot, tree))...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	defer c.Process.Kill()
	var told string
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline) && !strings.HasSuffix(told, "end\n"); time.Sleep(100 * time.Millisecond) {
		data, _ := os.ReadFile(filepath.Join(tree, "story"))
		told = string(data)
	}
	if diff := cmp.Diff(goes, told); diff != "" {
		problems, _ := os.ReadFile(filepath.Join(tree, "story.err"))
		t.Errorf("%s\n%s\n%s", diff, problems, readText(t, log.Name()))
	}
}

// addressStory is what happens on a rented host with the units that its user data brings:
// everything that stands there is written as cloud-init writes it.
const addressStory = `
until_ok() { # until_ok WHAT COMMAND
	for i in $(seq 150); do
		if eval "$2" >/dev/null 2>&1; then echo "$1"; return; fi
		sleep 0.1
	done
	echo "NOT $1"
}
made() { ip -o address show dev kh0 | grep -o 'inet6\? [^ ]*' | grep -v fe80 | tr '\n' ','; }
echo "the kubelet starts with $(cat /run/kubelet)"
ip link del kh0
until_ok 'a device that vanishes comes back' '[ "$(made)" = "inet 10.0.1.1/32,inet6 fd00:10::1:1/128," ]'
systemctl reload kustomize-hybrid-address.service && echo "reload leaves $(made)"
for unit in address.service address-check.timer; do
	echo "$unit $(systemctl is-active kustomize-hybrid-$unit)"
done
systemctl stop kustomize-hybrid-address.service
sleep 4
echo "stopping leaves $(made)"
echo end
`

const addressStoryGoes = `the kubelet starts with inet 10.0.1.1/32,inet6 fd00:10::1:1/128,
a device that vanishes comes back
reload leaves inet 10.0.1.1/32,inet6 fd00:10::1:1/128,
address.service active
address-check.timer active
stopping leaves inet 10.0.1.1/32,inet6 fd00:10::1:1/128,
end
`

// addressBoot boots with the files of the user data, below /run/host, and a kubelet that
// notes which addresses it finds.
const addressBoot = `
ip address add 203.0.113.7/24 dev eth0
cp -a %[1]s/host-files /run/host
mkdir -p /run/systemd/system
cd /run/systemd/system
for target in network-online sysinit basic shutdown timers multi-user; do printf '[Unit]\nDefaultDependencies=no\n' >$target.target; done
cp /run/host/etc/systemd/system/* .
sed -i 's#/etc/kustomize-hybrid/#/run/host/etc/kustomize-hybrid/#g; s/=30s/=3s/' kustomize-hybrid-*
cat >/run/kubelet.sh <<'E'
ip -o address show dev kh0 | grep -o 'inet6\? [^ ]*' | grep -v fe80 | tr '\n' ',' >/run/kubelet
E
cat >kubelet.service <<'E'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /run/kubelet.sh
E
cat >story.service <<'E'
[Unit]
After=kubelet.service
[Service]
ExecStart=/bin/sh %[1]s/story.sh
StandardOutput=file:%[1]s/story
StandardError=file:%[1]s/story.err
E
cat >test.target <<'E'
[Unit]
Wants=kustomize-hybrid-address.service kubelet.service story.service
E
export container=test SYSTEMD_UNIT_PATH=/run/systemd/system
exec /lib/systemd/systemd --system --unit=test.target --log-target=console --log-level=info --show-status=no
`

// A booted systemd gives a rented host its address before the kubelet, with no more than
// its user data.
func TestSystemdMakesTheAddress(t *testing.T) {
	needPrograms(t, "/lib/systemd/systemd", "systemctl")
	tree := rentedTree(t)
	userData, err := filepath.Glob(filepath.Join(tree, "gateway/*/cloud-init.yaml"))
	if err != nil || len(userData) != 3 {
		t.Fatal(userData, err)
	}
	var config struct {
		WriteFiles []struct{ Path, Permissions, Content string } `json:"write_files"`
	}
	if err := yaml.Unmarshal([]byte(readText(t, userData[0])), &config); err != nil || len(config.WriteFiles) < 9 {
		t.Fatal(len(config.WriteFiles), err)
	}
	for _, f := range config.WriteFiles {
		file := filepath.Join(tree, "host-files", f.Path)
		writeText(t, file, f.Content)
		mode, err := strconv.ParseUint(f.Permissions, 8, 32)
		if err == nil {
			err = os.Chmod(file, os.FileMode(mode))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	booted(t, tree, addressBoot, addressStory, addressStoryGoes)
}
