package cloud

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// followers are regions whose routes follow the primary: two gateways each, of which the
// second one has the address.
func followers() []struct {
	provider
	second, address, nodes string
} {
	return []struct {
		provider
		second, address, nodes string
	}{
		{provider{"failover", "aws", "aws", "aws", awsBefore, ""}, "aws-2", "10.10.1.12", "10.10.0.0/22"},
		{provider{"failover", "gcp", "gcp", "gcloud", gcpBefore, ""}, "iowa-2", "10.30.0.12", "10.30.0.0/22"},
		{provider{"failover", "azure", "azure", "az", azPair, ""}, "weu-2", "10.130.3.12", "10.130.0.0/22"},
		{provider{"failover", "alibaba", "alibaba", "aliyun", aliBefore, ""}, "ali-2", "10.70.0.12", "10.70.0.0/22"},
		{provider{"failover", "hetzner", "hetzner", "hcloud", hcloudBefore, ""}, "fsn-2", "10.110.0.12", "10.110.0.0/22"},
		{provider{"failover", "openstack", "openstack", "openstack", osUnguarded, ""}, "gra-2", "10.50.0.12", "10.50.0.0/24"},
	}
}

// azPair has a card for a second gateway.
func azPair() any {
	s := azBefore().(azState)
	s.Cards["weu-2-nic"] = &azCard{Name: "weu-2-nic", ID: "/subscriptions/s/weu-2-nic"}
	return s
}

// osUnguarded has ports without a guard.
func osUnguarded() any {
	s := osBefore().(osState)
	s.Ports["gra-1-port"].Security, s.Ports["gra-2-port"].Security = false, false
	return s
}

// gateway makes the bench the host with the address, whose watch has decided, so many
// seconds ago, who carries what comes from the prefix.
func (b *bench) gateway(address, prefix, who string, ago int) {
	b.t.Helper()
	watch := filepath.Join(b.dir, "run/watch")
	err := os.MkdirAll(watch, 0o755)
	for file, text := range map[string]string{
		filepath.Join(b.bin, "ip"):     "#!/bin/sh\n[ \"$*\" != '-o address show to " + address + "' ] || echo '2: eth0    inet " + address + "/32'\n",
		filepath.Join(b.dir, "uptime"): "5000.00 9000.00\n",
		filepath.Join(watch, "alive"):  fmt.Sprintln(500000 - 100*ago),
		filepath.Join(watch, "memory"): "target 4 5253 " + prefix + " " + who + " 400000 told\ntarget 4 5254 10.99.0.0/16 self 400000 told\n",
	} {
		if err == nil {
			os.Remove(file)
			err = os.WriteFile(file, []byte(text), 0o755)
		}
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.env = []string{"STATE_DIR=" + filepath.Join(b.dir, "run"), "UPTIME=" + filepath.Join(b.dir, "uptime")}
}

// The routes follow the primary, by its own decision: they end as apply would have made
// them, nothing but routes is asked or changed, and a second time changes nothing.
func TestFollow(t *testing.T) {
	for _, p := range followers() {
		for name, shell := range shells(t) {
			t.Run(p.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, p.provider, shell)
				b.must("apply", p.second)
				want := b.state()
				b.must("remove")
				b.must("apply")
				first := b.state()

				b.gateway(p.address, p.nodes, "another", 1)
				if o := b.must("follow"); len(o.calls) > 0 {
					t.Fatalf("a standby asks the cloud: %s", o)
				}
				b.gateway(p.address, p.nodes, "self", 1)
				o := b.run("follow")
				if o.code != 0 || o.out != "" || !strings.Contains(o.errors, "lead to "+p.second+" now: ") {
					t.Fatal(o)
				}
				for _, c := range o.calls {
					if !strings.Contains(c, "oute") && !strings.Contains(c, " network describe k8s ") && !strings.Contains(c, " describe-tags ") {
						t.Errorf("follow is not about routes: %s", c)
					}
				}
				if diff := cmp.Diff(sorted(want), sorted(b.state()), ignoreCounters()); diff != "" {
					t.Errorf("follow (-apply %s +follow):\n%s", p.second, diff)
				}
				if o := b.must("follow"); len(o.changes()) > 0 {
					t.Errorf("follow a second time: %s", o)
				}
				b.must("check", p.second)

				// By name, from anywhere; and the watch of a host that has none is not asked.
				b.env = nil
				if o := b.run("follow", strings.TrimSuffix(p.second, "2")+"1"); o.code != 0 {
					t.Fatal(o)
				}
				if diff := cmp.Diff(sorted(first), sorted(b.state()), ignoreCounters()); diff != "" {
					t.Errorf("follow back (-apply +follow):\n%s", diff)
				}
			})
		}
	}
}

// sorted is a state whose routes stand in the order of their text: a route that was made
// again is the last one.
func sorted(state any) any {
	switch s := state.(type) {
	case map[string]any:
		all := map[string]any{}
		for k, v := range s {
			if k != "RouteEntryId" { // counted up
				all[k] = sorted(v)
			}
		}
		return all
	case []any:
		all := map[string]any{}
		for _, v := range s {
			v = sorted(v)
			all[fmt.Sprint(v)] = v
		}
		return all
	}
	return state
}

// Whatever is missing or too much elsewhere, follow leaves to apply: what was removed
// does not come back, and what others made stays as it is.
func TestFollowTouchesNothingElse(t *testing.T) {
	for _, p := range followers() {
		for name, shell := range shells(t) {
			if name == "busybox" {
				continue
			}
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, p.provider, shell)
				before := b.state()
				if o := b.must("follow", p.second); len(o.changes()) > 0 {
					t.Errorf("follow makes what apply never did: %s", o)
				}
				b.must("apply")
				b.must("remove")
				if o := b.must("follow", p.second); len(o.changes()) > 0 {
					t.Errorf("follow makes what was removed: %s", o)
				}
				if diff := cmp.Diff(before, b.state(), ignoreCounters()); diff != "" {
					t.Errorf("(-before +after):\n%s", diff)
				}
			})
		}
	}
}

// A destination that is new in the tables is for apply, and so is the mark that it gets.
// At Alibaba Cloud it looks like one that a change has lost.
func TestFollowMakesNothingNew(t *testing.T) {
	for _, p := range followers() {
		shell := shells(t)["dash"]
		if shell == nil || p.name == "alibaba" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, p.provider, shell)
			b.must("apply", p.second)
			want := b.state()
			b.must("apply")
			text, err := os.ReadFile(b.tables)
			if err != nil {
				t.Fatal(err)
			}
			b.tables = filepath.Join(b.dir, "tables")
			if err := os.WriteFile(b.tables, append(text, "route 4 kh-new-10-77-0-0-24 10.77.0.0/24\n"...), 0o644); err != nil {
				t.Fatal(err)
			}
			if o := b.run("follow", p.second); o.code != 0 {
				t.Fatal(o)
			}
			if diff := cmp.Diff(sorted(want), sorted(b.state()), ignoreCounters()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A change that was cut short between its two calls is finished by the
// next run.
func TestFollowRefused(t *testing.T) {
	for _, p := range followers() {
		for name, shell := range shells(t) {
			if name == "busybox" {
				continue
			}
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, p.provider, shell)
				b.must("apply", p.second)
				want := b.state()
				b.must("apply")
				first := b.state()
				all := len(b.run("follow", p.second).changes())
				if all < 4 {
					t.Fatalf("follow takes only %d changes", all)
				}
				for _, n := range []int{0, 1, all - 1} {
					b.setState(first)
					b.refuse(fmt.Sprint(n))
					if o := b.run("follow", p.second); o.code != 1 || len(o.changes()) != n+1 {
						t.Fatalf("change %d refused: %s", n, o)
					}
					b.refuse("")
					if o := b.run("follow", p.second); o.code != 0 {
						t.Fatal(o)
					}
					if diff := cmp.Diff(sorted(want), sorted(b.state()), ignoreCounters()); diff != "" {
						t.Errorf("change %d refused, then follow (-want +got):\n%s", n, diff)
					}
				}
			})
		}
	}
}

// A route that somebody else made to a gateway of ours does not follow: it is named, after
// all of ours were moved.
func TestFollowLeavesRoutesOfOthers(t *testing.T) {
	const table = "rtb-0a1b2c3d4e5f60718"
	p := followers()[0]
	b := newBench(t, p.provider, shells(t)["dash"])
	s := awsBefore().(awsState)
	s.Tables[table] = append(s.Tables[table], awsRoute{DestinationCidrBlock: "10.130.0.0/22", NetworkInterfaceId: "eni-0a1b2c3d4e5f60711"})
	b.setState(s)
	b.must("apply")
	o := b.run("follow", p.second)
	if o.code != 1 || !strings.Contains(o.errors, "10.130.0.0/22 in "+table+" leads somewhere else already, by a route that is not ours") {
		t.Errorf("the route of somebody else is not named: %s", o)
	}
	for _, r := range b.state().(map[string]any)["Tables"].(map[string]any)[table].([]any)[2:] {
		route := r.(map[string]any)
		theirs := route["DestinationCidrBlock"] == "10.130.0.0/22"
		if (route["NetworkInterfaceId"] == "eni-0a1b2c3d4e5f60711") != theirs {
			t.Errorf("%v", route)
		}
	}
}

// Without a name, follow needs a gateway whose watch runs, and says what is missing.
func TestFollowNeedsTheWatch(t *testing.T) {
	p := followers()[0]
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, p.provider, shell)
			refused := func(want string) {
				t.Helper()
				if o := b.run("follow"); o.code != 1 || !strings.Contains(o.errors, want) || len(o.calls) > 0 {
					t.Errorf("%q: %s", want, o)
				}
			}
			b.gateway("192.0.2.1", p.nodes, "self", 1)
			refused("this host has the address of no gateway of region aws")
			b.gateway(p.address, "10.98.0.0/22", "self", 1)
			refused("says nothing about 10.10.0.0/22")
			b.gateway(p.address, p.nodes, "self", 31)
			refused("gateway-watch.sh does not run any more: it looked 31 s ago")
			os.Remove(filepath.Join(b.dir, "run/watch/alive"))
			refused("gateway-watch.sh has not run on this host")
		})
	}
}

// In Google Cloud the first call of all moves what every destination's hosts send.
func TestFollowAtOnce(t *testing.T) {
	p := followers()[1]
	b := newBench(t, p.provider, shells(t)["dash"])
	b.must("apply")
	b.refuse("1")
	if o := b.run("follow", p.second); o.code != 1 || len(o.changes()) != 2 {
		t.Fatal(o)
	}
	wins := map[any]map[string]any{}
	for _, r := range b.state().(map[string]any)["Routes"].([]any) {
		route := r.(map[string]any)
		if best := wins[route["DestRange"]]; best == nil || route["Priority"].(float64) < best["Priority"].(float64) {
			wins[route["DestRange"]] = route
		}
	}
	for to, route := range wins {
		if to != "0.0.0.0/0" && route["NextHopInstance"] != "us-central1-b/instances/iowa-2" {
			t.Errorf("%v leads to %v", to, route["NextHopInstance"])
		}
	}
	if len(wins) < 4 {
		t.Errorf("only %d destinations", len(wins))
	}
}

// From anywhere, follow takes what tailscale says of its peers, and changes nothing where
// that names no gateway of the region.
func TestFollowWhatTailscaleSays(t *testing.T) {
	p := followers()[0]
	peer := func(name, online, routes string) string {
		return `"k-` + name + `": {"HostName": "` + name + `", "Online": ` + online + `, "TailscaleIPs": ["100.80.0.7"], "AllowedIPs": ["10.10.0.0/22"], "PrimaryRoutes": ` + routes + `}`
	}
	status := func(peers ...string) string {
		return "{\"BackendState\": \"Running\",\n\"Self\": {\"HostName\": \"laptop\", \"Online\": true},\n\"Peer\": {" + strings.Join(peers, ",\n") + "}}\n"
	}
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, p.provider, shell)
			b.must("apply")
			for what, text := range map[string]string{
				"nobody":         status(peer("aws-1", "true", "null"), peer("aws-2", "true", "null")),
				"somebody else":  status(peer("iowa-1", "true", `["10.10.0.0/22"]`)),
				"another prefix": status(peer("aws-2", "true", `["10.20.0.0/16"]`)),
				"gone":           status(peer("aws-2", "false", `["10.10.0.0/22"]`)),
				"no answer":      "",
			} {
				b.stdin = text
				if o := b.run("follow", "-"); o.code != 1 || len(o.calls) > 0 || !strings.Contains(o.errors, "tailscale names no gateway of region aws as the primary of 10.10.0.0/22") {
					t.Errorf("%s: %s", what, o)
				}
			}
			b.stdin = status(peer("aws-1", "true", "null"), peer("AWS-2", "true", `["10.20.0.0/16", "10.10.0.0/22"]`))
			if o := b.run("follow", "-"); o.code != 0 || len(o.changes()) == 0 {
				t.Error(o)
			}
			b.must("check", p.second)
		})
	}
}
