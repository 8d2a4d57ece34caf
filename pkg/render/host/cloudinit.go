package host

import (
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
	var c cloudConfig
	for _, file := range append(f.installed(), f.nodeUnits()...) {
		permissions := "0644"
		if file.Executable {
			permissions = "0755"
		}
		c.WriteFiles = append(c.WriteFiles, cloudFile{file.Host, permissions, string(file.Data)})
	}
	c.RunCmd = [][]string{
		{"systemctl", "daemon-reload"},
		{"systemctl", "enable", "--now", "kustomize-hybrid-routes.service"},
	}
	return c
}

// installed are the files of ProgramDir on a host that is not a gateway: no programs that
// it does not need, because some clouds take little user data.
func (f *forms) installed() []hostFile {
	var files []hostFile
	for _, p := range program.NodeFiles() {
		files = append(files, hostFile{tree.File{Executable: p.Executable, Data: p.Data}, ProgramDir + "/" + p.Name})
	}
	return append(files,
		hostFile{tree.File{Data: f.node.Tables}, ProgramDir + "/" + Tables},
		hostFile{tree.File{Data: f.fleet.Data}, ProgramDir + "/" + FleetTables})
}

func (f *forms) cloudInitNote() string {
	return "# User data of the region's nodes that are not gateways. What makes the host join the cluster comes after it.\n" +
		"# Where a cloud takes 16 KiB at most, compress it (gzip -9): cloud-init unpacks it.\n" + f.notOnGateways()
}
