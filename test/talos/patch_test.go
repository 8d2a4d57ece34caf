package talos_test

import (
	"os"
	"path"
	"strings"
	"testing"

	"github.com/siderolabs/talos/pkg/machinery/config"
	talosconfig "github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// metal is a host that Talos is installed on.
type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return true }
func (metal) InContainer() bool     { return false }

// patches are the machine configurations of the example's tree, by their paths.
func patches(t *testing.T, change func(*schema.Topology)) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../examples/talos/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var topology schema.Topology
	if err := yaml.UnmarshalStrict(data, &topology); err != nil {
		t.Fatal(err)
	}
	change(&topology)
	files, err := render.Tree(plan.New(&topology))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range files {
		if path.Base(f.Path) == "machine-config.yaml" {
			found[f.Path] = string(f.Data)
		}
	}
	return found
}

// patched is a new host's configuration with the patch in it, as Talos takes it.
func patched(t *testing.T, kind machine.Type, patch string) (talosconfig.MachineConfig, error) {
	t.Helper()
	input, err := generate.NewInput("talos", "https://192.168.68.100:6443", "1.33.2",
		generate.WithVersionContract(config.TalosVersionCurrent), generate.WithInstallDisk("/dev/sda"))
	if err != nil {
		t.Fatal(err)
	}
	base, err := input.Config(kind)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := configpatcher.LoadPatch([]byte(patch))
	if err != nil {
		return nil, err
	}
	out, err := configpatcher.Apply(configpatcher.WithConfig(base), []configpatcher.Patch{loaded})
	if err != nil {
		return nil, err
	}
	provider, err := out.Config()
	if err != nil {
		return nil, err
	}
	warnings, err := provider.Validate(metal{}, validation.WithStrict())
	if len(warnings) > 0 {
		t.Errorf("warnings: %q", warnings)
	}
	return provider.Machine(), err
}

func unchanged(*schema.Topology) {}

// perNode gives each host of the data centre a gateway of its own.
func perNode(t *schema.Topology) {
	dc := &t.Spec.Regions[1]
	dc.NodeRoutes = schema.NodeRoutes{}
	dc.Gateways.Mode = schema.ModePerNode
	dc.Gateways.Nodes[0].PodCIDRs = dc.PodCIDRs
}

func TestPatchesAreTaken(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schema.Topology)
		pods   map[string]string // of a patch, its static pod
	}{
		"static pods": {unchanged, map[string]string{
			"regions/home/gateway/machine-config.yaml": "",
			"regions/dc/gateway/machine-config.yaml":   "gateway-dc",
			"regions/dc/node/machine-config.yaml":      "routes-dc",
		}},
		"per node": {perNode, map[string]string{
			"regions/home/gateway/machine-config.yaml":     "",
			"regions/dc/gateway/gpu-1/machine-config.yaml": "gateway-dc",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			found := patches(t, c.change)
			if len(found) != len(c.pods) {
				t.Errorf("%d patches, want %d", len(found), len(c.pods))
			}
			for file, want := range c.pods {
				for _, kind := range []machine.Type{machine.TypeControlPlane, machine.TypeWorker} {
					m, err := patched(t, kind, found[file])
					if err != nil {
						t.Errorf("%s on a %s: %v", file, kind, err)
						continue
					}
					holds(t, file, m, want)
				}
			}
		})
	}
}

// holds compares what the host understood with what the static pod needs of it.
func holds(t *testing.T, file string, m talosconfig.MachineConfig, want string) {
	t.Helper()
	if subnets := m.Kubelet().NodeIP().ValidSubnets(); len(subnets) != 1 || strings.HasPrefix(subnets[0], "100.") {
		t.Errorf("%s: the node's address is one of %q", file, subnets)
	}
	var seen []string
	for _, mount := range m.Kubelet().ExtraMounts() {
		seen = append(seen, mount.Destination)
	}
	written := map[string]bool{}
	list, err := m.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		// talos v1.9.5, v1alpha1_sequencer_tasks.go: "create operation not allowed outside of /var"
		if f.Op() != "create" || !strings.HasPrefix(f.Path(), "/var/") {
			t.Errorf("%s: file %s, %s", file, f.Path(), f.Op())
		}
		if executable := f.Permissions()&0o111 != 0; executable != strings.HasSuffix(f.Path(), ".sh") && path.Base(f.Path()) != "lib.sh" {
			t.Errorf("%s: file %s has the mode %v", file, f.Path(), f.Permissions())
		}
		written[path.Dir(f.Path())] = true
	}
	if want == "" {
		if len(m.Pods()) > 0 || len(list) > 0 {
			t.Errorf("%s: %d static pods and %d files where a DaemonSet brings them", file, len(m.Pods()), len(list))
		}
		return
	}
	if len(m.Pods()) != 1 {
		t.Fatalf("%s: %d static pods", file, len(m.Pods()))
	}
	var pod corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(m.Pods()[0], &pod, true); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if pod.Name != want {
		t.Errorf("%s: static pod %q, want %q", file, pod.Name, want)
	}
	for _, v := range pod.Spec.Volumes {
		if v.HostPath == nil {
			continue
		}
		dir := v.HostPath.Path
		if v.Name == "programs" && !written[dir] {
			t.Errorf("%s: nobody writes the programs to %s", file, dir)
		}
		if !visible(dir, seen) {
			t.Errorf("%s: the kubelet does not see %s", file, dir)
		}
	}
}

// visible reports whether the kubelet, which runs in a container, sees the host's path:
// what it has of its own (talos v1.9.5, internal/app/machined/pkg/system/services/kubelet.go)
// and what the patch adds.
func visible(dir string, added []string) bool {
	for _, seen := range append([]string{"/dev", "/lib/modules", "/proc"}, added...) {
		if dir == seen || strings.HasPrefix(dir, seen+"/") {
			return true
		}
	}
	return false
}

// The judge has to be one: it refuses what it does not know, and what is wrong.
func TestWrongPatchesAreRefused(t *testing.T) {
	good := patches(t, unchanged)["regions/dc/gateway/machine-config.yaml"]
	for name, change := range map[string][2]string{
		"a misspelt field":  {"validSubnets:", "validSubnet:"},
		"no subnet":         {`- "10.50.0.0/24"`, `- "10.50.0.0/33"`},
		"a file's mode":     {"permissions: 420", "permissions: rw"},
		"a misspelt branch": {"\nmachine:", "\nmachines:"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, change[0], change[1], 1)
			if bad == good {
				t.Fatalf("the patch has no %q", change[0])
			}
			if _, err := patched(t, machine.TypeWorker, bad); err == nil {
				t.Error("Talos takes it")
			}
		})
	}
}
