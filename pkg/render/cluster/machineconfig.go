package cluster

import (
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// machineConfig is a strategic merge patch of a machine configuration, the fields of it
// that we write (talos v1.9.5, pkg/machinery/config/types/v1alpha1/v1alpha1_types.go:
// MachineConfig). Lists of a patch are appended to those of the configuration.
type machineConfig struct {
	Machine machine `json:"machine"`
}

type machine struct {
	Kubelet machineKubelet `json:"kubelet"`
	// NodeLabels are those by which DaemonSets and the network plugin's settings find the node:
	// labels that a node may give itself, as NodeRestriction demands (see plan.JoinLabels).
	NodeLabels map[string]string `json:"nodeLabels"`
	// Pods are static pods, which the host serves to its kubelet.
	Pods  []*kube.Pod   `json:"pods,omitempty"`
	Files []machineFile `json:"files,omitempty"`
}

type machineKubelet struct {
	// ExtraMounts are directories of the host that the kubelet sees, since it runs in a
	// container, and looks there whether a hostPath exists.
	ExtraMounts []machineMount `json:"extraMounts"`
	// NodeIP keeps the address of tailscale0 from becoming the node's.
	NodeIP machineNodeIP `json:"nodeIP"`
}

type machineMount struct {
	Destination string   `json:"destination"`
	Type        string   `json:"type"`
	Source      string   `json:"source"`
	Options     []string `json:"options"`
}

type machineNodeIP struct {
	ValidSubnets []netip.Prefix `json:"validSubnets"`
}

// machineFile is written at every boot.
type machineFile struct {
	Path        string `json:"path"`
	Permissions int    `json:"permissions"` // in decimal
	Op          string `json:"op"`
	Content     string `json:"content"`
}

// MachineConfig is the patch for a gateway's host, or for each of the region's. A static
// pod comes with its programs; a DaemonSet's pod needs the directories alone.
func MachineConfig(f *host.Fleet, p *plan.Plan, r *plan.Region, h *plan.Host, runs host.Gateway) (tree.File, error) {
	g := &gateway{naming{p, r, r.Region}, h, runs}
	m := g.machine()
	m.NodeLabels = r.HostLabels(h)
	note := "Where the DaemonSet's pods run: " + strings.Join(r.Names(h), ", ")
	if r.Region.Gateways.Mode != schema.ModeDaemonSet {
		m.Pods = []*kube.Pod{g.staticPod()}
		m.Files = g.machineFiles(program.Files(), runs.Tables, f.Data)
		note = "A gateway of region " + r.Region.Name + ", on: " + strings.Join(r.Names(h), ", ") + "\n" +
			"# The auth key is not in it: a patch of your own writes it, kept where you keep secrets of machines:\n" +
			"#   machine: {files: [{path: " + p.Topology.Spec.Tailnet.Auth.HostDir + "/authkey, permissions: 256, op: create, content: KEY}]}"
	}
	return g.machineConfig("gateway/"+host.Dir(h), note, m)
}

// NodeMachineConfig is the patch for the region's nodes that are not gateways. Where they
// keep routes, a static pod does so, from before the kubelet has found an API server.
func NodeMachineConfig(f *host.Fleet, p *plan.Plan, r *plan.Region, runs host.Node) (tree.File, error) {
	n := naming{p, r, r.Region}
	m := n.machine()
	m.NodeLabels = r.JoinLabels(nil)
	note := "Nodes of region " + r.Region.Name + " that are not gateways"
	if r.HasForm(schema.RouteFormMachineConfig) {
		routes := &nodeRoutes{p, r, r.Region, runs}
		m.Pods = []*kube.Pod{routes.staticPod()}
		m.Files = n.machineFiles(program.NodeFiles(), runs.Tables, f.Data)
		note += ".\n# Never on a gateway (" + strings.Join(r.GatewayNames(), ", ") + "): it keeps its routes itself."
	}
	return n.machineConfig("node/", note, m)
}

func (n *naming) machine() machine {
	var mounts []machineMount
	for _, dir := range []string{n.all.HostDir(), host.RunDir} {
		mounts = append(mounts, machineMount{dir, "bind", dir, []string{"bind", "rshared", "rw"}})
	}
	return machine{Kubelet: machineKubelet{ExtraMounts: mounts, NodeIP: machineNodeIP{n.region.NodeCIDRs}}}
}

// machineFiles are what the programs' directory holds.
func (n *naming) machineFiles(programs []program.File, tables, fleet []byte) []machineFile {
	const executable, readable = 0o755, 0o644
	dir := host.ProgramHostDir(n.all) + "/"
	var files []machineFile
	for _, p := range programs {
		mode := readable
		if p.Executable {
			mode = executable
		}
		files = append(files, machineFile{dir + p.Name, mode, "create", string(p.Data)})
	}
	return append(files,
		machineFile{dir + host.Tables, readable, "create", string(tables)},
		machineFile{dir + host.FleetTables, readable, "create", string(fleet)})
}

func (n *naming) machineConfig(dir, note string, m machine) (tree.File, error) {
	header := tree.Header(n.all.Topology.Metadata.Name) + "#\n# " + note + `
# A patch of the machine configuration: talosctl patch machineconfig --nodes ADDRESS --patch @FILE
# Lists are appended, so patch the configuration that the host was made with, not the one that this
# patch is in already. Files are written when the host boots. permissions are in decimal: 493 is 0o755,
# 420 is 0o644, 256 is 0o400.
`
	data, err := tree.Documents(header, machineConfig{m})
	return tree.File{Path: tree.InRegion(n.region.Name, dir+"machine-config.yaml"), Data: data}, err
}

// staticPod keeps the routes of one host: its programs are files of the host, and nobody
// has to place it.
func (g *nodeRoutes) staticPod() *kube.Pod {
	meta := g.meta()
	meta.Annotations = map[string]string{
		"kubectl.kubernetes.io/default-container": "routes",
		schema.Group + "/scripts-hash":            g.runs.Hash,
	}
	spec := g.pod()
	spec.Affinity = nil
	spec.Priority = new(int32(nodeCriticalPriority))
	spec.Volumes[0] = hostVolume("programs", host.ProgramHostDir(g.all), kube.HostPathDirectory)
	return &kube.Pod{TypeMeta: kube.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: meta, Spec: spec}
}
