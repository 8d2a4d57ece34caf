package render

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
func (g *gateway) cloudInit() cloudConfig {
	var c cloudConfig
	for _, f := range append(g.nodeScripts(), g.nodeUnits()...) {
		permissions := "0644"
		if f.Executable {
			permissions = "0755"
		}
		c.WriteFiles = append(c.WriteFiles, cloudFile{f.Host, permissions, string(f.Data)})
	}
	c.RunCmd = [][]string{
		{"systemctl", "daemon-reload"},
		{"systemctl", "enable", "--now", "kustomize-hybrid-routes.service"},
	}
	return c
}

func (g *gateway) cloudInitNote() string {
	return "# User data of the region's nodes that are not gateways. What makes the host join the cluster comes after it.\n" +
		"# Some clouds take 16 KiB at most: compress it then (gzip -9), cloud-init unpacks it.\n" + g.notOnGateways()
}
