package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Versions of Cilium from which something is so.
const (
	// CiliumCIDRGroupV2: CiliumCIDRGroup is in cilium.io/v2 (cilium 1.18.0,
	// pkg/k8s/apis/cilium.io/client/crds).
	CiliumCIDRGroupV2 schema.Version = "1.18.0"
	// CiliumMultiPoolTunnel: multi-pool IPAM works in a tunnel, too (cilium 1.17.3 and
	// 1.18.0, Documentation/network/concepts/ipam/multi-pool.rst).
	CiliumMultiPoolTunnel schema.Version = "1.18.0"
	// CiliumMasqueradeAlone: BPF masquerading, which ip-masq-agent needs, starts without
	// NodePort (cilium 1.18.0, daemon/cmd/daemon.go, refuses to).
	CiliumMasqueradeAlone schema.Version = "1.19.0"
	// CiliumDeviceExclusion: a device pattern may start with "!" (cilium 1.20.2,
	// install/kubernetes/cilium/values.yaml).
	CiliumDeviceExclusion schema.Version = "1.20.0"
)

// ciliumVersions: a chart before 1.16 has no word for routes to nodes behind a gateway, and
// its agents read no CiliumNodeConfig of cilium.io/v2.
func ciliumVersions() fact.Versions {
	return fact.Versions{
		From: fact.Known(fact.Floor{Version: "1.16.0", Brings: "directRoutingSkipUnreachable in its chart and CiliumNodeConfig in cilium.io/v2"},
			"cilium/charts 009b5e95, values.yaml of cilium-1.15.19.tgz and cilium-1.16.0.tgz; cilium 1.16.9, pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnodeconfigs.yaml"),
		Read:        fact.Known(fact.Span{Oldest: "1.16.0", Newest: "1.20.2"}, "cilium 1.16.9 to 1.20.2, install/kubernetes/cilium/values.yaml, Documentation/cmdref/cilium-agent.md; cilium/charts 009b5e95"),
		OddUnstable: fact.Known(false, "cilium/charts 009b5e95: it has charts of every minor"),
	}
}

// Cilium is cilium/cilium.
func (plugins) Cilium() Plugin {
	const identity = "cilium 1.17.4, pkg/datapath/linux/linux_defaults/mark.go, bpf/lib/common.h"
	return Plugin{
		Type: schema.CNICilium, Title: "Cilium",
		// In force only where nobody tells it a pool: a region's podCIDRs do, once the rendered
		// settings are used.
		Pods:  fact.Ranges(fact.Default("10.0.0.0/8", "is the default of Cilium's cluster-pool mode", "cilium Documentation/network/concepts/ipam/cluster-pool.rst", "1.17.4")),
		Modes: fact.Known(ciliumModes(), "cilium 1.17.4, Documentation/network/concepts/ipam"),
		Marks: fact.Known([]fact.Mark{
			{
				Purpose: "what the packet is (magic)", Mask: fact.Known(uint32(0xf00), identity), Value: fact.Unknown[uint32]("varies with the packet"),
				BesideBypass: fact.Unknown[fact.Sharing](apart),
				BesideTunnel: fact.SharesAlways("tailscale-nft-mark-cilium", "known issue"),
			},
			{
				Purpose: "identity, bits 0 to 15", Mask: fact.Known(uint32(0xffff0000), identity), Value: fact.Unknown[uint32]("varies with the pod"),
				BesideBypass: fact.SharesAlways("cilium-identity-bypass", "known issue"),
				BesideTunnel: fact.SharesAlways("harmless without SNAT: Cilium reads an identity from its own packets only", "cilium 1.17.4, bpf/lib/common.h: the magic tells whose packet it is"),
			},
			{
				Purpose: "identity, bits 16 to 23, or cluster", Mask: fact.Known(uint32(0xff), identity), Value: fact.Unknown[uint32]("varies with the pod"),
				BesideBypass: fact.Unknown[fact.Sharing](apart),
				BesideTunnel: fact.Unknown[fact.Sharing](apart),
			},
		}, identity),
		MarkMask: fact.Unknown[MarkMask]("its bits are fixed"),
		Ports: fact.Known([]fact.Port{
			{What: "Cilium health checks", From: fact.Nodes, Ports: []string{"tcp:4240"}, Unless: fact.Always()},
			{What: "Hubble Relay reaches the agents", From: fact.Pods, Ports: []string{"tcp:4244"}, Unless: fact.Always()},
		}, "cilium 1.17.4, Documentation/operations/system_requirements.rst"),
		Signs: fact.Known(Signs{Objects: []string{"ConfigMap/kube-system/cilium-config"}, Groups: []string{"cilium.io"}}, "cilium 1.17.4, install/kubernetes/cilium/templates/cilium-configmap.yaml, pkg/k8s/apis/cilium.io"),
		Home:  fact.Unknown[string](anywhere),
		Tunnels: fact.Known([]Tunnel{
			linuxVXLAN("cilium 1.17.4, pkg/defaults: the kernel's default"), geneve(),
			{
				Protocol: schema.TunnelWireGuard,
				Ports:    fact.Known([]string{"udp:51871"}, "cilium 1.17.4, pkg/wireguard/types"),
				Overhead: fact.Known(80, "cilium 1.17.4, pkg/mtu/mtu.go"),
				OverIPv6: fact.Known(0, "cilium 1.17.4, pkg/mtu/mtu.go: 80 whatever the family"),
				Encrypts: fact.Known(true, "cilium 1.17.4, bpf/lib/wireguard.h, wg_maybe_redirect_to_encrypt: what a card sends from one pod to another, and nothing of the host's own"),
			},
		}, "cilium 1.17.4, Documentation/network/concepts/routing.rst: vxlan and geneve encapsulate"),
		Carries: fact.Unknown[schema.TunnelProtocol]("our settings tell it"),
		Devices: fact.Known([]string{"eth+", "ens+", "enp+", "eno+", "bond+"},
			"systemd 252, systemd.net-naming-scheme(7), and the kernel's own names; left to itself Cilium picks tailscale0 as well (cilium 1.17.4, pkg/datapath/linux/devices_controller.go)"),
		HostRouting:     fact.Known(schema.HostRoutingLegacy, "our choice: BPF host routing passes by the MSS clamp (cilium 1.17.4, bpf/bpf_lxc.c)"),
		DataPlane:       fact.Unknown[schema.DataPlane]("it has no choice"),
		StopsAtNFTables: fact.Known(false, "cilium 1.17.4, pkg/datapath/iptables: it reads none but its own chains"),
		OneNetwork:      fact.Known(false, "cilium 1.17.4, pkg/ipmasq/ipmasq.go: it takes a list"),
		KubeProxy:       fact.Known(false, "cilium 1.17.4, Documentation/network/kubernetes/kubeproxy-free.rst"),
		Policies:        fact.Known(PoliciesCilium, "cilium 1.17.4, pkg/policy/api/entity.go, pkg/node/manager/manager.go"),
		Settings:        fact.Known(SettingsCilium, "cilium 1.16.9 to 1.20.2, install/kubernetes/cilium/values.yaml, pkg/k8s/apis/cilium.io"),
		SetsMTU:         fact.Known(true, "cilium 1.17.4, Documentation/configuration/per-node-config.rst: key mtu of a CiliumNodeConfig"),
		Versions:        ciliumVersions(),
		ByHand: fact.Known([]string{
			"Merge `cni/cilium-values.yaml` into the values of the cluster's Cilium chart, apply `cilium.yaml` of this directory before the region's agents start, and restart agents that have started already: they read a CiliumNodeConfig once.",
			"Where Cilium runs already in another `ipam.mode`, never merge that key: its mode must not change while pods have addresses. `kustomize-hybrid validate topology.yaml DUMP` compares, given ConfigMap cilium-config.",
		}, "cilium 1.17.4, Documentation/configuration/per-node-config.rst, Documentation/network/concepts/ipam/index.rst"),
	}
}

// apart is said of marks whose bits do not meet.
const apart = "they share no bits"

func ciliumModes() []Mode {
	const multiPool, kubernetes, pages = "cilium 1.17.4, Documentation/network/concepts/ipam/multi-pool.rst", "cilium 1.17.4, Documentation/network/concepts/ipam/kubernetes.rst", "cilium 1.17.4, Documentation/network/concepts/ipam"
	blocks := fact.Known(Blocks{24, 120}, "cilium 1.17.4, install/kubernetes/cilium/values.yaml: clusterPoolIPv4MaskSize, clusterPoolIPv6MaskSize")
	limit := fact.Known(16, "cilium 1.17.4, pkg/ipam/cidrset: a copy of Kubernetes' allocator")
	const noLimitIPv4 = "its allocator has one for IPv6 only"
	fromNodes := nodeIPAM()
	fromNodes.Name = fact.Known(schema.IPAMKubernetes, kubernetes)
	return []Mode{
		{
			Name:        fact.Known(schema.IPAMMultiPool, multiPool),
			Blocks:      blocks,
			LongestIPv4: fact.Unknown[int](noLimitIPv4),
			LongestIPv6: limit,
			Pools:       fact.Known(PoolsOfRegion, multiPool),
			Stays:       fact.Known(false, multiPool),
			Roaming:     fact.Known("gives nodes further blocks of the region's pool as they fill up (ipam: multi-pool)", multiPool),
			Cure:        fact.Known("set cni.ipam: kubernetes or cluster-pool, where a node has one block for good", pages),
			ByHand: fact.Known([]string{
				"Each node must match exactly one region's CiliumNodeConfig: one that matches none waits for a pool called `default` and never becomes ready.",
				"A pool's CIDRs may grow; its mask size, and a CIDR that is in use, must stay.",
			}, multiPool+", pkg/ipam/multipool.go"),
		},
		fromNodes,
		{
			Name:        fact.Known(schema.IPAMClusterPool, "cilium 1.17.4, Documentation/network/concepts/ipam/cluster-pool.rst"),
			Blocks:      blocks,
			LongestIPv4: fact.Unknown[int](noLimitIPv4),
			LongestIPv6: limit,
			Pools:       fact.Known(PoolsOfCluster, "cilium 1.17.4, Documentation/network/concepts/ipam/cluster-pool.rst"),
			Stays:       fact.Known(true, "cilium 1.17.4, Documentation/network/concepts/ipam/cluster-pool.rst: a node has one block"),
			Roaming:     fact.Unknown[string](notRoaming),
			Cure:        fact.Unknown[string](notRoaming),
			ByHand:      fact.Unknown[[]string](nothing),
		},
		fromProvider(fact.Known(schema.IPAMCloud, pages+": eni.rst, azure.rst"), pages+": eni.rst, azure.rst"),
	}
}
