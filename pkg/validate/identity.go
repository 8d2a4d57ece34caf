package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const identityPath = "spec.tailnet.auth.workloadIdentity"

// workloadIdentity checks who can give tokens for an identity, and who takes them.
func workloadIdentity(t *schema.Topology) diag.List {
	var list diag.List
	n := &t.WithDefaults().Spec.Tailnet
	if n.Auth.WorkloadIdentity.ClientID == "" {
		return nil
	}
	if n.TailscaleVersion.Before(1, 94, 0) {
		list.Errorf(CodeIdentityVersion, identityPath, "gateways are to join with workload identity %q, and run tailscale %s, whose containerboot knows none before 1.94.0: they would wait for somebody to log in",
			n.Auth.WorkloadIdentity.ClientID, n.TailscaleVersion).
			See("spec.tailnet.tailscaleVersion", "%s is stated here", n.TailscaleVersion).
			Fix("run 1.94.0 or newer, or leave workloadIdentity out and keep a key in Secret %q", n.Auth.SecretName)
	}
	if n.Control == schema.ControlHeadscale {
		list.Errorf(CodeIdentityControl, identityPath, "gateways are to join with workload identity %q, and the control server is headscale, which exchanges no tokens",
			n.Auth.WorkloadIdentity.ClientID).
			Fix("leave workloadIdentity out and keep a pre-authorized key in Secret %q", n.Auth.SecretName)
	}
	for i := range t.Spec.Regions {
		identityOfRegion(&list, t, i)
	}
	return list
}

// identityOfRegion: a hostDir of the user's says that a key is kept there.
func identityOfRegion(list *diag.List, t *schema.Topology, i int) {
	r, at := &t.Spec.Regions[i], regionPath(i)+".gateways.mode"
	client := t.Spec.Tailnet.Auth.WorkloadIdentity.ClientID
	switch {
	case !t.Spec.Tailnet.Auth.Federated(r) && t.Spec.Tailnet.Auth.HostDir == "":
		list.Warnf(CodeIdentityStaticPod, at, "the gateways of region %q are static pods (mode %s), which have no service account and so no token for workload identity %q: they join with a key",
			r.Name, r.Gateways.Mode, client).See(identityPath, "the identity is chosen here").
			Fix("put a key on each of their hosts and say where: spec.tailnet.auth.hostDir: %s", schema.DefaultAuthHostDir)
	case t.Spec.Tailnet.Auth.Federated(r) && !t.Spec.LocalAPIServer(r):
		list.Warnf(CodeIdentityRemote, at, "the gateways of region %q join with tokens for workload identity %q, and the API server that renews those is behind their tunnel: a gateway that starts after its token has expired may be refused, and nothing renews the token until the tunnel is up",
			r.Name, client).See(identityPath, "the identity is chosen here").
			Fix("use mode staticPod and a key there")
	}
}

// stateSecret checks a Secret that the user asks for; the planner asks for no other.
func stateSecret(t *schema.Topology) diag.List {
	var list diag.List
	full := t.WithDefaults()
	for i := range full.Spec.Regions {
		r := &full.Spec.Regions[i]
		why := full.Spec.WhyNoStateSecret(r)
		if r.Gateways.State != schema.KeepSecret || why == "" {
			continue
		}
		list.Errorf(CodeStateSecret, regionPath(i)+".gateways.state", "the gateways of region %q are to keep their identity in Secrets, and cannot: %s",
			r.Name, why).Fix("write state: host, or leave state out")
	}
	return list
}
