package plan

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// StateStore is where a gateway keeps its tailnet identity.
type StateStore int

const (
	// StateHost is a directory on the host: it needs no API server to start.
	StateHost StateStore = iota + 1
	// StateSecret is a Secret named after the node.
	StateSecret
)

// StateSecretName names the Secret after the node and not after its address, which
// cannot be a name where it is IPv6.
func StateSecretName(node string) string { return "tailscale-" + node }

// maxObjectName is the length of a Secret's name (kubernetes v1.33.1, staging/src/
// k8s.io/apimachinery/pkg/util/validation).
const maxObjectName = 253

// SecretObstacle is why the gateways of a region cannot keep their identity in Secrets.
// They must reach the API server without the tunnel that the identity is for, and RBAC
// must be able to name their Secrets instead of opening the namespace.
type SecretObstacle int

const (
	// NoObstacle: they can.
	NoObstacle SecretObstacle = iota
	// NoServiceAccount: only the API server gives out tokens, so a static pod has none
	// (kubernetes v1.33.1, plugin/pkg/admission/noderestriction).
	NoServiceAccount
	// RemoteAPIServer: the API server is behind the tunnel.
	RemoteAPIServer
	// UnknownHosts: a role would have to name Secrets that nobody can name.
	UnknownHosts
	// ServiceIPv6: containerboot puts KUBERNETES_SERVICE_HOST into a URL without the
	// brackets that needs (tailscale 1.84.3, cmd/containerboot/kube.go: newKubeClient).
	ServiceIPv6
	// LongName: a host's Secret would have too long a name.
	LongName
	// KeyName: a host's Secret would be the one with the auth key.
	KeyName
)

// secretObstacle is the first of them that the region has, and the host that it is about.
func (r *Region) secretObstacle() (why SecretObstacle, node string) {
	spec, nodes := &r.plan.Topology.Spec, r.Region.Gateways.Nodes
	services := spec.Cluster.ServiceCIDRs
	switch {
	case r.Region.Gateways.Mode != schema.ModeDaemonSet:
		return NoServiceAccount, ""
	case !r.LocalAPIServer:
		return RemoteAPIServer, ""
	case len(nodes) == 0:
		return UnknownHosts, ""
	case len(services) > 0 && services[0].Addr().Is6():
		return ServiceIPv6, ""
	}
	for _, n := range nodes {
		switch name := StateSecretName(n.Name); {
		case len(name) > maxObjectName:
			return LongName, n.Name
		case name == spec.Tailnet.Auth.SecretName:
			return KeyName, n.Name
		}
	}
	return NoObstacle, ""
}

// state is a Secret wherever one is possible, unless the user wants it on the host.
func state(r *Region) StateStore {
	if r.Region.Gateways.State != schema.KeepHost && r.NoSecret == NoObstacle {
		return StateSecret
	}
	return StateHost
}

// localAPIServer: a network that only touches the region's nodes may have its servers
// elsewhere.
func localAPIServer(servers []netip.Prefix, r *schema.Region) bool {
	for _, p := range servers {
		for _, c := range r.NodeCIDRs {
			if c.IsValid() && cidr.Contains(c, p) {
				return true
			}
		}
	}
	return false
}
