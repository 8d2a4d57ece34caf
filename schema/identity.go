package schema

import (
	"net/netip"
	"slices"
)

// WorkloadIdentity is a federated identity of the tailnet: gateways join with a token
// of their service account. Nothing in it is secret.
type WorkloadIdentity struct {
	// ClientID is what the tailnet calls it, without attributes; empty means none.
	ClientID string `json:"clientID"`
	// Audience is whom the tokens are for; empty means AudiencePrefix and ClientID.
	Audience string `json:"audience,omitempty"`
}

// AudiencePrefix and a client ID are the audience that Tailscale gives a federated
// identity by itself (tailscale.com/kb/1581/workload-identity-federation).
const AudiencePrefix = "api.tailscale.com/"

// Federated reports whether r's gateways join with the workload identity: only the
// API server gives out its tokens, so a static pod has none (kubernetes v1.33.1,
// plugin/pkg/admission/noderestriction).
func (a *Auth) Federated(r *Region) bool {
	return a.WorkloadIdentity.ClientID != "" && r.Gateways.Mode == ModeDaemonSet
}

// GatewayState is where a gateway keeps its identity in the tailnet.
type GatewayState string

const (
	KeepHost   GatewayState = "host"   // a directory on the host, which survives the pod
	KeepSecret GatewayState = "secret" // a Secret named after the node
)

// StateSecretName names the Secret after the node and not after its address, which
// is no name where it is IPv6.
func StateSecretName(node string) string { return "tailscale-" + node }

// maxObjectName is the length of a Secret's name (kubernetes v1.33.1, staging/src/
// k8s.io/apimachinery/pkg/util/validation).
const maxObjectName = 253

// WhyNoStateSecret says, as the end of a sentence, why the gateways of r cannot keep
// their identity in Secrets; it is empty where they can. They must reach the API
// server without the tunnel that the identity is for, and RBAC must be able to name
// their Secrets instead of opening the namespace. Auth.SecretName is filled in already.
func (s *Spec) WhyNoStateSecret(r *Region) string {
	switch {
	case r.Gateways.Mode != ModeDaemonSet:
		return "with mode " + string(r.Gateways.Mode) + " they have no service account"
	case !s.LocalAPIServer(r):
		return "the API server is in none of the region's node CIDRs, so they would need the tunnel before they have it"
	case len(r.Gateways.Nodes) == 0:
		return "their hosts are unknown, so no role can name the Secrets"
	case s.serviceIPv6():
		return "the API server's own service has an IPv6 address, which containerboot puts into a URL without brackets"
	}
	for _, n := range r.Gateways.Nodes {
		switch name := StateSecretName(n.Name); {
		case len(name) > maxObjectName:
			return "the name of node " + n.Name + " is too long for one"
		case name == s.Tailnet.Auth.SecretName:
			return name + " is the Secret with the auth key"
		}
	}
	return ""
}

// LocalAPIServer reports whether r's nodes reach the API server without the tunnel.
func (s *Spec) LocalAPIServer(r *Region) bool {
	return slices.ContainsFunc(s.Cluster.APIServer.Addresses, func(a netip.Addr) bool {
		return slices.ContainsFunc(r.NodeCIDRs, func(c netip.Prefix) bool { return c.Contains(a) })
	})
}

// serviceIPv6: containerboot puts KUBERNETES_SERVICE_HOST into a URL without the
// brackets that needs (tailscale 1.84.3, cmd/containerboot/kube.go: newKubeClient).
func (s *Spec) serviceIPv6() bool {
	return len(s.Cluster.ServiceCIDRs) > 0 && s.Cluster.ServiceCIDRs[0].Addr().Is6()
}
