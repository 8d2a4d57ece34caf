package reach

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// programCases are gateways of every kind.
func programCases() map[string]combination {
	return map[string]combination{
		"one gateway":       {provider: "bare-metal", plugin: schema.CNICalico, mode: schema.ModeStaticPod, peer: sameCNI, gateways: one},
		"a relay":           {provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: third, gateways: two},
		"an overlay":        twoSites(),
		"two zones":         {provider: "aws", plugin: schema.CNICilium, tunnel: schema.TunnelVXLAN, mode: schema.ModeStaticPod, peer: sameCNI, gateways: twoZones},
		"a cloud's router":  {provider: "gcp", plugin: schema.CNICilium, tunnel: schema.TunnelGeneve, mode: schema.ModeDaemonSet, peer: twin, gateways: two},
		"supersets":         {provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: otherCNI, gateways: superset},
		"every node":        {provider: "bare-metal", plugin: schema.CNIFlannel, mode: schema.ModePerNode, peer: sameCNI, gateways: two},
		"services of hosts": {provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeHost, peer: sameCNI, gateways: superset},
		"tailnet addresses": {provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: sameCNI, gateways: tailnetIP},
	}
}

// eachGateway visits the gateways of each case, in each election.
func eachGateway(t *testing.T, visit func(t *testing.T, w *World, h *host)) {
	sample.NeedTool(t, "awk")
	for name, c := range programCases() {
		t.Run(name, func(t *testing.T) {
			topology := c.topology()
			f, err := rendered(topology)
			if err != nil {
				t.Fatal(err)
			}
			w, err := newWorld(topology, f)
			if err != nil {
				t.Fatal(err)
			}
			// Nobody is primary where the policy approves nothing.
			nobody := election{"nobody is primary", func(netip.Prefix, bool, []*host) *host { return nil }}
			for _, e := range append(elections(), nobody) {
				w.elect(e)
				for _, r := range w.regions {
					for _, h := range r.hosts {
						if h.gateway != nil {
							visit(t, w, h)
						}
					}
				}
			}
		})
	}
}

// TestRulesAreThePrograms: what is written down here of gateway-setup.sh is what the
// rendered program wants, rule by rule and route by route.
func TestRulesAreThePrograms(t *testing.T) {
	eachGateway(t, func(t *testing.T, w *World, h *host) {
		want := program(t, w.files, h, nil, "^(rule|route) 4 ", "numbers.awk", "wanted.awk")
		if got := ours(w, h); !slices.Equal(got, want) {
			t.Errorf("%s:\nwalked %s\nwanted %s", h.name, strings.Join(got, "\n       "), strings.Join(want, "\n       "))
		}
	})
}

// TestWaysAreThePrograms: the same of gateway-watch.sh, and of what it decides.
func TestWaysAreThePrograms(t *testing.T) {
	eachGateway(t, func(t *testing.T, w *World, h *host) {
		if h.gateway.settings["relay"] != "yes" && h.gateway.settings["sourceRoute"] != "yes" {
			return // no watch runs there
		}
		hops := program(t, w.files, h, asked(w, h), "^hop ", "hops.awk")
		want := program(t, w.files, h, append(status(w, h), hops...), "^(way|refuse) 4 ", "prefix.awk", "decide.awk")
		if got := ways(w, h); !slices.Equal(got, want) {
			t.Errorf("%s:\nwalked %s\nwanted %s", h.name, strings.Join(got, "\n       "), strings.Join(want, "\n       "))
		}
	})
}

// asked is what `ip route get` says of the other gateways.
func asked(w *World, h *host) []string {
	var lines []string
	for _, n := range h.region.hosts {
		if n == h || n.gateway == nil {
			continue
		}
		answer := n.addr.String() + " via " + h.region.router.String() + " dev lan0"
		if !h.region.network.guest32 && h.card.Contains(n.addr) {
			answer = n.addr.String() + " dev lan0 src " + h.addr.String()
		}
		lines = append(lines, "ask "+n.name+" 4 "+n.addr.String(), answer)
	}
	return lines
}

// status is what tailscaled on the host says, in the words of host/status.awk.
func status(w *World, h *host) []string {
	lines := []string{"host " + h.addr.String(), "now 100000", "holds 200", "backend Running"}
	for _, r := range w.regions {
		for _, n := range r.hosts {
			if n.gateway == nil {
				continue
			}
			var primary []string
			for p, owner := range w.primaries {
				if owner == n {
					primary = append(primary, p.String())
				}
			}
			slices.Sort(primary)
			allowed := append([]string{n.tailnet.String() + "/32"}, primary...)
			kind := "peer"
			if n == h {
				kind = "self"
				for _, p := range n.advertised {
					if w.primary(p) != nil {
						allowed = append(allowed, p.String())
					}
				}
			}
			if len(primary) == 0 {
				primary = []string{"-"}
			}
			lines = append(lines, kind+" "+n.name+" true "+n.tailnet.String()+" - "+strings.Join(allowed, ",")+" "+strings.Join(primary, ","))
		}
	}
	return lines
}

// ways are the host's ways in the program's words: one for each table.
func ways(w *World, h *host) []string {
	var lines []string
	tables, refusals := w.watched(h)
	for _, l := range h.gateway.locals {
		if len(tables[l.table]) == 0 {
			continue
		}
		r := tables[l.table][0]
		text := "way 4 " + l.table
		if r.via.IsValid() {
			text += " via " + r.via.String() + " dev lan0"
		} else {
			text += " dev " + string(r.dev)
		}
		if r.src.IsValid() {
			text += " src " + r.src.String()
		}
		lines = append(lines, text)
	}
	for _, r := range refusals {
		lines = append(lines, "refuse 4 "+r.from.String()+" lan0")
	}
	slices.Sort(lines)
	return lines
}

// ours are the rules and dead routes of a host, in the program's words. Rules from 5210 on
// are tailscaled's and the kernel's, and 5190 is the watch's.
func ours(w *World, h *host) []string {
	var lines []string
	for _, r := range gatewayRules(h.gateway, h) {
		if r.priority < 5210 {
			lines = append(lines, r.String())
		}
	}
	tables, _ := w.watched(h)
	for table, routes := range tables {
		for _, r := range routes {
			skipped := table == refused && h.gateway.settings["relay"] != "yes" || table == tailnetOnly && h.gateway.settings["relay"] != "yes" && h.gateway.settings["sourceRoute"] != "yes"
			if r.dead != "" && !skipped {
				lines = append(lines, "route 4 "+table+" "+r.dead+" "+r.to.String())
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// program runs one of the rendered programs on the host's tables and more, and returns the
// lines of a kind.
func program(t *testing.T, f Files, h *host, more []string, kind string, names ...string) []string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range f {
		name, found := strings.CutPrefix(path, "host/")
		switch path {
		case h.gateway.path:
			name, found = "tables", true
		case "fleet.tables":
			found = true
		}
		if found {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	table := "-"
	for _, l := range h.gateway.locals {
		if l.node && l.prefix.Contains(h.addr) {
			table = l.table
		}
	}
	cmd := exec.Command("sh", "-c", "{ awk -f tables.awk tables fleet.tables; cat; } | awk -f "+strings.Join(names, " -f ")+" | sed -n -E '/"+kind+"/p'")
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader("address 4 " + h.addr.String() + " lan0 " + table + "\ntunnel\n" + strings.Join(more, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if lines[0] == "" {
		return nil
	}
	slices.Sort(lines)
	return lines
}
