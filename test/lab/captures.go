package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// captures writes what capture.sh of the rendered tree says of a lab that is well, and of one
// with one thing broken in turn, into an archive: LAB/healthy/ is a whole capture of the healthy
// lab, and LAB/BROKEN/ has the files of a broken one that differ from it. What differs from run to
// run, and decides nothing, is made alike, so that the same lab gives the same bytes.
type captures struct {
	*checks
	lab     string // iptables or nftables
	archive *archive
	healthy map[string][]byte
}

// breakage is one thing that is not as rendered. do returns what undoes it.
type breakage struct {
	name string
	// frozen are hosts whose watch stands still meanwhile, or it would mend.
	frozen []string
	do     func(c *captures) (undo func() error, err error)
	// wait is how long it takes until everybody knows.
	wait time.Duration
}

// captured are the hosts that capture.sh runs on.
func captured() []string { return []string{"cloud-1", "cloud-2", "cloud-3", "dc-1"} }

// capturePasses are the labs that captures are made in, and what the healthy one is called.
func capturePasses() map[string]pass {
	return map[string]pass{
		"iptables": {"1.84.3", schema.NetfilterOff, schema.FirewallIPTables, relayed, false, nil, nil},
		"nftables": {"1.84.3", schema.NetfilterOff, schema.FirewallNFTables, relayed, false, nil, nil},
	}
}

func (c *checks) captures(file string) error {
	w := &captures{checks: c, lab: "iptables"}
	all := iptablesBreakages()
	if c.pass.firewall == schema.FirewallNFTables {
		w.lab, all = "nftables", nftablesBreakages()
	}
	var err error
	if w.archive, err = openArchive(file); err != nil {
		return err
	}
	c.settle()
	if w.healthy, err = w.capture(); err != nil {
		return err
	}
	w.save("healthy", w.healthy, nil)
	if err := w.topology(); err != nil {
		return err
	}
	for _, b := range all {
		if !c.only.MatchString(b.name) {
			continue
		}
		if err := w.one(b); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		fmt.Printf("captured %s/%s\n", w.lab, b.name)
	}
	return w.archive.write()
}

// topology writes what the lab is, as a user may write it.
func (w *captures) topology() error {
	t := *w.topo
	t.Spec.Regions = slices.Clone(t.Spec.Regions)
	for i := range t.Spec.Regions {
		if t.Spec.Regions[i].Gateways.Mode != schema.ModeDaemonSet {
			t.Spec.Regions[i].Gateways.NodeSelector = nil // which renders to nothing
		}
		t.Spec.Regions[i].CNI.NodeBlockSizeIPv6 = 64 // as the lab's hosts have it
	}
	files, err := render.Tree(plan.New(&t))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(files, func(f tree.File) bool { return f.Path == render.FromPath })
	w.archive.files[w.lab+"/topology.yaml"] = files[i].Data
	return nil
}

// settle waits until every gateway is there and the watches have done what follows.
func (c *checks) settle() {
	c.await(60*time.Second, "gateways", func() bool {
		return !slices.ContainsFunc(c.gateways(), func(h *host) bool { return !c.online(h.name()) })
	})
	time.Sleep(5 * time.Second)
}

func (w *captures) one(b breakage) error {
	for _, name := range b.frozen {
		w.host(name).parts["watch"].signal(syscall.SIGSTOP)
	}
	thaw := func() {
		for _, name := range b.frozen {
			w.host(name).parts["watch"].signal(syscall.SIGCONT)
		}
	}
	undo, err := b.do(w)
	if err != nil {
		thaw()
		return err
	}
	time.Sleep(b.wait)
	broken, err := w.capture()
	err = errors.Join(err, undo())
	thaw()
	if err != nil {
		return err
	}
	for _, h := range w.gateways() {
		if err := h.setup("apply"); err != nil {
			return err
		}
	}
	w.settle()
	w.save(b.name, broken, w.healthy)
	return nil
}

// capture runs capture.sh on all hosts at once.
func (w *captures) capture() (map[string][]byte, error) {
	out := filepath.Join(w.world.dir, "capture")
	if err := os.RemoveAll(out); err != nil {
		return nil, err
	}
	programs, err := w.hostPrograms()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(w.world.dir, "tree", "capture.sh")
	failures := make([]error, len(captured()))
	var group sync.WaitGroup
	for i, name := range captured() {
		group.Go(func() {
			env := []string{"PATH=" + programs + ":" + os.Getenv("PATH"), "HOME=/root", "HOST_NAME=" + name}
			if text, err := w.host(name).enter(env, "sh", program, "host", out).CombinedOutput(); err != nil {
				failures[i] = fmt.Errorf("%s: %w: %s", name, err, text)
			}
		})
	}
	group.Wait()
	files := map[string][]byte{}
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(out, path)
		if data, keep := w.alike(filepath.Base(path), data); keep {
			files[name] = data
		}
		return err
	})
	return files, errors.Join(append(failures, err)...)
}

// save puts a capture into the archive, or what of it differs from another one; "lacks" names the
// files that only that one has.
func (w *captures) save(name string, files, from map[string][]byte) {
	below := w.lab + "/" + name + "/"
	maps.DeleteFunc(w.archive.files, func(path string, _ []byte) bool { return strings.HasPrefix(path, below) })
	var lacks []string
	for file := range from {
		if _, ok := files[file]; !ok {
			lacks = append(lacks, file+"\n")
		}
	}
	slices.Sort(lacks)
	for file, data := range files {
		if old, ok := from[file]; !ok || !bytes.Equal(old, data) {
			w.archive.files[below+file] = data
		}
	}
	if len(lacks) > 0 {
		w.archive.files[below+"lacks"] = []byte(strings.Join(lacks, ""))
	}
}

var (
	macAddress  = regexp.MustCompile(`\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b`)
	linkLocal   = regexp.MustCompile(`fe80::[0-9a-f:]{6,}`)
	kernelIndex = regexp.MustCompile(`"(ifindex|link_index)":[0-9]+,`)
	linkID      = regexp.MustCompile(`,?"link_netnsid":[0-9]+`)
	counters    = regexp.MustCompile(`\[[0-9]+:[0-9]+\]`)
	nodeKey     = regexp.MustCompile(`nodekey:[0-9a-f]+`)
	watchTime   = regexp.MustCompile(`(?m)^(target .* )([0-9]+)( [a-z]+)$`)
	processID   = regexp.MustCompile(`pid [0-9]+`)
	keyExpiry   = regexp.MustCompile(`("KeyExpiry": ")[^"]*`)
	kernel      = regexp.MustCompile(`(?m)^kernel .*$`)
)

// alike is the file without what differs from run to run. What runs on the machine beside the
// lab, and what is only for people, is left out.
func (w *captures) alike(name string, data []byte) ([]byte, bool) {
	switch name {
	case "processes", "status", "distribution", "routes6.json": // the last one is read by nobody: check speaks of IPv6
		return nil, false
	case "missing":
		data = processID.ReplaceAll(data, []byte("pid 1"))
		lines := slices.DeleteFunc(strings.SplitAfter(string(data), "\n"), func(l string) bool {
			return strings.HasPrefix(l, "distribution:") || strings.HasPrefix(l, "processes:")
		})
		data = []byte(strings.Join(lines, ""))
		return data, len(data) > 0
	case "host":
		data = kernel.ReplaceAll(data, []byte("kernel 6.0.0"))
	case "status.json":
		data = byHostName(keyExpiry.ReplaceAll(data, []byte("${1}2026-01-01T00:00:00Z")))
	case "watch":
		data = watchTimes(data)
	}
	data = macAddress.ReplaceAll(data, []byte("02:00:00:00:00:01"))
	data = linkLocal.ReplaceAll(data, []byte("fe80::1"))
	data = kernelIndex.ReplaceAll(data, nil)
	data = linkID.ReplaceAll(data, nil)
	data = counters.ReplaceAll(data, []byte("[0:0]"))
	return data, true
}

// byHostName gives peers keys by their names, and that order.
func byHostName(data []byte) []byte {
	var status struct {
		Peer map[string]struct{ HostName string }
	}
	if json.Unmarshal(data, &status) != nil || len(status.Peer) == 0 {
		return data
	}
	before, rest, found := bytes.Cut(data, []byte("  \"Peer\": {\n"))
	peers, after, ended := bytes.Cut(rest, []byte("\n  }"))
	if !found || !ended {
		return data
	}
	type entry struct{ host, text string }
	var all []entry
	for _, text := range strings.Split(strings.TrimSuffix(string(peers), "\n"), "\n    },\n") {
		text = strings.TrimSuffix(text, "\n    }")
		key := nodeKey.FindString(text)
		all = append(all, entry{status.Peer[key].HostName, strings.Replace(text, key, "nodekey:"+status.Peer[key].HostName, 1) + "\n    }"})
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.host, b.host) })
	var texts []string
	for _, e := range all {
		texts = append(texts, e.text)
	}
	return slices.Concat(before, []byte("  \"Peer\": {\n"), []byte(strings.Join(texts, ",\n")), []byte("\n  }"), after)
}

// watchTimes has the host be up for 10,000 seconds, and the watch look 1 second ago unless it
// is longer than half a minute.
func watchTimes(data []byte) []byte {
	var now, alive int
	for line := range strings.Lines(string(data)) {
		fmt.Sscanf(line, "now %d", &now)
		fmt.Sscanf(line, "watch/alive %d", &alive)
	}
	ago := 100
	if now-alive > 3000 {
		ago = 4000
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.HasPrefix(line, "now "):
			line = "now 1000000\n"
		case strings.HasPrefix(line, "watch/alive "):
			line = fmt.Sprintf("watch/alive %d\n", 1000000-ago)
		case strings.HasPrefix(line, "hold "), strings.HasPrefix(line, "node/asked "):
			continue
		}
		b.WriteString(line)
	}
	return watchTime.ReplaceAll([]byte(b.String()), []byte("${1}900000${3}"))
}

// onHost breaks something by a command on a host, and mends it by another.
func onHost(name, do, undo string) func(*captures) (func() error, error) {
	return func(c *captures) (func() error, error) {
		_, err := c.host(name).sh(do)
		return func() error {
			_, err := c.host(name).sh(undo)
			return err
		}, err
	}
}

// toldOtherwise has tailscaled of a host be told otherwise, and again what is rendered.
func toldOtherwise(name string, do, undo string) func(*captures) (func() error, error) {
	return func(c *captures) (func() error, error) {
		set := func(arg string) error {
			if out, err := c.host(name).tailscale("set", arg); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		}
		return func() error { return set(undo) }, set(do)
	}
}

// again has a host's container start anew.
func (w *captures) again(name string) error {
	h := w.host(name)
	h.crash()
	if err := h.boot(); err != nil {
		return err
	}
	return w.await(60*time.Second, name+" to be back", func() bool { return w.online(name) })
}

// short is until devices have been told, and long until a watch counts as stopped.
const short, long = 4 * time.Second, 35 * time.Second

func iptablesBreakages() []breakage {
	return []breakage{
		{name: "tailscaled-stopped", wait: short, do: func(c *captures) (func() error, error) {
			c.host("cloud-1").crash()
			return func() error {
				if err := c.host("cloud-1").boot(); err != nil {
					return err
				}
				return c.await(60*time.Second, "cloud-1", func() bool { return c.online("cloud-1") })
			}, nil
		}},
		// Nobody captures that one.
		{name: "gateway-lost", wait: short, do: func(c *captures) (func() error, error) {
			c.host("dc-2").crash()
			return func() error {
				if err := c.host("dc-2").boot(); err != nil {
					return err
				}
				return c.await(60*time.Second, "dc-2", func() bool { return c.online("dc-2") })
			}, nil
		}},
		{name: "key-expired", wait: short, do: func(c *captures) (func() error, error) {
			set := func(at time.Time) {
				c.ctl.set(func() {
					for _, n := range c.ctl.nodes {
						if n.Hostinfo.Hostname() == "cloud-1" {
							n.KeyExpiry = at
						}
					}
				})
			}
			set(time.Now().Add(-time.Hour))
			return func() error { set(time.Time{}); return c.again("cloud-1") }, nil
		}},
		{name: "route-unapproved", wait: short, do: func(c *captures) (func() error, error) {
			old := c.ctl.policy
			narrow := *old
			narrow.AutoApprovers.Routes = map[string][]string{}
			for route, owners := range old.AutoApprovers.Routes {
				if route != "10.61.0.0/16" {
					narrow.AutoApprovers.Routes[route] = owners
				}
			}
			if len(narrow.AutoApprovers.Routes) == len(old.AutoApprovers.Routes) {
				return nil, errors.New("the policy does not approve 10.61.0.0/16 by itself")
			}
			c.ctl.set(func() { c.ctl.policy = &narrow })
			return func() error { c.ctl.set(func() { c.ctl.policy = old }); return nil }, nil
		}},
		{name: "prefix-withdrawn", wait: short, do: toldOtherwise("cloud-1", "--advertise-routes=10.0.0.0/22,fd00:10::/64,fd00:61::/56", "--advertise-routes=10.0.0.0/22,10.61.0.0/16,fd00:10::/64,fd00:61::/56")},
		{name: "routes-not-accepted", wait: short, do: toldOtherwise("dc-1", "--accept-routes=false", "--accept-routes=true")},
		{name: "snat-on", wait: short, do: toldOtherwise("cloud-1", "--snat-subnet-routes=true", "--snat-subnet-routes=false")},
		{name: "netfilter-on", wait: short, frozen: []string{"cloud-1"}, do: toldOtherwise("cloud-1", "--netfilter-mode=on", "--netfilter-mode=off")},
		{name: "rule-gone", frozen: []string{"cloud-2"}, do: onHost("cloud-2", deleteRules(5185), "true")},
		{name: "rule-foreign", do: onHost("cloud-1", "ip route add default via 10.0.0.1 table 100; ip rule add to 10.142.0.0/20 lookup 100 priority 1000", "ip rule del priority 1000; ip route flush table 100")},
		{name: "unreachable-gone", frozen: []string{"cloud-1"}, do: onHost("cloud-1", "ip route del unreachable 10.142.0.0/20 table 5250", "true")},
		{name: "next-hop", frozen: []string{"cloud-2"}, do: onHost("cloud-2",
			"for t in 5253 5254; do ip route replace 10.142.0.0/20 via 10.0.0.13 dev lan0 table $t proto 154; done",
			// The watch looks at its routes again once a minute: until then they would stand in the
			// captures that follow.
			"for t in 5253 5254; do ip route replace 10.142.0.0/20 via 10.0.0.11 dev lan0 table $t proto 154; done")},
		{name: "ip-forward-off", frozen: []string{"cloud-1"}, do: onHost("cloud-1", "echo 0 >/proc/sys/net/ipv4/ip_forward", "true")},
		{name: "rp-filter-strict", frozen: []string{"cloud-2"}, do: onHost("cloud-2", "echo 1 >/proc/sys/net/ipv4/conf/lan0/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter", "true")},
		{name: "mss-gone", frozen: []string{"cloud-1"}, do: onHost("cloud-1", "iptables-nft -t mangle -F KUSTOMIZE-HYBRID-FORWARD", "true")},
		{name: "iptables-drop", frozen: []string{"cloud-1"}, do: onHost("cloud-1", "iptables-nft -I FORWARD 1 -i tailscale0 -j DROP", "iptables-nft -D FORWARD -i tailscale0 -j DROP")},
		{name: "other-address", frozen: []string{"cloud-2"}, wait: short, do: func(c *captures) (func() error, error) {
			h := c.host("cloud-2")
			saved, err := h.sh("ip route show table all dev lan0 proto boot | grep via")
			if err != nil {
				return nil, err
			}
			_, err = h.sh("ip address del 10.0.0.12/22 dev lan0 && ip address add 10.0.0.112/22 dev lan0")
			return func() error {
				var lines []string
				for line := range strings.Lines(saved) {
					lines = append(lines, "ip route replace "+strings.TrimSpace(line)+" dev lan0")
				}
				_, err := h.sh("ip address del 10.0.0.112/22 dev lan0; ip address add 10.0.0.12/22 dev lan0; " + strings.Join(lines, "; "))
				return err
			}, err
		}},
		{name: "tunnel-mtu", do: onHost("cloud-1", "ip link set tailscale0 mtu 1420", "ip link set tailscale0 mtu 1280")},
		{name: "watch-stopped", frozen: []string{"cloud-2"}, wait: long, do: onHost("cloud-2", "true", "true")},
		{name: "other-tables", frozen: []string{"cloud-1"}, do: onHost("cloud-1",
			"cd /etc/kustomize-hybrid/host && cp tables /run/tables.kept && sed -i 's/^own 4 10.61.0.0.16$/own 4 10.62.0.0\\/16/' tables && ! cmp -s tables /run/tables.kept && HOST_IP=10.0.0.11 sh ./gateway-setup.sh apply",
			"cp /run/tables.kept /etc/kustomize-hybrid/host/tables")},
		{name: "node-route-gone", frozen: []string{"cloud-3"}, do: onHost("cloud-3", "ip route del 10.142.0.0/20 proto 153", "/etc/kustomize-hybrid/host/node-routes.sh apply")},
		{name: "node-route-foreign", do: onHost("cloud-3", "ip route add 10.142.3.0/24 via 10.0.0.1", "ip route del 10.142.3.0/24")},
	}
}

func nftablesBreakages() []breakage {
	return []breakage{
		{name: "nft-drop", do: onHost("cloud-1", "nft 'table inet corp { chain forward { type filter hook forward priority 10; policy drop; ct state established accept; }; }'", "nft delete table inet corp")},
		{name: "nft-mss-gone", frozen: []string{"cloud-1"}, do: onHost("cloud-1", "nft flush table inet kustomize_hybrid", "true")},
	}
}
