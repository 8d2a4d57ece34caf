package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about who gateways are and where that is kept.
const (
	CodeStateSecret       diag.Code = "state-secret"                 // a Secret that a gateway cannot use
	CodeIdentityControl   diag.Code = "workload-identity-control"    // a control server without it
	CodeIdentityRemote    diag.Code = "workload-identity-remote"     // a token from the far end of the tunnel
	CodeIdentityStaticPod diag.Code = "workload-identity-static-pod" // pods without a token
	CodeIdentityVersion   diag.Code = "workload-identity-version"    // a version without it
)

const identityPath = "spec.tailnet.auth.workloadIdentity"

// workloadIdentity checks who can give tokens for an identity, and who takes them.
func workloadIdentity(p *plan.Plan) diag.List {
	var list diag.List
	n := &p.Topology.Spec.Tailnet
	if n.Auth.WorkloadIdentity.ClientID == "" {
		return nil
	}
	if facts.Before(facts.TailscaleTokens).Contains(n.TailscaleVersion) {
		list.Errorf(CodeIdentityVersion, identityPath, "gateways are to join with workload identity %q, and run tailscale %s, whose containerboot does not support it before %s: they would wait for somebody to log in",
			n.Auth.WorkloadIdentity.ClientID, n.TailscaleVersion, facts.TailscaleTokens).
			See("spec.tailnet.tailscaleVersion", "%s is stated here", n.TailscaleVersion).
			Fix("run %s or newer, or leave workloadIdentity out and keep a key in Secret %q", facts.TailscaleTokens, n.Auth.SecretName)
	}
	if !facts.Control(n.Control).Tokens.Value {
		list.Errorf(CodeIdentityControl, identityPath, "gateways are to join with workload identity %q, and the control server is %s, which does not exchange tokens",
			n.Auth.WorkloadIdentity.ClientID, n.Control).
			Fix("leave workloadIdentity out and keep a pre-authorized key in Secret %q", n.Auth.SecretName)
	}
	for i := range p.Regions {
		identityOfRegion(&list, p, i)
	}
	return list
}

// identityOfRegion: a hostDir of the user's says that a key is kept there.
func identityOfRegion(list *diag.List, p *plan.Plan, i int) {
	r, at := p.Regions[i].Region, regionPath(i)+".gateways.mode"
	auth := &p.Given.Spec.Tailnet.Auth
	client := auth.WorkloadIdentity.ClientID
	switch {
	case !p.Regions[i].Federated && auth.HostDir == "":
		list.Warnf(CodeIdentityStaticPod, at, "the gateways of region %q are static pods (mode %s), which have no service account and so no token for workload identity %q: they join with a key",
			r.Name, r.Gateways.Mode, client).See(identityPath, "the identity is chosen here").
			Fix("put a key on each of their hosts and say where: spec.tailnet.auth.hostDir: %s", plan.DefaultAuthHostDir(p.Topology.Spec.Cluster.Distribution))
	case p.Regions[i].Federated && !p.Regions[i].LocalAPIServer:
		list.Warnf(CodeIdentityRemote, at, "the gateways of region %q join with tokens for workload identity %q, and the API server that renews those is behind their tunnel: a gateway that starts after its token has expired may be refused, and nothing renews the token until the tunnel is up",
			r.Name, client).See(identityPath, "the identity is chosen here").
			Fix("use mode staticPod and a key there")
	}
}

// stateSecret checks a Secret that the user asks for; the planner asks for no other.
func stateSecret(p *plan.Plan) diag.List {
	var list diag.List
	for i := range p.Regions {
		r := &p.Regions[i]
		if r.Region.Gateways.State != schema.KeepSecret || r.NoSecret == plan.NoObstacle {
			continue
		}
		list.Errorf(CodeStateSecret, regionPath(i)+".gateways.state", "the gateways of region %q are to keep their identity in Secrets, and cannot: %s",
			r.Region.Name, whyNoSecret(r)).Fix("write state: host, or leave state out")
	}
	return list
}

// whyNoSecret spells what is in the way, as the end of a sentence.
func whyNoSecret(r *plan.Region) string {
	switch r.NoSecret {
	case plan.NoServiceAccount:
		return "with mode " + string(r.Region.Gateways.Mode) + " they have no service account"
	case plan.RemoteAPIServer:
		return "the API server is in none of the region's node CIDRs, so they would need the tunnel before they have it"
	case plan.UnknownHosts:
		return "their hosts are unknown, so no role can name the Secrets"
	case plan.ServiceIPv6:
		return "the API server's own service has an IPv6 address, which containerboot puts into a URL without brackets"
	case plan.LongName:
		return "the name of node " + r.NoSecretNode + " is too long for one"
	}
	return plan.StateSecretName(r.NoSecretNode) + " is the Secret with the auth key"
}
