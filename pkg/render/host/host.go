// Package host spells what hosts run: what the programs of gateways and of the other
// nodes are told, their environment, units, routes as networkd, netplan and NetworkManager keep them,
// user data, and rules for a host's own firewall.
//
// Start with NewFleet, whose Gateway and Node are values that others mount or install,
// too, and with CommonFiles, GatewayFiles and NodeFiles, which lay them out in the tree.
// The programs are constant: package program. Here stands what differs.
package host

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// Gateway is what differs from one gateway host to another.
type Gateway struct {
	// Tables is what the programs are told: the file beside them of that name.
	Tables []byte
	// Watched says that gateway-watch.sh follows the primary of each prefix: not where a
	// gateway keeps no routes of its own.
	Watched bool
	// Hash changes with anything that the host runs: programs, fleet or tables.
	Hash string
	// Environment are the variables of containerboot, in the order in which they can refer
	// to each other.
	Environment []Variable
}

// Node is what differs for the hosts of a region that are not gateways.
type Node struct {
	// Tables is what the programs are told. It is nil where the plan has no routes for
	// such hosts (plan.Region.HostRoutes).
	Tables []byte
	// Watched says that node-watch.sh takes gateways that are not well out of the routes:
	// not where there is no other gateway to turn to.
	Watched bool
	// Hash changes with anything that the host runs: programs, fleet or tables.
	Hash string
}

// Variable is a variable of a container's environment: a value, or a field of the pod
// that the kubelet fills in.
type Variable struct{ Name, Value, Field string }

const (
	// ProgramDir is where a host has the programs, its tables and the fleet's, and a
	// container that runs them.
	ProgramDir = "/etc/kustomize-hybrid/host"
	// RunDir is where programs keep what they need to take everything back: on the host, so
	// that `gateway-setup.sh remove` finds it when the pod is gone.
	RunDir = "/run/kustomize-hybrid"
	// SocketDir is where the CLI looks for tailscaled (tailscale 1.84.3, paths/paths.go),
	// shared by the containers of a gateway.
	SocketDir = "/var/run/tailscale"
	Socket    = SocketDir + "/tailscaled.sock"
	// StateDir is where tailscaled keeps what it must find again.
	StateDir = "/var/lib/tailscale"
	// HostStateDir is where a host has StateDir: it survives the pod, so that a static pod,
	// a DaemonSet's pod and services of the host are one and the same gateway.
	HostStateDir = "/var/lib/kustomize-hybrid/tailscale"
	// AuthDir holds the auth key, in a container; on a static pod's host it is
	// Tailnet.Auth.HostDir.
	AuthDir = "/etc/kustomize-hybrid/auth"
	// TokenFile is the service account's token in AuthDir.
	TokenFile = "token"
	// deviceAttributes follow a client ID. Without them the device is ephemeral and the
	// tailnet forgets it while the gateway is down, and it waits for somebody to approve
	// it (tailscale 1.102.3, feature/identityfederation/identityfederation.go:
	// parseOptionalAttributes).
	deviceAttributes = "?ephemeral=false&preauthorized=true"
)

// FirstTable is the routing table of a region's first advertised prefix; the
// following prefixes have the following tables. It is a number of our own, next to
// Tailscale's rules 5210 to 5270 and away from its table 52 (tailscale 1.84.3,
// wgengine/router/router_linux.go) and from Cilium's 200, 202, 2004 and 2005
// (cilium 1.17.4, pkg/datapath/linux/linux_defaults/linux_defaults.go).
const FirstTable = 5253

// ProgramHostDir is where hosts of the topology have ProgramDir: most of them have it there.
func ProgramHostDir(p *plan.Plan) string { return p.HostDir() + "/host" }

// Tables and FleetTables are what the files are called that the programs read.
const (
	Tables      = "tables"
	FleetTables = "fleet.tables"
)

// CommonFiles are the programs and what every host is told of the fleet: ProgramDir is
// both, and a host's own tables.
func CommonFiles(f *Fleet) []tree.File {
	files := []tree.File{{Path: FleetTables, Data: f.Data}}
	for _, p := range program.Files() {
		files = append(files, tree.File{Path: "host/" + p.Name, Executable: p.Executable, Data: p.Data})
	}
	return files
}

// GatewayFiles are the files of a gateway host, or of each of the region's.
func GatewayFiles(p *plan.Plan, r *plan.Region, h *plan.Host, g Gateway) []tree.File {
	files := []tree.File{{Path: tree.InRegion(r.Region.Name, "gateway/"+Dir(h)+Tables), Data: g.Tables}}
	return append(files, envFiles(tree.Header(p.Topology.Metadata.Name), r, h, g.Environment)...)
}

// Dir is the host's own directory, with a slash; empty for what all hosts share.
func Dir(h *plan.Host) string {
	if h.Node == nil {
		return ""
	}
	return h.Node.Name + "/"
}

// NodeFiles are what hosts are told that are not gateways, and the files that are the
// same on all hosts of a region: the forms that the topology asks for, and the rules of
// their firewall.
func NodeFiles(f *Fleet, r *plan.Region, n Node) ([]tree.File, error) {
	var files []tree.File
	if n.Tables != nil {
		files = append(files, tree.File{Path: tree.InRegion(r.Region.Name, "node/"+Tables), Data: n.Tables})
	}
	forms, err := newForms(f, r, n).files()
	return append(append(files, forms...), firewallFiles(f.header, r)...), err
}
