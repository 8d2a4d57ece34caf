package plan

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// controlPlane is the provider that runs the control plane: that of the distribution, and
// otherwise that of the first region where the API server is. It is empty where the API
// server is in none.
func controlPlane(s *schema.Spec) string {
	if home := facts.Distribution(s.Cluster.Distribution).Home.Value; home != "" {
		return home
	}
	servers := s.Cluster.APIServer.Places()
	for i := range s.Regions {
		if localAPIServer(servers, &s.Regions[i]) {
			return s.Regions[i].Provider
		}
	}
	return ""
}

// cloudController is the cloud controller manager that a cluster usually has where its
// control plane is; empty where nobody knows.
func cloudController(s *schema.Spec) schema.CloudController {
	if facts.Distribution(s.Cluster.Distribution).KeepsNodes.Value {
		return schema.CloudControllerNone
	}
	return facts.Provider(controlPlane(s)).Controller.Value.Name
}

// Foreign lists the regions whose nodes the cluster's cloud controller manager does not
// know, by their indices: those of other providers. It is empty where none runs, or nobody
// knows which.
func (p *Plan) Foreign() []int {
	home, ok := facts.WithController(p.Topology.Spec.Cluster.CloudController)
	if !ok {
		return nil
	}
	var foreign []int
	for i := range p.Regions {
		if p.Regions[i].Region.Provider != home.Name {
			foreign = append(foreign, i)
		}
	}
	return foreign
}

// NeedsProviderID reports whether the cluster's cloud controller manager deletes nodes of the
// region that register without a providerID, and nobody gives them one: see Foreign.
func (p *Plan) NeedsProviderID(r *Region) bool {
	home, ok := facts.WithController(p.Topology.Spec.Cluster.CloudController)
	return ok && r.Region.Provider != home.Name && r.Blocks != BlocksByObjects &&
		home.Controller.Value.Deletes(p.Topology.Spec.Cluster.KubernetesVersion)
}

// RemoteNetworksPath is where the output tree has the networks of remote nodes, for whoever
// runs the control plane.
const RemoteNetworksPath = "cluster/remote-networks.json"

// Remote lists the regions whose nodes are remote to whoever runs the control plane for its
// users, by their indices. It is empty where the users do.
func (p *Plan) Remote() []int {
	home := facts.Distribution(p.Topology.Spec.Cluster.Distribution).Home.Value
	if home == "" {
		return nil
	}
	var remote []int
	for i := range p.Regions {
		if p.Regions[i].Region.Provider != home {
			remote = append(remote, i)
		}
	}
	return remote
}

// Rented lists the regions whose gateways keep a key on hosts of another provider than that
// of the control plane, by their indices. It is empty where one provider runs all regions.
func (p *Plan) Rented() []int {
	var rented []int
	several := false
	for i := range p.Regions {
		r := p.Regions[i].Region
		several = several || r.Provider != p.Regions[0].Region.Provider
		if r.Provider != p.ControlPlane && r.Gateways.Mode != schema.ModeDaemonSet {
			rented = append(rented, i)
		}
	}
	if !several {
		return nil
	}
	return rented
}
