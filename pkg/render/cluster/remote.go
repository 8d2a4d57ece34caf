package cluster

import (
	"encoding/json"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// remoteNetworks is Amazon EKS' RemoteNetworkConfigRequest: each list has one element at
// most (Amazon EKS API reference), of IPv4 alone.
type remoteNetworks struct {
	Nodes []remoteCIDRs `json:"remoteNodeNetworks"`
	Pods  []remoteCIDRs `json:"remotePodNetworks,omitempty"`
}

type remoteCIDRs struct {
	CIDRs []netip.Prefix `json:"cidrs"`
}

// RemoteNetworks is the file; nothing where the control plane need not be told.
func RemoteNetworks(p *plan.Plan) ([]tree.File, error) {
	remote := p.Remote()
	if facts.Distribution(p.Topology.Spec.Cluster.Distribution).RemoteNetworks.Value == "" || len(remote) == 0 {
		return nil, nil
	}
	of := func(list func(*schema.Region) []netip.Prefix) []remoteCIDRs {
		var v4 []netip.Prefix
		for _, i := range remote {
			for _, c := range list(p.Regions[i].Region) {
				if c.Addr().Is4() {
					v4 = append(v4, c)
				}
			}
		}
		if len(v4) == 0 {
			return nil
		}
		slices.SortFunc(v4, netip.Prefix.Compare)
		return []remoteCIDRs{{v4}}
	}
	data, err := json.MarshalIndent(remoteNetworks{
		Nodes: of(func(r *schema.Region) []netip.Prefix { return r.NodeCIDRs }),
		Pods:  of(func(r *schema.Region) []netip.Prefix { return r.PodCIDRs }),
	}, "", "  ")
	return []tree.File{{Path: plan.RemoteNetworksPath, Data: append(data, '\n')}}, err
}
