package host

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
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

// gatewayCloudInit installs what makes a gateway's own address. The other programs and the
// static pod come later, with a key that user data must not have.
func (f *forms) gatewayCloudInit(h *plan.Host) cloudConfig {
	return newCloudConfig(append(f.installed(program.AddressFiles(), f.fleet.GatewayTables(f.plan, h)), f.addressUnits()...), AddressService)
}

// newCloudConfig writes the files and enables the unit.
func newCloudConfig(files []hostFile, unit string) cloudConfig {
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
		{"systemctl", "enable", "--now", unit},
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

func (f *forms) gatewayCloudInitNote(h *plan.Host) string {
	return "# User data of " + strings.Join(f.plan.Names(h), ", ") + ", whose address no network gives it: it is there before what makes the host join the\n" +
		"# cluster, which comes after it. All programs, with their own SHA256SUMS, replace these when the gateway is installed.\n"
}
