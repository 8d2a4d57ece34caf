package plan

import (
	"maps"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// NodeLabels are what a kubelet of the region must register its node with, so that
// the region's settings find it when its network plugin starts. The label is our own:
// topology.kubernetes.io/region is the cloud's, and says us-central1 there.
func (r *Region) NodeLabels() map[string]string {
	return map[string]string{schema.RegionLabel: r.Region.Name}
}

// JoinLabels are what a kubelet of the region registers its node with: NodeLabels, and
// where the node is if no cloud controller manager says so. A kubelet may give its node
// all of them (kubernetes v1.33.1, k8s.io/kubelet pkg/apis/well_known_labels.go). g is nil
// where the node is not a gateway.
func (r *Region) JoinLabels(g *schema.GatewayNode) map[string]string {
	labels := r.OwnLabels(g)
	maps.Copy(labels, r.PlaceLabels(g))
	return labels
}

// HostLabels are JoinLabels of a gateway's host or, where one stands for all of the region's,
// what is the same for these.
func (r *Region) HostLabels(h *Host) map[string]string {
	if h.Node != nil {
		return r.JoinLabels(h.Node)
	}
	nodes := r.Region.Gateways.Nodes
	labels := r.JoinLabels(&nodes[0])
	for i := range nodes {
		if nodes[i].Zone != nodes[0].Zone {
			return r.OwnLabels(&nodes[0])
		}
	}
	return labels
}

// OwnLabels are those of JoinLabels that nobody but us gives or reads.
func (r *Region) OwnLabels(g *schema.GatewayNode) map[string]string {
	labels := r.NodeLabels()
	if g != nil {
		maps.Copy(labels, r.GatewayLabels())
	}
	return labels
}

// PlaceLabels are those of JoinLabels that say where the node is; nil where a cloud may say
// so. Storage drivers of a data centre's own give them, too: what a running node has is not
// to be written over, since its volumes would not be found again.
func (r *Region) PlaceLabels(g *schema.GatewayNode) map[string]string {
	if !r.foreign() {
		return nil
	}
	return r.placeLabels(g)
}

// foreign reports whether no cloud controller manager labels the region's nodes. Where the
// topology does not say which one runs, only a region without a cloud is known to have none:
// drivers of a cloud read its zones, which must not be written over.
func (r *Region) foreign() bool {
	if r.plan.Topology.Spec.Cluster.CloudController != "" {
		return !r.AtHome()
	}
	return facts.Provider(r.Region.Provider).Cloudless.Value
}

// placeLabels say where a node is. Its zone is the region's name where the topology has
// no other: kube-proxy prefers endpoints of a zone, and of none as soon as one ready
// endpoint of the Service has no zone (kubernetes v1.33.1, pkg/proxy/topology.go).
func (r *Region) placeLabels(g *schema.GatewayNode) map[string]string {
	zone := r.Region.Name
	if g != nil && g.Zone != "" {
		zone = g.Zone
	}
	return map[string]string{"topology.kubernetes.io/region": r.Region.Name, "topology.kubernetes.io/zone": zone}
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
