package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Weave is Weave Net.
func (plugins) Weave() Plugin {
	const addon, registry = "weave 2.8, site/kubernetes/kube-addon.md", "github.com/fwmark/registry (Weave Net)"
	return Plugin{
		Type: schema.CNIWeave, Title: "Weave Net",
		Pods: fact.Ranges(fact.Default("10.32.0.0/12", "is Weave Net's default for pods (IPALLOC_RANGE)", addon, "2.8.1")),
		Modes: fact.Known([]Mode{{
			Name:        fact.Unknown[schema.IPAM](noChoice),
			Blocks:      fact.Unknown[Blocks]("its peers share one range and have no blocks of a fixed size"),
			LongestIPv4: fact.Unknown[int](noLimit),
			LongestIPv6: fact.Unknown[int](noLimit),
			Pools:       fact.Known(PoolsOfCluster, addon+": IPALLOC_RANGE"),
			Stays:       fact.Unknown[bool]("whether peers give each other parts in which pods live has not been looked up"),
			Roaming:     fact.Unknown[string]("whether they roam has not been looked up"),
			Cure:        fact.Unknown[string]("whether they roam has not been looked up"),
			ByHand:      fact.Unknown[[]string](nothing),
		}}, addon),
		Marks: fact.Known([]fact.Mark{{
			Purpose: "policy", Mask: fact.Known(uint32(0x20000), registry), Value: fact.Known(uint32(0x20000), registry),
			BesideBypass: fact.SharesAlways("never taken for each other: 0x20000 and 0x80000", registry+"; tailscale 1.84.3, util/linuxfw/linuxfw.go"),
			BesideTunnel: fact.SharesAlways("weave-mark", "known issue"),
		}}, registry),
		MarkMask: fact.Unknown[MarkMask]("its bits are fixed"),
		Ports: fact.Known([]fact.Port{
			{What: "Weave Net peers", From: fact.Nodes, Ports: []string{"tcp:6783", "udp:6783-6784"}, Unless: fact.Always()},
		}, addon),
		Signs:           fact.Known(Signs{Objects: []string{"DaemonSet/kube-system/weave-net"}}, "weaveworks/weave, prog/weave-kube/weave-daemonset-k8s-1.11.yaml (commit 8c847638, November 2022)"),
		Home:            fact.Unknown[string](anywhere),
		Tunnels:         fact.Known([]Tunnel{fastDatapath()}, "weave 2.8, site/concepts/fastdp-how-it-works.md"),
		Carries:         fact.Known(schema.TunnelVXLAN, "weave 2.8, site/concepts/fastdp-how-it-works.md: peers carry whatever goes from host to host"),
		Devices:         fact.Unknown[[]string]("it takes the card of the node's address"),
		HostRouting:     fact.Unknown[schema.HostRouting]("it has no choice"),
		DataPlane:       fact.Unknown[schema.DataPlane]("it has no choice"),
		StopsAtNFTables: fact.Unknown[bool]("nobody has reported that it does"),
		OneNetwork:      fact.Unknown[bool]("what it masquerades has not been looked up"),
		KubeProxy:       fact.Known(true, addon+": services are kube-proxy's"),
		Policies:        fact.Known(PoliciesKubernetes, addon+": weave-npc"),
		Settings:        fact.Unknown[Settings]("it is set by environment variables, which belong to the installation"),
		SetsMTU:         fact.Known(false, "we render no settings for it"),
		Versions:        fact.NoVersions(noSettings),
		ByHand:          fact.Unknown[[]string]("how it is told where pods keep their addresses has not been looked up"),
	}
}

// fastDatapath is VXLAN at a port of Weave Net's own.
func fastDatapath() Tunnel {
	t := vxlan()
	t.Ports = fact.Known([]string{"udp:6784"}, "weave 2.8, site/kubernetes/kube-addon.md: UDP 6783 and 6784")
	return t
}
