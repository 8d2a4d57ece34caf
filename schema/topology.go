// Package schema holds the nouns of kustomize-hybrid: what a user may say about
// the regions of one Kubernetes cluster and the tailnet that joins them.
//
// The CUE files in this directory are the contract (shape, enums, formats, one
// readable message for each fault); the types here are what the program computes
// with. Start with Topology. To read one from a file, see package schema/load.
package schema

import (
	"net/netip"
	"slices"
)

// The names by which a document and a KRM function configuration are known.
const (
	Group      = "kustomize-hybrid.dev"
	APIVersion = Group + "/v1alpha1"

	KindTopology  = "Topology"  // the description itself; under generators: the generator role
	KindTransform = "Transform" // under transformers:
	KindValidate  = "Validate"  // under validators:
	KindRangePack = "RangePack" // beside a topology: ranges of the user's own to keep clear of
)

// Where everything that runs in the cluster lives, and the labels of nodes.
const (
	// Namespace is fixed: environment strings carry names that kustomize's namespace and
	// namePrefix transformers do not reach.
	Namespace = "tailscale"
	// RegionLabel and GatewayLabel are labels of nodes: the name of the node's region,
	// and "true" on gateways that run as static pods. A kubelet may set them itself,
	// since they are outside kubernetes.io.
	RegionLabel  = Group + "/region"
	GatewayLabel = Group + "/gateway"
)

// TailnetIPv4 is the address block of every tailnet (tailscale 1.84.3,
// net/tsaddr/tsaddr.go: CGNATRange).
func TailnetIPv4() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10) }

// TailnetIPv6 is its IPv6 twin (tailscale 1.84.3, net/tsaddr/tsaddr.go:
// TailscaleULARange).
func TailnetIPv6() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0}), 48)
}

// Topology is the whole input: one Kubernetes cluster spread over regions that
// Tailscale subnet routers join.
type Topology struct {
	Schema     string   `json:"$schema,omitempty"`
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata is the part of ObjectMeta that a document which is never applied can
// carry: kustomize writes these four.
type Metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Spec describes the cluster, the tailnet and every region.
type Spec struct {
	Cluster Cluster  `json:"cluster"`
	Tailnet Tailnet  `json:"tailnet"`
	Regions []Region `json:"regions"`
	// Leaving are regions that are being taken away: nothing joins them any more, and what
	// takes them back is still rendered.
	Leaving []Region `json:"leaving,omitempty"`

	// Links carry pairs of regions without a tunnel.
	Links []Link `json:"links,omitempty"`
	// ExternalCIDRs are networks outside the cluster (on-premises, peered) that
	// its nodes and pods must keep reaching: nothing of the cluster may overlap them.
	ExternalCIDRs []netip.Prefix `json:"externalCIDRs,omitempty"`
	// ReservedCIDRs are the user's own no-go ranges.
	ReservedCIDRs []ReservedCIDR `json:"reservedCIDRs,omitempty"`
	// Suppressions are findings that the user accepts.
	Suppressions []Suppression `json:"suppressions,omitempty"`
	// Marks are firewall marks that the user's own programs use on gateways.
	Marks []Mark `json:"marks,omitempty"`
	// KnownIssues extend the program's own list.
	KnownIssues []KnownIssue `json:"knownIssues,omitempty"`
}

// Link is a private link between two regions: a peering, a leased line, a VPN of the
// user's own. Its routes are the user's.
type Link struct {
	// Regions are the names of the two.
	Regions []string `json:"regions"`
	// MTU is the largest packet that it carries; 0 means 1500.
	MTU int `json:"mtu,omitempty"`
}

// Other is the region at the other end; empty where the link does not end at this one.
func (l *Link) Other(region string) string {
	if len(l.Regions) == 2 {
		for i, name := range l.Regions {
			if name == region {
				return l.Regions[1-i]
			}
		}
	}
	return ""
}

// ReservedCIDR is a range the user keeps free, and why.
type ReservedCIDR struct {
	Prefix netip.Prefix `json:"prefix"`
	Reason string       `json:"reason"`
}

// Suppression accepts findings of one kind.
type Suppression struct {
	// Code of the findings.
	Code string `json:"code"`
	// Path of the field, or of anything above it; empty means everywhere.
	Path string `json:"path,omitempty"`
	// Reason for accepting them.
	Reason string `json:"reason"`
	// Expires is the last day on which the suppression holds, as YYYY-MM-DD; empty
	// means never. It is compared with a date given to the run, never with a clock.
	Expires string `json:"expires,omitempty"`
}

// Cluster is what all regions share.
type Cluster struct {
	// KubernetesVersion is the API server's, as MAJOR.MINOR.PATCH.
	KubernetesVersion Version `json:"kubernetesVersion"`
	// Distribution is what installed the cluster; it decides which defaults fill the
	// fields that are left out. Empty means DistributionKubeadm's.
	Distribution Distribution `json:"distribution,omitempty"`
	// CloudController is the cloud controller manager that runs in the cluster; empty means
	// that of the provider where the API server is, where the distribution has none of its own.
	CloudController CloudController `json:"cloudController,omitempty"`
	// ServiceCIDRs are the cluster's service ranges; the first is the primary one.
	ServiceCIDRs []netip.Prefix `json:"serviceCIDRs,omitempty"`
	APIServer    APIServer      `json:"apiServer"`

	// ClusterCIDRs are what kube-proxy, the controller manager and Flannel were told
	// that pods' addresses lie in; empty means that the user did not say.
	ClusterCIDRs []netip.Prefix `json:"clusterCIDRs,omitempty"`
	// NativeRoutingCIDR is a prefix that holds the addresses of the cluster and nothing
	// else; Cilium masquerades towards everything outside it. The zero value means a
	// list of every region's prefixes instead.
	NativeRoutingCIDR netip.Prefix `json:"nativeRoutingCIDR,omitzero"`
	// NonMasqueradeCIDRs are further networks that pods reach with their own address.
	NonMasqueradeCIDRs []netip.Prefix `json:"nonMasqueradeCIDRs,omitempty"`
}

// Tailnet is the one tailnet the gateways join.
type Tailnet struct {
	// TailscaleVersion is the version the gateways run, as MAJOR.MINOR.PATCH.
	TailscaleVersion Version `json:"tailscaleVersion"`
	// Tag is the ACL tag the gateways carry, with its "tag:" prefix.
	Tag string `json:"tag"`
	// IPPool is where the tailnet takes its IPv4 addresses from; empty means
	// 100.64.0.0/10 (tailscale 1.84.3, net/tsaddr/tsaddr.go).
	IPPool []netip.Prefix `json:"ipPool,omitempty"`
	// ControlURL is the control server; empty means Tailscale's own.
	ControlURL string `json:"controlURL,omitempty"`
	// Control says which server that is, since they support different policies;
	// empty means ControlTailscale without a ControlURL and ControlHeadscale with one.
	Control ControlServer `json:"control,omitempty"`
	// ControlVersion is the version of Headscale; empty means the newest that is known.
	ControlVersion Version `json:"controlVersion,omitempty"`
	// GatewaySource decides the source address of traffic that a gateway itself
	// originates; empty means SourceInternalIP.
	GatewaySource GatewaySource `json:"gatewaySource,omitempty"`
	// ReadmitWholePool lets network policies readmit all of 100.64.0.0/10 (and its
	// IPv6 twin) where neither the gateways' addresses nor a pool is known. Any device
	// of the tailnet that has a route could then use what is meant for nodes.
	ReadmitWholePool bool `json:"readmitWholePool,omitempty"`
	// NetfilterMode decides whether tailscaled manages firewall rules; empty means
	// NetfilterOff.
	NetfilterMode NetfilterMode `json:"netfilterMode,omitempty"`
	// FirewallMode is what tailscaled writes its firewall rules with, where it writes
	// any; empty lets the planner decide.
	FirewallMode FirewallMode `json:"firewallMode,omitempty"`
	// MaxDevices is how many devices of the tailnet the topology's gateways may be, 1
	// to 1000000; 0 means not stated.
	MaxDevices int `json:"maxDevices,omitempty"`
	// Operator tells whether Tailscale's Kubernetes operator runs in the cluster, too.
	Operator bool `json:"operator,omitempty"`
	// Image is the container image of the gateways, best with a digest; empty means
	// plan.DefaultImage at TailscaleVersion.
	Image string `json:"image,omitempty"`
	// Policy decides what the generated tailnet policy grants between the regions.
	Policy Policy `json:"policy,omitzero"`
	// Auth says where the auth key is kept. The key itself never appears here.
	Auth Auth `json:"auth,omitzero"`
}

// Auth refers to the auth key; it never contains one.
type Auth struct {
	// SecretName names a Secret in Namespace with the key "authkey", for gateways
	// that a DaemonSet runs; empty means plan.DefaultAuthSecret.
	SecretName string `json:"secretName,omitempty"`
	// SecretKind is what the Secret holds; empty means KeyReusable.
	SecretKind KeyKind `json:"secretKind,omitempty"`
	// HostKind is what the hosts' file holds; empty means KeyReusable.
	HostKind KeyKind `json:"hostKind,omitempty"`
	// HostDir is a root-only directory with the file "authkey", for gateways that
	// run as static pods; empty means what plan.DefaultAuthHostDir says.
	HostDir string `json:"hostDir,omitempty"`
	// WorkloadIdentity is what gateways that a DaemonSet runs join with instead of a
	// key; the zero value means that they have one.
	WorkloadIdentity WorkloadIdentity `json:"workloadIdentity,omitzero"`
}

// KeyKind is what lies where an auth key is expected.
type KeyKind string

const (
	KeyReusable    KeyKind = "reusable"    // a key that any number of gateways joins with
	KeyOneOff      KeyKind = "oneOff"      // a key for one gateway
	KeyOAuthClient KeyKind = "oauthClient" // an OAuth client's secret, which makes keys of its own
)

// Region is a VPC or data centre whose nodes reach each other without the tailnet.
type Region struct {
	// Name is a DNS label; it names files and objects.
	Name string `json:"name"`
	// Provider selects reserved ranges, the form of routes, and rules; any DNS label.
	Provider string `json:"provider"`

	NodeCIDRs []netip.Prefix `json:"nodeCIDRs"`
	PodCIDRs  []netip.Prefix `json:"podCIDRs"`
	// HostAddress says who gives the region's hosts their internalIPs; empty lets the
	// planner decide.
	HostAddress HostAddress `json:"hostAddress,omitempty"`
	// TransitCIDRs are link networks inside the region that are not advertised.
	TransitCIDRs []netip.Prefix `json:"transitCIDRs,omitempty"`
	// FabricCIDRs are InfiniBand, RoCE and storage networks on its hosts; they are
	// not advertised, and a host that has one shadows the same prefix elsewhere.
	FabricCIDRs []netip.Prefix `json:"fabricCIDRs,omitempty"`

	// SubnetMode is how a VPC of Google Cloud makes its subnets. Empty means that the
	// user did not say: auto is then assumed only where every node CIDR lies in the
	// block that auto mode uses.
	SubnetMode SubnetMode `json:"subnetMode,omitempty"`

	// MaxNodes is how many nodes the region must have room for; 0 means not stated.
	MaxNodes int `json:"maxNodes,omitempty"`
	// MTU is that of the network cards of the region's hosts, in bytes; 0 means what the
	// provider's networks usually have.
	MTU int `json:"mtu,omitempty"`

	// Network is the provider's network; the zero value asks for nothing there.
	Network Network `json:"network,omitzero"`
	// Egress is what the region's own firewall lets its gateways open; empty means EgressAny.
	Egress Egress `json:"egress,omitempty"`

	CNI      CNI      `json:"cni"`
	Gateways Gateways `json:"gateways"`

	// Nodes are the region's nodes whose Node objects give them their blocks of pods'
	// addresses, where nobody else does. With ModePerNode every gateway is one, listed here
	// or not.
	Nodes []Node `json:"nodes,omitempty"`

	// NodeRoutes says how the region's other nodes get their routes to the gateways.
	NodeRoutes NodeRoutes `json:"nodeRoutes,omitzero"`
}

// Advertised lists the prefixes of the region that the tailnet carries: its node and
// pod CIDRs, each once, in address order, IPv4 first. Invalid prefixes (the zero
// value, left behind by a finding) are not among them. What a gateway advertises is
// for package plan to say.
func (r *Region) Advertised() []netip.Prefix {
	all := slices.DeleteFunc(slices.Concat(r.NodeCIDRs, r.PodCIDRs), func(p netip.Prefix) bool { return !p.IsValid() })
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}

// NodeRoutes are further forms of node-routes.sh and node-watch.sh; the zero value asks
// for none.
type NodeRoutes struct {
	Forms []RouteForm `json:"forms"`
	// Device is the nodes' LAN card, as netplan calls it; RouteFormNetplan needs it.
	Device string `json:"device,omitempty"`
}

// Has reports whether the form is asked for.
func (n NodeRoutes) Has(f RouteForm) bool { return slices.Contains(n.Forms, f) }

// Distribution names what installed a cluster.
type Distribution string

// The distributions whose defaults the program knows.
const (
	DistributionAKS     Distribution = "aks"
	DistributionEKS     Distribution = "eks"
	DistributionGKE     Distribution = "gke"
	DistributionK3s     Distribution = "k3s"
	DistributionKOps    Distribution = "kops"
	DistributionKubeadm Distribution = "kubeadm"
	DistributionRKE2    Distribution = "rke2"
	DistributionTalos   Distribution = "talos"
	DistributionOther   Distribution = "other"
)

// CloudController names the cloud controller manager of a provider.
type CloudController string

const (
	// CloudControllerNone: no cloud controller manager runs.
	CloudControllerNone      CloudController = "none"
	CloudControllerAlibaba   CloudController = "alibaba"
	CloudControllerAWS       CloudController = "aws"
	CloudControllerAzure     CloudController = "azure"
	CloudControllerGCP       CloudController = "gcp"
	CloudControllerHCloud    CloudController = "hcloud"
	CloudControllerOpenStack CloudController = "openstack"
)

// HostAddress is who gives hosts their internalIPs.
type HostAddress string

const (
	// HostAddressGiven: a network of the region carries them.
	HostAddressGiven HostAddress = "given"
	// HostAddressMade: nobody's network does. Each host makes its own, on a device that is
	// connected to nothing, and the region's hosts share no LAN.
	HostAddressMade HostAddress = "made"
)

// SubnetMode is how a VPC of Google Cloud makes its subnets.
type SubnetMode string

const (
	// SubnetModeAuto: Google adds a subnet from 10.128.0.0/9 in each of its regions.
	SubnetModeAuto SubnetMode = "auto"
	// SubnetModeCustom: there are only the subnets that the user made.
	SubnetModeCustom SubnetMode = "custom"
)

// RouteForm is what keeps routes on a node that is not a gateway.
type RouteForm string

const (
	// RouteFormSystemd: units that run the programs, and a timer.
	RouteFormSystemd RouteForm = "systemd"
	// RouteFormNetworkd: a drop-in for systemd-networkd.
	RouteFormNetworkd RouteForm = "networkd"
	// RouteFormNetplan: a file for netplan.
	RouteFormNetplan RouteForm = "netplan"
	// RouteFormNetworkManager: a dispatcher script that runs node-routes.sh.
	RouteFormNetworkManager RouteForm = "networkManager"
	// RouteFormCloudInit: user data that installs the programs and the units.
	RouteFormCloudInit RouteForm = "cloudInit"
	// RouteFormDaemonSet: pods that run the programs.
	RouteFormDaemonSet RouteForm = "daemonSet"
	// RouteFormMachineConfig: static pods that run the programs, in a patch of a machine
	// configuration.
	RouteFormMachineConfig RouteForm = "machineConfig"
)

// FirewallMode is what tailscaled writes firewall rules with: its
// TS_DEBUG_FIREWALL_MODE (tailscale 1.84.3, util/linuxfw/detector.go).
type FirewallMode string

const (
	FirewallIPTables FirewallMode = "iptables"
	FirewallNFTables FirewallMode = "nftables"
	FirewallAuto     FirewallMode = "auto"
)

// Egress is what a region's firewall lets out.
type Egress string

const (
	EgressAny   Egress = "any"
	EgressHTTPS Egress = "https" // TCP to port 443 alone
)

// GatewaySource is the source address of traffic that a gateway itself originates.
type GatewaySource string

const (
	// SourceInternalIP: a source route makes it the node's InternalIP.
	SourceInternalIP GatewaySource = "internalIP"
	// SourceTailnetIP: it stays 100.x, and network policies must readmit it.
	SourceTailnetIP GatewaySource = "tailnetIP"
)

// NetfilterMode is tailscaled's --netfilter-mode.
type NetfilterMode string

const (
	// NetfilterOff: tailscaled installs no chains, marks or drops; gateway-setup.sh accepts
	// what must be accepted.
	NetfilterOff NetfilterMode = "off"
	// NetfilterOn: tailscaled keeps its own chains.
	NetfilterOn NetfilterMode = "on"
)

// ControlServer is the program that coordinates the tailnet.
type ControlServer string

const (
	ControlTailscale ControlServer = "tailscale"
	ControlHeadscale ControlServer = "headscale"
)

// Providers that a rule or an output knows by name. Any other one is accepted.
const (
	ProviderAlibaba   = "alibaba"
	ProviderAWS       = "aws"
	ProviderAzure     = "azure"
	ProviderGCP       = "gcp"
	ProviderHetzner   = "hetzner"
	ProviderHuawei    = "huawei"
	ProviderOpenStack = "openstack"
	ProviderOracle    = "oracle"
	// ProviderBareMetal and ProviderOnPremises are networks that keep nothing for
	// themselves, as far as a program can know.
	ProviderBareMetal  = "bare-metal"
	ProviderOnPremises = "on-premises"
)
