package host_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// installed is a directory as a host has it: programs, its tables and the fleet's.
func installed(t *testing.T, f *host.Fleet, tables []byte) string {
	t.Helper()
	dir := t.TempDir()
	files := append(program.Files(), program.File{Name: "tables", Data: tables}, program.File{Name: "fleet.tables", Data: f.Data})
	for _, file := range files {
		mode := os.FileMode(0o444)
		if file.Executable {
			mode = 0o555
		}
		if err := os.WriteFile(filepath.Join(dir, file.Name), file.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// parsed is what the programs make of tables: their lines by kind.
func parsed(t *testing.T, f *host.Fleet, tables []byte) map[string][]string {
	t.Helper()
	sample.NeedTool(t, "awk")
	c := exec.Command("awk", "-f", filepath.Join(installed(t, f, tables), "tables.awk"))
	c.Stdin = strings.NewReader(string(tables) + string(f.Data))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kinds := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		kinds[kind] = append(kinds[kind], rest)
	}
	if faults := kinds["error"]; len(faults) > 0 {
		t.Fatalf("%s\n%s", faults, tables)
	}
	return kinds
}

// prefixes are those of "FAMILY PREFIX" lines, joined.
func prefixes(t *testing.T, lines []string) plan.Fleet {
	t.Helper()
	var list []netip.Prefix
	for _, line := range lines {
		family, text, _ := strings.Cut(line, " ")
		if !strings.Contains(text, "/") {
			text += map[string]string{"4": "/32", "6": "/128"}[family]
		}
		p, err := netip.ParsePrefix(text)
		if err != nil || p.Addr().Is4() != (family == "4") {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, p)
	}
	return plan.NewFleet(list)
}

func tableCases(t *testing.T) map[string]*schema.Topology {
	cases := sample.Cases()
	cases["published"] = sample.Published(t, nil)
	cases["tailnet-sources"] = sample.TailnetSources(t)
	// The pods of "cloud" are a quarter of what two other regions have between them.
	joined := sample.Topology(
		sample.Region("cloud", "10.0.0.0/22", "10.64.0.0/16", "10.0.0.11"),
		sample.Region("dc", "10.1.0.0/24", "10.65.0.0/16", "10.1.0.11"),
		sample.Region("eu", "10.2.0.0/24", "10.66.0.0/15", "10.2.0.11"))
	cases["joined"] = joined
	return cases
}

// What the programs make of a host's tables is what the plan says.
func TestTables(t *testing.T) {
	for name, topology := range tableCases(t) {
		t.Run(name, func(t *testing.T) {
			p := plan.New(topology).ByName()
			f := host.NewFleet(p)
			for i := range p.Regions {
				r := &p.Regions[i]
				if r.HostRoutes() {
					t.Run(r.Region.Name+" node", func(t *testing.T) {
						compareTables(t, r, r.Region.Advertised(), parsed(t, f, f.NodeTables(r)))
					})
				}
				for j := range r.Hosts {
					h := &r.Hosts[j]
					t.Run(fmt.Sprint(r.Region.Name, " gateway ", j), func(t *testing.T) {
						compareTables(t, r, h.Own, parsed(t, f, f.GatewayTables(r, h)))
					})
				}
			}
		})
	}
}

// compareTables: own and what is remote are apart and, where the hosts of the region are,
// all that the regions have together; otherwise the region's own is in neither.
func compareTables(t *testing.T, r *plan.Region, own []netip.Prefix, got map[string][]string) {
	t.Helper()
	if list := prefixes(t, got["own"]); !slices.Equal(list, plan.NewFleet(own)) {
		t.Errorf("own %s, want %s", list, own)
	}
	for kind, want := range map[string][]netip.Prefix{"remote": r.Remote(), "transit": r.Transit()} {
		list := prefixes(t, got[kind])
		for _, p := range own {
			if slices.ContainsFunc(list, p.Overlaps) {
				t.Errorf("%s %s has %s, which is the host's own", kind, list, p)
			}
		}
		if r.Apart {
			list = plan.NewFleet(append(list, own...))
		}
		if !slices.Equal(list, plan.NewFleet(want)) {
			t.Errorf("%s %s, want %s", kind, list, want)
		}
	}
}

// printed is what gateway-setup.sh would do on the region's first gateway, by the first
// words of its lines.
func printed(t *testing.T, p *plan.Plan, r *plan.Region) (rules, routes, others int) {
	t.Helper()
	f := host.NewFleet(p)
	dir := installed(t, f, f.GatewayTables(r, &r.Hosts[0]))
	sample.NeedTool(t, "dash")
	c := exec.Command("dash", filepath.Join(dir, "gateway-setup.sh"), "print")
	c.Env = append(os.Environ(), "HOST_IP="+r.Region.Gateways.Nodes[0].InternalIP.String(), "FIREWALL=nft", "PATH="+os.Getenv("PATH"))
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", r.Region.Name, err, out, err.(*exec.ExitError).Stderr)
	}
	for line := range strings.Lines(string(out)) {
		switch w := strings.Fields(line); {
		case len(w) > 2 && w[0] == "ip" && w[2] == "rule":
			rules++
		case len(w) > 2 && w[0] == "ip" && w[2] == "route":
			routes++
		default:
			others++
		}
	}
	return rules, routes, others
}

// Off the host, every case can be printed.
func TestTablesCanBePrinted(t *testing.T) {
	for name, topology := range tableCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan.New(topology).ByName()
			r := &p.Regions[0]
			rules, routes, others := printed(t, p, r)
			if rules < 5 || routes < 2 || others < 10 {
				t.Errorf("%d rules, %d routes, %d other lines", rules, routes, others)
			}
		})
	}
}

// However many other regions there are, a gateway has as many rules and lines of a
// firewall, and its tables are as long.
func TestTablesDoNotGrowWithTheFleet(t *testing.T) {
	fleet := func(n int) *plan.Plan {
		var regions []schema.Region
		for i := range n {
			nodes, pods := fmt.Sprintf("10.%d.%d.0/24", i/250, i%250), fmt.Sprintf("10.%d.%d.0/24", 100+i/250, i%250)
			regions = append(regions, sample.Region(fmt.Sprintf("r%04d", i), nodes, pods, fmt.Sprintf("10.%d.%d.11", i/250, i%250), fmt.Sprintf("10.%d.%d.12", i/250, i%250)))
		}
		return plan.New(sample.Topology(regions...)).ByName()
	}
	small, large := fleet(2), fleet(300)
	rules, _, others := printed(t, small, &small.Regions[0])
	more, _, lines := printed(t, large, &large.Regions[0])
	if rules != more || others != lines {
		t.Errorf("with 2 regions %d rules and %d other lines, with 300 %d and %d", rules, others, more, lines)
	}
	of := func(p *plan.Plan) int {
		return len(host.NewFleet(p).GatewayTables(&p.Regions[0], &p.Regions[0].Hosts[0]))
	}
	// What the fleet's blocks leave of a region is at most a line for each bit.
	if a, b := of(small), of(large); b > a+2*32*len("remote 4 255.255.255.255/32\n") {
		t.Errorf("tables of %d bytes in a fleet of 2, of %d in one of 300", a, b)
	}
}
