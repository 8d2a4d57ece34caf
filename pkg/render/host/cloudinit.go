package host

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// cloudConfig is what we write of cloud-init's user data (cloud-init 22.4,
// config/schemas/schema-cloud-config-v1.json).
type cloudConfig struct {
	WriteFiles []cloudFile `json:"write_files"`
	RunCmd     [][]string  `json:"runcmd"`
}

type cloudFile struct {
	Path        string `json:"path"`
	Permissions string `json:"permissions"`
	Content     string `json:"content"`
}

// cloudInit installs the programs, the tables and the units of a node that is not a
// gateway.
func (f *forms) cloudInit() cloudConfig {
	return newCloudConfig(append(f.installed(program.NodeFiles(), f.node.Tables), f.nodeUnits()...), "kustomize-hybrid-routes.service")
}

// gatewayUserData is a gateway's user data, and what its first lines say. There is some where
// a host makes its own address, and where the gateway is services of its host.
func (f *forms) gatewayUserData(h *plan.Host) (c cloudConfig, note string, ok bool) {
	if !f.region.NodeRoutes.Has(schema.RouteFormCloudInit) {
		return c, "", false
	}
	if f.region.Gateways.OnHost() {
		return f.hostCloudInit(h), f.hostCloudInitNote(h), true
	}
	if f.region.HostAddress == schema.HostAddressMade {
		return f.addressCloudInit(h), f.addressCloudInitNote(h), true
	}
	return c, "", false
}

// addressCloudInit installs what makes a gateway's own address. The other programs and the
// static pod come later, with a key that user data must not have.
func (f *forms) addressCloudInit(h *plan.Host) cloudConfig {
	return newCloudConfig(append(f.installed(program.AddressFiles(), f.fleet.GatewayTables(f.plan, h)), f.addressUnits()...), AddressService)
}

// hostCloudInit installs a gateway as services of its host. Its rules are there at once; it
// joins only where something else has brought the key: without, tailscale would wait for
// somebody to sign in, and not look for a key again.
func (f *forms) hostCloudInit(h *plan.Host) cloudConfig {
	units := []string{SetupService}
	if f.region.HostAddress == schema.HostAddressMade {
		units = append(units, AddressService)
	}
	c := newCloudConfig(f.onGateway(program.GatewayFiles(), h), units...)
	c.RunCmd = append(c.RunCmd, []string{"/bin/sh", "-c", "if [ -s " + f.hostKey() + " ]; then exec systemctl " + startGateway + "; fi"})
	return c
}

// startGateway are the arguments by which systemctl starts a gateway that is services of its
// host, now and at every boot.
const startGateway = "enable --now " + GatewayService + " " + healthSocket

// hostKey is where a host has the auth key.
func (f *forms) hostKey() string { return f.fleet.plan.Topology.Spec.Tailnet.Auth.HostDir + "/authkey" }

// newCloudConfig writes the files and enables the units.
func newCloudConfig(files []hostFile, units ...string) cloudConfig {
	var c cloudConfig
	for _, file := range files {
		permissions := "0644"
		if file.Executable {
			permissions = "0755"
		}
		c.WriteFiles = append(c.WriteFiles, cloudFile{file.Host, permissions, string(file.Data)})
	}
	c.RunCmd = [][]string{
		{"systemctl", "daemon-reload"},
		append([]string{"systemctl", "enable", "--now"}, units...),
	}
	return c
}

// installed are the files of ProgramDir on a host: no programs that it does not need,
// because some clouds take little user data.
func (f *forms) installed(programs []program.File, tables []byte) []hostFile {
	var files []hostFile
	for _, p := range programs {
		files = append(files, hostFile{tree.File{Executable: p.Executable, Data: p.Data}, ProgramDir + "/" + p.Name})
	}
	return append(files,
		hostFile{tree.File{Data: tables}, ProgramDir + "/" + Tables},
		hostFile{tree.File{Data: f.fleet.Data}, ProgramDir + "/" + FleetTables})
}

func (f *forms) cloudInitNote() string {
	return "# User data of the region's nodes that are not gateways. What makes the host join the cluster comes after it.\n" +
		"# Where a cloud takes 16 KiB at most, compress it (gzip -9): cloud-init unpacks it.\n" + f.notOnGateways()
}

func (f *forms) hostCloudInitNote(h *plan.Host) string {
	return "# User data of " + strings.Join(f.plan.Names(h), ", ") + ": the gateway as services of its host. Tailscale " + string(f.fleet.plan.Topology.Spec.Tailnet.TailscaleVersion) + " comes with\n" +
		"# the image. The auth key is not in here, since whoever may ask for a machine's user data would have it:\n" +
		"# it goes to " + f.hostKey() + " (directory 0700, file 0400, root's). Where it is there already, the last command starts\n" +
		"# the gateway; where it comes later: systemctl " + startGateway + "\n" +
		"# What makes the host join the cluster comes after that. Where a cloud takes too little for this file even when it is\n" +
		"# compressed (gzip -9), the host's bundle brings the same: kustomize-hybrid bundle.\n"
}

func (f *forms) addressCloudInitNote(h *plan.Host) string {
	return "# User data of " + strings.Join(f.plan.Names(h), ", ") + ", whose address no network gives it: it is there before what makes the host join the\n" +
		"# cluster, which comes after it. All programs, with their own SHA256SUMS, replace these when the gateway is installed.\n"
}
