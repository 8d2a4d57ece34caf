package schema

import (
	"strings"
)

// CNI is the network plugin on the region's nodes.
type CNI struct {
	Type CNIType `json:"type"`
	// Version is MAJOR.MINOR.PATCH; version-gated rules cannot judge a region without it.
	Version Version `json:"version,omitempty"`
	// Tunnel is how the plugin carries pods' packets from node to node; empty means the
	// plugin's own default where it is written down, and TunnelNone elsewhere.
	Tunnel TunnelProtocol `json:"tunnel,omitempty"`
	// PodRoutes says who knows the way to the pods of another node of the region where no
	// tunnel carries them; empty leaves it to what is known of provider and IPAM.
	PodRoutes PodRoutes `json:"podRoutes,omitempty"`
	// NodeBlockSizes are the prefix lengths of the block each node gets from the
	// pod CIDRs, for each family; 0 means the CNI's default.
	NodeBlockSizeIPv4 int `json:"nodeBlockSizeIPv4,omitempty"`
	NodeBlockSizeIPv6 int `json:"nodeBlockSizeIPv6,omitempty"`
	// MTU is the largest packet that pods send, in bytes; 0 means what the plugin works
	// out from the network cards.
	MTU int `json:"mtu,omitempty"`

	// IPAM is where Cilium takes pods' addresses from; empty means IPAMMultiPool.
	IPAM IPAM `json:"ipam,omitempty"`
	// Devices are the network cards of the region's nodes, for Cilium: names, or
	// beginnings of names followed by "+"; empty means the plugin's usual ones.
	Devices []string `json:"devices,omitempty"`
	// HostRouting is the way a packet takes through Cilium's hosts; empty means
	// HostRoutingLegacy.
	HostRouting HostRouting `json:"hostRouting,omitempty"`
	// L7Proxy tells whether Cilium's proxy is used: layer 7 or DNS policies, Ingress,
	// Gateway API.
	L7Proxy bool `json:"l7Proxy,omitempty"`
	// DataPlane is Calico's; empty means DataPlaneIPTables.
	DataPlane DataPlane `json:"dataPlane,omitempty"`
	// MarkMask is the part of the firewall mark that Calico may use; 0 means the
	// planner's choice.
	MarkMask uint32 `json:"markMask,omitempty"`
}

// Release names the plugin and, where it is stated, its version: "cilium 1.17.4".
func (c CNI) Release() string { return strings.TrimSpace(string(c.Type) + " " + string(c.Version)) }

// CNIType names a network plugin.
type CNIType string

// The plugins the program knows something about; CNIOther is any other one.
const (
	CNICilium     CNIType = "cilium"
	CNICalico     CNIType = "calico"
	CNIFlannel    CNIType = "flannel"
	CNIKubeRouter CNIType = "kube-router"
	CNIWeave      CNIType = "weave"
	CNIAntrea     CNIType = "antrea"
	CNIAWSVPC     CNIType = "aws-vpc-cni"
	CNIAzure      CNIType = "azure-cni"
	CNIOther      CNIType = "other"
)

// TunnelProtocol is how a CNI carries pods' packets between nodes.
type TunnelProtocol string

const (
	// TunnelNone: packets travel as they are, and gateways advertise pod CIDRs for a reason.
	TunnelNone      TunnelProtocol = "none"
	TunnelVXLAN     TunnelProtocol = "vxlan"
	TunnelGeneve    TunnelProtocol = "geneve"
	TunnelIPIP      TunnelProtocol = "ipip"
	TunnelWireGuard TunnelProtocol = "wireguard"
)

// PodRoutes is who knows the way to pods of other nodes.
type PodRoutes string

const (
	// PodRoutesNodes: each node has a route to every other node's pods.
	PodRoutesNodes PodRoutes = "nodes"
	// PodRoutesNetwork: the network between the nodes has a route to each node's pods.
	PodRoutesNetwork PodRoutes = "network"
)

// IPAM is where Cilium takes pods' addresses from.
type IPAM string

// The ways that Cilium has (cilium 1.17.4, Documentation/network/concepts/ipam).
const (
	// IPAMMultiPool: a pool for each region.
	IPAMMultiPool IPAM = "multi-pool"
	// IPAMKubernetes: whatever the node's podCIDRs say.
	IPAMKubernetes IPAM = "kubernetes"
	// IPAMClusterPool: one list for the whole cluster.
	IPAMClusterPool IPAM = "cluster-pool"
	// IPAMCloud: the provider's network (ENI, Azure, Alibaba).
	IPAMCloud IPAM = "cloud"
)

// HostRouting is the way a packet takes between a pod and the network.
type HostRouting string

const (
	// HostRoutingLegacy: through the host's network stack, netfilter and all.
	HostRoutingLegacy HostRouting = "legacy"
	// HostRoutingBPF: past it.
	HostRoutingBPF HostRouting = "bpf"
)

// DataPlane is what Calico enforces policy with.
type DataPlane string

const (
	DataPlaneIPTables DataPlane = "iptables"
	DataPlaneNFTables DataPlane = "nftables"
	DataPlaneEBPF     DataPlane = "ebpf"
)
