package walk

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestRulesAreThePrograms: what is written down here of gateway-setup.sh is what the
// rendered program wants, rule by rule and route by route.
func TestRulesAreThePrograms(t *testing.T) {
	sample.NeedTool(t, "awk")
	for name, c := range map[string]combination{
		"one gateway":       {provider: "bare-metal", plugin: schema.CNICalico, mode: schema.ModeStaticPod, peer: sameCNI, gateways: one},
		"a relay":           {provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: third, gateways: two},
		"an overlay":        twoSites(),
		"a cloud's router":  {provider: "gcp", plugin: schema.CNICilium, tunnel: schema.TunnelGeneve, mode: schema.ModeDaemonSet, peer: twin, gateways: two},
		"supersets":         {provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: otherCNI, gateways: superset},
		"every node":        {provider: "bare-metal", plugin: schema.CNIFlannel, mode: schema.ModePerNode, peer: sameCNI, gateways: two},
		"tailnet addresses": {provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: sameCNI, gateways: tailnetIP},
	} {
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
			w.elect(elections()[0])
			for _, r := range w.regions {
				for _, h := range r.hosts {
					if h.gateway == nil {
						continue
					}
					if got, want := ours(w, h), wanted(t, f, h); !slices.Equal(got, want) {
						t.Errorf("%s:\nwalked %s\nwanted %s", h.name, strings.Join(got, "\n       "), strings.Join(want, "\n       "))
					}
				}
			}
		})
	}
}

// ours are the rules and dead routes of a host, in the program's words. Rules from 5210 on
// are tailscaled's and the kernel's, and 5190 is the watch's.
func ours(w *world, h *host) []string {
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

// wanted is what the rendered program says.
func wanted(t *testing.T, f files, h *host) []string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range f {
		if base, found := strings.CutPrefix(path, "host/"); found || path == "fleet.tables" || path == h.gateway.path {
			if path == h.gateway.path {
				base = "tables"
			}
			if path == "fleet.tables" {
				base = path
			}
			if err := os.WriteFile(filepath.Join(dir, base), []byte(text), 0o600); err != nil {
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
	script := `{ awk -f tables.awk tables fleet.tables; echo "address 4 ` + h.addr.String() + ` lan0 ` + table + `"; echo tunnel; } |
		awk -f numbers.awk -f wanted.awk | grep -E '^(rule|route) 4 '`
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	return lines
}
