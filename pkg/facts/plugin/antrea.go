package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Antrea is antrea-io/antrea.
func (plugins) Antrea() Plugin {
	const ipam, marks = "antrea docs/antrea-ipam.md", "antrea pkg/agent/types/marks.go"
	return Plugin{
		Type: schema.CNIAntrea, Title: "Antrea",
		Pods:  fact.Unknown[[]fact.Range]("it has no range of its own: nodes' podCIDRs come from kube-controller-manager, or from its own controller, which must be told clusterCIDRs (" + ipam + ")"),
		Modes: fact.Known([]Mode{nodeIPAM()}, ipam),
		Marks: fact.Known([]fact.Mark{{
			Purpose: "traffic of the host", Mask: fact.Known(uint32(0x1), marks), Value: fact.Known(uint32(0x1), marks),
			BesideBypass: fact.Unknown[fact.Sharing](apart),
			BesideTunnel: fact.Unknown[fact.Sharing](apart),
		}}, marks),
		MarkMask: fact.Unknown[MarkMask]("its bits are fixed"),
		Ports: fact.Known([]fact.Port{
			{What: "Antrea controller, agents and their member list", From: fact.Nodes, Ports: []string{"tcp:10349-10351", "udp:10351"}, Unless: fact.Always()},
		}, "antrea 2.3, docs/network-requirements.md"),
		Signs:           fact.Known(Signs{Groups: []string{"crd.antrea.io"}, Objects: []string{"DaemonSet/kube-system/antrea-agent"}}, "antrea-io/antrea, build/yamls/antrea.yml (commit fc70f2bb7, August 2026)"),
		Home:            fact.Unknown[string](anywhere),
		Tunnels:         fact.Known([]Tunnel{vxlan(), geneve(), wireGuard()}, "antrea 2.3, build/charts/antrea/conf/antrea-agent.conf: tunnelType, trafficEncryptionMode"),
		Carries:         fact.Known(schema.TunnelGeneve, "antrea-io/antrea 00665be4, build/charts/antrea/README.md: trafficEncapMode encap, tunnelType geneve"),
		Devices:         fact.Unknown[[]string]("it takes the card of the node's address"),
		HostRouting:     fact.Unknown[schema.HostRouting]("it has no choice"),
		DataPlane:       fact.Unknown[schema.DataPlane]("it has no choice"),
		StopsAtNFTables: fact.Unknown[bool]("nobody has reported that it does"),
		OneNetwork:      fact.Unknown[bool]("what it masquerades has not been looked up"),
		KubeProxy:       fact.Known(true, "antrea 2.3, docs/antrea-proxy.md: kube-proxy stays unless proxyAll replaces it"),
		Policies:        fact.Known(PoliciesKubernetes, "antrea 2.3, docs/antrea-network-policy.md: its own name peers by label and block, too"),
		Settings:        fact.Unknown[Settings]("it is set by ConfigMap antrea-config, which belongs to the installation"),
		SetsMTU:         fact.Known(false, "we render no settings for it"),
		Versions:        fact.NoVersions(noSettings),
		ByHand:          fact.Unknown[[]string]("how it is told where pods keep their addresses has not been looked up"),
	}
}
