package render

import (
	"bytes"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// scriptCases are the topologies whose scripts for region "cloud" are goldens: what
// differs between them is what a script decides by.
func scriptCases() map[string]*schema.Topology {
	single := scriptTopology(
		scriptRegion("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		scriptRegion("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11"))
	relay := scriptTopology(
		scriptRegion("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		scriptRegion("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	dual := scriptTopology(
		scriptRegion("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11", "10.143.0.12"),
		scriptRegion("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	addIPv6(&dual.Spec.Regions[0], "fd00:143::/64", "fd00:142::/56")
	addIPv6(&dual.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	tailnetIP := scriptTopology(
		scriptRegion("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		scriptRegion("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11"))
	tailnetIP.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
	tailnetIP.Spec.Tailnet.NetfilterMode = schema.NetfilterOn
	tailnetIP.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/16")}
	return map[string]*schema.Topology{"single": single, "relay": relay, "dual": dual, "tailnet-ip": tailnetIP, "per-node": perNodeTopology(), "supersets": supersetTopology()}
}

// perNodeTopology has three nodes that each advertise their own pods, the second of
// them the nodes as well, and another region like it with one node.
func perNodeTopology() *schema.Topology {
	t := scriptTopology(
		scriptRegion("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		scriptRegion("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12", "10.0.0.13"))
	addIPv6(&t.Spec.Regions[0], "fd00:143::/64", "fd00:142::/56")
	addIPv6(&t.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		r.Gateways.Mode = schema.ModePerNode
		for j := range r.Gateways.Nodes {
			for _, p := range r.PodCIDRs {
				r.Gateways.Nodes[j].PodCIDRs = append(r.Gateways.Nodes[j].PodCIDRs, nodeBlock(p, byte(j+1)))
			}
		}
	}
	t.Spec.Regions[1].Gateways.Nodes[1].NodeRouter = true
	return t
}

// supersetTopology is dual, with prefixes of each gateway's own instead of a relay.
func supersetTopology() *schema.Topology {
	t := scriptTopology(
		scriptRegion("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11", "10.143.0.12"),
		scriptRegion("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	addIPv6(&t.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	for i := range t.Spec.Regions {
		t.Spec.Regions[i].Gateways.Mode = schema.ModeStaticPod
		t.Spec.Regions[i].Gateways.HA.Strategy = schema.HASupersets
	}
	return t
}

// nodeBlock is the n-th /24 or /64 of a prefix.
func nodeBlock(p netip.Prefix, n byte) netip.Prefix {
	if p.Addr().Is4() {
		b := p.Addr().As4()
		b[2] += n
		return netip.PrefixFrom(netip.AddrFrom4(b), 24)
	}
	b := p.Addr().As16()
	b[7] += n
	return netip.PrefixFrom(netip.AddrFrom16(b), 64)
}

func scriptTopology(regions ...schema.Region) *schema.Topology {
	t := &schema.Topology{APIVersion: schema.APIVersion, Kind: schema.KindTopology}
	t.Metadata.Name = "test"
	t.Spec.Tailnet = schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"}
	t.Spec.Regions = regions
	return t
}

func scriptRegion(name, nodes, pods string, gateways ...string) schema.Region {
	r := schema.Region{
		Name:      name,
		Provider:  "bare-metal",
		NodeCIDRs: []netip.Prefix{netip.MustParsePrefix(nodes)},
		PodCIDRs:  []netip.Prefix{netip.MustParsePrefix(pods)},
		CNI:       schema.CNI{Type: schema.CNICilium, Version: "1.17.4"},
		Gateways:  schema.Gateways{Mode: schema.ModeDaemonSet},
	}
	for i, g := range gateways {
		r.Gateways.Nodes = append(r.Gateways.Nodes, schema.GatewayNode{
			Name:       name + "-" + string(rune('1'+i)),
			InternalIP: netip.MustParseAddr(g),
		})
	}
	return r
}

// addIPv6 gives a region a second family: gateways get ::11, ::12 and so on.
func addIPv6(r *schema.Region, nodes, pods string) {
	node := netip.MustParsePrefix(nodes)
	r.NodeCIDRs = append(r.NodeCIDRs, node)
	r.PodCIDRs = append(r.PodCIDRs, netip.MustParsePrefix(pods))
	for i := range r.Gateways.Nodes {
		b := node.Addr().As16()
		b[15] = byte(0x11 + i)
		r.Gateways.Nodes[i].InternalIPv6 = netip.AddrFrom16(b)
	}
}

func TestScriptGoldens(t *testing.T) {
	corpus := goldentest.New(t)
	var goldens []string
	for _, name := range slices.Sorted(maps.Keys(scriptCases())) {
		golden := filepath.Join("testdata", "scripts", name+".txt")
		goldentest.Compare(t, golden, corpus.Tree(name, goldenFiles(caseScripts(name))))
		goldens = append(goldens, golden)
	}
	goldentest.Only(t, filepath.Join("testdata", "scripts"), goldens...)
}

func goldenFiles(files []File) []goldentest.File {
	list := make([]goldentest.File, len(files))
	for i, f := range files {
		list[i] = goldentest.File{Path: f.Path, Executable: f.Executable, Data: f.Data}
	}
	return list
}

// caseScripts are the scripts of a case for region "cloud".
func caseScripts(name string) []File {
	p := NewPlan(scriptCases()[name])
	return p.hostFiles(&p.Regions[0])
}

// updateTree replaces what is in dir.
func updateTree(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for path, data := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// TestScriptsParse has the shells that hosts and the tailscale image have read every
// template and every script of a case.
func TestScriptsParse(t *testing.T) {
	for _, shell := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}} {
		t.Run(shell[0], func(t *testing.T) {
			needTool(t, shell[0])
			for _, file := range scriptPaths(t) {
				if out, err := exec.Command(shell[0], append(shell[1:], file)...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", file, err, out)
				}
			}
		})
	}
}

func TestScriptsShellcheck(t *testing.T) {
	needTool(t, "shellcheck")
	args := append([]string{"--shell=sh", "--norc"}, scriptPaths(t)...)
	if out, err := exec.Command("shellcheck", args...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

// needTool skips where a tool is missing, but not in CI, where it must be there.
func needTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
}

// scriptPaths are the templates, and the scripts of every case written to a directory
// of the test's.
func scriptPaths(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("templates/*.sh.tmpl")
	if err != nil || len(paths) == 0 {
		t.Fatal("no templates", err)
	}
	dir := t.TempDir()
	for name := range scriptCases() {
		files := map[string][]byte{}
		for _, f := range caseScripts(name) {
			files[f.Path] = f.Data
			paths = append(paths, filepath.Join(dir, name, f.Path))
		}
		updateTree(t, filepath.Join(dir, name), files)
	}
	return paths
}

// TestScriptActions keeps template actions inside quoted here-documents: a value
// from a topology must never be read as shell.
func TestScriptActions(t *testing.T) {
	templates, err := filepath.Glob("templates/*.sh.tmpl")
	if err != nil || len(templates) == 0 {
		t.Fatal("no templates", err)
	}
	for _, path := range templates {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		quoted := false
		for i, line := range strings.Split(string(data), "\n") {
			switch {
			case strings.HasSuffix(line, "<<'EOF'"):
				quoted = true
			case line == "EOF":
				quoted = false
			case strings.Contains(line, "{{") && !quoted:
				t.Errorf("%s:%d: an action outside a here-document: %s", path, i+1, line)
			}
		}
	}
}

func TestScriptsWhereNothingIsToDo(t *testing.T) {
	p := NewPlan(scriptCases()["tailnet-ip"])
	for i := range p.Regions {
		r := &p.Regions[i]
		if got := p.gatewayWatchScript(r, &r.Hosts[0]); got != nil {
			t.Errorf("%s: a gateway without tables of its own is watched", r.Region.Name)
		}
		if got := p.nodeWatchScript(r); got != nil {
			t.Errorf("%s: a single gateway is watched", r.Region.Name)
		}
		if got := p.routesScript(r); !bytes.Contains(got, []byte("\n4 100.80.0.0/16\n")) {
			t.Errorf("%s: nodes have no way back to the tailnet's pool", r.Region.Name)
		}
	}
	r := p.Regions[0]
	region := *r.Region
	region.Gateways.Nodes = nil
	r.Region = &region
	if got := p.routesScript(&r); got != nil {
		t.Error("routes without a gateway")
	}
}
