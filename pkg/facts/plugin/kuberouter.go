package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// KubeRouter is cloudnativelabs/kube-router.
func (plugins) KubeRouter() Plugin {
	const routes = "kube-router pkg/controllers/routing/network_routes_controller.go: ipsets kube-router-pod-subnets and kube-router-node-ips"
	return Plugin{
		Type: schema.CNIKubeRouter, Title: "kube-router",
		Pods:  fact.Unknown[[]fact.Range]("it has no range of its own: nodes' podCIDRs come from kube-controller-manager"),
		Modes: fact.Known([]Mode{nodeIPAM()}, routes),
		Marks: fact.Known([]fact.Mark{{
			Purpose: "accepted by policy", Mask: fact.Known(uint32(0x20000), "k3s#6255"), Value: fact.Known(uint32(0x20000), "k3s#6255"),
			BesideBypass: fact.SharesAlways("never taken for each other: 0x20000 and 0x80000", "k3s#6255; tailscale 1.84.3, util/linuxfw/linuxfw.go"),
			BesideTunnel: fact.SharesAlways("kube-router-mark", "known issue"),
		}}, "k3s#6255"),
		MarkMask: fact.Unknown[MarkMask]("its bits are fixed"),
		Ports: fact.Known([]fact.Port{
			{What: "BGP between nodes", From: fact.Nodes, Ports: []string{"tcp:179"}, Unless: fact.Always()},
		}, "kube-router 2.5, docs/bgp.md"),
		Signs:           fact.Known(Signs{Objects: []string{"ConfigMap/kube-system/kube-router-cfg"}}, "cloudnativelabs/kube-router, daemonset/kubeadm-kuberouter.yaml (commit 7c2c2779, August 2026)"),
		Home:            fact.Unknown[string](anywhere),
		Tunnels:         fact.Known([]Tunnel{ipip()}, "kube-router 2.5, docs/tunnels.md: IP in IP, or the same in UDP"),
		Carries:         fact.Unknown[schema.TunnelProtocol]("no source has been read; the topology says it"),
		Devices:         fact.Unknown[[]string]("it takes the card of the node's address"),
		HostRouting:     fact.Unknown[schema.HostRouting]("it has no choice"),
		DataPlane:       fact.Unknown[schema.DataPlane]("it has no choice"),
		StopsAtNFTables: fact.Unknown[bool]("nobody has reported that it does"),
		OneNetwork:      fact.Known(false, routes),
		KubeProxy:       fact.Known(true, "kube-router 2.5, docs/user-guide.md: its service proxy is one of three parts, and optional"),
		Policies:        fact.Known(PoliciesKubernetes, "kube-router 2.5, docs/user-guide.md"),
		Settings:        fact.Unknown[Settings]("it is set by flags and annotations, which belong to the installation"),
		SetsMTU:         fact.Known(false, "we render no settings for it"),
		Versions:        fact.NoVersions(noSettings),
		ByHand: fact.Known([]string{
			"kube-router masquerades towards addresses that are neither a node's InternalIP nor in a node's podCIDR, and it knows those of every region: nothing to set. Its routes to nodes of other regions come from BGP; run it with `--enable-overlay=false` and let node-routes.sh keep them.",
		}, routes),
	}
}
