package plan

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

// RoutesInCloud reports whether the provider's route table has the routes to other
// regions, and nobody asked for any on hosts.
func (r *Region) RoutesInCloud() bool {
	return r.Cloud != nil && len(r.Region.NodeRoutes.Forms) == 0
}

// HostRoutes reports whether hosts of the region that are not gateways have routes to
// them: none where no gateway is known, where every node is one, and where the
// provider's route table has them.
func (r *Region) HostRoutes() bool {
	return len(r.Region.Gateways.Nodes) > 0 && !r.RoutesInCloud() && !EveryNodeIsGateway(r.Region)
}

// EveryNodeIsGateway reports whether the region has no other nodes: with ModePerNode, and
// where addresses are made, since no LAN leads from another host to a gateway.
func EveryNodeIsGateway(r *schema.Region) bool {
	return r.Gateways.Mode == schema.ModePerNode || r.HostAddress == schema.HostAddressMade
}

// HasForm reports whether such hosts get their routes in the form.
func (r *Region) HasForm(f schema.RouteForm) bool {
	return r.Region.NodeRoutes.Has(f) && r.HostRoutes()
}

// Watched reports whether such a host has several gateways to choose from, and so a
// watch that takes out those that are not well.
func (r *Region) Watched() bool { return len(r.Region.Gateways.Nodes) > 1 && r.HostRoutes() }
