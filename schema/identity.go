package schema

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

// GatewayState is where a gateway keeps its identity in the tailnet.
type GatewayState string

const (
	KeepHost   GatewayState = "host"   // a directory on the host, which survives the pod
	KeepSecret GatewayState = "secret" // a Secret named after the node
)
