//go:build hostforms

// The forms of what hosts run, read by the programs that they are for: `make
// hostforms`, as root. It fails where one of them is missing.

package host_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root")
	}
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatal(err)
		}
	}
}

// formTree writes the tree of region "cloud" with all forms below a new directory, and
// in host/ there what a node has that is not a gateway.
func formTree(t *testing.T, mode schema.GatewayMode) string {
	t.Helper()
	return treeOf(t, sample.WithForms(mode, sample.AllForms()...), "node/"+host.Tables)
}

// rentedTree is the same for the first host of a region that makes its addresses.
func rentedTree(t *testing.T) string {
	t.Helper()
	topology := sample.Apart()
	topology.Spec.Regions[1].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd, schema.RouteFormCloudInit}
	return treeOf(t, topology, "gateway/"+topology.Spec.Regions[1].Gateways.Nodes[0].Name+"/"+host.Tables)
}

func treeOf(t *testing.T, topology *schema.Topology, tables string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range rendered(t, topology) {
		name, own := strings.CutPrefix(f.Path, "regions/cloud/")
		switch {
		case own && name == tables, f.Path == host.FleetTables:
			name = "host/" + filepath.Base(name)
		case !own && filepath.Dir(f.Path) != "host":
			continue
		}
		perm := os.FileMode(0o600)
		if f.Executable {
			perm = 0o755
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, perm); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func readText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeText(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// unitsHere are the units with the scripts where this test has them.
func unitsHere(t *testing.T, tree string) []string {
	t.Helper()
	return nUnitsHere(t, tree, 5)
}

func nUnitsHere(t *testing.T, tree string, n int) []string {
	t.Helper()
	units, err := filepath.Glob(filepath.Join(tree, "*/systemd/*"))
	if err != nil || len(units) != n {
		t.Fatal(units, err)
	}
	for _, u := range units {
		writeText(t, u, strings.ReplaceAll(readText(t, u), "/etc/kustomize-hybrid/", tree+"/"))
	}
	return units
}

func TestSystemdVerifiesTheUnits(t *testing.T) {
	needPrograms(t, "systemd-analyze")
	units := unitsHere(t, formTree(t, schema.ModeStaticPod))
	for _, set := range [][]string{units, nUnitsHere(t, rentedTree(t), 4), nUnitsHere(t, formTree(t, schema.ModeHost), 10)} {
		if out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, set...)...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze verify: %v\n%s", err, out)
		}
	}
	// It can say no.
	writeText(t, units[0], readText(t, units[0])+"\n[Service]\nRestrat=always\n")
	if out, _ := exec.Command("systemd-analyze", "verify", "--man=no", units[0]).CombinedOutput(); !strings.Contains(string(out), "Restrat") {
		t.Errorf("a misspelt setting passes: %s", out)
	}
}

// The units of routes and addresses stay at what systemd calls OK, with room for nothing
// but the network.
func TestSystemdCallsTheUnitsSafe(t *testing.T) {
	needPrograms(t, "systemd-analyze")
	var judged int
	for _, u := range append(unitsHere(t, formTree(t, schema.ModeStaticPod)), nUnitsHere(t, rentedTree(t), 4)...) {
		if filepath.Ext(u) != ".service" || filepath.Base(u) == "kustomize-hybrid-setup.service" {
			continue
		}
		judged++
		out, err := exec.Command("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=30", u).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", u, err, out)
		}
	}
	if judged != 5 {
		t.Errorf("%d units were judged", judged)
	}
}

func TestCloudInitTakesTheUserData(t *testing.T) {
	needPrograms(t, "cloud-init")
	file := filepath.Join(formTree(t, schema.ModeStaticPod), "node/cloud-init.yaml")
	rented, err := filepath.Glob(filepath.Join(rentedTree(t), "gateway/*/cloud-init.yaml"))
	if err != nil || len(rented) != 3 {
		t.Fatal(rented, err)
	}
	services, err := filepath.Glob(filepath.Join(formTree(t, schema.ModeHost), "gateway/cloud-init.yaml"))
	if err != nil || len(services) != 1 {
		t.Fatal(services, err)
	}
	for _, f := range slices.Concat(rented, services, []string{file}) {
		if out, err := exec.Command("cloud-init", "schema", "-c", f).CombinedOutput(); err != nil {
			t.Errorf("cloud-init schema: %s: %v\n%s", f, err, out)
		}
	}
	writeText(t, file, strings.Replace(readText(t, file), `permissions: "0755"`, "permissions: 755", 1))
	if out, err := exec.Command("cloud-init", "schema", "-c", file).CombinedOutput(); err == nil {
		t.Errorf("permissions that are a number pass: %s", out)
	}
}

// netplan generates the very routes of our own networkd drop-in, but for the gateways
// that it has no words for.
func TestNetplanGeneratesOurRoutes(t *testing.T) {
	needPrograms(t, "netplan")
	tree, root := formTree(t, schema.ModeStaticPod), t.TempDir()
	writeText(t, filepath.Join(root, "etc/netplan/01-host.yaml"),
		"network: {version: 2, renderer: networkd, ethernets: {eth0: {addresses: [10.0.0.21/22, 'fd00:10::21/64']}}}\n")
	writeText(t, filepath.Join(root, "etc/netplan/60-kustomize-hybrid.yaml"), readText(t, filepath.Join(tree, "node/netplan.yaml")))
	if out, err := exec.Command("netplan", "generate", "--root-dir", root).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("netplan generate: %v\n%s", err, out)
	}
	generated := readText(t, filepath.Join(root, "run/systemd/network/10-netplan-eth0.network"))
	ours := readText(t, filepath.Join(tree, "node/networkd/network.conf"))
	ours = regexp.MustCompile(`MultiPathRoute=(10\.0\.0\.11|fd00:10::11)\n`).ReplaceAllString(ours, "Gateway=$1\n")
	ours = regexp.MustCompile(`MultiPathRoute=.*\n`).ReplaceAllString(ours, "")
	got, want := routeSections(generated), routeSections(ours)
	if len(got) != 4 || !slices.Equal(got, want) {
		t.Errorf("netplan has %q, networkd %q", got, want)
	}
	if !strings.Contains(generated, "Address=10.0.0.21/22") {
		t.Errorf("the file replaced the host's own instead of joining it:\n%s", generated)
	}
}

func routeSections(text string) []string {
	var routes []string
	for _, s := range strings.Split(text, "\n[")[1:] {
		if body, ok := strings.CutPrefix(s, "Route]\n"); ok {
			routes = append(routes, strings.TrimSpace(body))
		}
	}
	slices.Sort(routes)
	return routes
}
