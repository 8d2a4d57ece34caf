package host

import "slices"

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

// cloudInit installs the scripts and the units of a node that is not a gateway.
func (f *forms) cloudInit() cloudConfig {
	var c cloudConfig
	for _, file := range append(slices.Clone(f.scripts), f.nodeUnits()...) {
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

func (f *forms) cloudInitNote() string {
	return "# User data of the region's nodes that are not gateways. What makes the host join the cluster comes after it.\n" +
		"# Some clouds take 16 KiB at most: compress it then (gzip -9), cloud-init unpacks it.\n" + f.notOnGateways()
}
