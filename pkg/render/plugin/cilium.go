package plugin

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// ciliumValues are Helm values for the cluster's Cilium chart: the keys that matter
// between regions, in the chart's spelling (cilium 1.16.9 to 1.20.2,
// install/kubernetes/cilium/values.yaml). The rest of the chart stays the user's.
type ciliumValues struct {
	K8sServiceHost string `json:"k8sServiceHost"`
	K8sServicePort int    `json:"k8sServicePort"`

	RoutingMode    string      `json:"routingMode"`
	TunnelProtocol string      `json:"tunnelProtocol,omitempty"`
	EndpointRoutes helmSwitch  `json:"endpointRoutes"`
	IPAM           ciliumIPAM  `json:"ipam"`
	IPv6           *helmSwitch `json:"ipv6,omitempty"`

	EnableIPv4Masquerade  bool             `json:"enableIPv4Masquerade"`
	EnableIPv6Masquerade  bool             `json:"enableIPv6Masquerade,omitempty"`
	BPF                   ciliumBPF        `json:"bpf"`
	NodePort              *helmSwitch      `json:"nodePort,omitempty"`
	IPMasqAgent           *ciliumMasqAgent `json:"ipMasqAgent,omitempty"`
	IPv4NativeRoutingCIDR string           `json:"ipv4NativeRoutingCIDR,omitempty"`
	IPv6NativeRoutingCIDR string           `json:"ipv6NativeRoutingCIDR,omitempty"`

	AutoDirectNodeRoutes         bool `json:"autoDirectNodeRoutes,omitempty"`
	DirectRoutingSkipUnreachable bool `json:"directRoutingSkipUnreachable,omitempty"`

	Devices    []string          `json:"devices"`
	Encryption *ciliumEncryption `json:"encryption,omitempty"`
}

type helmSwitch struct {
	Enabled bool `json:"enabled"`
}

type ciliumIPAM struct {
	Mode     string             `json:"mode"`
	Operator *ciliumClusterPool `json:"operator,omitempty"`
}

// ciliumClusterPool is the one list of mode cluster-pool.
type ciliumClusterPool struct {
	IPv4     []netip.Prefix `json:"clusterPoolIPv4PodCIDRList,omitempty"`
	IPv4Mask int            `json:"clusterPoolIPv4MaskSize,omitempty"`
	IPv6     []netip.Prefix `json:"clusterPoolIPv6PodCIDRList,omitempty"`
	IPv6Mask int            `json:"clusterPoolIPv6MaskSize,omitempty"`
}

type ciliumBPF struct {
	Masquerade        bool `json:"masquerade"`
	HostLegacyRouting bool `json:"hostLegacyRouting"`
}

type ciliumMasqAgent struct {
	Enabled bool             `json:"enabled"`
	Config  ciliumMasqConfig `json:"config"`
}

type ciliumMasqConfig struct {
	NonMasqueradeCIDRs []netip.Prefix `json:"nonMasqueradeCIDRs"`
	MasqLinkLocal      bool           `json:"masqLinkLocal"`
}

type ciliumEncryption struct {
	Enabled bool   `json:"enabled"`
	Type    string `json:"type"`
}

// ciliumValues reads what all regions share from one of them: validation has seen to
// it that they agree.
func (p *Settings) ciliumValues(r *plan.Region) ciliumValues {
	cni := r.Region.CNI
	v := ciliumValues{
		RoutingMode:          "native",
		EndpointRoutes:       helmSwitch{true},
		IPAM:                 ciliumIPAM{p.ciliumIPAMMode(cni.IPAM), clusterPool(r)},
		EnableIPv4Masquerade: true,
		BPF:                  ciliumBPF{Masquerade: true, HostLegacyRouting: cni.HostRouting == schema.HostRoutingLegacy},
		Devices:              p.ciliumDevices(),
	}
	v.K8sServiceHost, v.K8sServicePort = p.Topology.Spec.Cluster.APIServer.Told()
	if !facts.Since(plugin.CiliumMasqueradeAlone).Contains(p.ciliumVersion()) {
		v.NodePort = &helmSwitch{true}
	}
	p.ciliumRouting(&v, cni.Tunnel)
	p.ciliumMasquerade(&v)
	return v
}

// ciliumRouting: with native routing the nodes of a region may route to each other, and
// skip those behind a gateway, which are an error otherwise (cilium 1.17.4,
// pkg/datapath/linux/node.go).
func (p *Settings) ciliumRouting(v *ciliumValues, tunnel schema.TunnelProtocol) {
	switch tunnel {
	case schema.TunnelVXLAN, schema.TunnelGeneve:
		v.RoutingMode, v.TunnelProtocol = "tunnel", string(tunnel)
		return
	case schema.TunnelWireGuard:
		v.Encryption = &ciliumEncryption{true, "wireguard"}
	}
	v.AutoDirectNodeRoutes = slices.ContainsFunc(p.Regions, func(r plan.Region) bool {
		return settingsOf(&r) == plugin.SettingsCilium && r.Pods == plan.PodsByNodes
	})
	v.DirectRoutingSkipUnreachable = v.AutoDirectNodeRoutes
}

// ciliumMasquerade: Cilium takes one native CIDR or, where regions are disjoint, the
// list of its ip-masq-agent. Left empty, that list would hold 100.64.0.0/10 (cilium
// 1.17.4, pkg/ipmasq/ipmasq.go).
func (p *Settings) ciliumMasquerade(v *ciliumValues) {
	_, v6 := byFamily(p.KeepsSource())
	if len(v6) > 0 {
		v.IPv6, v.EnableIPv6Masquerade = &helmSwitch{true}, true
	}
	native := p.Topology.Spec.Cluster.NativeRoutingCIDR
	switch {
	case native.IsValid() && native.Addr().Is4() && len(v6) == 0:
		v.IPv4NativeRoutingCIDR = native.String()
	default:
		v.IPMasqAgent = &ciliumMasqAgent{true, ciliumMasqConfig{NonMasqueradeCIDRs: p.KeepsSource()}}
	}
}

// ciliumIPAMMode spells the mode as the chart does; the cloud's is the provider's.
func (p *Settings) ciliumIPAMMode(m schema.IPAM) string {
	if m != schema.IPAMCloud {
		return string(m)
	}
	r := p.firstWith(plugin.SettingsCilium)
	return facts.Provider(r.Region.Provider).CiliumIPAM.Or(string(schema.IPAMKubernetes))
}

// clusterPool is the list of mode cluster-pool, which validation allows to one region of
// Cilium's; nil in other modes. What a node gets of it is left to Cilium where the topology
// does not say.
func clusterPool(r *plan.Region) *ciliumClusterPool {
	cni := r.Region.CNI
	if facts.Plugin(cni.Type).Mode(cni.IPAM).Pools.Value != plugin.PoolsOfCluster {
		return nil
	}
	c := &ciliumClusterPool{}
	c.IPv4, c.IPv6 = byFamily(r.Region.PodCIDRs)
	if len(c.IPv4) > 0 {
		c.IPv4Mask = cni.NodeBlockSizeIPv4
	}
	if len(c.IPv6) > 0 {
		c.IPv6Mask = cni.NodeBlockSizeIPv6
	}
	return c
}

// ciliumVersion is the oldest of the cluster's: what it understands, all do. It is
// empty where a region does not say.
func (p *Settings) ciliumVersion() schema.Version {
	oldest := schema.Version("")
	for i := range p.Regions {
		c := p.Regions[i].Region.CNI
		switch {
		case settingsOf(&p.Regions[i]) != plugin.SettingsCilium:
		case c.Version == "":
			return ""
		case oldest == "" || c.Version.Compare(oldest) < 0:
			oldest = c.Version
		}
	}
	return oldest
}

// ciliumDevices are the patterns of all regions: a node that no CiliumNodeConfig
// selects must not fall back to tailscale0.
func (p *Settings) ciliumDevices() []string {
	var all []string
	for i := range p.Regions {
		if settingsOf(&p.Regions[i]) == plugin.SettingsCilium {
			all = append(all, p.Regions[i].Region.CNI.Devices...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ciliumPool is a CiliumPodIPPool (cilium 1.16.9 to 1.20.2,
// pkg/k8s/apis/cilium.io/v2alpha1/ippool_types.go).
type ciliumPool struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   objectMeta     `json:"metadata"`
	Spec       ciliumPoolSpec `json:"spec"`
}

// objectMeta is what we set of the metadata of other programs' kinds.
type objectMeta struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

type ciliumPoolSpec struct {
	IPv4 *ciliumPoolFamily `json:"ipv4,omitempty"`
	IPv6 *ciliumPoolFamily `json:"ipv6,omitempty"`
}

type ciliumPoolFamily struct {
	CIDRs    []netip.Prefix `json:"cidrs"`
	MaskSize int            `json:"maskSize"`
}

// ciliumNodeConfig is a CiliumNodeConfig, v2 since 1.16 (cilium 1.16.9 to 1.20.2,
// pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnodeconfigs.yaml).
type ciliumNodeConfig struct {
	APIVersion string               `json:"apiVersion"`
	Kind       string               `json:"kind"`
	Metadata   objectMeta           `json:"metadata"`
	Spec       ciliumNodeConfigSpec `json:"spec"`
}

type ciliumNodeConfigSpec struct {
	NodeSelector labelSelector     `json:"nodeSelector"`
	Defaults     map[string]string `json:"defaults"`
}

type labelSelector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

// ciliumRegionObjects are the region's pool and what its agents do differently. An
// agent reads them when it starts, in order of name (cilium 1.17.4,
// Documentation/configuration/per-node-config.rst).
func ciliumRegionObjects(r *plan.Region) []any {
	var objects []any
	defaults := map[string]string{
		"devices":                 strings.Join(r.Region.CNI.Devices, " "), // the chart joins with blanks, too
		"auto-direct-node-routes": strconv.FormatBool(r.Pods == plan.PodsByNodes),
	}
	if r.Region.CNI.IPAM == schema.IPAMMultiPool {
		objects = append(objects, ciliumPoolOf(r))
		defaults["ipam-default-ip-pool"] = r.Region.Name
	}
	if r.Region.CNI.MTU > 0 {
		defaults["mtu"] = strconv.Itoa(ciliumMTU(r.Region))
	}
	objects = append(objects, nodeConfig("10-region-"+r.Region.Name, r.NodeLabels(), defaults))
	if r.Region.CNI.HostRouting == schema.HostRoutingBPF {
		objects = append(objects, gatewayNodeConfig(r))
	}
	return objects
}

func nodeConfig(name string, labels, defaults map[string]string) ciliumNodeConfig {
	return ciliumNodeConfig{
		APIVersion: "cilium.io/v2", Kind: "CiliumNodeConfig",
		Metadata: objectMeta{Name: name, Namespace: "kube-system"},
		Spec:     ciliumNodeConfigSpec{labelSelector{labels}, defaults},
	}
}

// gatewayNodeConfig lowers the MTU of pods on gateways: with BPF host routing their
// packets never meet the MSS clamp (cilium 1.17.4, bpf/bpf_lxc.c).
func gatewayNodeConfig(r *plan.Region) ciliumNodeConfig {
	labels := r.NodeLabels()
	for k, v := range r.GatewayLabels() {
		labels[k] = v
	}
	return nodeConfig("20-gateway-"+r.Region.Name, labels, map[string]string{"mtu": strconv.Itoa(min(facts.TailscaleMTU, ciliumMTU(r.Region)))})
}

// ciliumMTU is what Cilium calls mtu: that of the network below, from which it takes what
// it puts around pods' packets (cilium 1.17.4, pkg/mtu/mtu.go).
func ciliumMTU(r *schema.Region) int { return mtu.Pod(r) + mtu.Overhead(r) }

func ciliumPoolOf(r *plan.Region) ciliumPool {
	v4, v6 := byFamily(r.Region.PodCIDRs)
	usual := facts.Plugin(r.Region.CNI.Type).Mode(r.Region.CNI.IPAM).Blocks.Value
	return ciliumPool{
		APIVersion: "cilium.io/v2alpha1", Kind: "CiliumPodIPPool",
		Metadata: objectMeta{Name: r.Region.Name},
		Spec: ciliumPoolSpec{
			IPv4: poolFamily(v4, r.Region.CNI.NodeBlockSizeIPv4, usual.IPv4),
			IPv6: poolFamily(v6, r.Region.CNI.NodeBlockSizeIPv6, usual.IPv6),
		},
	}
}

func poolFamily(cidrs []netip.Prefix, stated, usual int) *ciliumPoolFamily {
	if len(cidrs) == 0 {
		return nil
	}
	return &ciliumPoolFamily{cidrs, plan.PoolBlock(cidrs, stated, usual)}
}
