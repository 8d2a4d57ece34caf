package plugin

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// calicoAPI is what calicoctl and Calico's API server take; installations without
// either take the same specs as crd.projectcalico.org/v1 (calico v3.30.7 and v3.32.1,
// api/pkg/apis/projectcalico/v3 and the CRDs).
const calicoAPI = "projectcalico.org/v3"

type calicoObject[Spec any] struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   objectMeta `json:"metadata"`
	Spec       Spec       `json:"spec"`
}

type calicoPool struct {
	CIDR         netip.Prefix `json:"cidr"`
	BlockSize    int          `json:"blockSize,omitempty"`
	IPIPMode     string       `json:"ipipMode,omitempty"`
	VXLANMode    string       `json:"vxlanMode,omitempty"`
	NATOutgoing  bool         `json:"natOutgoing,omitempty"`
	NodeSelector string       `json:"nodeSelector,omitempty"`
	Disabled     bool         `json:"disabled,omitempty"`
}

type calicoFelix struct {
	IPTablesMarkMask uint32 `json:"iptablesMarkMask"`
	NFTablesMarkMask uint32 `json:"nftablesMarkMask,omitempty"`
	// One switch for each family (calico v3.30.7 and v3.32.1, FelixConfiguration's CRD).
	WireguardEnabled   bool `json:"wireguardEnabled,omitempty"`
	WireguardEnabledV6 bool `json:"wireguardEnabledV6,omitempty"`
}

type calicoNetworkSet struct {
	Nets []netip.Prefix `json:"nets"`
}

// calicoClusterObjects are what the cluster's Calico has once: the mark mask, the
// networks that pods reach with their own address, and the gateways as a network set
// where policies have to readmit them.
func (p *Settings) calicoClusterObjects(r *plan.Region) []any {
	settings := felix(r.Region.CNI)
	if r.Region.CNI.Tunnel == schema.TunnelWireGuard {
		p.wireGuard(&settings)
	}
	objects := []any{calicoObject[calicoFelix]{calicoAPI, "FelixConfiguration", objectMeta{Name: "default"}, settings}}
	for i := range p.Regions {
		objects = append(objects, p.calicoExempt(&p.Regions[i])...)
	}
	for i, c := range p.Topology.Spec.Cluster.NonMasqueradeCIDRs {
		objects = append(objects, exemptPool(fmt.Sprintf("hybrid-external-%d", i), c))
	}
	return append(objects, p.gatewaySet(calicoAPI)...)
}

// gatewaySet is the gateways as a network set; none where no policy has to readmit them.
func (p *Settings) gatewaySet(api string) []any {
	set := readmit.NetworkSet(p.Plan)
	if set == nil {
		return nil
	}
	return []any{calicoObject[calicoNetworkSet]{
		api, "GlobalNetworkSet",
		objectMeta{Name: readmit.GroupName, Labels: map[string]string{readmit.NetworkSetLabel: "true"}},
		calicoNetworkSet{set},
	}}
}

// felix states the mask for both ways of writing rules; an older schema does not know
// the field for nftables.
func felix(c schema.CNI) calicoFelix {
	f := calicoFelix{IPTablesMarkMask: c.MarkMask}
	if c.Version == "" || facts.Since(plugin.CalicoNFTablesMask).Contains(c.Version) {
		f.NFTablesMarkMask = c.MarkMask
	}
	return f
}

// wireGuard is Felix's to turn on, and not a pool's.
func (p *Settings) wireGuard(f *calicoFelix) {
	for i := range p.Regions {
		if r := &p.Regions[i]; settingsOf(r) == plugin.SettingsCalico {
			v4, v6 := byFamily(r.Region.PodCIDRs)
			f.WireguardEnabled, f.WireguardEnabledV6 = f.WireguardEnabled || len(v4) > 0, f.WireguardEnabledV6 || len(v6) > 0
		}
	}
}

// calicoExempt: Calico masquerades what leaves a pool for an address in no pool, and
// a disabled pool is a pool all the same (calico 87c15906,
// felix/dataplane/linux/masq_mgr.go): one for each prefix that no region of Calico's
// hands out to pods.
func (p *Settings) calicoExempt(r *plan.Region) []any {
	var pools []any
	for i, c := range r.Region.NodeCIDRs {
		pools = append(pools, exemptPool(fmt.Sprintf("hybrid-%s-nodes-%d", r.Region.Name, i), c))
	}
	if settingsOf(r) == plugin.SettingsCalico {
		return pools
	}
	for i, c := range r.Region.PodCIDRs {
		pools = append(pools, exemptPool(fmt.Sprintf("hybrid-%s-pods-%d", r.Region.Name, i), c))
	}
	return pools
}

func exemptPool(name string, cidr netip.Prefix) any {
	return calicoObject[calicoPool]{calicoAPI, "IPPool", objectMeta{Name: name}, calicoPool{CIDR: cidr, BlockSize: fittingBlock(cidr, 0), Disabled: true}}
}

// calicoRegionPools give the region's nodes, and no others, their pod CIDRs.
func calicoRegionPools(r *plan.Region) []any {
	var pools []any
	for i, c := range r.Region.PodCIDRs {
		stated := r.Region.CNI.NodeBlockSizeIPv4
		if c.Addr().Is6() {
			stated = r.Region.CNI.NodeBlockSizeIPv6
		}
		pools = append(pools, calicoObject[calicoPool]{
			calicoAPI, "IPPool", objectMeta{Name: fmt.Sprintf("hybrid-%s-pods-%d", r.Region.Name, i)},
			calicoPool{
				CIDR: c, BlockSize: fittingBlock(c, stated),
				IPIPMode:     encapsulation(r, schema.TunnelIPIP),
				VXLANMode:    encapsulation(r, schema.TunnelVXLAN),
				NATOutgoing:  true,
				NodeSelector: fmt.Sprintf("%s == '%s'", schema.RegionLabel, r.Region.Name),
			},
		})
	}
	return pools
}

// encapsulation is Always or Never: CrossSubnet goes by the node's subnet and would
// encapsulate towards other regions only.
func encapsulation(r *plan.Region, by schema.TunnelProtocol) string {
	if r.Region.CNI.Tunnel == by {
		return "Always"
	}
	return "Never"
}

// fittingBlock states the block size where the usual one does not fit into the pool; 0
// leaves it to Calico. A block has at least the pool's length and is 20 to 32, or 116 to
// 128, long (calico 87c15906, api/pkg/apis/projectcalico/v3/ippool.go).
func fittingBlock(c netip.Prefix, stated int) int {
	usual := usualBlock(c)
	switch {
	case stated != 0:
		return stated
	case c.Bits() > usual:
		return c.Bits()
	}
	return 0
}

// usualBlock is what a plugin with such pools gives each node of c's family.
func usualBlock(c netip.Prefix) int {
	all := facts.Plugins()
	i := slices.IndexFunc(all, func(p plugin.Plugin) bool { return p.Settings.Value == plugin.SettingsCalico })
	blocks := all[i].Mode("").Blocks.Value
	if c.Addr().Is4() {
		return blocks.IPv4
	}
	return blocks.IPv6
}
