package plan

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

// NodeLabels are what a kubelet of the region must register its node with, so that
// the region's settings find it when its network plugin starts. The label is our own:
// topology.kubernetes.io/region is the cloud's, and says us-central1 there.
func (r *Region) NodeLabels() map[string]string {
	return map[string]string{schema.RegionLabel: r.Region.Name}
}

// GatewayLabels find the region's gateways: as the DaemonSet does, or by a label of
// ours where static pods run.
func (r *Region) GatewayLabels() map[string]string {
	if len(r.Region.Gateways.NodeSelector) > 0 {
		return r.Region.Gateways.NodeSelector
	}
	return map[string]string{schema.GatewayLabel: "true"}
}

// GatewayNames are the names of the region's gateways, in failover order.
func (r *Region) GatewayNames() []string {
	names := make([]string, len(r.Region.Gateways.Nodes))
	for i, n := range r.Region.Gateways.Nodes {
		names[i] = n.Name
	}
	return names
}
