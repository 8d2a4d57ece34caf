package host_test

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// rendered is the whole tree of the topology.
func rendered(t *testing.T, topology *schema.Topology) []tree.File {
	t.Helper()
	files, err := render.Tree(plan.New(topology))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func file(t *testing.T, files []tree.File, path string) []byte {
	t.Helper()
	for _, f := range files {
		if f.Path == path {
			return f.Data
		}
	}
	t.Fatalf("no file %s", path)
	return nil
}

// paths are the files of the tree that region "cloud" has, and the objects.
func paths(t *testing.T, topology *schema.Topology) []string {
	t.Helper()
	var all []string
	for _, f := range rendered(t, topology) {
		if name, ok := strings.CutPrefix(f.Path, "regions/cloud/"); ok {
			all = append(all, name)
		} else if path.Dir(f.Path) == "cluster" {
			all = append(all, f.Path)
		}
	}
	return all
}

func TestFormsAddFiles(t *testing.T) {
	for form, want := range map[schema.RouteForm][]string{
		schema.RouteFormSystemd: {
			"gateway/systemd/kustomize-hybrid-setup.service",
			"node/systemd/kustomize-hybrid-routes-check.service", "node/systemd/kustomize-hybrid-routes-check.timer",
			"node/systemd/kustomize-hybrid-routes-watch.service", "node/systemd/kustomize-hybrid-routes.service",
		},
		schema.RouteFormNetworkd: {
			"gateway/networkd/networkd.conf", "node/networkd/network.conf", "node/networkd/networkd.conf", "node/sysctl.conf",
		},
		schema.RouteFormNetplan:        {"node/netplan.yaml", "node/sysctl.conf"},
		schema.RouteFormNetworkManager: {"node/networkmanager/50-kustomize-hybrid.sh"},
		schema.RouteFormCloudInit:      {"node/cloud-init.yaml"},
		schema.RouteFormDaemonSet:      {"cluster/routes-cloud.yaml"},
	} {
		t.Run(string(form), func(t *testing.T) {
			before := paths(t, sample.WithForms(schema.ModeStaticPod))
			var added []string
			for _, p := range paths(t, sample.WithForms(schema.ModeStaticPod, form)) {
				if !slices.Contains(before, p) {
					added = append(added, p)
				}
			}
			slices.Sort(added)
			if !slices.Equal(added, want) {
				t.Errorf("added %q, want %q", added, want)
			}
		})
	}
}

// A region that asks for nothing gets nothing, whatever its neighbours ask for.
func TestFormsStayInTheirRegion(t *testing.T) {
	for _, f := range rendered(t, sample.WithForms(schema.ModeStaticPod, sample.AllForms()...)) {
		if strings.HasPrefix(f.Path, "regions/dc/") &&
			!slices.Contains([]string{"cni", "gateway", "node"}, path.Base(path.Dir(f.Path))) {
			t.Errorf("%s was not asked for", f.Path)
		}
	}
}

// What a gateway carries for others must not be routed on it outside the tunnel.
func TestGatewaysGetNoRoutes(t *testing.T) {
	for _, mode := range []schema.GatewayMode{schema.ModeDaemonSet, schema.ModeStaticPod} {
		for _, f := range rendered(t, sample.WithForms(mode, sample.AllForms()...)) {
			dir := path.Dir(f.Path)
			if dir != "regions/cloud/gateway/systemd" && dir != "regions/cloud/gateway/networkd" {
				continue
			}
			if bytes.Contains(f.Data, []byte("10.143.0.0/24")) || bytes.Contains(f.Data, []byte("routes.sh")) {
				t.Errorf("%s has routes:\n%s", f.Path, f.Data)
			}
		}
	}
}

func TestNetplanSectionFollowsTheDevice(t *testing.T) {
	for device, section := range map[string]string{
		"eth0": "ethernets", "enp1s0f1np1": "ethernets", "bond0": "bonds", "br0": "bridges", "bond0.7": "vlans", "vlan7": "vlans",
	} {
		topology := sample.WithForms(schema.ModeStaticPod, schema.RouteFormNetplan)
		topology.Spec.Regions[1].NodeRoutes.Device = device
		data := file(t, rendered(t, topology), "regions/cloud/node/netplan.yaml")
		if !bytes.Contains(data, []byte("  "+section+":\n    "+device+":\n")) {
			t.Errorf("%s is not below %s:\n%s", device, section, data)
		}
	}
}

func TestKubeletUnits(t *testing.T) {
	for d, want := range map[schema.Distribution]string{
		"": "kubelet.service", schema.DistributionK3s: "k3s.service k3s-agent.service",
		schema.DistributionRKE2: "rke2-server.service rke2-agent.service",
	} {
		topology := sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd)
		topology.Spec.Cluster.Distribution = d
		unit := file(t, rendered(t, topology), "regions/cloud/node/systemd/kustomize-hybrid-routes.service")
		if !bytes.Contains(unit, []byte("\nBefore="+want+"\n")) {
			t.Errorf("%q: not before %s:\n%s", d, want, unit)
		}
	}
}
